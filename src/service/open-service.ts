// What `portcullis serve` is made of, put together by the configuration. What is not configured is not there.
import { createExpiryPart } from "../actions/provisioning/expiry-part.js";
import { hostname } from "node:os";
import { join } from "node:path";
import { createActionsPart } from "../actions/actions-part.js";
import type { OpenedActions } from "../actions/create-actions.js";
import { openGitops, type OpenedGitops } from "../actions/gitops/open-gitops.js";
import { runLimits } from "../actions/limits.js";
import { openAutoParts } from "../actions/remediation/auto-part.js";
import { createRequestsPart } from "../actions/requests-part.js";
import { createAuthenticator } from "../api/identity/authenticator.js";
import { checkListening } from "../api/identity/listening.js";
import { createHooks, type Hooks } from "../api/hooks/hooks.js";
import { openOpa, type OpenedOpa } from "../api/opa/open-opa.js";
import { serviceRoutes } from "../api/routes/index.js";
import { createServer, type Api } from "../api/server.js";
import { completeSettings } from "../api/server-settings.js";
import type { Services } from "../api/services.js";
import { systemClock } from "../clock.js";
import {
  loadSummaryRenderer,
  openActions,
  openBus,
  openConfiguredStore,
  packageVersion,
  prepareRun,
  type Run,
} from "../compose.js";
import { readWaiverFiles } from "../compliance/waiver-file.js";
import type { Config } from "../config.js";
import type { EventBus } from "../events/bus.js";
import { createReceiver } from "../events/receiver.js";
import { createAlertsPart } from "../alerts/alerts.js";
import { createRelay } from "../events/relay.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import { startTelemetry } from "../observability/telemetry.js";
import { createWorker } from "../scanning/create-worker.js";
import { scheduleOf } from "../schedules/schedule.js";
import type { PolicySettings } from "../settings.js";
import type { Store } from "../store/store.js";
import type { Part } from "./part.js";
import { createSchedulerPart } from "./scheduler-part.js";

export interface ServiceOptions {
  readonly settings: PolicySettings;
  readonly config: Config;
  /** For the scans that schedules start. */
  readonly configFile: string | null;
  readonly waiverFiles: readonly string[];
  /** Null for the embedded store. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
}

export interface OpenedService {
  readonly api: Api;
  readonly log: Logger;
  readonly store: Store;
  /** In the order in which they start. */
  readonly parts: readonly Part[];
  /** After the parts have stopped. */
  close(): Promise<void>;
}

