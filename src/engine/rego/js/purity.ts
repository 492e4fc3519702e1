// Which rules cannot depend on the input: they are computed once for the data.
import { localsOf, walkStatements, type Block, type Plan, type PlanFunction } from "./plan.js";

/** Different at each evaluation, or with an effect. */
const unsteady = new Set([
  "time.now_ns",
  "rand.intn",
  "uuid.rfc4122",
  "opa.runtime",
  "http.send",
  "net.lookup_ip_addr",
  "internal.print",
  "trace",
]);

/** The names of the functions that read the input, call something unsteady, or call what does. */
export function readsInput(functions: readonly PlanFunction[]): Set<string> {
  const known = new Set(functions.map(({ name }) => name));
  return withCallers(functions, (fn) => readsItself(fn, known) || isUnsteadyItself(fn));
}

/** The entrypoints whose value may be another one for the same input and data. */
export function unsteadyEntrypoints({ static: { strings = [] }, plans, funcs }: Plan): Set<string> {
  const functions = funcs.funcs ?? [];
  const called = (blocks: readonly Block[]): string[] => [
    ...callsIn(blocks),
    ...dynamicCalls(blocks, functions, strings),
  ];
  const isUnsteady = new Set(unsteady);
  for (let before = -1; before !== isUnsteady.size;) {
    before = isUnsteady.size;
    for (const { name, blocks } of functions)
      if (called(blocks).some((other) => isUnsteady.has(other))) isUnsteady.add(name);
  }
  const names = plans.plans.filter(({ blocks }) => called(blocks).some((other) => isUnsteady.has(other)));
  return new Set(names.map(({ name }) => name));
}

/** Rules that a call by a computed name can reach: those whose path begins with the part that is written out. */
function dynamicCalls(
  blocks: readonly Block[],
  functions: readonly PlanFunction[],
  strings: readonly { readonly value: string }[],
): string[] {
  return [...walkStatements(blocks)].flatMap(({ type, stmt }) => {
    if (type !== "CallDynamicStmt") return [];
    const variable = stmt.path.findIndex((part) => part.type !== "string_index");
    const written = stmt.path.slice(0, variable < 0 ? undefined : variable);
    const prefix = written.map((part) => (part.type === "string_index" ? strings[part.value]?.value : undefined));
    const isReached = ({ path = [] }: PlanFunction): boolean => prefix.every((part, at) => path[at] === part);
    return functions.filter((fn) => fn.path !== undefined && isReached(fn)).map(({ name }) => name);
  });
}

/** Those that it is true of, and whoever calls one of them, directly or not. */
function withCallers(functions: readonly PlanFunction[], isTrue: (fn: PlanFunction) => boolean): Set<string> {
  const found = new Set(functions.filter(isTrue).map(({ name }) => name));
  const calls = new Map(functions.map(({ name, blocks }) => [name, callsIn(blocks)]));
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [name, called] of calls) if (called.some((other) => found.has(other))) found.add(name);
  }
  return found;
}

function isUnsteadyItself({ blocks }: PlanFunction): boolean {
  return callsIn(blocks).some((name) => unsteady.has(name));
}

function callsIn(blocks: readonly Block[]): string[] {
  return [...walkStatements(blocks)].flatMap((statement) =>
    statement.type === "CallStmt" ? [statement.stmt.func] : [],
  );
}

/** Handing the input on to a rule is not reading it; calling a rule that is not known before may be. */
function readsItself({ blocks, params }: PlanFunction, known: ReadonlySet<string>): boolean {
  const input = params[0];
  return [...walkStatements(blocks)].some((statement) => {
    const { type, stmt } = statement;
    if (type === "CallDynamicStmt" || type === "WithStmt") return true;
    const given =
      type === "CallStmt" && known.has(stmt.func)
        ? localsOf({ type, stmt: { ...stmt, args: (stmt.args ?? []).slice(2) } })
        : localsOf(statement);
    return input !== undefined && given.includes(input);
  });
}
