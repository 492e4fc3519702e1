// Evaluates a plan where parts of the input or of the data are unknown, and says what holds whatever they are. Slower than
// translated code, so it runs only for what reads near an unknown value, and where a verdict is to be explained.
//
// Where a statement may leave its block or not, depending on something unknown, the rest of the block is evaluated in
// doubt: what it does may have been done or not. At the end of the block both ways are joined.
import { RegoError } from "../engine.js";
import type { Builtin } from "./builtins/builtin.js";
import { both, causesIn, equalForSure, join, Maybe, OpenSet, sure, Unknown } from "./doubt.js";
import type { Abstract, Answer, Causes, Held } from "./doubt.js";
import { causesOfExits, completed, outwards, type Exit, type Run } from "./exits.js";
import { parseNumber } from "./numbers.js";
import { not, PartialValues, type Trace } from "./partial-values.js";
import { baseDataLocals, statementsOf } from "./plan.js";
import type { Block, Operand, Place, Plan, PlanFunction, Statement, StatementOf } from "./plan.js";
import { dynamic } from "./runtime.js";
import { isArray, isObjectValue, isSet, RegoObject, RegoSet, type Value } from "./values.js";

export interface Outcome {
  /** Objects of results, some of which may be there or not. */
  readonly results: readonly Held[];
  /** What an error depends on that may come up for some values. */
  readonly mayFail: Causes;
}

/** Statements of one evaluation: the same order of magnitude as the engine's budget, since each costs more. */
const maxSteps = 5_000_000;

/** One plan. `evaluate` may be called any number of times. */
export class Interpreter {
  readonly #plan: Plan;
  readonly #builtins = new Map<
    string,
    { readonly call: (...args: Value[]) => Value | undefined; readonly isVoid: boolean }
  >();
  readonly #strings: readonly string[];
  readonly #files: readonly string[];
  readonly #functions: ReadonlyMap<string, PlanFunction>;
  readonly #dynamic: ReadonlyMap<string, PlanFunction>;
  #memory = new Map<PlanFunction, Held>();
  #locals: Held[] = [];
  /** What it depends on whether the statement that runs would run. */
  #doubt: Causes = sure;
  #mayFail: Causes = sure;
  #trace: Trace | null = null;
  #values: PartialValues;
  /** Which locals of the function that runs hold parts of `data`. */
  #baseData: ReadonlySet<number> = new Set();
  readonly #baseDataOf = new Map<readonly Block[], ReadonlySet<number>>();
  #rule = "";
  #results: Held[] = [];
  #returned: Held = undefined;
  #steps = 0;

  constructor(plan: Plan, builtin: (name: string) => Builtin) {
    this.#plan = plan;
    this.#strings = (plan.static.strings ?? []).map(({ value }) => value);
    this.#files = (plan.static.files ?? []).map(({ value }) => value);
    const functions = plan.funcs.funcs ?? [];
    this.#functions = new Map(functions.map((fn) => [fn.name, fn]));
    this.#dynamic = new Map(functions.flatMap((fn) => (fn.path === undefined ? [] : [[JSON.stringify(fn.path), fn]])));
    for (const { name, decl } of plan.static.builtin_funcs ?? []) {
      const call = builtin(name) as (...args: Value[]) => Value | undefined;
      this.#builtins.set(name, { call, isVoid: decl.result === undefined || decl.result === null });
    }
    this.#values = this.#newValues();
  }

  #newValues(): PartialValues {
    return new PartialValues((name) => this.#builtins.get(name)?.call, this.#trace);
  }

