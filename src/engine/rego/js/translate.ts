// Translates a plan into the source of JavaScript functions. Whatever comes from policies stands in the source as a number
// or inside of a string literal, and nowhere else.
//
// A block is a labelled block that is left where something is undefined. A local is a variable, undefined where Rego's is.
import {
  baseDataLocals,
  localsOf,
  statementsOf,
  walkStatements,
  type Block,
  type Operand,
  type Place,
  type Plan,
  type PlanFunction,
  type Statement,
  type StatementOf,
} from "./plan.js";
import { findConstants, sharedLocals, type Constants } from "./constants.js";
import { inlineCall, inlineFormat } from "./inline.js";
import { isPlainKey, literal } from "./literals.js";
import { readsInput } from "./purity.js";

export interface TranslateOptions {
  /** Remember where functions are called, for the place of their errors. */
  readonly places: boolean;
  /** Mark the lines that run, in `Meter.covered`. */
  readonly coverage?: boolean;
}

export interface TranslatedPlan {
  /**
   * The body of a function of (runtime, meter, builtins) that returns functions of (input, data) by entrypoint: in `results`
   * those that give the set of results, in `values` those that give the value of the entrypoint's rule, where it is one.
   */
  readonly source: string;
  /** The built-in functions that it calls. */
  readonly builtins: readonly string[];
  /** The names of the policies' files, by the number that places have. */
  readonly files: readonly string[];
  /** With `coverage`: the lines that can run, in the order of `Meter.covered`. */
  readonly lines?: readonly Lines[];
}

/** The lines of one expression or head. */
export interface Lines {
  readonly file: string;
  readonly row: number;
  readonly endRow: number;
}

export function translate(plan: Plan, options: TranslateOptions = { places: false }): TranslatedPlan {
  const translator = new Translator(plan, options);
  const source = translator.program();
  const files = (plan.static.files ?? []).map(({ value }) => value);
  return {
    source,
    builtins: (plan.static.builtin_funcs ?? []).map(({ name }) => name),
    files,
    ...(options.coverage === true
      ? { lines: translator.lines.map(([file, row, endRow]) => ({ file: files[file] ?? "", row, endRow })) }
      : {}),
  };
}

class Translator {
  readonly #plan: Plan;
  readonly #options: TranslateOptions;
  readonly #strings: readonly string[];
  readonly #functions: ReadonlyMap<string, { readonly index: number; readonly fn: PlanFunction }>;
  readonly #builtins = new Map<string, { readonly name: string; readonly void: boolean }>();
  readonly #hoisted: string[] = [];
  readonly #inputReaders: ReadonlySet<string>;
  readonly #lineNumbers = new Map<string, number>();
  /** Files and rows that can run, when coverage is asked for. */
  readonly lines: (readonly [file: number, row: number, endRow: number])[] = [];

  constructor(plan: Plan, options: TranslateOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#strings = (plan.static.strings ?? []).map(({ value }) => value);
    const functions = plan.funcs.funcs ?? [];
    this.#functions = new Map(functions.map((fn, index) => [fn.name, { index, fn }]));
    for (const [index, { name, decl }] of (plan.static.builtin_funcs ?? []).entries()) {
      this.#builtins.set(name, { name: `b${index}`, void: decl.result === undefined || decl.result === null });
    }
    this.#inputReaders = readsInput(functions);
  }

