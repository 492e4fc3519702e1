// Makes Rego policies that mostly compile, over so few names that what they look for is often there. Names and texts
// are those that break what is careless: parts of JavaScript's objects, ends of comments and literals, halves of characters.
import fc from "fast-check";
import { setOwn, type Json } from "../../../../json.js";

/** Where the values drawn come from: fast-check's generator, so that a failure shrinks and comes again. */
export type Draw = fc.GeneratorValue;

export interface GeneratedPolicy {
  readonly text: string;
  /** Of what can be an entrypoint: `package/rule`. */
  readonly entrypoints: readonly string[];
}

export const hostileTexts = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  "size",
  "get",
  "values",
  "digits",
  "exponent",
  'say "b"',
  "back\\slash",
  "\u2028\u2029",
  "\u0000",
  "\u0000[1]",
  "\u0000s",
  "*/",
  "${l0}",
  "`",
  "\ue000",
  "😀",
  "",
] as const;
const plainTexts = ["a", "b", "c"] as const;
const numbers = ["0", "1", "2", "-1", "1.5", "1.0", "100", "9007199254740993", "123456789012345678901234567890", "0.1"];
const keys = ["a", "a", "b", "b", "c", "0", "1", "__proto__", "constructor", "toString", "length", "size", "\u0000"];

/** A value over the vocabulary, for input and data. */
export function generateJson(draw: Draw, depth = 3): Json {
  const kind = draw(fc.nat, { max: depth === 0 ? 4 : 12 });
  if (kind === 0) return draw(fc.constantFrom<Json[]>, null, true, false);
  if (kind <= 2) return draw(fc.constantFrom<number[]>, 0, 1, 2, -1, 1.5, 100, 0.1, -0, 1e21);
  if (kind <= 4) return draw(fc.constantFrom<string[]>, ...plainTexts, ...hostileTexts, "1");
  if (kind <= 7) {
    return Array.from({ length: draw(fc.nat, { max: 3 }) }, () => generateJson(draw, depth - 1));
  }
  return generateObject(draw, depth);
}

export function generateObject(draw: Draw, depth = 3): { [key: string]: Json } {
  const object: { [key: string]: Json } = {};
  for (let left = draw(fc.nat, { max: 4 }); left >= 0; left--) {
    setOwn(object, draw(fc.constantFrom<string[]>, ...keys), generateJson(draw, depth - 1));
  }
  return object;
}

export function generatePolicy(draw: Draw, name: string): GeneratedPolicy {
  return new PolicyWriter(draw, name).policy();
}

/** Of `any` OPA's type checker knows nothing, of `opaque` more than we do. */
type Type = "any" | "opaque" | "number" | "string" | "boolean" | "array" | "set" | "object";
const concrete: readonly Type[] = ["number", "string", "boolean", "array", "set", "object"];

interface Term {
  readonly text: string;
  /** What OPA's type checker may know of it. */
  readonly type: Type;
}

interface Named extends Term {
  /** How many arguments: null for a rule. */
  readonly arity: number | null;
}

class PolicyWriter {
  readonly #draw: Draw;
  readonly #package: string;
  readonly #rules: Named[] = [];
  #scope: Term[] = [];
  #names = 0;
  /** Inside of a negation no variable can be bound. */
  #binds = true;

  constructor(draw: Draw, name: string) {
    this.#draw = draw;
    this.#package = name;
  }

