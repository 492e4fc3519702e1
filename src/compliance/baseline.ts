/** A framework whose controls name policies, or the manual evidence that they need. Read from `baselines/*.yaml`. */
export interface Baseline {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly source: string;
  readonly controls: readonly Control[];
}

export interface Control {
  /** The framework's own number, such as `1.4.4` or `CC6.1`. */
  readonly id: string;
  /** In our own words: the standards are copyrighted. */
  readonly title: string;
  readonly policies: readonly string[];
  /** What a person must show, where policies cannot prove the control or only a part of it. */
  readonly manual: string | null;
}

/** `automated`: policies alone. `partly`: policies, and manual evidence. `manual`: manual evidence alone. */
export type ControlKind = "automated" | "partly" | "manual";

/** `not-assessed`: no policy of the control looked at a resource, or it is manual; never a pass. */
export type ControlStatus = "pass" | "fail" | "unknown" | "error" | "not-assessed";

export interface ControlResult {
  readonly baseline: string;
  readonly control: string;
  readonly title: string;
  readonly kind: ControlKind;
  readonly status: ControlStatus;
  readonly counts: {
    readonly pass: number;
    readonly fail: number;
    readonly unknown: number;
    readonly error: number;
    readonly waived: number;
  };
  readonly policies: readonly string[];
  readonly manual: string | null;
}
