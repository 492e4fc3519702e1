// OPA's intermediate representation as its compiler writes it (target `plan`): https://www.openpolicyagent.org/docs/ir

export interface Plan {
  readonly static: {
    readonly strings?: readonly { readonly value: string }[];
    readonly builtin_funcs?: readonly BuiltinDeclaration[];
    readonly files?: readonly { readonly value: string }[];
  };
  readonly plans: { readonly plans: readonly { readonly name: string; readonly blocks: readonly Block[] }[] };
  readonly funcs: { readonly funcs: readonly PlanFunction[] | null };
  /** Rules that no entrypoint reaches. */
  readonly unplanned_rules?: readonly { readonly location: Place }[];
}

export interface BuiltinDeclaration {
  readonly name: string;
  /** Without `result` for functions that have none (print). */
  readonly decl: { readonly result?: unknown };
}

export interface PlanFunction {
  readonly name: string;
  /** The first two are input and data; rules have no others. */
  readonly params: readonly number[];
  readonly return: number;
  readonly blocks: readonly Block[];
  /** What the rule is called by where its name is computed. */
  readonly path?: readonly string[];
}

export interface Block {
  readonly stmts: readonly Statement[] | null;
}

export type Operand =
  | { readonly type: "local"; readonly value: number }
  | { readonly type: "string_index"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean };

export interface Place {
  readonly file: number;
  readonly row: number;
  readonly col: number;
  readonly end_row: number;
  readonly end_col: number;
}

type Fields = {
  ArrayAppendStmt: { array: number; value: Operand };
  AssignIntStmt: { value: number; target: number };
  AssignVarOnceStmt: { source: Operand; target: number };
  AssignVarStmt: { source: Operand; target: number };
  BlockStmt: { blocks: readonly Block[] | null };
  BreakStmt: { index: number };
  CallDynamicStmt: { args: readonly number[]; result: number; path: readonly Operand[] };
  CallStmt: { func: string; args: readonly Operand[] | null; result: number };
  DotStmt: { source: Operand; key: Operand; target: number };
  EqualStmt: { a: Operand; b: Operand };
  IsArrayStmt: { source: Operand };
  IsDefinedStmt: { source: number };
  IsObjectStmt: { source: Operand };
  IsSetStmt: { source: Operand };
  IsUndefinedStmt: { source: number };
  LenStmt: { source: Operand; target: number };
  MakeArrayStmt: { capacity: number; target: number };
  MakeNullStmt: { target: number };
  MakeNumberIntStmt: { value: number; target: number };
  MakeNumberRefStmt: { index: number; target: number };
  MakeObjectStmt: { target: number };
  MakeSetStmt: { target: number };
  NopStmt: object;
  NotEqualStmt: { a: Operand; b: Operand };
  NotStmt: { block: Block };
  ObjectInsertOnceStmt: { key: Operand; value: Operand; object: number };
  ObjectInsertStmt: { key: Operand; value: Operand; object: number };
  ObjectMergeStmt: { a: number; b: number; target: number };
  ResetLocalStmt: { target: number };
  ResultSetAddStmt: { value: number };
  ReturnLocalStmt: { source: number };
  ScanStmt: { source: number; key: number; value: number; block: Block };
  SetAddStmt: { value: Operand; set: number };
  WithStmt: { local: number; path: readonly number[] | null; value: Operand; block: Block };
};

export type StatementType = keyof Fields;

/** One of the statements: `type` says which, `stmt` has its fields and its place. */
export type Statement = {
  [T in StatementType]: { readonly type: T; readonly stmt: Readonly<Fields[T]> & Place };
}[StatementType];
export type StatementOf<T extends StatementType> = Extract<Statement, { readonly type: T }>["stmt"];

export function statementsOf(block: Block): readonly Statement[] {
  return block.stmts ?? [];
}

/** The blocks directly inside of a statement. */
export function blocksIn(statement: Statement): readonly Block[] {
  switch (statement.type) {
    case "BlockStmt":
      return statement.stmt.blocks ?? [];
    case "NotStmt":
    case "ScanStmt":
    case "WithStmt":
      return [statement.stmt.block];
    default:
      return [];
  }
}

/** Every statement at and below the blocks. */
export function* walkStatements(blocks: readonly Block[]): Generator<Statement> {
  for (const block of blocks) {
    for (const statement of statementsOf(block)) {
      yield statement;
      yield* walkStatements(blocksIn(statement));
    }
  }
}

/** The local that a statement assigns to, if it does. */
export function targetOf({ type, stmt }: Statement): number | null {
  if (type === "CallStmt" || type === "CallDynamicStmt") return stmt.result;
  return "target" in stmt ? stmt.target : null;
}

const operandFields = [
  "array",
  "target",
  "result",
  "source",
  "object",
  "set",
  "key",
  "value",
  "a",
  "b",
  "local",
  "args",
  "path",
];

/** The locals that a statement mentions itself: not those in its blocks. */
export function localsOf(statement: Statement): number[] {
  const fields = statement.stmt as unknown as Readonly<Record<string, unknown>>;
  const isMakeInt = statement.type === "MakeNumberIntStmt" || statement.type === "AssignIntStmt";
  return operandFields.flatMap((field) => {
    if ((isMakeInt && field === "value") || (statement.type === "WithStmt" && field === "path")) return [];
    const value = fields[field];
    return (Array.isArray(value) ? (value as unknown[]) : [value]).flatMap(localIn);
  });
}

function localIn(operand: unknown): number[] {
  if (typeof operand === "number") return [operand];
  if (typeof operand !== "object" || operand === null || !("type" in operand) || !("value" in operand)) return [];
  return operand.type === "local" && typeof operand.value === "number" ? [operand.value] : [];
}

/** Locals that hold a part of `data` (the local 1): OPA's store takes numbers for the names of its parts. */
export function baseDataLocals(blocks: readonly Block[]): Set<number> {
  const found = new Set([1]);
  for (const { type, stmt } of walkStatements(blocks)) {
    if (type === "DotStmt" && stmt.source.type === "local" && found.has(stmt.source.value)) found.add(stmt.target);
  }
  return found;
}
