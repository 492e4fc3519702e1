// Where what was provisioned can be reached: service discovery. Filled by what provisions, read by the API. Never a secret.
import type { JsonObject } from "../../json.js";

export interface ServiceEntry {
  readonly environment: string;
  /** Unique in its environment. */
  readonly name: string;
  /** What it is: `database`, `queue`, `web`. */
  readonly kind: string;
  /** A host's name or an address, as clients reach it; without user and password. */
  readonly endpoint: string;
  readonly port: number | null;
  /** Such as `https`, `postgresql`; null where it is not known. */
  readonly protocol: string | null;
  /** What else clients need to know. */
  readonly metadata: JsonObject;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
  /** The action that made it so. */
  readonly action: string;
}

export interface ServiceQuery {
  readonly environment?: string;
  readonly name?: string;
  readonly kind?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface ServiceDirectory {
  /** By environment and name. */
  list(query: ServiceQuery): Promise<{ readonly services: readonly ServiceEntry[]; readonly next: string | null }>;
}
