// Which rules cannot depend on the input: they are computed once for the data.
import { localsOf, walkStatements, type PlanFunction } from "./plan.js";

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
  const readers = new Set(functions.filter((fn) => readsItself(fn, known)).map(({ name }) => name));
  for (let before = -1; before !== readers.size;) {
    before = readers.size;
    for (const fn of functions) {
      if (
        !readers.has(fn.name) &&
        callsOf(fn).some((name) => readers.has(name) || (unsteady.has(name) && !known.has(name)))
      ) {
        readers.add(fn.name);
      }
    }
  }
  return readers;
}

function callsOf({ blocks }: PlanFunction): string[] {
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