  program(): string {
    if (this.#options.coverage === true) {
      for (const { location } of this.#plan.unplanned_rules ?? []) this.#lineNumber(location);
    }
    const functions = [...this.#functions.values()].map(({ index, fn }) => this.#function(index, fn));
    const { plans } = this.#plan.plans;
    const results = plans.map(({ name, blocks }) => `${literal(name)}: ${this.#entrypoint(blocks)}`);
    const rules = plans.map(({ name, blocks }) => [name, this.#ruleOf(blocks)] as const);
    const values = rules.flatMap(([name, rule]) => (rule === null ? [] : [`${literal(name)}: ${rule}`]));
    const builtins = [...this.#builtins].map(
      ([name, { name: local }]) => `const ${local} = builtins(${literal(name)});`,
    );
    return [
      '"use strict";',
      "const { RegoSet, RegoObject, emptySet, equal, compare, dot, dotData, miss, member, scanKeys, valueAt, length, merge, upsert, isObject,",
      "  dynamic, append, insert, insertOnce, add, conflictingValues, number, made } = rt;",
      ...builtins,
      ...this.#hoisted,
      ...functions,
      `const rules = new Map([${this.#dynamicRules()}]);`,
      `return { results: {__proto__: null, ${results.join(",\n")}}, values: {__proto__: null, ${values.join(", ")}} };`,
    ].join("\n");
  }

  #dynamicRules(): string {
    return [...this.#functions.values()]
      .filter(({ fn }) => (fn.path ?? []).length > 0)
      .map(({ index, fn }) => `[${literal(JSON.stringify(fn.path))}, f${index}]`)
      .join(", ");
  }

  #entrypoint(blocks: readonly Block[]): string {
    const body = new FunctionBody(this.#parts(), blocks, [0, 1]);
    return `(l0, l1) => {\nconst results = new RegoSet();\n${body.text()}\nreturn results;\n}`;
  }

  /** The plan of an entrypoint calls one rule, and makes an object with its value as `result`. */
  #ruleOf(blocks: readonly Block[]): string | null {
    const [first, ...others] = blocks.flatMap(statementsOf);
    const isWrapping = others.every(({ type }) => wrapping.has(type));
    if (first?.type !== "CallStmt" || !isWrapping || first.stmt.args?.length !== 2) return null;
    const [input, data] = first.stmt.args;
    const rule = this.#functions.get(first.stmt.func);
    return rule !== undefined && input?.value === 0 && data?.value === 1 ? `f${rule.index}` : null;
  }

  #function(index: number, fn: PlanFunction): string {
    const body = new FunctionBody(this.#parts(), fn.blocks, fn.params, fn.return).text();
    const params = fn.params.map((local) => `l${integer(local)}`).join(", ");
    if (fn.params.length > 2) return `function f${index}(${params}) {\nif (--m.steps < 0) m.exhausted();\n${body}\n}`;
    return `${this.#memoised(index, fn, params)}\nfunction r${index}(${params}) {\nif (--m.steps < 0) m.exhausted();\n${body}\n}`;
  }

  /** A rule is computed once for an input and data; one that reads no input once for the data. */
  #memoised(index: number, fn: PlanFunction, params: string): string {
    const [input, data] = fn.params.map((local) => `l${integer(local)}`);
    const call = `r${index}(${input ?? ""}, ${data ?? ""})`;
    const variables = `let v${index}, g${index} = 0;`;
    if (!this.#inputReaders.has(fn.name)) {
      return [
        `${variables}\nfunction f${index}(${params}) {`,
        `if (${data ?? ""} !== m.data) return ${call};`,
        `if (g${index} === m.dataGeneration) return v${index};`,
        `v${index} = ${call}; g${index} = m.dataGeneration; return v${index};\n}`,
      ].join("\n");
    }
    return [
      `${variables}\nfunction f${index}(${params}) {`,
      `if (g${index} === m.generation) return v${index};`,
      `v${index} = ${call}; g${index} = m.generation; return v${index};\n}`,
    ].join("\n");
  }

  #lineNumber({ file, row, end_row: endRow }: Place): number {
    const key = `${file}:${row}:${endRow}`;
    const known = this.#lineNumbers.get(key) ?? this.lines.push([file, row, Math.max(row, endRow)]) - 1;
    this.#lineNumbers.set(key, known);
    return known;
  }

  #parts(): Parts {
    return {
      strings: this.#strings,
      functions: this.#functions,
      builtins: this.#builtins,
      hoist: (expression) => {
        const name = `k${this.#hoisted.length}`;
        this.#hoisted.push(`const ${name} = ${expression};`);
        return name;
      },
      places: this.#options.places,
      lineNumber: this.#options.coverage === true ? (place) => this.#lineNumber(place) : null,
    };
  }
}

