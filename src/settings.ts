import type { PackSettings } from "./engine/crossguard/load-packs.js";
import type { EngineName } from "./engine/rego/engine.js";
import type { JsonObject } from "./json.js";

/** Which policies and baselines a run uses. */
export interface PolicySettings {
  /** Files and folders with policies of the user's own; folders of policy packs among them. */
  readonly policy: readonly string[];
  /** Policy packs that run, with their settings. */
  readonly policyPacks: readonly PackSettings[];
  /** Packages whose conftest rules run; `*` is all. */
  readonly namespaces: readonly string[];
  readonly regoVersion: "auto" | "v0" | "v1";
  readonly defaultPolicies: boolean;
  readonly baseline: readonly string[];
  readonly engine: EngineName;
  /** Write down what each verdict read. */
  readonly explain: boolean;
  /** Keep what a scan decided for the next one of the same process. */
  readonly incremental: boolean;
  /** `data.parameters` of every policy. */
  readonly parameters: JsonObject;
}

export const defaultSettings: PolicySettings = {
  policy: [],
  policyPacks: [],
  namespaces: ["main"],
  regoVersion: "auto",
  defaultPolicies: true,
  baseline: [],
  engine: "js",
  explain: false,
  incremental: false,
  parameters: {},
};
