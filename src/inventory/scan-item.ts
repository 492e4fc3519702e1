import type { Json, JsonObject } from "../json.js";
import type { Location, Resource } from "./resource.js";

/**
 * What every scanner yields. Scanners never throw for what they read: a file that cannot be parsed or a call that
 * was refused is a problem, so that it is counted and named and the rest goes on.
 */
export type ScanItem = ScannedResource | ScannedDocument | ScanProblem;

export interface ScannedResource {
  readonly kind: "resource";
  readonly resource: Resource;
  /** The place of the value at a pointer into the resource (`/config/A/B`), or of the nearest thing that holds it. */
  readonly locate: (pointer: string) => Location | null;
  /** Ids of the resources that this one refers to. */
  readonly references: readonly string[];
  /** Properties that could not be read (a refused describe call): policies that read them give `error`. */
  readonly failures: readonly PropertyFailure[];
  /** Comments in the code that excuse the resource from policies; absent where there are none. */
  readonly suppressions?: readonly Suppression[];
  /** The resources of infrastructure code that this one was put together from, itself first; absent where it was read from an API. */
  readonly declared?: () => readonly DeclaredResource[];
}

/** A resource as Terraform has it: a bucket, or the policy of a bucket, which is a resource of its own there. */
export interface DeclaredResource {
  readonly address: string;
  readonly type: string;
  readonly values: JsonObject;
  /** JSON Pointers into `values` whose value is not known. */
  readonly unknown: readonly string[];
  /** For each argument, the ids of the resources that it refers to. */
  readonly references: ReadonlyMap<string, readonly string[]>;
  readonly locate: (pointer: string) => Location | null;
}

/** A comment in the code: `portcullis:ignore POLICY until=2026-12-31 reason="..."`. */
export interface Suppression {
  readonly policy: string;
  /** Empty where the comment gives none: then it excuses nothing, and that is said. */
  readonly reason: string;
  /** The last day on which it holds (UTC), as `2026-12-31`. */
  readonly until: string | null;
  readonly location: Location;
  /** Why it does not count although it is there: a bad date, an unknown attribute. The reason is empty then. */
  readonly problem?: string;
}

export interface PropertyFailure {
  /** Pointer into the resource, such as `/config/BucketEncryption`. */
  readonly pointer: string;
  readonly message: string;
}

/** One unmodified document of a file, for document policies (conftest's). */
export interface ScannedDocument {
  readonly kind: "document";
  readonly uri: string;
  /** The place among the documents of a multi-document file, from 0. */
  readonly index: number;
  readonly value: Json;
  readonly locate: (pointer: string) => Location | null;
  readonly suppressions?: readonly Suppression[];
}

export interface ScanProblem {
  readonly kind: "problem";
  /**
   * `unreadable`: the input itself is bad (syntax, size, encoding); exit code 2.
   * `incomplete`: something could not be looked at (a module not there, an API call refused); exit code 3.
   */
  readonly problem: "unreadable" | "incomplete";
  /** A file, or what was called (`s3:ListBuckets`). */
  readonly at: string;
  readonly line: number | null;
  readonly column: number | null;
  /** What went wrong, what was expected, and what to do next. Never a secret, never a stack trace. */
  readonly message: string;
  /** Types that went unseen because of it: their policies give `error` verdicts. Empty where no type is known. */
  readonly hides: readonly string[];
  readonly account: string | null;
  readonly region: string | null;
}
