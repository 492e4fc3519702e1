// The one place that names adapters: which engine evaluates, which scanners read, where results are kept.
import { readFileSync } from "node:fs";
import { defaultMaximumBytes, readStream } from "../scanners/code/files.js";
import { scanSample } from "../scanners/sample/index.js";
import { systemClock, type Clock } from "./clock.js";
import type { Gate } from "./actions/decision.js";
import type { GateOptions } from "./actions/gate.js";
import type { OpenedActions } from "./actions/create-actions.js";
import type { OpenKinds } from "./actions/kinds.js";
import type { Baseline } from "./compliance/baseline.js";
import type { Waiver } from "./compliance/waiver.js";
import { controlsByPolicy } from "./compliance/controls.js";
import { loadBaselines } from "./compliance/load-baselines.js";
import { Evaluation, type PolicySet } from "./engine/evaluation.js";
import { isActionPolicy, type DocumentPolicy, type Policy } from "./engine/policy.js";
import { packFolder, startPacks } from "./engine/crossguard/load-packs.js";
import { PackEvaluation } from "./engine/crossguard/pack-evaluation.js";
import { policiesOf, settingsOfPolicy } from "./engine/crossguard/pack-verdicts.js";
import type { PolicyPack } from "./engine/crossguard/policy-pack.js";
import { loadShippedPolicies, loadUserPolicies, type LoadedPolicies } from "./engine/rego/load-policies.js";
import { CompileCache } from "./engine/rego/cache.js";
import type { Value } from "./engine/rego/js/values.js";
import { evaluateQuery } from "./engine/rego/query.js";
import { readRegoFiles } from "./engine/rego/rego-files.js";
import { runRegoTests, type TestOptions, type TestRun } from "./engine/rego/test-runner.js";
import { parseValue, readData, readValue, withoutPrefix } from "./engine/rego/data-files.js";
import type { EngineName, RegoEngine } from "./engine/rego/engine.js";
import { jsEngine } from "./engine/rego/js/js-engine.js";
import type { ControlReference } from "./engine/verdict.js";
import type { EventBus } from "./events/bus.js";
import { hasBroker, type EventSettings } from "./events/event-settings.js";
import { nativeClient } from "./events/pulsar-client.js";
import type { HubClient } from "./integrations/security-hub/hub-client.js";
import type { ScanItem } from "./inventory/scan-item.js";
import type { Logger } from "./observability/log.js";
import type { Metrics } from "./observability/metrics.js";
import { packageFile } from "./package-root.js";
import type { Config } from "./config.js";
import type { ShardSources } from "./scanning/shard-source.js";
import type { PolicySettings } from "./settings.js";
import type { Announcing } from "./store/outbox-scan.js";
import type { Store } from "./store/store.js";
import type { SummaryRenderer } from "./summary.js";

export interface Run {
  readonly evaluation: Evaluation;
  /** Null when no policy pack is used. Close it, or its processes stay. */
  readonly packs: PackEvaluation | null;
  readonly policies: readonly Policy[];
  readonly documentPolicies: readonly DocumentPolicy[];
  readonly baselines: readonly Baseline[];
  readonly clock: Clock;
  readonly version: string;
}

/** Loads the policies and baselines of a run. Throws PortcullisError for whatever is wrong with them. */
export async function prepareRun(settings: PolicySettings): Promise<Run> {
  const { policies: ours, sets } = await loadPolicies(settings);
  const started = await startPolicyPacks(settings);
  try {
    const policies = [...ours, ...started.flatMap(policiesOf)];
    const knownPolicies = new Set(policies.map(({ id }) => id));
    const all = await loadBaselines({ ids: [], all: true, knownPolicies });
    const baselines =
      settings.baseline.length === 0 ? [] : await loadBaselines({ ids: settings.baseline, knownPolicies });
    const controls = controlsByPolicy([...all, ...baselines]);
    const evaluation = evaluationOf(sets.map(withoutActions), settings, controls);
    const packs = started.length === 0 ? null : await packEvaluation(started, settings, controls);
    const documentPolicies = sets.flatMap((set) => set.documentPolicies);
    return { evaluation, packs, policies, documentPolicies, baselines, clock: systemClock, version: packageVersion() };
  } catch (error) {
    await Promise.all(started.map((pack) => pack.close()));
    throw error;
  }
}