  #enter(blocks: readonly Block[]): void {
    const known = this.#baseDataOf.get(blocks) ?? baseDataLocals(blocks);
    this.#baseDataOf.set(blocks, known);
    this.#baseData = known;
  }

  /** The results of the entrypoint. Throws RegoError where the evaluation fails whatever the unknown values are. */
  evaluate(entrypoint: string, input: Held, data: Abstract, trace: Trace | null = null): Outcome {
    const plan = this.#plan.plans.plans.find(({ name }) => name === entrypoint);
    if (plan === undefined) throw new RegoError("entrypoint_unknown", `the program has no entrypoint ${entrypoint}`);
    this.#memory = new Map();
    this.#doubt = this.#mayFail = sure;
    this.#trace = trace;
    this.#rule = "";
    this.#values = this.#newValues();
    this.#steps = this.#sidesteps.length = 0;
    this.#enter(plan.blocks);
    const results: Held[] = (this.#results = []);
    this.#locals = [input, data];
    for (const block of plan.blocks) {
      const { run, doubt } = this.#block(statementsOf(block));
      this.#after(run, doubt, 1);
    }
    return { results, mayFail: this.#mayFail };
  }

  #statements(list: readonly Statement[]): Run {
    const exits: Exit[] = [];
    for (const statement of list) {
      if (++this.#steps > maxSteps) throw new RegoError("eval_cancel_error", "the policy used up its budget of steps");
      const run = this.#statement(statement);
      exits.push(...run.exits);
      if (this.#sidesteps.length > 0) exits.push(...this.#sidesteps.splice(0));
      if (!run.completes) return { completes: false, exits };
    }
    return { completes: true, exits };
  }

  /** Ways out of the statement that runs, because something that it uses may be undefined. */
  readonly #sidesteps: Exit[] = [];

  /** Runs a block; doubt that arose inside ends with it, unless it depends on it whether an outer block was left. */
  #block(list: readonly Statement[]): { readonly run: Run; readonly doubt: Causes } {
    const before = this.#doubt;
    const run = this.#statements(list);
    const doubt = this.#doubt;
    this.#doubt = before;
    return { run, doubt };
  }

  /** After a block whose innermost `depth` levels end here: what remains of its exits, and whether one can get past it. */
  #after(run: Run, doubt: Causes, depth: number): Run {
    const here = run.exits.filter(({ level }) => level < depth);
    const further = outwards(run.exits, depth);
    const passes = run.completes || here.length > 0;
    const causes = both(doubt, causesOfExits(run.exits));
    this.#joinExits(run.completes, here, causes);
    if (passes && further.length > 0) this.#doubt = both(this.#doubt, causes);
    return { completes: passes, exits: further };
  }

  /** Goes on from the exits, and from here where that is possible. */
  #joinExits(fromHere: boolean, exits: readonly Exit[], causes: Causes): void {
    if (!fromHere && exits[0] !== undefined) this.#locals = [...exits[0].locals];
    for (const { locals } of fromHere ? exits : exits.slice(1)) {
      const count = Math.max(locals.length, this.#locals.length);
      if (locals === this.#locals) continue;
      for (let at = 0; at < count; at++) this.#locals[at] = join(this.#locals[at], locals[at], causes);
    }
  }

  #exit(level = 0): Exit {
    return { level, locals: [...this.#locals], causes: this.#doubt };
  }

  #leave(level = 0): Run {
    return { completes: false, exits: [{ level, locals: this.#locals, causes: this.#doubt }] };
  }

  /** Goes on for true, leaves for false, and does both in doubt. */
  #when(answer: Answer): Run {
    if (answer === true) return completed;
    if (answer === false) return this.#leave();
    return this.#mayLeave(answer);
  }

  #mayLeave(causes: Causes): Run {
    this.#doubt = both(this.#doubt, causes);
    return { completes: true, exits: [this.#exit()] };
  }

  #assign(target: number, value: Held): Run {
    this.#locals[target] = value;
    return completed;
  }

  /** Assigns the value, and leaves the block where it is undefined. */
  #define(target: number, value: Held): Run {
    if (value === undefined) return this.#leave();
    if (!(value instanceof Maybe) && !(value instanceof Unknown)) return this.#assign(target, value);
    const run = this.#mayLeave(value.causes);
    this.#locals[target] = value instanceof Maybe ? value.value : value;
    return run;
  }

  /** What a local holds where it is used: a statement that uses a local does so where it is defined. */
  #local(local: number): Abstract | undefined {
    const held = this.#locals[local];
    if (!(held instanceof Maybe)) return held;
    this.#doubt = both(this.#doubt, held.causes);
    this.#sidesteps.push(this.#exit());
    return held.value;
  }

  #operand(operand: Operand): Abstract | undefined {
    if (operand.type === "local") return this.#local(operand.value);
    return operand.type === "bool" ? operand.value : this.#string(operand.value);
  }

  #string(index: number): string {
    return this.#strings[index] ?? "";
  }

  #statement(statement: Statement): Run {
    const { type, stmt } = statement;
    switch (type) {
      case "NopStmt":
        return completed;
      case "AssignVarStmt":
        return this.#assign(
          stmt.target,
          stmt.source.type === "local" ? this.#locals[stmt.source.value] : this.#operand(stmt.source),
        );
      case "AssignVarOnceStmt":
        return this.#assignOnce(stmt);
      case "AssignIntStmt":
      case "MakeNumberIntStmt":
        return this.#assign(stmt.target, stmt.value);
      case "MakeNumberRefStmt":
        return this.#assign(stmt.target, parseNumber(this.#string(stmt.index)));
      case "MakeNullStmt":
        return this.#assign(stmt.target, null);
      case "MakeArrayStmt":
        return this.#make(stmt.target, []);
      case "MakeObjectStmt":
        return this.#make(stmt.target, new RegoObject());
      case "MakeSetStmt":
        return this.#make(stmt.target, new RegoSet());
      case "ResetLocalStmt":
        return this.#assign(stmt.target, undefined);
      case "ArrayAppendStmt":
        return this.#append(stmt);
      case "SetAddStmt":
        return this.#add(stmt);
      case "ObjectInsertStmt":
        return this.#insert(stmt, false);
      case "ObjectInsertOnceStmt":
        return this.#insert(stmt, true);
      case "ObjectMergeStmt":
        return this.#assign(stmt.target, this.#values.merged(this.#local(stmt.a), this.#local(stmt.b)));
      case "ResultSetAddStmt":
        return this.#result(stmt);
      case "BreakStmt":
        return this.#leave(stmt.index);
      case "BlockStmt":
        return this.#blocks(stmt);
      case "EqualStmt":
        return this.#when(this.#equal(stmt.a, stmt.b));
      case "NotEqualStmt":
        return this.#when(not(this.#equal(stmt.a, stmt.b)));
      case "IsArrayStmt":
        return this.#isType(stmt.source, (value) => isArray(value));
      case "IsObjectStmt":
        return this.#isType(stmt.source, (value) => isObjectValue(value));
      case "IsSetStmt":
        return this.#isType(stmt.source, (value) => isSet(value));
      case "IsDefinedStmt":
        return this.#isDefined(stmt.source);
      case "IsUndefinedStmt":
        return this.#isUndefined(stmt.source);
      case "LenStmt":
        return this.#define(stmt.target, this.#values.length(this.#operand(stmt.source)));
      case "DotStmt":
        return this.#dotStatement(stmt);
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
      case "ReturnLocalStmt":
        return this.#return(stmt);
    }
  }

  #produced(stmt: Place, value: Held): void {
    if (this.#rule === "") return; // the entrypoint, which hands on what its rule gave
    this.#trace?.produced(this.#rule, { ...stmt, fileName: this.#files[stmt.file] ?? "" }, value);
  }

  /** Doubts when a collection was made: what is put into it in the same doubt is in it whenever it is there at all. */
  readonly #made = new WeakMap<object, Causes>();

  #make(target: number, collection: Value & object): Run {
    this.#made.set(collection, this.#doubt);
    return this.#assign(target, collection);
  }

  /** What it depends on whether the collection is changed now. */
  #doubtSince(collection: object): Causes {
    return this.#made.get(collection) === this.#doubt ? sure : this.#doubt;
  }

  #result(stmt: StatementOf<"ResultSetAddStmt">): Run {
    const object = this.#local(stmt.value);
    this.#results.push(this.#doubt.size === 0 ? object : join(undefined, object, this.#doubt));
    return completed;
  }

  #assignOnce(stmt: StatementOf<"AssignVarOnceStmt">): Run {
    const before = this.#locals[stmt.target];
    const value = this.#operand(stmt.source);
    this.#produced(stmt, value);
    if (before === undefined || value === undefined) return this.#assign(stmt.target, value);
    const earlier = before instanceof Maybe ? before.value : before;
    const same = equalForSure(earlier, value);
    if (same === true) return this.#assign(stmt.target, value);
    const isSure = same === false && !(before instanceof Maybe) && this.#doubt.size === 0;
    if (isSure) throw this.#conflict("complete rules must not produce multiple outputs", stmt);
    const causes = both(both(causesIn(before), causesIn(value)), this.#doubt);
    this.#mayFail = both(this.#mayFail, causes);
    return this.#assign(stmt.target, new Unknown(causes));
  }

  #conflict(message: string, { file, row, col }: Place): RegoError {
    return new RegoError("eval_conflict_error", message, {
      location: { file: this.#files[file] ?? "", row, column: col },
    });
  }

  #append(stmt: StatementOf<"ArrayAppendStmt">): Run {
    const array = this.#local(stmt.array);
    const value = this.#operand(stmt.value);
    if (array instanceof Unknown) return completed;
    const doubt = this.#doubtSince(array as object);
    if (doubt.size > 0) return this.#assign(stmt.array, new Unknown(both(doubt, causesIn(array))));
    (array as Value[]).push(value as Value);
    return completed;
  }

  #add(stmt: StatementOf<"SetAddStmt">): Run {
    const set = this.#local(stmt.set);
    const value = this.#operand(stmt.value) as Abstract;
    this.#produced(stmt, value);
    if (set instanceof Unknown) return completed;
    const elements = set instanceof OpenSet ? set.elements : (set as RegoSet);
    const before = set instanceof OpenSet ? set.causes : sure;
    const doubt = this.#doubtSince(elements);
    if (doubt.size > 0) return this.#assign(stmt.set, new OpenSet(elements, both(before, doubt)));
    elements.add(value as Value);
    return completed;
  }

  #insert(stmt: StatementOf<"ObjectInsertStmt">, once: boolean): Run {
    const object = this.#local(stmt.object);
    const [key, value] = [this.#operand(stmt.key) as Abstract, this.#operand(stmt.value) as Abstract];
    if (once) this.#produced(stmt, value);
    if (object instanceof Unknown) return completed;
    const before = (object as RegoObject).get(key as Value);
    const same = !once || before === undefined ? true : equalForSure(before, value);
    if (same === false && this.#doubt.size === 0) throw this.#conflict("object keys must be unique", stmt);
    const causes = both(
      both(this.#doubtSince(object as object), causesIn(key)),
      same === true || same === false ? sure : same,
    );
    if (causes.size === 0) {
      (object as RegoObject).set(key as Value, value as Value);
      return completed;
    }
    if (once) this.#mayFail = both(this.#mayFail, causes);
    return this.#assign(stmt.object, new Unknown(both(causes, both(causesIn(object), causesIn(value)))));
  }

  #blocks(stmt: StatementOf<"BlockStmt">): Run {
    const exits: Exit[] = [];
    for (const block of stmt.blocks ?? []) {
      const { run, doubt } = this.#block(statementsOf(block));
      const after = this.#after(run, doubt, 1);
      exits.push(...after.exits);
      if (!after.completes) return { completes: false, exits };
    }
    return { completes: true, exits };
  }

  #equal(a: Operand, b: Operand): Answer {
    const [x, y] = [this.#operand(a), this.#operand(b)];
    if (x === undefined || y === undefined) return x === y;
    return equalForSure(x, y);
  }

  #isType(source: Operand, test: (value: Value) => boolean): Run {
    const value = this.#operand(source);
    if (value instanceof Unknown) return this.#when(value.causes);
    if (value instanceof OpenSet) return this.#when(test(value.elements));
    return this.#when(value !== undefined && test(value));
  }

  #isDefined(local: number): Run {
    const held = this.#locals[local];
    if (held instanceof Maybe) return this.#define(local, held);
    return this.#when(held instanceof Unknown ? held.causes : held !== undefined);
  }

  #isUndefined(local: number): Run {
    const held = this.#locals[local];
    if (!(held instanceof Maybe) && !(held instanceof Unknown)) return this.#when(held === undefined);
    const run = this.#mayLeave(held.causes);
    this.#locals[local] = undefined;
    return run;
  }

  #dotStatement(stmt: StatementOf<"DotStmt">): Run {
    if (stmt.source.type !== "local") return this.#leave();
    const [source, key] = [this.#local(stmt.source.value), this.#operand(stmt.key)];
    return this.#define(stmt.target, this.#values.dot(source, key, this.#baseData.has(stmt.source.value)));
  }

  #call(stmt: StatementOf<"CallStmt">): Run {
    const fn = this.#functions.get(stmt.func);
    const args = stmt.args ?? [];
    if (fn !== undefined)
      return this.#define(
        stmt.result,
        this.#callFunction(
          fn,
          args.map((arg) => this.#held(arg)),
        ),
      );
    const operands = args.map((arg) => this.#operand(arg));
    const builtin = this.#builtins.get(stmt.func);
    if (builtin === undefined) throw new RegoError("eval_unsupported_builtin_error", `no function ${stmt.func}`);
    if (builtin.isVoid) return completed;
    return this.#define(stmt.result, this.#values.callBuiltin(stmt.func, builtin.call, operands));
  }

  #held(operand: Operand): Held {
    return operand.type === "local" ? this.#locals[operand.value] : this.#operand(operand);
  }

  /** Rules have no arguments but the input and the data: their value is computed once. */
  #callFunction(fn: PlanFunction, args: readonly Held[]): Held {
    if (fn.params.length > 2) return this.#run(fn, args);
    if (this.#memory.has(fn)) return this.#memory.get(fn);
    const value = this.#run(fn, args);
    this.#memory.set(fn, value);
    return value;
  }

  #run(fn: PlanFunction, args: readonly Held[]): Held {
    const [locals, doubt, rule, returned, baseData] = [
      this.#locals,
      this.#doubt,
      this.#rule,
      this.#returned,
      this.#baseData,
    ];
    this.#enter(fn.blocks);
    this.#locals = [];
    for (const [at, param] of fn.params.entries()) this.#locals[param] = args[at];
    this.#doubt = sure;
    this.#rule = fn.name;
    this.#returned = undefined;
    let open = true;
    for (const block of fn.blocks) {
      const { run, doubt: inside } = this.#block(statementsOf(block));
      open = this.#after(run, inside, 1).completes;
      if (!open) break;
    }
    const value = this.#returned as Held;
    [this.#locals, this.#doubt, this.#rule, this.#returned, this.#baseData] = [locals, doubt, rule, returned, baseData];
    return value;
  }

  #return(stmt: StatementOf<"ReturnLocalStmt">): Run {
    const value = this.#locals[stmt.source];
    this.#returned = this.#doubt.size === 0 ? value : join(this.#returned, value, this.#doubt);
    return { completes: false, exits: [] };
  }

  #callDynamic(stmt: StatementOf<"CallDynamicStmt">): Run {
    const path = stmt.path.map((part) => this.#operand(part));
    const causes = path.map(causesIn).reduce(both, sure);
    if (causes.size > 0) return this.#define(stmt.result, new Unknown(causes));
    const fn = dynamic(this.#dynamic, path as Value[]);
    if (fn === undefined) return this.#leave();
    const value = this.#callFunction(
      fn,
      stmt.args.map((arg) => this.#locals[arg]),
    );
    if (value === undefined) return this.#leave(3);
    if (!(value instanceof Maybe) && !(value instanceof Unknown)) return this.#assign(stmt.result, value);
    const run = this.#mayLeave(value.causes);
    this.#locals[stmt.result] = value instanceof Maybe ? value.value : value;
    return { completes: true, exits: outwards(run.exits, -3) };
  }

  #not(stmt: StatementOf<"NotStmt">): Run {
    const { run, doubt } = this.#block(statementsOf(stmt.block));
    const failed = run.exits.filter(({ level }) => level === 0);
    const further = outwards(run.exits, 1);
    const causes = both(doubt, causesOfExits(run.exits));
    const holds = run.completes ? [{ level: 0, locals: this.#locals, causes: both(this.#doubt, causes) }] : [];
    if (failed.length === 0) return { completes: false, exits: [...further, ...holds] };
    this.#joinExits(false, failed, causes);
    if (run.completes || further.length > 0) this.#doubt = both(this.#doubt, causes);
    return { completes: true, exits: [...holds, ...further] };
  }

  #scan(stmt: StatementOf<"ScanStmt">): Run {
    const source = this.#local(stmt.source);
    const before = this.#doubt;
    const exits: Exit[] = [];
    let open = true;
    for (const [key, value, causes] of this.#values.elements(source)) {
      open = this.#iteration(stmt, key, value, causes, exits);
      if (!open) break;
    }
    const stopped = exits.filter(({ level }) => level === 0);
    const further = outwards(exits, 1);
    const passes = open || stopped.length > 0;
    const causes = both(this.#doubt, causesOfExits(exits));
    this.#joinExits(open, stopped, causes);
    this.#doubt = passes && further.length > 0 ? both(before, causes) : before;
    return { completes: passes, exits: further };
  }

  /** True when the scan goes on. Exits are counted from outside of the loop's body: 0 ends the scan. */
  #iteration(stmt: StatementOf<"ScanStmt">, key: Abstract, value: Abstract, causes: Causes, exits: Exit[]): boolean {
    const before = this.#doubt;
    this.#doubt = both(before, causes);
    const absent = causes.size > 0 ? [this.#exit()] : [];
    this.#locals[stmt.key] = key;
    this.#locals[stmt.value] = value;
    const run = this.#statements(statementsOf(stmt.block));
    const all = [...run.exits, ...absent];
    const next = all.filter(({ level }) => level === 0);
    const out = outwards(all, 1);
    exits.push(...out);
    const goesOn = run.completes || next.length > 0;
    const inside = both(this.#doubt, causesOfExits(all));
    this.#joinExits(run.completes, next, inside);
    // Whether there is a next iteration is in doubt only where this one may have ended the scan.
    this.#doubt = goesOn && out.length > 0 ? inside : before;
    return goesOn;
  }

  #with(stmt: StatementOf<"WithStmt">): Run {
    const saved = this.#locals[stmt.local];
    const memory = this.#memory;
    this.#memory = new Map();
    const value = this.#operand(stmt.value);
    this.#locals[stmt.local] = this.#values.replaced(
      saved,
      (stmt.path ?? []).map((index) => this.#string(index)),
      value as Abstract,
    );
    const { run, doubt } = this.#block(statementsOf(stmt.block));
    this.#memory = memory;
    for (const { locals } of run.exits) locals[stmt.local] = saved;
    this.#locals[stmt.local] = saved;
    if (run.completes && run.exits.length > 0) this.#doubt = both(this.#doubt, both(doubt, causesOfExits(run.exits)));
    const undef = run.exits.filter(({ level }) => level === 0);
    return { completes: run.completes, exits: [...undef, ...outwards(run.exits, 1)] };
  }
}
