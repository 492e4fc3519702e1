// The switches of OPA's routes in an address: `?pretty`, `?pretty=true`.
import { OpaProblem } from "./opa-problem.js";

export type QueryFlags = Readonly<Record<string, string | string[] | undefined>>;

export type Flag = "pretty" | "metrics" | "instrument" | "provenance" | "strict-builtin-errors" | "bundles" | "bundle";

/** As OPA reads them: on where it stands without a value, or is true. */
export function isOn(flags: QueryFlags, name: Flag): boolean {
  const value = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (value === undefined) return false;
  if (value === "") return true;
  return [value].flat().some((one) => one.toLowerCase() === "true");
}

const explanations = ["notes", "fails", "full", "debug"];

/** OPA's explanations are traces of its own evaluator: there are none here. */
export function refuseExplain(flags: QueryFlags): void {
  const wanted = Object.hasOwn(flags, "explain") ? [flags["explain"]].flat()[0] : undefined;
  if (wanted === undefined || !explanations.includes(wanted)) return;
  throw new OpaProblem(
    400,
    "invalid_parameter",
    "explain is not possible here; portcullis check --explain tells what a policy read",
  );
}
