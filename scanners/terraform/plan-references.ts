// Follows the references of a plan's expressions to resources: through variables of modules and outputs. What cannot be
// followed (a local value, an output that is not named) stays as it is written, so that nobody takes the rest for all.
import { pointer as pointerOf } from "../../src/inventory/pointer.js";
import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import { keySuffix, parseAddress, parseModules, within } from "./plan-address.js";
import { listAt, objectAt, type ModuleScope, type PlanConfiguration } from "./plan-configuration.js";

/** Where a reference stands: the module instance, and the block whose each and count it means. */
interface Position {
  readonly scope: ModuleScope;
  readonly block: JsonObject | null;
  readonly key: string | null;
}

const deepest = 32;
const mostAddresses = 200;
/** For one argument: modules that call each other in many ways could be followed without end. */
const mostSteps = 2_000;

export class PlanReferences {
  readonly #configuration: PlanConfiguration;
  readonly #addresses: ReadonlySet<string>;
  #steps = 0;

  constructor(configuration: PlanConfiguration, addresses: ReadonlySet<string>) {
    this.#configuration = configuration;
    this.#addresses = addresses;
  }

  /** For each argument, by pointer into the values, the addresses that its expression refers to. */
  of(resource: { readonly address: string; readonly values: JsonObject }): ReadonlyMap<string, readonly string[]> {
    const into = new Map<string, readonly string[]>();
    const parsed = parseAddress(resource.address);
    const scope = parsed && this.#configuration.scope(parsed.path);
    const block = scope && this.#configuration.resource(scope, parsed.block);
    if (scope === undefined || block === undefined) return into;
    const position = { scope, block, key: parsed?.key ?? null };
    this.#collect(objectAt(block, "expressions"), resource.values, [], position, into);
    return into;
  }

