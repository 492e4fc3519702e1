import { isObject, own, setOwn, type Json } from "../../src/json.js";
import type { Scope } from "./scope.js";
import { absent, isKnown, isUnknown, isValueObject, Unknown, type Value } from "./value.js";

const maximumDepth = 200;
const maximumSteps = 1_000_000;
const maximumTextLength = 1024 * 1024;

/** What is wrong with an expression, and where. The value there is then unknown. */
export interface Fault {
  readonly problem: "unreadable" | "incomplete";
  readonly pointer: string;
  readonly message: string;
}

/** Three-valued: null is not known. */
type Truth = boolean | null;

/** Evaluates the expressions of one template. What cannot be known stays unknown, never a guess. */
export class Evaluator {
  readonly faults: Fault[] = [];
  readonly #scope: Scope;
  readonly #conditions = new Map<string, Truth>();
  #steps = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  value(json: Json, pointer: string, depth = 0): Value {
    if (++this.#steps > maximumSteps || depth > maximumDepth) {
      const limit =
        depth > maximumDepth ? `it is nested more than ${maximumDepth} deep` : "it takes too many steps to evaluate";
      return this.#fault(pointer, limit, "incomplete");
    }
    if (typeof json === "string") return json.includes("{{resolve:") ? new Unknown() : json;
    if (Array.isArray(json)) {
      return (json as readonly Json[])
        .map((element, at) => this.value(element, `${pointer}/${at}`, depth + 1))
        .filter((element) => element !== absent);
    }
    if (!isObject(json)) return json;
    const [key, ...others] = Object.keys(json);
    if (key !== undefined && others.length === 0 && isIntrinsic(key, own(json, key))) {
      return this.#intrinsic(key, own(json, key) ?? null, `${pointer}/${key}`, depth + 1);
    }
    const object: { [key: string]: Value } = {};
    for (const [name, child] of Object.entries(json)) {
      const value = this.value(child, `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, depth + 1);
      if (value !== absent) setOwn(object, name, value);
    }
    return object;
  }

  /** A condition by name; null when it depends on what is not known. */
  condition(name: string, pointer: string): Truth {
    const known = this.#conditions.get(name);
    if (known !== undefined) return known;
    const expression = own(this.#scope.conditions, name);
    if (expression === undefined) {
      this.#fault(pointer, `there is no condition ${name}`);
      return null;
    }
    this.#conditions.set(name, null); // a condition that names itself is not known
    const truth = this.#truth(expression, `/Conditions/${name}`, 0);
    this.#conditions.set(name, truth);
    return truth;
  }

  #intrinsic(key: string, argument: Json, pointer: string, depth: number): Value {
    switch (key) {
      case "Ref":
        return typeof argument === "string" ? this.#ref(argument, pointer) : this.#fault(pointer, "expected a name");
      case "Fn::GetAtt":
        return this.#getAtt(argument, pointer);
      case "Fn::Sub":
        return this.#sub(argument, pointer, depth);
      case "Fn::If":
        return this.#if(argument, pointer, depth);
      case "Fn::FindInMap":
        return this.#findInMap(argument, pointer, depth);
      case "Fn::Transform":
        return this.#fault(pointer, "a macro (Fn::Transform) is expanded by CloudFormation only", "incomplete");
      case "Fn::GetAZs":
      case "Fn::ImportValue":
      case "Fn::Cidr":
        return new Unknown(referencesOf(this.value(argument, pointer, depth)));
      case "Condition":
        return typeof argument === "string"
          ? (this.condition(argument, pointer) ?? new Unknown())
          : this.#fault(pointer, "expected the name of a condition");
      case "Fn::Equals":
      case "Fn::And":
      case "Fn::Or":
      case "Fn::Not":
        return this.#truth({ [key]: argument }, pointer, depth) ?? new Unknown();
      default:
        return this.#computed(key, this.value(argument, pointer, depth), pointer);
    }
  }

  #ref(name: string, pointer: string): Value {
    if (name === "AWS::NoValue") return absent;
    const { parameters, pseudo, resources } = this.#scope;
    const value = parameters.get(name) ?? pseudo.get(name);
    if (value !== undefined) return value;
    if (Object.hasOwn(resources, name)) return new Unknown([name], true);
    return this.#fault(pointer, `there is no parameter or resource ${name}`);
  }

  #getAtt(argument: Json, pointer: string): Value {
    const parts =
      typeof argument === "string" ? argument.split(".") : Array.isArray(argument) ? (argument as readonly Json[]) : [];
    const [name] = parts;
    if (typeof name !== "string" || parts.length < 2)
      return this.#fault(pointer, "expected a resource and an attribute");
    if (Object.hasOwn(this.#scope.resources, name)) return new Unknown([name], true);
    return this.#fault(pointer, `there is no resource ${name}`);
  }

  #sub(argument: Json, pointer: string, depth: number): Value {
    const list = Array.isArray(argument) ? (argument as readonly Json[]) : [argument];
    const [template, variables] = list;
    if (typeof template !== "string") return this.#fault(pointer, "expected a text");
    const given = isObject(variables) ? this.value(variables, `${pointer}/1`, depth) : {};
    const variable = (name: string): Value =>
      isValueObject(given) && Object.hasOwn(given, name) ? (given[name] ?? null) : this.#subVariable(name, pointer);
    const only = /^\$\{([^!}][^}]*)\}$/.exec(template)?.[1];
    if (only !== undefined) return variable(only);
    const references: string[] = [];
    let unknown = template.includes("{{resolve:");
    const text = template.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
      if (name.startsWith("!")) return `\${${name.slice(1)}}`;
      const value = variable(name);
      if (isKnown(value) && (typeof value === "string" || typeof value === "number" || typeof value === "boolean"))
        return String(value);
      references.push(...referencesOf(value));
      unknown = true;
      return whole;
    });
    return unknown ? new Unknown(references) : this.#bounded(text, pointer);
  }

  #subVariable(name: string, pointer: string): Value {
    return name.includes(".") ? this.#getAtt(name, pointer) : this.#ref(name, pointer);
  }

  #if(argument: Json, pointer: string, depth: number): Value {
    const list = Array.isArray(argument) ? (argument as readonly Json[]) : [];
    const [name, yes, no] = list;
    if (typeof name !== "string" || yes === undefined || no === undefined) {
      return this.#fault(pointer, "expected a condition and two values");
    }
    const truth = this.condition(name, pointer);
    if (truth !== null) return this.value(truth ? yes : no, `${pointer}/${truth ? 1 : 2}`, depth);
    const either: Value[] = [this.value(yes, `${pointer}/1`, depth), this.value(no, `${pointer}/2`, depth)];
    return new Unknown(either.flatMap((value) => referencesOf(value)));
  }

  #findInMap(argument: Json, pointer: string, depth: number): Value {
    const list = Array.isArray(argument) ? (argument as readonly Json[]) : [];
    const keys: Value[] = list.slice(0, 3).map((key, at) => this.value(key, `${pointer}/${at}`, depth));
    if (keys.length < 3) return this.#fault(pointer, "expected a map and two keys");
    if (keys.some((key) => !isKnown(key))) return new Unknown();
    let found: Json | undefined = this.#scope.mappings;
    for (const key of keys) found = isObject(found) ? own(found, textOf(key)) : undefined;
    if (found !== undefined) return found;
    const [, , , last] = list;
    const otherwise = isObject(last) ? own(last, "DefaultValue") : undefined;
    if (otherwise !== undefined) return this.value(otherwise, `${pointer}/3`, depth);
    return this.#fault(pointer, `the map has no ${keys.map(textOf).join(" / ")}`);
  }

  #computed(key: string, argument: Value, pointer: string): Value {
    const list = Array.isArray(argument) ? (argument as readonly Value[]) : null;
    if (key === "Fn::Select" && list !== null) return this.#select(list, pointer);
    if (!isKnown(argument)) return new Unknown(referencesOf(argument));
    switch (key) {
      case "Fn::Join":
        return this.#join(argument, pointer);
      case "Fn::Split": {
        const [separator, text] = Array.isArray(argument) ? (argument as readonly Json[]) : [];
        if (typeof separator !== "string" || typeof text !== "string")
          return this.#fault(pointer, "expected a separator and a text");
        return text.split(separator);
      }
      case "Fn::Base64":
        return typeof argument === "string"
          ? Buffer.from(argument).toString("base64")
          : this.#fault(pointer, "expected a text");
      case "Fn::ToJsonString":
        return this.#bounded(JSON.stringify(argument), pointer);
      case "Fn::Length":
        return Array.isArray(argument) ? argument.length : this.#fault(pointer, "expected a list");
      default:
        return this.#fault(pointer, `${key} is not a function that can be evaluated here`, "incomplete");
    }
  }

  #select([index, from]: readonly Value[], pointer: string): Value {
    if (index === undefined || from === undefined || !isKnown(index)) return new Unknown();
    if (isUnknown(from)) return new Unknown(from.references);
    const at = Number(index);
    const element = Array.isArray(from) ? (from as readonly Value[])[at] : undefined;
    return element ?? this.#fault(pointer, `there is no element ${textOf(index)}`);
  }

  #join(argument: Json, pointer: string): Value {
    const [separator, parts] = Array.isArray(argument) ? (argument as readonly Json[]) : [];
    if (typeof separator !== "string" || !Array.isArray(parts))
      return this.#fault(pointer, "expected a separator and a list");
    return this.#bounded((parts as readonly Json[]).map(textOf).join(separator), pointer);
  }

  #bounded(text: string, pointer: string): Value {
    return text.length <= maximumTextLength
      ? text
      : this.#fault(pointer, "the text becomes longer than 1 MiB", "incomplete");
  }

  #truth(expression: Json, pointer: string, depth: number): Truth {
    if (depth > maximumDepth || ++this.#steps > maximumSteps) return null;
    if (!isObject(expression)) return typeof expression === "boolean" ? expression : null;
    const [key] = Object.keys(expression);
    const argument = key === undefined ? undefined : own(expression, key);
    const list = Array.isArray(argument) ? (argument as readonly Json[]) : [];
    const each = (): Truth[] => list.map((part, at) => this.#truth(part, `${pointer}/${key ?? ""}/${at}`, depth + 1));
    switch (key) {
      case "Condition":
        return typeof argument === "string" ? this.condition(argument, pointer) : null;
      case "Fn::Not":
        return negated(each()[0] ?? null);
      case "Fn::And":
        return allOf(each());
      case "Fn::Or":
        return negated(allOf(each().map(negated)));
      case "Fn::Equals":
        return this.#equal(list, pointer, depth);
      case undefined:
      default:
        this.#fault(pointer, "expected a condition (Fn::Equals, Fn::And, Fn::Or, Fn::Not, Condition)");
        return null;
    }
  }

  #equal(list: readonly Json[], pointer: string, depth: number): Truth {
    const [left, right] = list.map((part, at) => this.value(part, `${pointer}/Fn::Equals/${at}`, depth + 1));
    if (left === undefined || right === undefined || !isKnown(left) || !isKnown(right)) return null;
    return textOf(left) === textOf(right);
  }

  #fault(pointer: string, message: string, problem: Fault["problem"] = "unreadable"): Unknown {
    this.faults.push({ problem, pointer, message });
    return new Unknown();
  }
}

/** `Condition` is also a property of policy statements and listener rules. */
function isIntrinsic(key: string, argument: Json | undefined): boolean {
  return key === "Ref" || key.startsWith("Fn::") || (key === "Condition" && typeof argument === "string");
}

/** As CloudFormation compares and joins: parameters are text, whatever they look like. */
function textOf(value: Value): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function negated(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

function allOf(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

/** The logical ids that an unknown value, or what it holds, comes from. */
export function referencesOf(value: Value): string[] {
  if (isUnknown(value)) return [...value.references];
  if (Array.isArray(value)) return (value as readonly Value[]).flatMap(referencesOf);
  return isValueObject(value) ? Object.values(value).flatMap(referencesOf) : [];
}
