// Finds what is the same at each evaluation: numbers, texts, and the arrays, sets and objects that are made of them. They
// are made once for the program instead of each time the rule is computed.
import { isPlainKey, literal } from "./literals.js";
import { parseNumber } from "./numbers.js";
import {
  blocksIn,
  localsOf,
  statementsOf,
  targetOf,
  walkStatements,
  type Block,
  type Operand,
  type Statement,
} from "./plan.js";

export interface Constants {
  /** The expression that stands for a local. */
  readonly values: Map<number, string>;
  /** Statements that need not run, since what they make is constant. */
  readonly skipped: Set<Statement>;
  /** Objects whose keys are all known texts: they are JavaScript's own. */
  readonly plainObjects: Set<number>;
  /** Arrays that are only made to be the arguments of one call: their elements. */
  readonly argumentLists: Map<number, readonly Operand[]>;
}

interface Facts {
  readonly strings: readonly string[];
  readonly assignments: ReadonlyMap<number, number>;
  readonly changes: ReadonlyMap<number, number>;
  /** Statements that mention a local at all. */
  readonly mentions: ReadonlyMap<number, number>;
  /** Locals that may be undefined on purpose, or that live longer than the block. */
  readonly unfit: ReadonlySet<number>;
}

/** `shared` are the locals that other blocks of the function use as well. `hoist` names an expression of the program. */
export function findConstants(
  block: Block,
  strings: readonly string[],
  shared: ReadonlySet<number>,
  hoist: (expression: string) => string,
): Constants {
  const facts = factsOf(block, strings, shared);
  const found: Constants = {
    values: new Map(),
    skipped: new Set(),
    plainObjects: plainObjects(block, facts),
    argumentLists: new Map(),
  };
  const lists = [...listsOf(block)];
  for (let before = -1; before !== found.values.size;) {
    before = found.values.size;
    for (const list of lists) {
      for (const [at, statement] of list.entries()) {
        if (found.skipped.has(statement)) continue;
        scalar(statement, facts, found, hoist);
        composite(list, at, facts, found, hoist);
      }
    }
  }
  for (const list of lists) for (const at of list.keys()) argumentList(list, at, facts, found);
  return found;
}

/** `sprintf("..", [a, b])`: the array is filled right before the call, and used nowhere else. */
function argumentList(list: readonly Statement[], at: number, facts: Facts, found: Constants): void {
  const made = list[at];
  if (made?.type !== "MakeArrayStmt" || found.skipped.has(made) || !isFit(made.stmt.target, facts)) return;
  const { target } = made.stmt;
  const filling: Statement[] = [];
  const elements: Operand[] = [];
  for (const statement of list.slice(at + 1)) {
    if (statement.type === "ArrayAppendStmt" && statement.stmt.array === target) {
      filling.push(statement);
      elements.push(statement.stmt.value);
    } else if (statement.type === "CallStmt" && statement.stmt.func === "sprintf") {
      const isArgument = statement.stmt.args?.some((arg) => arg.type === "local" && arg.value === target) === true;
      if (!isArgument || facts.mentions.get(target) !== filling.length + 2) return;
      found.argumentLists.set(target, elements);
      for (const one of [made, ...filling]) found.skipped.add(one);
      return;
    } else if (!isHarmless(statement)) return;
  }
}

/** Locals that a block uses and does not assign itself, by any of the blocks. */
export function sharedLocals(blocks: readonly Block[]): Set<number> {
  const shared = new Set<number>();
  for (const block of blocks) {
    const all = [...walkStatements([block])];
    const assigned = new Set(all.flatMap(assignedBy));
    for (const local of all.flatMap((statement) => localsOf(statement))) if (!assigned.has(local)) shared.add(local);
  }
  return shared;
}

function assignedBy(statement: Statement): number[] {
  if (statement.type === "ScanStmt") return [statement.stmt.key, statement.stmt.value];
  const target = targetOf(statement);
  return target === null || statement.type === "AssignVarOnceStmt" ? [] : [target];
}

function changedBy({ type, stmt }: Statement): number | null {
  if (type === "ArrayAppendStmt") return stmt.array;
  if (type === "SetAddStmt") return stmt.set;
  return type === "ObjectInsertStmt" || type === "ObjectInsertOnceStmt" ? stmt.object : null;
}

