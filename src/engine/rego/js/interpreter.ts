// Evaluates a plan where parts of the input or of the data are unknown, and says what holds whatever they are. Slower than
// translated code, so it runs only for what reads near an unknown value, and where a verdict is to be explained.
//
// Where a statement may leave its block or not, depending on something unknown, the rest of the block is evaluated in
// doubt: what it does may have been done or not. At the end of the block both ways are joined.
import { RegoError } from "../engine.js";
import type { Builtin } from "./builtins/builtin.js";
import {
  both,
  causesIn,
  equalForSure,
  join,
  Maybe,
  memberForSure,
  OpenSet,
  sure,
  Unknown,
  type Abstract,
  type Answer,
  type Causes,
  type Held,
} from "./doubt.js";
import { parseNumber } from "./numbers.js";
import {
  statementsOf,
  type Operand,
  type Place,
  type Plan,
  type PlanFunction,
  type Statement,
  type StatementOf,
} from "./plan.js";
import { dot, dynamic, length, merge, scanKeys, upsert, valueAt } from "./runtime.js";
import { isArray, isObjectValue, isSet, RegoObject, RegoSet, type ObjectValue, type Value } from "./values.js";

/** Told what an evaluation does, to explain it. */
export interface Trace {
  /** `source[key]` gave `value`. */
  read(source: Abstract, key: Value, value: Held): void;
  /** All of the value was used at once. */
  used(value: Abstract): void;
  /** A rule or function added to or assigned its value. */
  produced(rule: string, place: Place & { readonly fileName: string }, value: Held): void;
}

export interface Outcome {
  /** Objects of results, some of which may be there or not. */
  readonly results: readonly Held[];
  /** What an error depends on that may come up for some values. */
  readonly mayFail: Causes;
}

/** A way out of blocks: `level` 0 is the innermost. `locals` is what held there, `causes` what it depends on that it is taken. */
interface Exit {
  readonly level: number;
  readonly causes: Causes;
  readonly locals: Held[];
}

interface Run {
  /** Whether the end of the statements can be reached. */
  readonly completes: boolean;
  readonly exits: readonly Exit[];
}

