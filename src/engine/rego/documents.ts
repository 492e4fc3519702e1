// The documents below `data`, as OPA has them: rules and packages of the modules over base data, each by its path.
import { PortcullisError } from "../../errors.js";
import type { Json, JsonObject } from "../../json.js";
import { compileDocuments, type CompileOutcome } from "./compile-documents.js";
import { DocumentTree, type Found } from "./document-tree.js";
import type { PreparedInput } from "./engine.js";
import { JsEvaluator, type JsEngineOptions } from "./js/js-engine.js";
import type { Plan } from "./js/plan.js";
import { dotData, merge } from "./js/runtime.js";
import { translate } from "./js/translate.js";
import { isObjectValue, keyText, objectEntries, RegoObject, type PlainObject, type Value } from "./js/values.js";
import type { InspectedModule, ModuleSource } from "./rego-compiler.js";

export interface DocumentSources {
  readonly modules: readonly ModuleSource[];
  readonly data: PlainObject;
}

/** A place below `data`. */
export interface Document {
  /** Undefined where it has no value. Throws RegoError when it cannot be evaluated, or only beyond the budget. */
  read(input: Value | undefined): Value | undefined;
}

export interface DocumentOptions extends Pick<JsEngineOptions, "budget" | "clock"> {
  readonly strictBuiltinErrors?: boolean;
}

/** Throws PortcullisError("policy-invalid") for modules that do not compile. */
export async function compileToDocuments(sources: DocumentSources, options: DocumentOptions): Promise<Documents> {
  return new Documents(sources, await compileDocuments(sources.modules), options);
}

export class Documents {
  readonly sources: DocumentSources;
  readonly #outcome: CompileOutcome;
  readonly #options: DocumentOptions;
  readonly #tree: DocumentTree;
  readonly #evaluator: JsEvaluator;
  #strict: Documents | null = null;

  constructor(sources: DocumentSources, outcome: CompileOutcome, options: DocumentOptions) {
    this.sources = sources;
    this.#outcome = outcome;
    this.#options = options;
    this.#tree = new DocumentTree(outcome.inspected);
    const plan = (): Plan => JSON.parse(outcome.plan) as Plan;
    const isStrict = options.strictBuiltinErrors === true && this.#tree.entrypoints.length > 0;
    const program = isStrict ? translate(plan(), { places: true }) : outcome.program;
    this.#evaluator = new JsEvaluator(program, options, plan);
    this.#evaluator.setData(sources.data as unknown as JsonObject);
  }

  get modules(): readonly InspectedModule[] {
    return this.#outcome.inspected;
  }

  /** The same documents, where an error of a built-in function ends the evaluation. Made when it is first asked for. */
  strict(): Documents {
    return (this.#strict ??= new Documents(this.sources, this.#outcome, {
      ...this.#options,
      strictBuiltinErrors: true,
    }));
  }

  /** Names of the path as they are, not encoded; numbers as text. */
  at(path: readonly string[]): Document {
    if (path.length === 0) return { read: (input) => this.#whole(input) };
    const found = this.#tree.find(path);
    if (found === null) return { read: () => walk(this.sources.data, path) };
    return { read: (input) => this.#read(found, this.#prepare(input)) };
  }

  #prepare(input: Value | undefined): PreparedInput {
    return this.#evaluator.prepare(input as Json | undefined);
  }

  #read({ entrypoint, rest }: Found, input: PreparedInput): Value | undefined {
    const value = this.#evaluator.value(entrypoint, input);
    return rest.length === 0 ? value : walk(value, rest);
  }

  #whole(input: Value | undefined): Value {
    const prepared = this.#prepare(input);
    const rules = this.#tree.tops.map((name) => [name, this.#evaluator.value(name, prepared)] as const);
    const defined = rules.filter((entry): entry is [string, Value] => entry[1] !== undefined);
    return merge(RegoObject.of(defined), this.sources.data) ?? {};
  }
}

/** Numbers of a path are indexes of arrays, and of objects the keys that JSON calls by them. */
function walk(from: Value | undefined, path: readonly string[]): Value | undefined {
  return path.reduce<Value | undefined>((at, segment) => dotData(at, keyOf(segment)), from);
}

function keyOf(segment: string): Value {
  return /^-?\d{1,15}$/.test(segment) ? Number(segment) : segment;
}

/** Two trees of data as one; neither is changed. Throws PortcullisError where both have a value: `source` names the second. */
export function combineData(a: PlainObject, b: Value, source: string): PlainObject {
  return combined(a, b, { source, path: [] }) as PlainObject;
}

function combined(a: Value, b: Value, at: { readonly source: string; readonly path: readonly string[] }): Value {
  if (!isObjectValue(a) || !isObjectValue(b)) throw clash(at);
  const all = RegoObject.of(objectEntries(a));
  for (const [key, value] of objectEntries(b)) {
    const before = all.get(key);
    all.set(key, before === undefined ? value : combined(before, value, { ...at, path: [...at.path, keyText(key)] }));
  }
  return all;
}

function clash({ source, path }: { readonly source: string; readonly path: readonly string[] }): PortcullisError {
  const place = ["data", ...path].join(".");
  return new PortcullisError("input-unreadable", `${source}: ${place} is given by other data too`);
}
