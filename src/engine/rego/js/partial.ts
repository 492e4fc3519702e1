// Evaluation where not everything is known, and the trace of what an evaluation read.
import type { Json } from "../../../json.js";
import { parsePointer, pointer } from "../../../inventory/pointer.js";
import type { Cause, PartialAnswer, PartialEvaluator, TraceEntry } from "../engine.js";
import {
  both,
  causesIn,
  Maybe,
  OpenSet,
  sure,
  Unknown,
  unknownPlaces,
  withUnknown,
  type Abstract,
  type Held,
} from "./doubt.js";
import type { Interpreter } from "./interpreter.js";
import type { Trace } from "./partial-values.js";
import { BigNumber } from "./numbers.js";
import {
  isArray,
  isObjectValue,
  isSet,
  keyText,
  objectGet,
  RegoObject,
  RegoSet,
  toJson,
  type ObjectValue,
  type Value,
} from "./values.js";

/** Stands in answers for what is not known: a message that is made of it still says something. */
export const placeholder = "(known after apply)";

export class JsPartialEvaluator implements PartialEvaluator {
  /** Made when it is first needed: most evaluations know everything. */
  readonly #interpreter: () => Interpreter;
  readonly #plainData: () => Value;
  #causes: readonly Cause[] = [];
  #data: Abstract | undefined;

  constructor(interpreter: () => Interpreter, data: () => Value) {
    this.#interpreter = interpreter;
    this.#plainData = data;
  }

  setUnknownData(causes: readonly Cause[]): void {
    this.#causes = causes;
    this.#data = undefined;
  }

  evaluate(
    entrypoint: string,
    input: Json,
    causes: readonly Cause[],
    options: { readonly trace: boolean },
  ): PartialAnswer {
    const places = unknownPlaces(causes.map((cause) => [parsePointer(cause.pointer), cause]));
    const document = withUnknown(input, places);
    const data = (this.#data ??= this.#unknownData());
    const recorder = options.trace ? new Recorder(document, data) : null;
    const { results, mayFail } = this.#interpreter().evaluate(entrypoint, document, data, recorder);
    const value = resultOf(results[0]);
    return {
      value: sureValue(value),
      causes: [...both(openCauses(value), mayFail)],
      mayFail: mayFail.size > 0,
      trace: recorder?.entries ?? [],
    };
  }

  #unknownData(): Abstract {
    const places = this.#causes.map(
      (cause) => [["inventory", "resources", cause.resource ?? "", ...parsePointer(cause.pointer)], cause] as const,
    );
    return withUnknown(this.#plainData(), unknownPlaces(places));
  }
}

/** The value of an entrypoint is the field `result` of the object that it gives. */
function resultOf(object: Held): Held {
  if (object instanceof Maybe) {
    const value = resultOf(object.value);
    return value instanceof Maybe || value === undefined ? value : new Maybe(value, object.causes);
  }
  if (object === undefined || object instanceof Unknown || object instanceof OpenSet) return object;
  return objectGet(object as ObjectValue, "result");
}

/** What it depends on which value it is; parts of an element that is there for sure do not count. */
function openCauses(value: Held) {
  if (value instanceof Maybe) return both(value.causes, causesIn(value.value));
  if (value instanceof OpenSet || value instanceof Unknown) return value.causes;
  if (value instanceof RegoSet) {
    return [...value.values()]
      .map((item) => ((item as Abstract) instanceof Unknown ? causesIn(item) : sure))
      .reduce(both, sure);
  }
  return causesIn(value);
}

function sureValue(value: Held): Json | undefined {
  if (value instanceof OpenSet) return shown(withoutUnknown(value.elements));
  if (value instanceof RegoSet) return shown(withoutUnknown(value));
  if (value === undefined || value instanceof Maybe || value instanceof Unknown) return undefined;
  return shown(value);
}

/** An element of which nothing is known may be any of the others. */
function withoutUnknown(set: RegoSet): RegoSet {
  return RegoSet.of([...set.values()].filter((item) => !((item as Abstract) instanceof Unknown)));
}

/** JSON, with the placeholder where something is not known. */
function shown(value: Abstract): Json {
  if (causesIn(value).size === 0) return toJson(value as Value);
  if (value instanceof Unknown) return placeholder;
  if (value instanceof OpenSet) return shown(value.elements);
  if (isArray(value)) return value.map(shown);
  if (value instanceof RegoSet) return [...value.values()].map(shown);
  const entries = value instanceof RegoObject ? [...value.entries()] : Object.entries(value as object);
  return Object.fromEntries(entries.map(([key, item]) => [keyShown(key as Abstract), shown(item as Abstract)]));
}

function keyShown(key: Abstract): string {
  return causesIn(key).size === 0 ? keyText(key as Value) : placeholder;
}

interface Origin {
  readonly resource: string | null;
  readonly path: readonly string[];
}

/** More is not kept of one evaluation. */
const maxEntries = 1_000;

/** Writes down which parts of the input and of other resources an evaluation reads. */
class Recorder implements Trace {
  readonly entries: TraceEntry[] = [];
  readonly #origins = new Map<unknown, Origin>();
  readonly #resources: Abstract | undefined;
  readonly #seen = new Set<string>();

  constructor(input: Abstract, data: Abstract) {
    this.#origins.set(input, { resource: null, path: [] });
    const inventory = isObjectValue(data as Value) ? objectGet(data as ObjectValue, "inventory") : undefined;
    this.#resources = isObjectValue(inventory) ? objectGet(inventory, "resources") : undefined;
  }

  read(source: Abstract, key: Value, value: Held): void {
    const origin = this.#originOf(source, key);
    if (origin === null) return;
    if (isComposite(value)) this.#origins.set(value, origin);
    else this.#add(origin, value);
  }

  used(value: Abstract): void {
    const origin = this.#origins.get(value);
    if (origin !== undefined) this.#add(origin, value);
  }

  produced(
    rule: string,
    place: { readonly fileName: string; readonly row: number; readonly col: number },
    value: Held,
  ): void {
    if (this.entries.length >= maxEntries) return;
    const location = { file: place.fileName, row: place.row, column: place.col };
    this.entries.push({ kind: "rule", rule: rule.replace(/^g\d+\./, ""), location, value: heldJson(value) });
  }

  #originOf(source: Abstract, key: Value): Origin | null {
    if (source === this.#resources) return { resource: keyText(key), path: [] };
    const origin = this.#origins.get(source);
    return origin === undefined ? null : { resource: origin.resource, path: [...origin.path, keyText(key)] };
  }

  #add({ resource, path }: Origin, value: Held): void {
    const text = pointer(path);
    const key = JSON.stringify([resource, text]);
    if (this.#seen.has(key) || this.entries.length >= maxEntries) return;
    this.#seen.add(key);
    this.entries.push({ kind: "read", resource, pointer: text, value: heldJson(value) });
  }
}

function isComposite(value: Held): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    (isArray(value as Value) || isSet(value as Value) || isObjectValue(value as Value)) &&
    !(value instanceof Unknown || value instanceof OpenSet || value instanceof Maybe || value instanceof BigNumber)
  );
}

function heldJson(value: Held): Json | undefined {
  if (value === undefined) return undefined;
  return value instanceof Maybe ? shown(value.value) : shown(value);
}