/** What the bodies of functions share. */
interface Parts {
  readonly strings: readonly string[];
  readonly functions: ReadonlyMap<string, { readonly index: number }>;
  readonly builtins: ReadonlyMap<string, { readonly name: string; readonly void: boolean }>;
  /** Makes a constant of the program of the expression, and gives its name. */
  hoist(expression: string): string;
  readonly places: boolean;
  /** The number of the lines of a statement; null where nobody asks. */
  readonly lineNumber: ((place: Place) => number) | null;
}

function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error("the plan has something that is no integer");
  return value;
}

class FunctionBody {
  readonly #parts: Parts;
  readonly #blocks: readonly Block[];
  readonly #params: ReadonlySet<number>;
  /** The labels of the blocks that a `break` can leave, the innermost last. */
  readonly #labels: string[] = [];
  readonly #baseData: ReadonlySet<number>;
  #names = 0;
  #constants: Constants = { values: new Map(), skipped: new Set(), plainObjects: new Set(), argumentLists: new Map() };

  readonly #returned: number | null;

  constructor(parts: Parts, blocks: readonly Block[], params: readonly number[], returned: number | null = null) {
    this.#parts = parts;
    this.#returned = returned;
    this.#baseData = baseDataLocals(blocks);
    this.#blocks = blocks;
    this.#params = new Set(params);
  }