/** Throws PortcullisError for whatever keeps the service from starting; nothing stays open then. */
export async function openService(options: ServiceOptions): Promise<OpenedService> {
  const { config, databaseUrl, dataDir } = options;
  const { log, metrics, tracing } = await startTelemetry({
    ...{ settings: config.telemetry, level: undefined, version: packageVersion() },
    ...{ process: "serve", environment: process.env },
  });
  const warning = checkListening(completeSettings(config.server).host, config.server ?? {});
  if (warning !== null) log.warn(warning);
  const closers: (() => Promise<unknown>)[] = [() => tracing.stop(3_000)];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const url = databaseUrl === null ? {} : { databaseUrl };
    const store = await openConfiguredStore({ databaseUrl: undefined, ...url, dataDir, config });
    closers.push(() => store.close());
    await warnOfRole(store, log);
    const bus = await openBus(config.events, log);
    closers.push(() => bus.close());
    const run = await prepareRun(options.settings);
    closers.push(() => run.packs?.close() ?? Promise.resolve());
    const { waiverFiles } = options;
    const actions = await openActions(options.settings, {
      store,
      config: { ...config, dataDir },
      waiverFiles,
      metrics,
    });
    closers.push(() => actions.close());
    return { ...(await assemble(options, { store, bus, run, log, metrics, actions })), log, store, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

async function warnOfRole({ tokens }: Store, log: Logger): Promise<void> {
  if (await tokens.speaksForOthers()) return;
  log.warn(
    "the database takes this service for one person: waivers cannot be approved over the API. As the owner of the tables, run: insert into waiver_delegates values ('ROLE'), with the role that the service connects as",
  );
}

interface Opened {
  readonly store: Store;
  readonly bus: EventBus;
  readonly run: Run;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly actions: OpenedActions;
}

async function assemble(options: ServiceOptions, opened: Opened): Promise<Pick<OpenedService, "api" | "parts">> {
  const { store, log } = opened;
  const { config, dataDir } = options;
  const opa = await opaOf(options, opened);
  const hooks = await hooksOf(options, opened);
  const gitops = gitopsOf(options, opened);
  const parts = [...(await backgroundParts(options, opened)), ...opa.parts, ...hooks.parts, ...gitops.parts];
  const services: Services = {
    ...opened,
    ...{ config, clock: systemClock, opa, parts },
    authenticator: createAuthenticator({
      ...{ tokens: store.tokens, settings: config.identity ?? {}, clock: systemClock, log },
    }),
  };
  const evidence = { auditFolder: join(dataDir, "audit"), renderer: loadSummaryRenderer };
  const api = createServer(services, serviceRoutes({ hooks: [...hooks.routes, ...gitops.routes], evidence }));
  await api.ready();
  return { api, parts };
}

function opaOf({ config, settings, dataDir }: ServiceOptions, { log, store, run }: Opened): Promise<OpenedOpa> {
  const { defaultPolicies, policy, regoVersion, parameters } = settings;
  const own = {
    defaultPolicies,
    policy,
    parameters,
    data: [],
    regoVersion: regoVersion === "v0" ? "v0" : "v1",
  } as const;
  return openOpa({ config, own, clock: systemClock, log, decisions: store.decisions, dataDir, version: run.version });
}

async function hooksOf(options: ServiceOptions, { store, run, log, metrics }: Opened): Promise<Hooks> {
  const { config, settings, waiverFiles } = options;
  return createHooks({
    ...{ config, settings, store, log, metrics, holder: replicaName(), environment: process.env },
    admissionRun: run,
    waivers: await readWaiverFiles(waiverFiles),
  });
}

/** What is allowed is run by the part of actions, so that no look at a repository waits for it. */
function gitopsOf({ config, dataDir }: ServiceOptions, { store, log, actions, metrics }: Opened): OpenedGitops {
  return openGitops({
    ...{ settings: config.gitops, dataDir, store, log, actions, metrics, clock: systemClock, holder: replicaName() },
    environment: process.env,
    run: async (action, caller) => {
      await store.actionRuns.ask({ action, verb: "run", reason: null, caller, roles: [] });
    },
  });
}

async function backgroundParts(options: ServiceOptions, opened: Opened): Promise<Part[]> {
  const { config, waiverFiles, settings } = options;
  const { store, bus, log, metrics } = opened;
  const parts: Part[] = [];
  if (bus.kind !== "in-process") {
    parts.push(createRelay({ outbox: store.outbox, bus, log, metrics, holder: replicaName() }));
    const { receive } = config.events ?? {};
    const receiver = {
      bus,
      inbox: store.inbox,
      metrics,
      log,
      clock: systemClock,
      settings: receive,
      announceAs: "/portcullis",
    };
    if (receive?.enabled !== false) parts.push(createReceiver(receiver));
  }
  if ((config.alerts?.destinations ?? []).length > 0)
    parts.push(
      createAlertsPart({
        ...{ store, log, metrics, clock: systemClock, holder: replicaName(), environment: process.env },
        ...{ settings: config.alerts ?? {}, links: config.links ?? {} },
      }),
    );
  if (config.workers?.inServe !== false)
    parts.push(await createWorker({ store, bus, run: await prepareRun(settings), config, log, metrics, waiverFiles }));
  parts.push(...(await autoParts(options, opened)));
  return [...parts, ...actionParts(options, opened), expiryPart(opened), ...schedulerParts(options, opened)];
}

function autoParts({ config }: ServiceOptions, { store, log, actions }: Opened): Promise<Part[]> {
  const { remediate: settings, limits } = config.actions ?? {};
  return openAutoParts({
    ...{ actions, store, log, settings, origin: replicaName() },
    ...(limits?.resources === undefined ? {} : { mostResources: limits.resources }),
  });
}

function expiryPart({ store, log, actions, metrics }: Opened): Part {
  return createExpiryPart({
    ...{ actions, environments: store.environments, leases: store.outbox.leases, clock: systemClock, log, metrics },
    origin: replicaName(),
    run: async (action, caller) => {
      await store.actionRuns.ask({ action, verb: "run", reason: null, caller, roles: [] });
    },
  });
}

/** Requests come in by the broker, and wait in the store where it is away. */
function actionParts({ config }: ServiceOptions, { store, log, metrics, actions }: Opened): Part[] {
  const { breaker } = runLimits(config.actions);
  const mappings = config.actions?.onEvents ?? [];
  const common = { actions, store, log, holder: replicaName() };
  const parts: Part[] = [createActionsPart({ ...common, metrics, breaker })];
  if (mappings.length > 0) parts.push(createRequestsPart({ ...common, mappings }));
  return parts;
}

function schedulerParts({ config, databaseUrl, dataDir, configFile }: ServiceOptions, { store, log }: Opened): Part[] {
  const schedules = (config.schedules ?? []).map(scheduleOf);
  if (schedules.length === 0) return [];
  if (databaseUrl === null) {
    log.warn("schedules are not run: a scan cannot open the embedded store while the service has it; use PostgreSQL");
    return [];
  }
  const flags = [...(configFile === null ? [] : ["--config", configFile]), "--data-dir", dataDir];
  return [
    createSchedulerPart({ schedules, store, clock: systemClock, log, replica: replicaName(), flags, databaseUrl }),
  ];
}

function replicaName(): string {
  return `${hostname()}:${process.pid}:${systemClock.newId().slice(0, 8)}`;
}
