// Whether two files ask for the same thing: then only one of them may, and one that goes does not take it away from the other.
import { canonicalJson } from "../../audit/canonical-json.js";
import { own } from "../../json.js";
import type { GitopsPath } from "../../store/gitops.js";
import type { Asked } from "./desired-file.js";

/** Environments are told apart by their names, whatever is done with them; everything else by all that is asked for. */
export function isSameWish(one: Asked, other: Asked): boolean {
  const [name, others] = [environmentOf(one), environmentOf(other)];
  if (name !== null && others !== null) return name === others;
  return one.kind === other.kind && canonicalJson(one.parameters) === canonicalJson(other.parameters);
}

function environmentOf({ kind, parameters }: Asked): string | null {
  const name = own(parameters, "environment");
  return kind.startsWith("provisioning.") && typeof name === "string" ? name : null;
}

/** What is known of what a path asked for, and of how it is undone. */
export function wishesOf({ kind, parameters, removal }: GitopsPath): readonly Asked[] {
  const wish = kind === null || parameters === null ? [] : [{ kind, parameters }];
  return removal === null ? wish : [...wish, removal];
}
