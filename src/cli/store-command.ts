import { openConfiguredStore } from "../compose.js";
import { loadConfig, type Config } from "../config.js";
import type { Store } from "../store/store.js";
import { dataDirOf } from "./data-dir.js";

export interface StoreFlags {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly format: "table" | "json";
}

/** Opens the store that the flags and `portcullis.yaml` say, and closes it whatever happens. */
export async function withStore<T>(flags: StoreFlags, work: (store: Store, config: Config) => Promise<T>): Promise<T> {
  const config = loadConfig("portcullis.yaml", false);
  const store = await openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir: dataDirOf(flags, config) });
  try {
    return await work(store, config);
  } finally {
    await store.close();
  }
}
