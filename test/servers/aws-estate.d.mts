export interface EstateCall {
  readonly account: string;
  readonly region: string;
  readonly service: string;
  readonly operation: string;
}

export interface AwsEstate {
  readonly endpoint: string;
  /** By operation. */
  readonly calls: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export const homeAccount: string;

export function startAwsEstate(options: {
  readonly regions: readonly string[];
  readonly queues: number;
  readonly tables: number;
  readonly latencyMs?: number;
  readonly generation?: () => number;
  readonly hold?: (call: EstateCall) => Promise<void> | undefined;
}): Promise<AwsEstate>;
