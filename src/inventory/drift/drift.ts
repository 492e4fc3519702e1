// Drift: what runs is not what was wanted. These are the words in which it is told; nothing here knows who said what is wanted.
import type { Json, JsonObject } from "../../json.js";
import type { PropertyFailure } from "../scan-item.js";

/** Which properties the desired state can say: of what it cannot, nothing is compared. `all` is everything below. */
export type Coverage = "all" | { readonly [property: string]: Coverage };

/** Who says what is wanted. */
export type Against = "terraform" | "pulumi" | "snapshot";

/** A resource as it was wanted, in the provider's own schema. */
export interface DesiredResource {
  /** Where it is said: an address, a URN, or the provider's id. */
  readonly address: string;
  /** The provider's own id (an ARN); null where the state does not have it. */
  readonly id: string | null;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  /** Null where the state does not say: then any. */
  readonly account: string | null;
  readonly region: string | null;
  readonly tags: { readonly [key: string]: string };
  readonly config: JsonObject;
  readonly coverage: Coverage;
  /** JSON Pointers (`/config/A`, `/tags`) whose value is not known. */
  readonly unknown: readonly string[];
  /** Values that the state marks as secret: never shown, wherever they stand. */
  readonly secrets: readonly string[];
  /** It holds no secrets, since they were taken out: so they are taken out of what is live too. */
  readonly redacted: boolean;
  readonly against: Against;
  /** The file or the snapshot. */
  readonly source: string;
}

/** The part of what runs that is compared. */
export interface LiveResource {
  readonly id: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly tags: { readonly [key: string]: string };
  readonly config: JsonObject;
  readonly failures: readonly PropertyFailure[];
}

export interface PropertyChange {
  /** JSON Pointer: `/config/BucketEncryption`, `/tags/team`. Of a list, the pointer of the whole list. */
  readonly path: string;
  /** `added`: live and not wanted. `removed`: wanted and not live. */
  readonly kind: "added" | "removed" | "changed";
  /** Of a list only what is not on the other side. Secrets are `<redacted>`. */
  readonly desired: Json;
  readonly live: Json;
}

/** What could not be compared, and why. */
export interface Uncompared {
  readonly path: string;
  readonly reason: string;
}

export interface Drift {
  readonly changes: readonly PropertyChange[];
  readonly unknown: readonly Uncompared[];
  /** Secrets that a snapshot does not keep: no part of what was approved, and not compared. */
  readonly withheld: readonly Uncompared[];
}
