// What policies are and were called.
import type { Policy } from "../engine/policy.js";

export class PolicyNames {
  /** The id and former ids of each policy. */
  readonly #names = new Map<string, readonly string[]>();
  readonly #known = new Set<string>();

  constructor(policies: readonly Policy[]) {
    for (const { id, aliases } of policies) {
      this.#names.set(id, [id, ...aliases]);
      for (const name of [id, ...aliases]) this.#known.add(name);
    }
  }

  /** A policy that gave a verdict exists: rules of conftest are in no list. */
  see(id: string): void {
    this.#known.add(id);
  }

  of(id: string): readonly string[] {
    return this.#names.get(id) ?? [id];
  }

  exists(name: string): boolean {
    return this.#known.has(name);
  }
}
