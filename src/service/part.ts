// What `portcullis serve` and `portcullis worker` are made of: parts that start together and stop in the opposite order.

/** A background part of the service. */
export interface Part {
  /** For logs and for readiness: `outbox`, `scheduler`, `worker`. */
  readonly name: string;
  /** Resolves when the part works. Throws PortcullisError when it cannot: the service does not start then. */
  start(): Promise<void>;
  /** Null while it can do its work, otherwise why not, in a few words and without secrets. Never throws; answers within a second. */
  trouble(): Promise<string | null>;
  /** Takes nothing new, ends what is under way within `graceMs`, then lets go of the rest. May be called twice, and before `start`. */
  stop(graceMs: number): Promise<void>;
}
