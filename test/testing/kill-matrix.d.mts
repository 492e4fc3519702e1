import type { Database } from "../../src/store/database.js";

export interface Killed {
  readonly scenario: string;
  readonly where: string | undefined;
  readonly wasKilled: boolean;
  /** Steps that were begun and not ended when it was killed. */
  readonly cut: number;
  readonly takeOvers: number;
  readonly state: string;
  readonly faults: readonly string[];
}

export interface KillMatrix {
  readonly database: Database;
  points(scenario: string): Promise<readonly string[]>;
  kill(scenario: string, killAt: number | string, againAt?: number): Promise<Killed>;
  close(): Promise<void>;
}

export const scenarios: readonly string[];
export function openMatrix(databaseUrl: string, root: string): Promise<KillMatrix>;