  policy(): GeneratedPolicy {
    const lines = Array.from({ length: 2 + this.#upTo(3) }, (_, at) => this.#rule(at));
    const entrypoints = this.#rules.filter(({ arity }) => arity === null).map(({ text }) => `${this.#package}/${text}`);
    return { text: withoutUnused([`package ${this.#package}`, ...lines].join("\n\n")), entrypoints };
  }

  #upTo(max: number): number {
    return this.#draw(fc.nat, { max });
  }

  #chance(percent: number): boolean {
    return this.#upTo(99) < percent;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#upTo(from.length - 1)] as T;
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** What `write` writes; variables that it binds are forgotten. */
  #inside<T>(write: () => T): T {
    const [scope, binds] = [this.#scope, this.#binds];
    this.#scope = [...scope];
    const result = write();
    [this.#scope, this.#binds] = [scope, binds];
    return result;
  }

  #rule(at: number): string {
    const kinds = ["complete", "complete", "set", "object", "function", "function", "tree", "default", "else"] as const;
    const kind = this.#pick(kinds);
    const name = kind === "function" ? `f${at}` : `r${at}`;
    const type = this.#pick<Type>(["any", "any", ...concrete]);
    const head = kind === "tree" ? name + this.#segment(this.#pick([...plainTexts, "__proto__"])) : name;
    const end = kind === "tree" ? this.#pick(["set", "object"] as const) : kind;
    const clauses = Array.from({ length: 1 + this.#upTo(2) }, () => this.#inside(() => this.#clause(end, head, type)));
    const first = kind === "default" ? `default ${name} := ${this.#literal(0).text}\n` : "";
    this.#rules.push({ text: name, type: typeOf(kind, type), arity: kind === "function" ? 2 : null });
    return first + clauses.join("\n");
  }

  #clause(kind: string, name: string, type: Type): string {
    switch (kind) {
      case "set": {
        const body = this.#body();
        return `${name} contains ${this.#term("any", 2).text} if {\n${body}\n}`;
      }
      case "object": {
        const body = this.#body();
        return `${name}[${this.#key().text}] := ${this.#term(type, 2).text} if {\n${body}\n}`;
      }
      case "function":
        return this.#function(name, type);
      case "else":
        return `${this.#complete(name, type)}${this.#elses(type)}`;
      default:
        return this.#complete(name, type);
    }
  }

  #complete(head: string, type: Type): string {
    return this.#inside(() => {
      const body = this.#body();
      return `${head} := ${this.#term(type, 2).text} if {\n${body}\n}`;
    });
  }

  #elses(type: Type): string {
    const branches = Array.from({ length: 1 + this.#upTo(1) }, () => this.#complete(" else", type));
    return branches.join("") + (this.#chance(40) ? ` else := ${this.#literal(1).text}` : "");
  }

  #function(name: string, type: Type): string {
    const [a, b] = [this.#fresh("a"), this.#fresh("a")];
    const pattern = this.#pick([a, a, a, `[${a}, _]`, `{"a": ${a}}`, "1", '"a"']);
    if (pattern.includes(a)) this.#scope.push({ text: a, type: "any" });
    this.#scope.push({ text: b, type: "any" });
    const clause = this.#complete(`${name}(${pattern}, ${b})`, type);
    return clause + (this.#chance(25) ? this.#elses(type) : "");
  }

  #body(statements = 1 + this.#upTo(2)): string {
    return Array.from({ length: statements }, () => `\t${this.#statement()}`).join("\n");
  }

  #statement(): string {
    const choice = this.#upTo(15);
    if (choice <= 2) return this.#assign();
    if (choice <= 5) return this.#someIn();
    if (choice === 6) return this.#unify();
    if (choice === 7) return `not ${this.#negated()}`;
    if (choice === 8) return this.#every();
    if (choice <= 10) return this.#withModifiers(this.#term("any", 2).text);
    if (choice === 11) return this.#withAssignment();
    if (choice === 12) return this.#iteration();
    return this.#comparison();
  }

  #assign(): string {
    const value = this.#term("any", 2);
    const name = this.#fresh("v");
    this.#scope.push({ text: name, type: value.type });
    return `${name} := ${value.text}`;
  }

  #withAssignment(): string {
    const value = this.#term("any", 2);
    const name = this.#fresh("v");
    const text = this.#withModifiers(`${name} := ${value.text}`);
    this.#scope.push({ text: name, type: value.type });
    return text;
  }

  #someIn(): string {
    const { text, type } = this.#collection();
    const [key, value] = [this.#fresh("k"), this.#fresh("v")];
    this.#scope.push({ text: value, type });
    if (this.#chance(50)) return `some ${value} in ${text}`;
    this.#scope.push({ text: key, type });
    return `some ${key}, ${value} in ${text}`;
  }

  #unify(): string {
    const value = this.#ref();
    const [a, b] = [this.#fresh("u"), this.#fresh("u")];
    const known = this.#scope.length > 0 && this.#chance(50) ? this.#pick(this.#scope).text : b;
    const pattern = this.#pick([
      a,
      `[${a}, ${known}]`,
      `{"a": ${a}}`,
      `{"a": ${a}, "b": ${known}}`,
      `[${known}, ${a}]`,
    ]);
    this.#scope.push({ text: a, type: "any" });
    if (pattern.includes(b)) this.#scope.push({ text: b, type: "any" });
    return this.#chance(50) ? `${pattern} = ${value}` : `${value} = ${pattern}`;
  }

  #iteration(): string {
    const index = this.#fresh("i");
    const source = this.#ref();
    const value = this.#fresh("v");
    this.#scope.push({ text: index, type: "any" }, { text: value, type: "any" });
    return `${value} := ${source}[${index}]`;
  }

  #negated(): string {
    return this.#inside(() => {
      this.#binds = false;
      return this.#chance(50)
        ? this.#withModifiers(this.#comparison())
        : this.#withModifiers(this.#term("any", 2).text);
    });
  }

  #every(): string {
    const { text, type } = this.#collection();
    return this.#inside(() => {
      const [key, value] = [this.#fresh("k"), this.#fresh("v")];
      this.#scope.push({ text: key, type }, { text: value, type });
      return `every ${key}, ${value} in ${text} {\n${this.#body(1 + this.#upTo(1))}\n\t}`;
    });
  }

  #comparison(): string {
    const left = this.#term("any", 1);
    const isScalar = ["number", "string", "boolean"].includes(left.type);
    const right = isScalar
      ? this.#term(left.type, 1)
      : left.type === "any"
        ? this.#term("any", 1)
        : { text: this.#ref() };
    return `${left.text} ${this.#pick(["==", "==", "!=", "<", "<=", ">", ">="])} ${right.text}`;
  }

  #withModifiers(text: string): string {
    return text + Array.from({ length: this.#pick([0, 0, 1, 1, 2]) }, () => this.#modifier()).join("");
  }

  #modifier(): string {
    const functions = this.#rules.filter(({ arity }) => arity !== null);
    if (functions.length > 0 && this.#chance(20)) {
      const [from, to] = [this.#pick(functions), this.#pick(functions)];
      return ` with ${from.text} as ${this.#chance(60) ? to.text : this.#literal(1).text}`;
    }
    const rules = this.#rules.filter(({ arity }) => arity === null);
    if (rules.length > 0 && this.#chance(15))
      return ` with data.${this.#package}.${this.#pick(rules).text} as ${this.#term("any", 1).text}`;
    const root = this.#pick(["input", "input", "data.d"]);
    const path = this.#chance(60) ? this.#segment(this.#pick([...plainTexts, "__proto__"])) : "";
    return ` with ${root}${path} as ${this.#term("any", 1).text}`;
  }

  /** Something to go through. */
  #collection(): Term {
    if (this.#chance(60)) return { text: this.#ref(), type: "any" };
    const { text, type } = this.#literal(2, this.#pick(["array", "set", "object"]));
    return { text, type: type === "any" ? "any" : "opaque" };
  }

  #key(): Term {
    return this.#chance(40) ? this.#variable("any") : this.#chance(70) ? this.#text() : this.#literal(1);
  }

  #variable(type: Type): Term {
    const fitting = this.#scope.filter((each) => type === "any" || each.type === "any" || each.type === type);
    return fitting.length === 0 ? this.#literal(1, type) : this.#pick(fitting);
  }

  #term(type: Type, depth: number): Term {
    const choice = this.#upTo(11);
    if (choice <= 2 && this.#scope.length > 0) return this.#variable(type);
    if (choice <= 5) return { text: this.#ref(), type: "any" };
    if (choice === 6 && this.#rules.length > 0) return this.#ruleOrCall(type, depth);
    if (depth === 0) return this.#literal(0, type);
    if (choice <= 8) return this.#operation(type === "any" ? this.#pick(concrete) : type, depth - 1);
    if (choice === 9) return this.#comprehension(type, depth - 1);
    return this.#literal(depth, type);
  }

  #ruleOrCall(type: Type, depth: number): Term {
    const fitting = this.#rules.filter((each) => type === "any" || each.type === "any" || each.type === type);
    if (fitting.length === 0) return this.#literal(depth, type);
    const { text, type: found, arity } = this.#pick(fitting);
    if (arity === null) {
      const path = this.#chance(20) ? `data.${this.#package}.${text}` : text;
      return this.#chance(30) && ["object", "set"].includes(found)
        ? { text: `${path}[${this.#variable("any").text}]`, type: "opaque" }
        : { text: path, type: found };
    }
    const args = Array.from({ length: arity }, () => this.#ref());
    return { text: `${text}(${args.join(", ")})`, type: found };
  }

  #ref(): string {
    const root = this.#pick(["input", "input", "input", "data.d", `data.${this.#package}.base`]);
    const any = this.#scope.filter(({ type }) => type === "any");
    if (any.length > 0 && this.#chance(20)) return this.#pick(any).text + this.#path(1 + this.#upTo(1));
    return root + this.#path(this.#upTo(3));
  }

  #path(length: number): string {
    return Array.from({ length }, () => this.#step()).join("");
  }

  #step(): string {
    const choice = this.#upTo(9);
    if (choice === 0 && this.#binds) return "[_]";
    if (choice === 1) return `[${this.#pick(["0", "1", "-1", "1.5", "true", "null"])}]`;
    if (choice <= 3 && this.#scope.length > 0) return `[${this.#variable("any").text}]`;
    return this.#segment(this.#pick(keys));
  }

  #segment(key: string): string {
    return /^[a-z]+$/.test(key) && this.#chance(50) ? `.${key}` : `[${JSON.stringify(key)}]`;
  }

  #text(): Term {
    const text = this.#chance(60) ? this.#pick(keys) : this.#pick(hostileTexts);
    return { text: JSON.stringify(text), type: "string" };
  }

  #literal(depth: number, type: Type = "any"): Term {
    const kind = type === "any" ? this.#pick(depth > 0 ? concrete : concrete.slice(0, 3)) : type;
    const items = (): string[] =>
      Array.from({ length: this.#upTo(3) }, () => (depth > 0 ? this.#term("any", 0) : this.#literal(0)).text);
    switch (kind) {
      case "number":
        return { text: this.#pick(numbers), type: kind };
      case "boolean":
        return { text: this.#pick(["true", "false"]), type: kind };
      case "array":
        return { text: `[${items().join(", ")}]`, type: kind };
      case "set":
        return { text: `{${["1", ...items()].join(", ")}}`, type: kind };
      case "object":
        return {
          text: `{${items()
            .map((item) => `${this.#key().text}: ${item}`)
            .join(", ")}}`,
          type: kind,
        };
      default:
        return this.#text();
    }
  }

  #operation(type: Type, depth: number): Term {
    const of = (kind: Type): string => this.#term(kind, depth).text;
    const any = (): string => this.#ref();
    switch (type) {
      case "number":
        return {
          text: this.#pick([
            () => `count(${any()})`,
            () => `(${of("number")} ${this.#pick(["+", "*", "/", "%"])} ${of("number")})`,
            () => `sum(${any()})`,
          ])(),
          type: "number",
        };
      case "string":
        return {
          text: this.#pick([
            () => `concat(${of("string")}, ${any()})`,
            () => `type_name(${of("any")})`,
            () => `lower(${of("string")})`,
            () => `replace(${of("string")}, ${of("string")}, ${of("string")})`,
            () => `substring(${of("string")}, 1, ${of("number")})`,
            () => `json.marshal(${of("any")})`,
          ])(),
          type: "string",
        };
      case "boolean":
        return {
          text: this.#pick([
            () => `(${of("any")} in ${this.#collection().text})`,
            () => `startswith(${of("string")}, ${of("string")})`,
            () => `contains(${of("string")}, ${of("string")})`,
            () => `is_object(${of("any")})`,
            () => `(${any()} == ${of("any")})`,
            () => `endswith(${any()}, ${of("string")})`,
          ])(),
          type: "boolean",
        };
      case "array":
        return {
          text: this.#pick([
            () => `array.concat(${of("array")}, ${of("array")})`,
            () => `split(${of("string")}, ${of("string")})`,
            () => `sort(${any()})`,
            () => `numbers.range(${this.#upTo(3)}, ${of("number")})`,
            () => `array.slice(${of("array")}, 0, ${of("number")})`,
          ])(),
          type: "array",
        };
      case "set":
        return {
          text: this.#pick([
            () => `(${of("set")} ${this.#pick(["|", "&", "-"])} ${of("set")})`,
            () => `object.keys(${any()})`,
          ])(),
          type: "set",
        };
      default:
        return {
          text: this.#pick([
            () => `object.union(${any()}, ${any()})`,
            () => `object.remove(${any()}, [${this.#text().text}])`,
            () => `object.get(${any()}, ${this.#text().text}, ${any()})`,
            () => `max(${any()})`,
          ])(),
          type: "opaque",
        };
    }
  }

  #comprehension(type: Type, depth: number): Term {
    const collections: readonly Type[] = ["array", "set", "object"];
    if (type !== "any" && !collections.includes(type)) return this.#literal(depth, type);
    return this.#inside(() => {
      const kind = type === "any" ? this.#pick(collections) : type;
      this.#binds = true;
      const body = this.#body(1 + this.#upTo(1))
        .replaceAll("\n", "; ")
        .replaceAll("{; ", "{ ")
        .replaceAll("; \t}", " }");
      const value = this.#term("any", depth).text;
      if (kind === "array") return { text: `[${value} | ${body}]`, type: kind };
      if (kind === "set") return { text: `{${value} | ${body}}`, type: kind };
      return { text: `{${this.#key().text}: ${value} | ${body}}`, type: kind };
    });
  }
}

function typeOf(kind: string, type: Type): Type {
  if (kind === "set") return "set";
  if (kind === "object" || kind === "tree") return "object";
  return ["any", "object", "array", "set"].includes(type) || kind === "default" || kind === "else" ? "opaque" : type;
}

/** OPA refuses variables that are declared and then not used. */
function withoutUnused(text: string): string {
  const uses = new Map<string, number>();
  for (const [name] of text.matchAll(variable)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return text.replaceAll(/(?<!\\)\b([akuiv]\d+)( :=)?/g, (all, name: string, assigned?: string) =>
    uses.get(name) === 1 ? (assigned === undefined ? "_" : "_ =") : all,
  );
}
const variable = /(?<!\\)\b[akuiv]\d+\b/g;
