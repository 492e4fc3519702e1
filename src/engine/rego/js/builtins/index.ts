// Every built-in function by name: ours where it is called often, OPA's own for the rest.
import type { Builtin, BuiltinContext, Builtins } from "./builtin.js";

/** The functions that are ours, for one evaluator. */
export function ownBuiltins(_context: BuiltinContext): ReadonlyMap<string, Builtin> {
  const groups: readonly Builtins[] = [];
  return new Map(groups.flatMap((group) => Object.entries(group)));
}

/** They reach the network, which policies do not get. */
export const networkBuiltins: ReadonlySet<string> = new Set(["http.send", "net.lookup_ip_addr"]);