  #collect(
    body: JsonObject,
    values: JsonObject,
    at: readonly (string | number)[],
    position: Position,
    into: Map<string, readonly string[]>,
  ): void {
    for (const [name, expression] of Object.entries(body)) {
      const here = [...at, name];
      const value = own(values, name);
      if (isExpression(expression)) this.#written(into, here, expression, position);
      else if (Array.isArray(expression))
        this.#collectBlocks(expression as readonly Json[], value, here, position, into);
      else if (isObject(expression) && here.length < deepest) {
        this.#collect(expression, isObject(value) ? value : {}, here, position, into);
      }
    }
  }

  /** Also an expression without references was written by somebody (`uuid()`, a variable of the root): its list is empty. */
  #written(
    into: Map<string, readonly string[]>,
    at: readonly (string | number)[],
    expression: JsonObject,
    position: Position,
  ): void {
    if (Object.hasOwn(expression, "constant_value")) return;
    into.set(pointerOf(at), [...new Set(this.#resolveAll(listAt(expression, "references"), position))]);
  }

  /** A dynamic block is written once for all that it makes: then the references are those of the whole list. */
  #collectBlocks(
    blocks: readonly Json[],
    value: Json | undefined,
    at: readonly (string | number)[],
    position: Position,
    into: Map<string, readonly string[]>,
  ): void {
    const list: readonly Json[] | undefined = Array.isArray(value) ? (value as readonly Json[]) : undefined;
    const one = list?.length === blocks.length;
    blocks.forEach((block, index) => {
      if (!isObject(block) || at.length >= deepest) return;
      const element = list?.[index];
      const inner = new Map<string, readonly string[]>();
      this.#collect(block, isObject(element) ? element : {}, [...at, index], position, inner);
      if (one) for (const [pointer, addresses] of inner) into.set(pointer, addresses);
      else this.#put(into, at, [...(into.get(pointerOf(at)) ?? []), ...[...inner.values()].flat()]);
    });
  }

  #put(into: Map<string, readonly string[]>, at: readonly (string | number)[], addresses: readonly string[]): void {
    if (addresses.length > 0) into.set(pointerOf(at), [...new Set(addresses)]);
  }

  #resolveAll(references: readonly Json[], position: Position, depth = 0): string[] {
    const texts = specific(references.filter((reference) => typeof reference === "string"));
    if (depth === 0) this.#steps = 0;
    this.#steps += 1;
    if (depth > deepest || this.#steps > mostSteps) return texts;
    return [...new Set(texts.flatMap((text) => this.#resolve(text, texts, position, depth)))].slice(0, mostAddresses);
  }

  #resolve(text: string, all: readonly string[], position: Position, depth: number): string[] {
    if (/^(path|terraform)\./.test(text)) return [];
    if (text === "each.key" || text === "count.index") return depth === 0 ? [text] : [];
    if (/^each\.value\b/.test(text)) return this.#eachValue(position, depth);
    const name = /^var\.([^.[]+)/.exec(text)?.[1];
    if (name !== undefined) return this.#variable(name, position, depth);
    if (text.startsWith("module.")) return this.#output(text, position, depth);
    const parsed = parseAddress(text);
    if (parsed === undefined) return [within(position.scope.path, text)];
    const key = parsed.key ?? this.#sameKey(within(position.scope.path, parsed.block), all, position, depth);
    return [within(position.scope.path, parsed.block + keySuffix(key))];
  }

  /**
   * `b[each.key]` is written in a plan as a reference to `b` and one to `each.key`. In the call of a module the key is that of
   * the module's instance; in a resource the mapping decides, which sees both. With anything else beside, the key may be another.
   */
  #sameKey(block: string, all: readonly string[], position: Position, depth: number): string | null {
    if (depth === 0 || position.key === null || all.length !== 2 || !all.includes("each.key")) return null;
    return this.#addresses.has(block + keySuffix(position.key)) ? position.key : null;
  }

  #eachValue(position: Position, depth: number): string[] {
    const source = objectAt(position.block ?? {}, "for_each_expression");
    const owner = { ...position, block: null };
    const found = this.#resolveAll(listAt(source, "references"), owner, depth + 1);
    const suffix = keySuffix(position.key);
    const only = found.length === 1 ? found[0] : undefined;
    return only !== undefined && this.#addresses.has(only + suffix) ? [only + suffix] : found;
  }

  /** The root's variables are known in a plan, so they hide nothing; a module's lead to what its caller wrote. */
  #variable(name: string, position: Position, depth: number): string[] {
    const { parent, call, path } = position.scope;
    if (parent === null || call === null) return [];
    const given = own(objectAt(call, "expressions"), name);
    if (given === undefined) return [];
    const key = path.at(-1)?.key ?? null;
    if (!isExpression(given)) return [within(path, `var.${name}`)];
    return this.#resolveAll(listAt(given, "references"), { scope: parent, block: call, key }, depth + 1);
  }

  #output(text: string, position: Position, depth: number): string[] {
    const { path, rest } = parseModules(text);
    const output = /^([^.[]+)/.exec(rest)?.[1];
    const [step, second] = path;
    const scope =
      step === undefined || second !== undefined ? undefined : this.#configuration.child(position.scope, step);
    const written = scope && output !== undefined ? own(objectAt(scope.module, "outputs"), output) : undefined;
    const expression = isObject(written) ? own(written, "expression") : undefined;
    if (scope === undefined || !isObject(expression)) return [within(position.scope.path, text)];
    return this.#resolveAll(listAt(expression, "references"), { scope, block: null, key: null }, depth + 1);
  }
}

function isExpression(value: Json): value is JsonObject {
  if (!isObject(value)) return false;
  return (
    Array.isArray(own(value, "references")) || Object.hasOwn(value, "constant_value") || Object.keys(value).length === 0
  );
}

/** Terraform lists `a.b.c`, then `a.b`: what only leads to the one before it says nothing more. */
function specific(references: readonly string[]): string[] {
  const kept: string[] = [];
  for (const reference of references) {
    const last = kept.at(-1);
    if (
      last !== undefined &&
      (last === reference || last.startsWith(`${reference}.`) || last.startsWith(`${reference}[`))
    )
      continue;
    kept.push(reference);
  }
  return [...new Set(kept)];
}
