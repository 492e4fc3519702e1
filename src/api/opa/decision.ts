import type { Value } from "../../engine/rego/js/values.js";
import type { RegoError } from "../../engine/rego/engine.js";

/** What was asked and what was answered. */
export interface Decision {
  readonly id: string;
  readonly path: string;
  /** Undefined where there was none. */
  readonly input: Value | undefined;
  readonly result: Value | undefined;
  readonly error: RegoError | null;
  readonly requestedBy: string;
  /** Who, by their credentials. */
  readonly caller: string | null;
  readonly at: Date;
  readonly metrics: Readonly<Record<string, number>>;
  readonly bundles: Readonly<Record<string, { readonly revision: string }>>;
}
