// The provisioning module as the registry of kinds opens it: tools by the settings, environments by the store.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { setOwn } from "../../json.js";
import type { KindSet, KindSources } from "../kinds.js";
import type { ProvisioningSettings } from "./environment-settings.js";
import { provisioningEvents } from "./provisioning-events.js";
import { provisioningKinds } from "./provisioning-kinds.js";
import type { StackTool, ToolName } from "./stack-tool.js";

export async function openProvisioning({ store, config, clock }: KindSources): Promise<KindSet> {
  const settings = config.provisioning ?? {};
  const base =
    config.dataDir ?? join(process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "portcullis", "store");
  const data = resolve(base, "provisioning");
  const places = {
    tools: await openTools(settings),
    data,
    secrets: { names: new Set(settings.environment ?? []), values: process.env },
    parallel: settings.parallel ?? 4,
  };
  const templates = (settings.templates ?? ["."]).map((folder) => resolve(folder));
  const { environments } = store;
  return {
    kinds: provisioningKinds({ places, environments, clock, configured: config.environments ?? [], templates }),
    eventsOf: provisioningEvents,
    close: () => Promise.resolve(),
  };
}

async function openTools(settings: ProvisioningSettings): Promise<ReadonlyMap<ToolName, StackTool>> {
  const { planTimeout = 900, applyTimeout = 3_600, programs = {}, pulumi, helm, argocd } = settings;
  const running = (tool: ToolName) => ({
    ...{ program: programs[tool] ?? tool, environment: visible(settings.environment ?? []) },
    ...{ planMs: planTimeout * 1_000, applyMs: applyTimeout * 1_000 },
  });
  const tools = new Map<ToolName, StackTool>();
  const { createTofuTool } = await import("./tofu/tofu-tool.js");
  for (const tool of ["tofu", "terraform"] as const) {
    const { plugins, cliConfig, lockTimeout = 30 } = settings;
    const folders = {
      plugins: plugins === undefined ? null : resolve(plugins),
      cliConfig: cliConfig === undefined ? null : resolve(cliConfig),
    };
    tools.set(tool, createTofuTool({ ...running(tool), ...folders, lockSeconds: lockTimeout }));
  }
  if (pulumi !== undefined)
    tools.set(
      "pulumi",
      (await import("./pulumi/pulumi-tool.js")).createPulumiTool({ ...running("pulumi"), settings: pulumi }),
    );
  if (helm !== undefined)
    tools.set("helm", (await import("./helm/helm-tool.js")).createHelmTool({ ...running("helm"), settings: helm }));
  if (argocd !== undefined) {
    const [{ createArgocdTool }, { createArgocdClient }] = await Promise.all([
      import("./argocd/argocd-tool.js"),
      import("./argocd/argocd-client.js"),
    ]);
    tools.set(
      "argocd",
      createArgocdTool({ client: createArgocdClient(argocd), applyMs: applyTimeout * 1_000, pollMs: 2_000 }),
    );
  }
  return tools;
}

/** The path to programs, and what the settings name. */
function visible(names: readonly string[]): { readonly [name: string]: string } {
  const seen: { [name: string]: string } = {};
  for (const name of ["PATH", ...names]) {
    const value = process.env[name];
    if (value !== undefined) setOwn(seen, name, value);
  }
  return seen;
}
