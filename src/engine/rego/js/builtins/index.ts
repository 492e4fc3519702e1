// Every built-in function by name: ours where it is called often, OPA's own for the rest.
import { arithmeticBuiltins } from "./arithmetic.js";
import type { Builtin, BuiltinContext, Builtins } from "./builtin.js";
import { collectionBuiltins } from "./collections.js";
import { comparisonBuiltins } from "./comparison.js";
import { cryptoBuiltins } from "./crypto.js";
import { encodingBuiltins } from "./encoding.js";
import { globBuiltins } from "./glob.js";
import { graphBuiltins } from "./graph.js";
import { jsonBuiltins } from "./json.js";
import { netBuiltins } from "./net.js";
import { regexBuiltins } from "./regex.js";
import { semverBuiltins } from "./semver.js";
import { sprintfBuiltins } from "./sprintf.js";
import { stringBuiltins } from "./strings.js";
import { timeBuiltins, unsteadyBuiltins } from "./time.js";
import { typeBuiltins } from "./types.js";
import { unitBuiltins } from "./units.js";

/** The functions that are ours, for one evaluator. */
export function ownBuiltins(context: BuiltinContext): ReadonlyMap<string, Builtin> {
  const groups: readonly Builtins[] = [
    comparisonBuiltins,
    arithmeticBuiltins(context),
    collectionBuiltins(context),
    typeBuiltins(context),
    stringBuiltins(context),
    sprintfBuiltins(context),
    regexBuiltins(context),
    globBuiltins(context),
    encodingBuiltins(context),
    jsonBuiltins(context),
    cryptoBuiltins(context),
    semverBuiltins,
    unitBuiltins(context),
    netBuiltins(context),
    graphBuiltins(context),
    timeBuiltins(context),
    unsteadyBuiltins(context),
  ];
  return new Map(groups.flatMap((group) => Object.entries(group)));
}

/** They reach the network, which policies do not get. */
export const networkBuiltins: ReadonlySet<string> = new Set(["http.send", "net.lookup_ip_addr"]);
