import type { Json, JsonObject } from "../json.js";

/** Where a resource was read. `uri` is a file path as the user would write it, or the API's endpoint. */
export interface Source {
  readonly scanner: string;
  readonly uri: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** RFC 3339, UTC. */
  readonly capturedAt: string | null;
}

/**
 * One thing in the cloud or in code; exactly what a resource policy sees as `input`.
 * `config` is in the provider's own schema (CloudFormation properties for AWS, the manifest for Kubernetes).
 * Absent facts are null, never left out. `raw` is what the scanner read, untouched.
 */
export interface Resource {
  /** The provider's own id (an ARN, `group/version/Kind/namespace/name`) where there is one, else the address in the code. */
  readonly id: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly tags: { readonly [key: string]: string };
  readonly config: JsonObject;
  /** JSON Pointers into the resource (`/config/KmsKeyId`, `/tags`) whose value is only known after apply. */
  readonly unknown: readonly string[];
  readonly raw: Json;
  readonly source: Source;
}

/** A place in a file, as people count: line and column start at 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}