  text(): string {
    const shared = sharedLocals(this.#blocks);
    const bodies = this.#blocks.map((block) => {
      this.#constants = findConstants(block, this.#parts.strings, shared, (expression) =>
        this.#parts.hoist(expression),
      );
      return this.#block(block);
    });
    const locals = [...this.#locals()].map((local) => `l${integer(local)}`);
    const declared = locals.length === 0 ? "" : `let ${locals.join(", ")};\n`;
    return declared + bodies.join("\n");
  }

  #locals(): Set<number> {
    const locals = new Set([...walkStatements(this.#blocks)].flatMap(localsOf));
    for (const param of this.#params) locals.delete(param);
    return locals;
  }

  #block(block: Block): string {
    const label = this.#name("b");
    this.#labels.push(label);
    const body = this.#statements(block);
    this.#labels.pop();
    return body.includes(`break ${label};`) ? `${label}: {\n${body}\n}` : `{\n${body}\n}`;
  }

  #statements(block: Block): string {
    return statementsOf(block)
      .map(
        (statement) =>
          this.#mark(statement) + (this.#constants.skipped.has(statement) ? "" : this.#statement(statement)),
      )
      .filter((text) => text !== "")
      .join("\n");
  }

  /** The end of a rule is at its first line, whichever of its bodies gave the value: that says nothing of the line. */
  #mark({ type, stmt }: Statement): string {
    const { lineNumber } = this.#parts;
    if (
      lineNumber === null ||
      stmt.row === 0 ||
      unmarked.has(type) ||
      (type === "AssignVarOnceStmt" && stmt.target === this.#returned)
    )
      return "";
    return `m.covered[${lineNumber(stmt)}] = 1;\n`;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** Leaves the innermost block: where something is undefined. */
  get #leave(): string {
    return this.#leaveBlock(0);
  }

  #leaveBlock(index: number): string {
    const label = this.#labels.at(-1 - index);
    if (label === undefined) throw new Error("the plan leaves a block that it is not in");
    return `break ${label};`;
  }

  #local(local: number): string {
    return this.#constants.values.get(local) ?? `l${integer(local)}`;
  }

  #operand(operand: Operand): string {
    if (operand.type === "local") return this.#local(operand.value);
    if (operand.type === "bool") return String(operand.value);
    return literal(this.#string(operand.value));
  }

  #string(index: number): string {
    const text = this.#parts.strings[index];
    if (text === undefined) throw new Error(`the plan has no string ${index}`);
    return text;
  }

  /** Assigns where the target has a value of its own; constants are written where they are used. */
  #assign(target: number, expression: string): string {
    return `l${integer(target)} = ${expression};`;
  }

  #statement({ type, stmt }: Statement): string {
    switch (type) {
      case "AssignVarStmt":
        return this.#assign(stmt.target, this.#operand(stmt.source));
      case "AssignVarOnceStmt":
        return this.#assignOnce(stmt);
      case "AssignIntStmt":
      case "MakeNumberIntStmt":
        return this.#assign(stmt.target, String(integer(stmt.value)));
      case "MakeNumberRefStmt":
        return this.#assign(stmt.target, this.#parts.hoist(`number(${literal(this.#string(stmt.index))})`));
      case "MakeNullStmt":
        return this.#assign(stmt.target, "null");
      case "MakeArrayStmt":
        return this.#assign(stmt.target, "[]");
      case "MakeObjectStmt":
        return this.#assign(stmt.target, this.#constants.plainObjects.has(stmt.target) ? "{}" : "new RegoObject()");
      case "MakeSetStmt":
        return this.#assign(stmt.target, "emptySet");
      case "ResetLocalStmt":
        return this.#assign(stmt.target, "undefined");
      case "ArrayAppendStmt":
        return `append(${this.#local(stmt.array)}, ${this.#operand(stmt.value)});`;
      case "SetAddStmt":
        return `${this.#local(stmt.set)} = add(${this.#local(stmt.set)}, ${this.#operand(stmt.value)}, emptySet);`;
      case "ObjectInsertStmt":
        return this.#insert(stmt);
      case "ObjectInsertOnceStmt":
        return `insertOnce(${this.#local(stmt.object)}, ${this.#operand(stmt.key)}, ${this.#operand(stmt.value)}, ${place(stmt)});`;
      case "ObjectMergeStmt":
        return this.#assign(stmt.target, `merge(${this.#local(stmt.a)}, ${this.#local(stmt.b)})`);
      case "ResultSetAddStmt":
        return `results.add(${this.#local(stmt.value)});`;
      case "ReturnLocalStmt":
        return `return ${this.#local(stmt.source)};`;
      case "NopStmt":
        return "";
      case "BreakStmt":
        return this.#leaveBlock(integer(stmt.index));
      case "BlockStmt":
        return (stmt.blocks ?? []).map((block) => this.#block(block)).join("\n");
      case "EqualStmt":
        return `if (${this.#differ(stmt.a, stmt.b)}) ${this.#leave}`;
      case "NotEqualStmt":
        return `if (${this.#same(stmt.a, stmt.b)}) ${this.#leave}`;
      case "IsArrayStmt":
        return `if (!Array.isArray(${this.#operand(stmt.source)})) ${this.#leave}`;
      case "IsObjectStmt":
        return `if (!isObject(${this.#operand(stmt.source)})) ${this.#leave}`;
      case "IsSetStmt":
        return `if (!(${this.#operand(stmt.source)} instanceof RegoSet)) ${this.#leave}`;
      case "IsDefinedStmt":
        return `if (${this.#local(stmt.source)} === undefined) ${this.#leave}`;
      case "IsUndefinedStmt":
        return `if (${this.#local(stmt.source)} !== undefined) ${this.#leave}`;
      case "LenStmt":
        return this.#defined(stmt.target, `length(${this.#operand(stmt.source)})`);
      case "DotStmt":
        return this.#dot(stmt);
      case "CallStmt":
        return this.#call(stmt);
      case "CallDynamicStmt":
        return this.#callDynamic(stmt);
      case "NotStmt":
        return this.#not(stmt);
      case "ScanStmt":
        return this.#scan(stmt);
      case "WithStmt":
        return this.#with(stmt);
    }
  }

  #assignOnce(stmt: StatementOf<"AssignVarOnceStmt">): string {
    const target = `l${integer(stmt.target)}`;
    const source = this.#operand(stmt.source);
    return `if (${target} !== undefined && !equal(${target}, ${source})) conflictingValues(${place(stmt)});\n${target} = ${source};`;
  }

  #insert(stmt: StatementOf<"ObjectInsertStmt">): string {
    const object = this.#local(stmt.object);
    const value = this.#operand(stmt.value);
    if (!this.#constants.plainObjects.has(stmt.object))
      return `insert(${object}, ${this.#operand(stmt.key)}, ${value});`;
    return `${object}[${this.#operand(stmt.key)}] = ${value};`;
  }

  /** Assigns, and leaves the block where the value is undefined. */
  #defined(target: number, expression: string): string {
    const local = `l${integer(target)}`;
    return `if ((${local} = ${expression}) === undefined) ${this.#leave}`;
  }

  #dot(stmt: StatementOf<"DotStmt">): string {
    if (stmt.source.type !== "local") return this.#leave; // text and booleans have no elements
    const source = this.#local(stmt.source.value);
    const key = this.#operand(stmt.key);
    const target = `l${integer(stmt.target)}`;
    const name = stmt.key.type === "string_index" ? this.#string(stmt.key.value) : null;
    if (name === null && this.#baseData.has(stmt.source.value))
      return this.#defined(stmt.target, `dotData(${source}, ${key})`);
    if (name === null || !isPlainKey(name)) return this.#defined(stmt.target, `dot(${source}, ${key})`);
    // Absent from every prototype, so that what is found is the object's own. What is not found may be in an object of ours.
    return `if ((${target} = ${source}?.[${key}]) === undefined && (${target} = miss(${source}, ${key})) === undefined) ${this.#leave}`;
  }

  #same(a: Operand, b: Operand): string {
    const [x, y] = [this.#operand(a), this.#operand(b)];
    return this.#isScalar(a) || this.#isScalar(b) ? `${x} === ${y}` : `equal(${x}, ${y})`;
  }

  #differ(a: Operand, b: Operand): string {
    const [x, y] = [this.#operand(a), this.#operand(b)];
    return this.#isScalar(a) || this.#isScalar(b) ? `${x} !== ${y}` : `!equal(${x}, ${y})`;
  }

  /** Known to be a value that `===` compares: equal numbers that JavaScript holds are one and the same. */
  #isScalar(operand: Operand): boolean {
    if (operand.type !== "local") return true;
    const value = this.#constants.values.get(operand.value);
    return value !== undefined && !/^k\d+$/.test(value);
  }

  #call(stmt: StatementOf<"CallStmt">): string {
    const list = stmt.args?.at(-1);
    const elements = list?.type === "local" ? this.#constants.argumentLists.get(list.value) : undefined;
    if (elements !== undefined)
      return this.#format(
        stmt,
        elements.map((element) => this.#operand(element)),
      );
    const args = (stmt.args ?? []).map((arg) => this.#operand(arg));
    const own = this.#parts.functions.get(stmt.func);
    if (own !== undefined) return this.#defined(stmt.result, `f${own.index}(${args.join(", ")})`);
    const builtin = this.#parts.builtins.get(stmt.func);
    if (builtin === undefined) throw new Error(`the plan calls ${stmt.func}, which it does not declare`);
    const inline = inlineCall(
      stmt.func,
      args,
      (stmt.args ?? []).map((arg) => this.#isScalar(arg)),
      builtin.name,
    );
    const mark = this.#parts.places && inline?.total !== true ? `m.place = [${place(stmt)}];\n` : "";
    if (builtin.void) return `${mark}${builtin.name}(${args.join(", ")});`;
    if (inline?.total === true) return this.#assign(stmt.result, inline.expression);
    return mark + this.#defined(stmt.result, inline?.expression ?? `${builtin.name}(${args.join(", ")})`);
  }

  /** `sprintf` with its arguments written out: texts are put together here, and whatever else is left to the function. */
  #format(stmt: StatementOf<"CallStmt">, elements: readonly string[]): string {
    const [format] = stmt.args ?? [];
    const builtin = this.#parts.builtins.get(stmt.func);
    if (format === undefined || builtin === undefined)
      throw new Error("the plan calls sprintf, which it does not declare");
    const call = `${builtin.name}(${this.#operand(format)}, [${elements.join(", ")}])`;
    const mark = this.#parts.places ? `m.place = [${place(stmt)}];\n` : "";
    const text = format.type === "string_index" ? inlineFormat(this.#string(format.value), elements) : null;
    return (
      mark +
      this.#defined(stmt.result, text === null ? call : `(${text.condition} ? made(${text.expression}) : ${call})`)
    );
  }

  /** An undefined rule leaves three blocks more than an unknown one: so the plan is laid out. */
  #callDynamic(stmt: StatementOf<"CallDynamicStmt">): string {
    const rule = this.#name("d");
    const args = stmt.args.map((arg) => this.#local(arg)).join(", ");
    const path = stmt.path.map((part) => this.#operand(part)).join(", ");
    const result = `l${integer(stmt.result)}`;
    return [
      `const ${rule} = dynamic(rules, [${path}]);`,
      `if (${rule} === undefined) ${this.#leave}`,
      `if ((${result} = ${rule}(${args})) === undefined) ${this.#leaveBlock(3)}`,
    ].join("\n");
  }

  #not(stmt: StatementOf<"NotStmt">): string {
    const holds = this.#name("n");
    const inner = this.#name("b");
    this.#labels.push(inner);
    const body = this.#statements(stmt.block);
    this.#labels.pop();
    return `let ${holds} = true;\n${inner}: {\n${body}\n${holds} = false;\n}\nif (!${holds}) ${this.#leave}`;
  }

  #scan(stmt: StatementOf<"ScanStmt">): string {
    const [outer, loop] = [this.#name("s"), this.#name("b")];
    const [source, keys, at, isArray] = [this.#name("c"), this.#name("q"), this.#name("i"), this.#name("a")];
    this.#labels.push(outer, loop);
    const body = this.#statements(stmt.block);
    this.#labels.splice(-2);
    const [key, value] = [`l${integer(stmt.key)}`, `l${integer(stmt.value)}`];
    return [
      `const ${source} = ${this.#local(stmt.source)}, ${isArray} = Array.isArray(${source});`,
      `const ${keys} = ${isArray} ? ${source} : scanKeys(${source}, ${String(isOrdered(stmt.block))});`,
      `${outer}: for (let ${at} = 0; ${at} < ${keys}.length; ${at}++) {`,
      "if (--m.steps < 0) m.exhausted();",
      `if (${isArray}) { ${key} = ${at}; ${value} = ${keys}[${at}]; }`,
      `else { ${key} = ${keys}[${at}]; ${value} = valueAt(${source}, ${key}); }`,
      `${loop}: {\n${body}\n}\n}`,
    ].join("\n");
  }

  #with(stmt: StatementOf<"WithStmt">): string {
    const local = `l${integer(stmt.local)}`;
    const [saved, generation, undef, inner] = [this.#name("w"), this.#name("g"), this.#name("u"), this.#name("b")];
    const path = (stmt.path ?? []).map((index) => literal(this.#string(index)));
    const value = this.#operand(stmt.value);
    this.#labels.push(inner);
    const body = this.#statements(stmt.block);
    this.#labels.pop();
    return [
      `const ${saved} = ${local}, ${generation}x = m.generation;\nlet ${undef} = true;`,
      `${local} = ${path.length === 0 ? value : `upsert(${local}, [${path.join(", ")}], ${value})`};`,
      "m.generation = ++m.lastGeneration;",
      `${inner}: {\n${body}\n${undef} = false;\n}`,
      `${local} = ${saved}; m.generation = ${generation}x;`,
      `if (${undef}) ${this.#leave}`,
    ].join("\n");
  }
}

const unmarked: ReadonlySet<string> = new Set([
  "ResetLocalStmt",
  "ReturnLocalStmt",
  "NopStmt",
  "IsDefinedStmt",
  "IsUndefinedStmt",
  "BlockStmt",
]);
const wrapping: ReadonlySet<string> = new Set([
  "AssignVarStmt",
  "MakeObjectStmt",
  "ObjectInsertStmt",
  "ResultSetAddStmt",
]);

function place({ file, row, col }: { file: number; row: number; col: number }): string {
  return `${integer(file)}, ${integer(row)}, ${integer(col)}`;
}

/** Order shows only where elements are put in a list that was there before, or are printed. */
function isOrdered(block: Block): boolean {
  const inside = [...walkStatements([block])];
  const made = new Set(inside.flatMap(({ type, stmt }) => (type === "MakeArrayStmt" ? [stmt.target] : [])));
  return inside.some(
    ({ type, stmt }) =>
      (type === "ArrayAppendStmt" && !made.has(stmt.array)) || (type === "CallStmt" && stmt.func === "internal.print"),
  );
}
