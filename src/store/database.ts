// The port to a PostgreSQL database: what the store needs of one, and nothing of a driver.

export type Row = Readonly<Record<string, unknown>>;

/** One connection's view. `Date` for timestamptz, parsed values for jsonb, numbers for int. */
export interface Session {
  /**
   * One statement; parameters are `$1`, `$2`; jsonb parameters are given as JSON text.
   * Throws PortcullisError: `store-unavailable` when the server cannot be reached or went away, `internal` for a statement it refused.
   */
  query(sql: string, params?: readonly unknown[]): Promise<readonly Row[]>;
  /** Several statements without parameters, as a migration has them. */
  script(sql: string): Promise<void>;
}

/** An adapter guarantees that a transaction is applied whole or not at all, and that nothing else runs in its session. */
export interface Database extends Session {
  /** Nobody else can have the database open: what a former process left unfinished may be cleaned up. */
  readonly exclusive: boolean;
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** May be called twice. */
  close(): Promise<void>;
}
