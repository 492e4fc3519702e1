// The default engine: OPA's plan of the policies, translated into JavaScript. See docs/decisions/0003-the-js-engine.md.
import { systemClock, type Clock } from "../../../clock.js";
import { messageOf } from "../../../errors.js";
import type { Json, JsonObject } from "../../../json.js";
import {
  RegoError,
  type CompiledUnit,
  type PartialEvaluator,
  type PreparedInput,
  type RegoEngine,
  type RegoEvaluator,
} from "../engine.js";
import { BuiltinError, type Builtin, type BuiltinContext } from "./builtins/builtin.js";
import { networkBuiltins, ownBuiltins } from "./builtins/index.js";
import { opaBuiltin } from "./builtins/opa.js";
import { Interpreter } from "./interpreter.js";
import { JsPartialEvaluator } from "./partial.js";
import type { Plan } from "./plan.js";
import { unsteadyEntrypoints } from "./purity.js";
import { defaultBudget, Meter, newRuntime, type Budget } from "./runtime.js";
import { translate, type Lines, type TranslatedPlan } from "./translate.js";
import { objectGet, toJson, type ObjectValue, type RegoSet, type Value } from "./values.js";

export interface JsEngineOptions {
  readonly clock?: Clock;
  readonly budget?: Budget;
  /** An error of a built-in function ends the evaluation; otherwise it makes the call undefined, as in OPA. */
  readonly strictBuiltinErrors?: boolean;
  readonly print?: (text: string) => void;
  /** Note the lines that run: `JsEvaluator.coverage`. */
  readonly coverage?: boolean;
}

export class JsEngine implements RegoEngine {
  readonly name = "js";
  readonly #options: JsEngineOptions;

  constructor(options: JsEngineOptions = {}) {
    this.#options = options;
  }

