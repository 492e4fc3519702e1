import type { ActionKind } from "../../src/actions/action.js";

export interface EstateOptions {
  readonly kind?: string;
  /** The key of it; default: of the folder. */
  readonly target?: string;
  readonly onFailure?: ActionKind["onFailure"];
  readonly atOnce?: number;
  /** Default: the first alone, then all others. */
  readonly waveOf?: (name: string, index: number) => number;
  /** Called at each point of a step. */
  readonly at?: (point: string, id: string) => Promise<void>;
}

export const estateParameters: object;
export function estateKind(folder: string, options?: EstateOptions): ActionKind;