const completed: Run = { completes: true, exits: [] };
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
  }

  /** The results of the entrypoint. Throws RegoError where the evaluation fails whatever the unknown values are. */
  evaluate(entrypoint: string, input: Held, data: Abstract, trace: Trace | null = null): Outcome {
    const plan = this.#plan.plans.plans.find(({ name }) => name === entrypoint);
    if (plan === undefined) throw new RegoError("entrypoint_unknown", `the program has no entrypoint ${entrypoint}`);
    this.#memory = new Map();
    this.#doubt = this.#mayFail = sure;
    this.#trace = trace;
    this.#steps = 0;
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
        return this.#assign(stmt.target, this.#merged(this.#local(stmt.a), this.#local(stmt.b)));
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
        return this.#define(stmt.target, this.#length(this.#operand(stmt.source)));
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
    this.#produced(stmt, value);
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

  #merged(a: Abstract | undefined, b: Abstract | undefined): Held {
    const causes = both(causesIn(a), causesIn(b));
    if (causes.size === 0) return merge(a as Value | undefined, b as Value | undefined);
    return a instanceof Unknown || b instanceof Unknown || a instanceof OpenSet
      ? new Unknown(causes)
      : merge(a as Value, b as Value);
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

  #length(value: Abstract | undefined): Held {
    if (value instanceof Unknown || value instanceof OpenSet) return new Unknown(causesIn(value));
    this.#useAll(value);
    const causes = directCauses(value);
    return causes.size > 0 ? new Unknown(causes) : length(value);
  }

  #dotStatement(stmt: StatementOf<"DotStmt">): Run {
    if (stmt.source.type !== "local") return this.#leave();
    const [source, key] = [this.#local(stmt.source.value), this.#operand(stmt.key)];
    return this.#define(stmt.target, this.#dot(source, key));
  }

  #dot(source: Abstract | undefined, key: Abstract | undefined): Held {
    if (source === undefined || key === undefined) return undefined;
    const keyCauses = causesIn(key);
    if (source instanceof Unknown) return new Unknown(both(source.causes, keyCauses));
    if (source instanceof OpenSet || isSet(source)) {
      const answer = memberForSure(key, source);
      return answer === true ? key : answer === false ? undefined : new Maybe(key, answer);
    }
    if (keyCauses.size > 0) return new Unknown(both(keyCauses, causesIn(source)));
    const found = dot(source, key as Value);
    this.#trace?.read(source, key as Value, found);
    // A key that is not known for sure could be this one.
    if (found === undefined && isObjectValue(source)) return this.#orUnknownKey(source);
    return found;
  }

  #orUnknownKey(source: ObjectValue): Held {
    if (!(source instanceof RegoObject)) return undefined;
    let causes = sure;
    for (const [key] of source.entries()) if (typeof key === "object") causes = both(causes, causesIn(key));
    return causes.size === 0 ? undefined : new Unknown(causes);
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
    return this.#define(stmt.result, this.#callBuiltin(stmt.func, builtin.call, operands));
  }

  #held(operand: Operand): Held {
    return operand.type === "local" ? this.#locals[operand.value] : this.#operand(operand);
  }

  #callBuiltin(
    name: string,
    call: (...args: Value[]) => Value | undefined,
    args: readonly (Abstract | undefined)[],
  ): Held {
    const exact = this.#partly(name, args);
    if (exact !== null) return exact.value;
    for (const arg of args) this.#useAll(arg);
    const causes = args.map(causesIn).reduce(both, sure);
    return causes.size > 0 ? new Unknown(causes) : call(...(args as Value[]));
  }

  /** Functions that look at a part of their arguments only: what the rest is does not matter to them. */
  #partly(name: string, args: readonly (Abstract | undefined)[]): { readonly value: Held } | null {
    const [a, b, c] = args;
    if (a === undefined || b === undefined)
      return a === undefined || !typeTests.has(name) ? null : { value: this.#typeTest(name, a) };
    switch (name) {
      case "eq":
      case "equal":
        this.#useAll(a);
        this.#useAll(b);
        return { value: answerValue(equalForSure(a, b)) };
      case "neq":
        this.#useAll(a);
        this.#useAll(b);
        return { value: answerValue(not(equalForSure(a, b))) };
      case "internal.member_2":
        this.#useAll(b);
        return { value: answerValue(memberForSure(a, b)) };
      case "object.get":
        return c === undefined ? null : this.#objectGet(a, b, c);
      default:
        return null;
    }
  }

  #typeTest(name: string, value: Abstract): Held {
    if (value instanceof Unknown) return value;
    const kind = value instanceof OpenSet ? value.elements : value;
    const call = this.#builtins.get(name)?.call;
    // Only the kind of the value counts: an array is one whatever is in it.
    return call?.(isArray(kind) ? [] : isSet(kind) ? new RegoSet() : isObjectValue(kind) ? {} : kind);
  }

  #objectGet(object: Abstract, key: Abstract, otherwise: Abstract): { readonly value: Held } | null {
    if (causesIn(key).size > 0 || object instanceof Unknown || !isObjectValue(object as Value)) return null;
    const path = isArray(key as Value) ? (key as readonly Value[]) : [key as Value];
    let value: Held = object;
    for (const part of path) {
      value = this.#dot(value as Abstract, part);
      if (value instanceof Unknown || value instanceof Maybe)
        return { value: new Unknown(both(value.causes, causesIn(otherwise))) };
      if (value === undefined) return { value: otherwise };
    }
    return { value };
  }

  #useAll(value: Abstract | undefined): void {
    if (this.#trace !== null && typeof value === "object" && value !== null) this.#trace.used(value);
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
    const [locals, doubt, rule, returned] = [this.#locals, this.#doubt, this.#rule, this.#returned];
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
    [this.#locals, this.#doubt, this.#rule, this.#returned] = [locals, doubt, rule, returned];
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
    for (const [key, value, causes] of this.#elements(source)) {
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

  /** Keys and values, with what it depends on whether they are there at all. */
  *#elements(source: Abstract | undefined): Generator<readonly [Abstract, Abstract, Causes]> {
    if (source === undefined) return;
    if (source instanceof Unknown) return yield [source, source, source.causes];
    if (source instanceof OpenSet) {
      yield* this.#elements(source.elements);
      return yield [new Unknown(source.causes), new Unknown(source.causes), source.causes];
    }
    if (isArray(source as Value)) {
      for (const [at, item] of (source as readonly Abstract[]).entries()) {
        this.#trace?.read(source, at, item);
        yield [at, item, presence(item)];
      }
      return;
    }
    for (const key of scanKeys(source as Value, true)) {
      const value = valueAt(source as Value, key) as Abstract;
      this.#trace?.read(source, key, value);
      yield [key, value, both(presence(value as Abstract), causesIn(key))];
    }
  }

  #with(stmt: StatementOf<"WithStmt">): Run {
    const saved = this.#locals[stmt.local];
    const memory = this.#memory;
    this.#memory = new Map();
    const value = this.#operand(stmt.value);
    this.#locals[stmt.local] = this.#replaced(
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

  #replaced(root: Held, path: readonly string[], value: Abstract): Held {
    if (path.length === 0) return value;
    const document = root instanceof Maybe ? root.value : root;
    if (document instanceof Unknown) return document;
    return upsert(document as Value | undefined, path, value as Value);
  }
}

/** The exits that leave more than `levels` blocks, counted from outside of these. */
function outwards(exits: readonly Exit[], levels: number): Exit[] {
  return exits.filter(({ level }) => level >= levels).map((exit) => ({ ...exit, level: exit.level - levels }));
}

function causesOfExits(exits: readonly Exit[]): Causes {
  return exits.map(({ causes }) => causes).reduce(both, sure);
}

const typeTests = new Set([
  "is_array",
  "is_boolean",
  "is_null",
  "is_number",
  "is_object",
  "is_set",
  "is_string",
  "type_name",
]);

function not(answer: Answer): Answer {
  return typeof answer === "boolean" ? !answer : answer;
}

function answerValue(answer: Answer): Held {
  return typeof answer === "boolean" ? answer : new Unknown(answer);
}

/** An unknown element may be absent. */
function presence(value: Abstract): Causes {
  return value instanceof Unknown ? value.causes : sure;
}

/** What it depends on how many elements there are. */
function directCauses(value: Abstract | undefined): Causes {
  if (typeof value !== "object" || value === null) return sure;
  if (isSet(value as Value)) return causesIn(value);
  if (isArray(value as Value)) return (value as readonly Abstract[]).map(presence).reduce(both, sure);
  return isObjectValue(value as Value) ? causesIn(value) : sure;
}