  async load(unit: CompiledUnit): Promise<JsEvaluator> {
    try {
      const { strictBuiltinErrors: places = false, coverage = false } = this.#options;
      const isPlain = !places && !coverage && unit.program !== undefined;
      const program = isPlain ? unit.program() : translate(unit.plan(), { places, coverage });
      return await Promise.resolve(new JsEvaluator(program, this.#options, () => unit.plan()));
    } catch (cause) {
      if (cause instanceof RegoError) throw cause;
      throw new RegoError("load_failed", `the compiled policies cannot be loaded: ${messageOf(cause)}`, { cause });
    }
  }
}

export const jsEngine: RegoEngine = new JsEngine();

type Entrypoints<T> = Readonly<Record<string, (input: Value | undefined, data: Value) => T>>;
interface Program {
  readonly results: Entrypoints<RegoSet>;
  readonly values: Entrypoints<Value | undefined>;
}
type Factory = (rt: unknown, m: Meter, builtins: (name: string) => unknown) => Program;

export class JsEvaluator implements RegoEvaluator {
  readonly #meter = new Meter();
  readonly #context: BuiltinContext;
  #now: bigint | null = null;
  readonly #program: Program;
  readonly #files: readonly string[];
  readonly #lines: readonly Lines[];
  readonly #options: JsEngineOptions;
  readonly #clock: Clock;
  readonly partial: PartialEvaluator;
  readonly #plan: () => Plan;
  #unsteady: ReadonlySet<string> | null = null;
  #data: Value = {};
  #last: PreparedInput | null = null;

  constructor(translated: TranslatedPlan, options: JsEngineOptions, plan: () => Plan) {
    this.#options = options;
    this.#plan = plan;
    this.#clock = options.clock ?? systemClock;
    this.#files = translated.files;
    this.#lines = translated.lines ?? [];
    this.#meter.covered = new Uint8Array(this.#lines.length);
    const meter = this.#meter;
    this.#context = {
      now: () => (this.#now ??= BigInt(this.#clock.now().getTime()) * 1_000_000n),
      print: options.print ?? (() => undefined),
      charge: (bytes, steps) => {
        meter.charge(bytes, steps);
      },
      memory: new Map(),
    };
    const own = ownBuiltins(this.#context);
    const builtin = (name: string): ((...args: Value[]) => Value | undefined) =>
      this.#guarded(name, own.get(name) ?? missing(name, this.#context));
    // The source is ours, made from OPA's plan: text of policies stands in it inside of string literals only.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const factory = new Function("rt", "m", "builtins", translated.source) as Factory;
    this.#program = factory(newRuntime(meter, this.#files), meter, builtin);
    let interpreter: Interpreter | undefined;
    this.partial = new JsPartialEvaluator(
      () => {
        this.#begin({ value: undefined });
        return (interpreter ??= new Interpreter(plan(), builtin));
      },
      () => this.#data,
    );
  }

  /** The lines that can run, and whether they did. */
  *coverage(): Generator<Lines & { readonly covered: boolean }> {
    for (const [at, line] of this.#lines.entries()) yield { ...line, covered: this.#meter.covered[at] === 1 };
  }

  isSteady(entrypoint: string): boolean {
    this.#unsteady ??= unsteadyEntrypoints(this.#plan());
    return !this.#unsteady.has(entrypoint);
  }

  setData(data: JsonObject): void {
    this.#data = data;
    this.partial.setUnknownData([]);
    this.#meter.data = data;
    this.#meter.dataGeneration++;
    this.#last = null;
  }

  prepare(input: Json | undefined): PreparedInput {
    return { value: input };
  }

  evaluate(entrypoint: string, input: PreparedInput): Json | undefined {
    const value = this.value(entrypoint, input);
    return value === undefined ? undefined : toJson(value);
  }

  /** The same as Rego's value, with sets and exact numbers. */
  value(entrypoint: string, input: PreparedInput): Value | undefined {
    const rule = this.#program.values[entrypoint];
    return rule === undefined ? this.#resultOf(entrypoint, input) : this.#run(rule, input);
  }

  #resultOf(entrypoint: string, input: PreparedInput): Value | undefined {
    const [first] = this.results(entrypoint, input).values();
    return first === undefined ? undefined : objectGet(first as ObjectValue, "result");
  }

  /** The set of results: for an entrypoint one object with `result`, or none. */
  results(entrypoint: string, input: PreparedInput): RegoSet {
    const run = this.#program.results[entrypoint];
    if (run === undefined) throw new RegoError("entrypoint_unknown", `the program has no entrypoint ${entrypoint}`);
    return this.#run(run, input);
  }

  #run<T>(run: (input: Value | undefined, data: Value) => T, input: PreparedInput): T {
    this.#begin(input);
    try {
      return run(input.value as Value | undefined, this.#data);
    } catch (thrown) {
      this.#last = null;
      throw regoError(thrown);
    }
  }

  /** Answers of rules are kept while the same input is evaluated by several entrypoints. */
  #begin(input: PreparedInput): void {
    const meter = this.#meter;
    const budget = this.#options.budget ?? defaultBudget;
    meter.steps = budget.steps;
    meter.bytes = budget.bytes;
    meter.data = this.#data;
    if (this.#last === input) return;
    this.#last = input;
    meter.generation = ++meter.lastGeneration;
    this.#now = null;
    if (this.#context.memory.size > 0) this.#context.memory.clear();
  }

  /** What a function refuses is undefined, or ends the evaluation where errors are strict. */
  #guarded(name: string, builtin: Builtin): (...args: Value[]) => Value | undefined {
    const call = builtin as (...args: Value[]) => Value | undefined;
    const strict = this.#options.strictBuiltinErrors === true;
    const refused = (thrown: unknown): undefined => {
      if (!(thrown instanceof BuiltinError)) throw thrown;
      if (!strict && thrown.code !== "eval_conflict_error") return undefined;
      throw new RegoError(thrown.code, `${name}: ${thrown.message}`, { location: this.#place(), cause: thrown });
    };
    // A list of arguments costs more than many a function.
    if (call.length === 1) return (a) => attempt(() => call(a), refused);
    if (call.length === 2) return (a, b) => attempt(() => call(a, b), refused);
    return (...args) => attempt(() => call(...args), refused);
  }

  #place() {
    const place = this.#meter.place;
    return place === null ? null : { file: this.#files[place[0]] ?? "", row: place[1], column: place[2] };
  }
}

function attempt<T>(run: () => T, refused: (thrown: unknown) => T): T {
  try {
    return run();
  } catch (thrown) {
    return refused(thrown);
  }
}

function missing(name: string, context: BuiltinContext): Builtin {
  if (!networkBuiltins.has(name)) return opaBuiltin(name, context);
  return () => {
    const message = `the function ${name} is off: policies get no network`;
    throw new RegoError("eval_unsupported_builtin_error", message);
  };
}

function regoError(thrown: unknown): RegoError {
  if (thrown instanceof RegoError) return thrown;
  if (thrown instanceof RangeError) {
    return new RegoError("eval_internal_error", `the policy stopped: ${thrown.message}`, { cause: thrown });
  }
  return new RegoError("eval_internal_error", `the policy stopped: ${messageOf(thrown)}`, { cause: thrown });
}