function factsOf(block: Block, strings: readonly string[], shared: ReadonlySet<number>): Facts {
  const assignments = new Map<number, number>();
  const changes = new Map<number, number>();
  const mentions = new Map<number, number>();
  const unfit = new Set(shared);
  for (const statement of walkStatements([block])) {
    for (const local of new Set(localsOf(statement))) mentions.set(local, (mentions.get(local) ?? 0) + 1);
    for (const local of assignedBy(statement)) assignments.set(local, (assignments.get(local) ?? 0) + 1);
    const changed = changedBy(statement);
    if (changed !== null) changes.set(changed, (changes.get(changed) ?? 0) + 1);
    const { type, stmt } = statement;
    if (type === "IsDefinedStmt" || type === "IsUndefinedStmt" || type === "ReturnLocalStmt") unfit.add(stmt.source);
    if (type === "AssignVarOnceStmt") unfit.add(stmt.target);
    if (type === "WithStmt") unfit.add(stmt.local);
  }
  return { strings, assignments, changes, mentions, unfit };
}

function* listsOf(block: Block): Generator<readonly Statement[]> {
  yield statementsOf(block);
  for (const statement of statementsOf(block)) for (const inner of blocksIn(statement)) yield* listsOf(inner);
}

function isFit(local: number, facts: Facts): boolean {
  return facts.assignments.get(local) === 1 && !facts.unfit.has(local);
}

function scalar(statement: Statement, facts: Facts, found: Constants, hoist: (expression: string) => string): void {
  const target = targetOf(statement);
  if (target === null || !isFit(target, facts)) return;
  const expression = scalarExpression(statement, facts, found, hoist);
  if (expression === null) return;
  found.values.set(target, expression);
  found.skipped.add(statement);
}

function scalarExpression(
  { type, stmt }: Statement,
  facts: Facts,
  found: Constants,
  hoist: (expression: string) => string,
): string | null {
  if (type === "MakeNullStmt") return "null";
  if (type === "MakeNumberIntStmt") return String(stmt.value);
  if (type === "AssignVarStmt") return constant(stmt.source, facts, found);
  if (type !== "MakeNumberRefStmt") return null;
  const text = facts.strings[stmt.index] ?? "";
  const number = parseNumber(text);
  return typeof number === "number" ? String(number) : hoist(`number(${literal(text)})`);
}

function constant(operand: Operand, facts: Facts, found: Constants): string | null {
  if (operand.type === "bool") return String(operand.value);
  if (operand.type === "string_index") return literal(facts.strings[operand.value] ?? "");
  return found.values.get(operand.value) ?? null;
}

/** A collection that is filled, right after it is made, with constants and with nothing else. */
function composite(
  list: readonly Statement[],
  at: number,
  facts: Facts,
  found: Constants,
  hoist: (expression: string) => string,
): void {
  const made = list[at];
  if (made === undefined || !/^Make(Array|Set|Object)Stmt$/.test(made.type)) return;
  const target = targetOf(made);
  if (target === null || !isFit(target, facts)) return;
  const filling: Statement[] = [];
  for (const statement of list.slice(at + 1)) {
    if (!isHarmless(statement)) break;
    if (changedBy(statement) === target) filling.push(statement);
  }
  if (filling.length !== (facts.changes.get(target) ?? 0)) return;
  const parts = filling.map((statement) => partOf(statement, facts, found));
  if (!parts.every((part) => part !== null)) return;
  found.values.set(target, hoist(collection(made, parts)));
  for (const statement of [made, ...filling]) found.skipped.add(statement);
}

/** Cannot leave the block. */
function isHarmless(statement: Statement): boolean {
  return statement.type.startsWith("Make") || statement.type === "AssignVarStmt" || changedBy(statement) !== null;
}

function partOf({ type, stmt }: Statement, facts: Facts, found: Constants): string | null {
  if (type !== "ArrayAppendStmt" && type !== "SetAddStmt" && type !== "ObjectInsertStmt") return null;
  const value = constant(stmt.value, facts, found);
  if (type !== "ObjectInsertStmt") return value;
  const key = constant(stmt.key, facts, found);
  return key === null || value === null ? null : `[${key}, ${value}]`;
}

function collection({ type }: Statement, parts: readonly string[]): string {
  const list = `[${parts.join(", ")}]`;
  if (type === "MakeArrayStmt") return list;
  return type === "MakeSetStmt" ? `RegoSet.of(${list})` : `RegoObject.of(${list})`;
}

function plainObjects(block: Block, facts: Facts): Set<number> {
  const objects = new Set<number>();
  const all = [...walkStatements([block])];
  for (const { type, stmt } of all)
    if (type === "MakeObjectStmt" && isFit(stmt.target, facts)) objects.add(stmt.target);
  for (const statement of all) {
    const changed = changedBy(statement);
    if (changed !== null && !hasPlainKey(statement, facts)) objects.delete(changed);
  }
  return objects;
}

function hasPlainKey({ type, stmt }: Statement, facts: Facts): boolean {
  if (type !== "ObjectInsertStmt" || stmt.key.type !== "string_index") return false;
  return isPlainKey(facts.strings[stmt.key.value] ?? "");
}
