// What single operations give where values are not known for sure, and what they read.
import {
  both,
  causesIn,
  equalForSure,
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
import type { Place } from "./plan.js";
import { dot, dotData, length, merge, scanKeys, upsert, valueAt } from "./runtime.js";
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

type Call = (...args: Value[]) => Value | undefined;

export class PartialValues {
  readonly #builtin: (name: string) => Call | undefined;
  readonly #trace: Trace | null;

  constructor(builtin: (name: string) => Call | undefined, trace: Trace | null) {
    this.#builtin = builtin;
    this.#trace = trace;
  }

  merged(a: Abstract | undefined, b: Abstract | undefined): Held {
    const causes = both(causesIn(a), causesIn(b));
    if (causes.size === 0) return merge(a as Value | undefined, b as Value | undefined);
    return a instanceof Unknown || b instanceof Unknown || a instanceof OpenSet
      ? new Unknown(causes)
      : merge(a, b as Value);
  }

  length(value: Abstract | undefined): Held {
    if (value instanceof Unknown || value instanceof OpenSet) return new Unknown(causesIn(value));
    this.#useAll(value);
    const causes = directCauses(value);
    return causes.size > 0 ? new Unknown(causes) : length(value);
  }

  /** `isData` where the source is a part of `data`. */
  dot(source: Abstract | undefined, key: Abstract | undefined, isData = false): Held {
    if (source === undefined || key === undefined) return undefined;
    const keyCauses = causesIn(key);
    if (source instanceof Unknown) return new Unknown(both(source.causes, keyCauses));
    if (source instanceof OpenSet || isSet(source)) {
      const answer = memberForSure(key, source);
      return answer === true ? key : answer === false ? undefined : new Maybe(key, answer);
    }
    if (keyCauses.size > 0) return new Unknown(both(keyCauses, causesIn(source)));
    const found = (isData ? dotData : dot)(source, key as Value);
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

  callBuiltin(
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
    const call = this.#builtin(name);
    // Only the kind of the value counts: an array is one whatever is in it.
    return call?.(isArray(kind) ? [] : isSet(kind) ? new RegoSet() : isObjectValue(kind) ? {} : kind);
  }

  #objectGet(object: Abstract, key: Abstract, otherwise: Abstract): { readonly value: Held } | null {
    if (causesIn(key).size > 0 || object instanceof Unknown || !isObjectValue(object as Value)) return null;
    const path = isArray(key as Value) ? (key as readonly Value[]) : [key as Value];
    let value: Held = object;
    for (const part of path) {
      value = this.dot(value, part);
      if (value instanceof Unknown || value instanceof Maybe)
        return { value: new Unknown(both(value.causes, causesIn(otherwise))) };
      if (value === undefined) return { value: otherwise };
    }
    return { value };
  }

  #useAll(value: Abstract | undefined): void {
    if (this.#trace !== null && typeof value === "object" && value !== null) this.#trace.used(value);
  }

  /** Keys and values, with what it depends on whether they are there at all. */
  *elements(source: Abstract | undefined): Generator<readonly [Abstract, Abstract, Causes]> {
    if (source === undefined) return;
    if (source instanceof Unknown) {
      yield [source, source, source.causes];
      return;
    }
    if (source instanceof OpenSet) {
      yield* this.elements(source.elements);
      yield [new Unknown(source.causes), new Unknown(source.causes), source.causes];
      return;
    }
    if (isArray(source)) {
      for (const [at, item] of (source as readonly Abstract[]).entries()) {
        this.#trace?.read(source, at, item);
        yield [at, item, presence(item)];
      }
      return;
    }
    for (const key of scanKeys(source, true)) {
      const value = valueAt(source, key) as Abstract;
      this.#trace?.read(source, key, value);
      yield [key, value, both(presence(value), causesIn(key))];
    }
  }

  replaced(root: Held, path: readonly string[], value: Abstract): Held {
    if (path.length === 0) return value;
    const document = root instanceof Maybe ? root.value : root;
    if (document instanceof Unknown) return document;
    return upsert(document as Value | undefined, path, value as Value);
  }
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

export function not(answer: Answer): Answer {
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
