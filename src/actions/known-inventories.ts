// What is known of accounts, kept between decisions for as long as it stays the same.
import type { Change } from "./action.js";
import type { KnownInventory } from "./after-state.js";
import type { Concern } from "./judging.js";
import type { InventorySource } from "./store-inventory.js";

const mostAccounts = 8;
const nothing: KnownInventory = { resources: [], problems: [] };

export class KnownInventories {
  readonly #source: InventorySource;
  readonly #known = new Map<string, KnownInventory>();
  #version = "";

  constructor(source: InventorySource) {
    this.#source = source;
  }

  /** Of the accounts that are changed; nothing where no policy looks at it. What is in no account has only its plan. */
  async of(changes: readonly Change[], { inventory }: Concern): Promise<KnownInventory> {
    const accounts = new Set(changes.map(({ before, after }) => (before ?? after)?.resource.account ?? null));
    accounts.delete(null);
    if (!inventory || accounts.size === 0) return nothing;
    const version = await this.#source.version();
    if (version !== this.#version) this.#known.clear();
    this.#version = version;
    const all: KnownInventory[] = [];
    for (const account of accounts) if (account !== null) all.push(await this.#ofAccount(account));
    const [only] = all;
    if (only !== undefined && all.length === 1) return only;
    return { resources: all.flatMap(({ resources }) => resources), problems: all.flatMap(({ problems }) => problems) };
  }

  async #ofAccount(account: string): Promise<KnownInventory> {
    const before = this.#known.get(account);
    if (before !== undefined) return before;
    const known = await this.#source.known(account);
    if (this.#known.size >= mostAccounts) this.#known.clear();
    this.#known.set(account, known);
    return known;
  }
}