export interface OpenGate {
  readonly gate: Gate;
  /** The gate's policy packs. */
  close(): Promise<void>;
}

/** A gate with policies of its own: its evaluators are used by nobody else. */
export async function openGate(
  settings: PolicySettings,
  options: Pick<GateOptions, "facts" | "waivers" | "settings" | "clock"> & { readonly store: Store },
): Promise<OpenGate> {
  const [{ createGate }, { storeInventory }] = await Promise.all([
    import("./actions/gate.js"),
    import("./actions/store-inventory.js"),
  ]);
  const { policies: ours, sets } = await loadPolicies(settings);
  const started = await startPolicyPacks(settings);
  const close = async (): Promise<void> => {
    await Promise.all(started.map((pack) => pack.close()));
  };
  try {
    const policies = [...ours, ...started.flatMap(policiesOf)];
    const knownPolicies = new Set(policies.map(({ id }) => id));
    const controls = controlsByPolicy(await loadBaselines({ ids: [], all: true, knownPolicies }));
    const packs = started.length === 0 ? null : await packEvaluation(started, { explain: false }, controls);
    const gate = createGate({
      ...{ ...options, sets, controls, packs, policies, version: packageVersion() },
      ...{ inventory: storeInventory(options.store), parameters: settings.parameters },
    });
    return { gate, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface ActionsSetup {
  readonly store: Store;
  readonly config: Config;
  /** Files with waivers, besides those of the store. */
  readonly waiverFiles: readonly string[];
  /** Of the provider's API, where it is not the usual one. */
  readonly endpointUrl?: string | null;
  /** Counts what the gate decides. */
  readonly metrics?: Metrics;
  /** Instead of those of every module. */
  readonly kinds?: OpenKinds;
}

/** Everything that can be done with actions; close it before the store. */
export async function openActions(settings: PolicySettings, setup: ActionsSetup): Promise<OpenedActions> {
  const { store, config, waiverFiles, endpointUrl = null, metrics, kinds } = setup;
  const [{ openActions: open }, { countedGate }, { readWaiverFiles }] = await Promise.all([
    import("./actions/open-actions.js"),
    import("./actions/counted-gate.js"),
    import("./compliance/waiver-file.js"),
  ]);
  const fromFiles = await readWaiverFiles(waiverFiles);
  const waivers = async (): Promise<readonly Waiver[]> => [...fromFiles, ...(await store.waivers.approved())];
  return open({
    ...{ store, config, clock: systemClock, endpointUrl },
    ...(kinds === undefined ? {} : { kinds }),
    async openGate(facts) {
      const own = { facts, waivers, settings: config.actions ?? {}, clock: systemClock, store };
      const opened = await openGate(settings, own);
      return metrics === undefined ? opened : { ...opened, gate: countedGate(opened.gate, metrics) };
    },
  });
}

/** What the gate asks of actions is asked of nothing else. */
function withoutActions(set: PolicySet): PolicySet {
  return { ...set, policies: set.policies.filter((policy) => !isActionPolicy(policy)) };
}

/** The packs that the settings name, started; close each. */
export async function startPolicyPacks({
  policy,
  policyPacks,
}: Pick<PolicySettings, "policy" | "policyPacks">): Promise<PolicyPack[]> {
  const named = policy.filter((path) => packFolder(path) !== null).map((path) => ({ path }));
  return startPacks([...policyPacks, ...named]);
}

export interface PackedPolicy {
  readonly policy: Policy;
  /** Where it comes from and what it runs with. */
  readonly settings: object;
}

/** The policies of the packs that the settings name, with their configuration. */
export async function describePolicyPacks(
  settings: Pick<PolicySettings, "policy" | "policyPacks">,
): Promise<PackedPolicy[]> {
  const packs = await startPolicyPacks(settings);
  try {
    return packs.flatMap((pack) =>
      policiesOf(pack).map((policy) => ({ policy, settings: settingsOfPolicy(pack, policy) })),
    );
  } finally {
    await Promise.all(packs.map((pack) => pack.close()));
  }
}

async function packEvaluation(
  packs: readonly PolicyPack[],
  { explain }: Pick<PolicySettings, "explain">,
  controls: ReadonlyMap<string, readonly ControlReference[]>,
): Promise<PackEvaluation> {
  const { createPulumiView } = await import("../scanners/pulumi/view.js");
  return new PackEvaluation(packs, createPulumiView(), { controls, explain });
}

export async function loadPolicies(settings: PolicySettings): Promise<{ policies: Policy[]; sets: PolicySet[] }> {
  const loaded: LoadedPolicies[] = [];
  if (settings.defaultPolicies) loaded.push(await loadShippedPolicies());
  const own = settings.policy.filter((path) => packFolder(path) === null);
  if (own.length > 0) loaded.push(await loadUserPolicies(own, settings));
  const sets = await Promise.all(loaded.map((one) => policySet(one, settings.engine)));
  return { policies: loaded.flatMap(({ policies }) => policies), sets };
}

async function policySet({ policies, documentPolicies, unit }: LoadedPolicies, engine: EngineName): Promise<PolicySet> {
  return { policies, documentPolicies, evaluator: await (await regoEngine(engine)).load(unit) };
}

/** The reference engine is loaded only when it is asked for. */
async function regoEngine(name: EngineName): Promise<RegoEngine> {
  return name === "js" ? jsEngine : (await import("./engine/rego/wasm-engine.js")).wasmEngine;
}

export function evaluationOf(
  sets: readonly PolicySet[],
  { parameters, explain, incremental }: Pick<PolicySettings, "parameters" | "explain" | "incremental">,
  controls: ReadonlyMap<string, readonly ControlReference[]>,
): Evaluation {
  return new Evaluation(sets, { parameters, controls, explain, incremental });
}

export const scanProviders = ["aws", "sample"] as const;
export type ScanProvider = (typeof scanProviders)[number];

export interface ScanOptions {
  readonly accounts: readonly string[];
  readonly regions: readonly string[] | null;
  readonly services: readonly string[];
  readonly roleName: string | null;
  readonly endpointUrl: string | null;
  /** Take from AWS Config what its recorder knows. */
  readonly useConfig: boolean;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly progress: (message: string) => void;
}

export async function* scanProvider(
  providers: readonly ScanProvider[],
  options: ScanOptions,
): AsyncGenerator<ScanItem> {
  for (const provider of providers) {
    switch (provider) {
      case "aws": {
        // The AWS SDK takes longer to load than a small check takes to run.
        // And it warns of Node 20, which is ours to know and not the user's.
        process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
        const { scanAws } = await import("../scanners/aws/index.js");
        yield* scanAws(options);
        break;
      }
      case "sample":
        yield* scanSample(options.clock);
    }
  }
}

/** The scanners whose scans can be split. */
export async function shardSources({
  endpointUrl,
  calls,
}: {
  readonly endpointUrl: string | null;
  readonly calls: number;
}): Promise<ShardSources> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const [{ awsShards }, { sampleShards }] = await Promise.all([
    import("../scanners/aws/shards.js"),
    import("../scanners/sample/shards.js"),
  ]);
  return new Map([
    ["aws", awsShards({ endpointUrl, concurrency: calls, clock: systemClock })],
    ["sample", sampleShards(systemClock)],
  ]);
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string };
  return version;
}

/** Pages and PDFs of summary documents; loaded only when one is made. */
export async function loadSummaryRenderer(): Promise<SummaryRenderer> {
  const { summaryRenderer } = await import("../reports/summary/renderer.js");
  return summaryRenderer;
}

export function testPolicies(options: Omit<TestOptions, "cache">): Promise<TestRun> {
  return runRegoTests({ ...options, cache: new CompileCache() });
}

export interface QueryFlags {
  readonly data?: readonly string[];
  readonly input?: string;
  readonly stdinInput?: boolean;
  readonly regoVersion: "v0" | "v1";
  readonly strictBuiltinErrors?: boolean;
}

/** Evaluates a query over the files that the flags name. */
export async function queryPolicies(
  text: string,
  flags: QueryFlags,
  print: (text: string) => void,
): Promise<readonly Value[]> {
  const paths = flags.data ?? [];
  const modules = readRegoFiles(paths.map(withoutPrefix), { tests: true, others: true });
  return evaluateQuery({
    text,
    version: flags.regoVersion,
    modules: modules.map((module) => ({ ...module, version: flags.regoVersion })),
    data: readData(paths),
    input: await readInput(flags),
    strictBuiltinErrors: flags.strictBuiltinErrors ?? false,
    print,
  });
}

async function readInput({ input, stdinInput }: QueryFlags): Promise<Value | undefined> {
  if (stdinInput !== true && input !== "-") return input === undefined ? undefined : readValue(input);
  const text = await readStream(process.stdin, defaultMaximumBytes);
  return parseValue("(standard input)", text);
}

export interface StoreOptions {
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  /** For who scans: says who is told of what changed. */
  readonly config?: Config;
}

/** PostgreSQL where one is configured, the embedded one in a folder otherwise. */
export async function openConfiguredStore({ databaseUrl, dataDir, config = {} }: StoreOptions): Promise<Store> {
  const { openStore } = await import("./store/store.js");
  const url = databaseUrl ?? process.env["DATABASE_URL"] ?? null;
  const { lease } = config.workers ?? {};
  const shardLimits = lease === undefined ? {} : { leaseMs: lease * 1_000 };
  return openStore({ databaseUrl: url, dataDir, clock: systemClock, announcing: announcingOf(config), shardLimits });
}

function announcingOf({ events, alerts, links }: Config): Announcing {
  const broker = hasBroker(events);
  return { broker, alerts: (alerts?.destinations ?? []).length > 0, source: "/portcullis", links: links ?? {} };
}

/** Opens and closes the store; says where it is. */
export async function checkStore(options: StoreOptions): Promise<string> {
  const store = await openConfiguredStore(options);
  await store.close();
  return (options.databaseUrl ?? process.env["DATABASE_URL"]) === undefined ? options.dataDir : "PostgreSQL answers";
}

/**
 * Pulsar where an address is configured, queues in this process otherwise. It connects when it is used. Throws `config-invalid`
 * when the client that is asked for is not there.
 */
export async function openBus(settings: EventSettings | undefined, log: Logger): Promise<EventBus> {
  if (settings === undefined || !hasBroker(settings))
    return (await import("./events/in-process-bus.js")).createInProcessBus();
  const { pulsarAccess } = await import("./events/pulsar-access.js");
  const access = pulsarAccess(settings, process.env);
  const pulsarClient = await nativeClient(settings, log);
  if (pulsarClient === null)
    return (await import("./events/pulsar-websocket.js")).createPulsarWebSocketBus(access, log);
  return (await import("./events/pulsar-native.js")).createPulsarNativeBus({ access, log, pulsarClient });
}

export interface SecurityHub {
  readonly client: HubClient;
  /** The region of the SDK's own configuration, or null. */
  readonly region: string | null;
}

/** AWS Security Hub, with the credentials that the SDK finds. Nothing is called before something is sent. */
export async function openSecurityHub(options: {
  readonly endpointUrl: string | null;
  readonly roleName: string | null;
}): Promise<SecurityHub> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const [{ awsAccess }, { explain, nameOf }, { securityHubClient }, { SecurityHubClient }] = await Promise.all([
    import("../scanners/aws/access.js"),
    import("../scanners/aws/refusal.js"),
    import("./integrations/security-hub/client.js"),
    import("@aws-sdk/client-securityhub"),
  ]);
  const access = await awsAccess(options);
  const client = securityHubClient({
    clientOf: async ({ account, region }) => (await access.clientsOf(account)).of(SecurityHubClient, region),
    ...{ explain, nameOf },
    close: () => {
      access.close();
    },
  });
  return { client, region: access.region };
}
