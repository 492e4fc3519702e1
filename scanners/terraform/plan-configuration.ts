// The `configuration` part of a plan: blocks as they are written, before count and for_each. It has the expressions' references
// but not the expressions, and no locals.
import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import { addressOf, parseAddress, type ModuleStep } from "./plan-address.js";

/** A module instance of the plan, and its place in the configuration. */
export interface ModuleScope {
  readonly module: JsonObject;
  /** Calls from the root to here, with instance keys. */
  readonly path: readonly ModuleStep[];
  readonly parent: ModuleScope | null;
  /** The call that made it; null for the root. */
  readonly call: JsonObject | null;
}

export class PlanConfiguration {
  readonly #root: JsonObject;
  readonly #providers: JsonObject;
  readonly #variables: JsonObject;
  readonly #resources = new WeakMap<JsonObject, Map<string, JsonObject>>();
  readonly #regions = new Map<string, string | null>();

  constructor(plan: JsonObject) {
    const configuration = objectAt(plan, "configuration");
    this.#root = objectAt(configuration, "root_module");
    this.#providers = objectAt(configuration, "provider_config");
    this.#variables = objectAt(plan, "variables");
  }

  /** The module instance of a path; undefined when the configuration has no such call. */
  scope(path: readonly ModuleStep[]): ModuleScope | undefined {
    let scope: ModuleScope = { module: this.#root, path: [], parent: null, call: null };
    for (const step of path) {
      const child = this.child(scope, step);
      if (child === undefined) return undefined;
      scope = child;
    }
    return scope;
  }

  child(scope: ModuleScope, step: ModuleStep): ModuleScope | undefined {
    const call = own(objectAt(scope.module, "module_calls"), step.name);
    const module = isObject(call) ? own(call, "module") : undefined;
    if (!isObject(call) || !isObject(module)) return undefined;
    return { module, path: [...scope.path, step], parent: scope, call };
  }

  /** The block of a resource, by its address in its module without an instance key. */
  resource(scope: ModuleScope, address: string): JsonObject | undefined {
    let byAddress = this.#resources.get(scope.module);
    if (byAddress === undefined) {
      byAddress = new Map();
      for (const block of listAt(scope.module, "resources")) {
        const name = isObject(block) ? own(block, "address") : undefined;
        if (isObject(block) && typeof name === "string") byAddress.set(name, block);
      }
      this.#resources.set(scope.module, byAddress);
    }
    return byAddress.get(address);
  }

  /** The region of the provider configuration that the resource uses, where it is written or comes from a variable. */
  regionOf(address: string): string | null {
    const parsed = parseAddress(address);
    const scope = parsed && this.scope(parsed.path);
    const block = scope && this.resource(scope, parsed.block);
    const key = block && own(block, "provider_config_key");
    if (scope === undefined || typeof key !== "string") return null;
    const cached = `${addressOf(scope.path)}\n${key}`;
    const known = this.#regions.get(cached);
    if (known !== undefined) return known;
    const region = this.#providerRegion(key, scope);
    this.#regions.set(cached, region);
    return region;
  }

  #providerRegion(key: string, scope: ModuleScope): string | null {
    const provider = own(this.#providers, key);
    if (!isObject(provider)) return null;
    const written = own(provider, "module_address");
    let at: ModuleScope | null = scope;
    const depth = typeof written === "string" ? (parseAddress(`${written}.x.y`)?.path.length ?? 0) : 0;
    while (at !== null && at.path.length > depth) at = at.parent;
    const region = own(objectAt(provider, "expressions"), "region");
    return at === null || region === undefined ? null : this.#text(region, at, 0);
  }

  #text(expression: Json, scope: ModuleScope, depth: number): string | null {
    if (!isObject(expression) || depth > 32) return null;
    const constant = own(expression, "constant_value");
    if (typeof constant === "string") return constant;
    const [reference, second] = listAt(expression, "references");
    if (typeof reference !== "string" || second !== undefined || !/^var\.[^.[]+$/.test(reference)) return null;
    return this.#variable(reference.slice("var.".length), scope, depth);
  }

  #variable(name: string, scope: ModuleScope, depth: number): string | null {
    if (scope.parent !== null && scope.call !== null) {
      const given = own(objectAt(scope.call, "expressions"), name);
      if (given !== undefined) return this.#text(given, scope.parent, depth + 1);
    } else {
      const value = own(objectAt(this.#variables, name), "value");
      if (typeof value === "string") return value;
    }
    const fallback = own(objectAt(objectAt(scope.module, "variables"), name), "default");
    return typeof fallback === "string" ? fallback : null;
  }
}

export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = own(object, key);
  return isObject(value) ? value : {};
}

export function listAt(object: JsonObject, key: string): readonly Json[] {
  const value = own(object, key);
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
