/** Time and identity come from here, so that tests and evidence are reproducible. */
export interface Clock {
  now(): Date;
  newId(): string;
}

export const systemClock: Clock = {
  now: () => new Date(),
  newId: () => globalThis.crypto.randomUUID(),
};
