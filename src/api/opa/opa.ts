// What the routes of OPA's API are given: the documents as they are now, what of them came in bundles, and the log.
import type { Document, Documents } from "../../engine/rego/documents.js";
import type { Decision } from "./decision.js";
import type { ModuleSource } from "../../engine/rego/rego-compiler.js";

/** The policies and the data of one moment. They are replaced as a whole, never changed. */
export interface Snapshot {
  readonly documents: Documents;
  /** The documents that were asked for lately, by the path as it stood in the request. */
  readonly found: Map<string, Document>;
  /** Revisions of the bundles, by name. */
  readonly bundles: Readonly<Record<string, { readonly revision: string }>>;
  readonly modules: readonly ModuleSource[];
}

export interface DecisionRecorder {
  /** Resolves with the id when the record is where it belongs. Throws PortcullisError when it is not: then there is no answer. */
  record(decision: Decision): Promise<void>;
}

export interface Opa {
  /** Throws PortcullisError where the policies are not there yet. */
  now(): Snapshot;
  /** Null where decisions are not logged. */
  readonly recorder: DecisionRecorder | null;
  /** The path of `POST /`. */
  readonly defaultDecision: string;
  /** Names of the bundles that are not there yet. */
  missing(): readonly string[];
}
