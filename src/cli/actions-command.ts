// What a command about actions opens, and closes whatever happens.
import type { Actions } from "../actions/actions.js";
import type { Caller } from "../audit/trail.js";
import { openActions, openConfiguredStore } from "../compose.js";
import type { Store } from "../store/store.js";
import type { Config } from "../config.js";
import { dataDirOf } from "./data-dir.js";
import { settingsOf, type CommonFlags } from "./options.js";

export interface ActionFlags extends Omit<CommonFlags, "format" | "color" | "progress"> {
  readonly format: "table" | "json";
  readonly endpointUrl?: string;
  /** Instead of the configured one of remediations. */
  readonly roleName?: string;
}

export interface OpenedForCommand {
  readonly actions: Actions;
  readonly store: Store;
  /** Who the operating system or the database says. */
  readonly caller: Caller;
}

export async function withActions<T>(flags: ActionFlags, work: (opened: OpenedForCommand) => Promise<T>): Promise<T> {
  const settings = settingsOf({ ...flags, color: false, progress: false });
  const { waiverFiles } = settings;
  const config = withRole(settings.config, flags.roleName);
  const store = await openConfiguredStore({
    databaseUrl: flags.databaseUrl,
    dataDir: dataDirOf(flags, config),
    config,
  });
  try {
    const placed = { ...config, dataDir: dataDirOf(flags, config) };
    const actions = await openActions(settings, {
      store,
      config: placed,
      waiverFiles,
      endpointUrl: flags.endpointUrl ?? null,
    });
    try {
      return await work({ actions, store, caller: await store.audit.caller() });
    } finally {
      await actions.close();
    }
  } finally {
    await store.close();
  }
}

function withRole(config: Config, roleName: string | undefined): Config {
  if (roleName === undefined) return config;
  const remediate = { ...config.actions?.remediate, roleName };
  return { ...config, actions: { ...config.actions, remediate } };
}
