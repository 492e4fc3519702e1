// Checks before something is applied, put together: what the server answers, and what works behind it.
import type { Run } from "../../compose.js";
import type { Waiver } from "../../compliance/waiver.js";
import type { Config } from "../../config.js";
import type { Logger } from "../../observability/log.js";
import type { Metrics } from "../../observability/metrics.js";
import type { Part } from "../../service/part.js";
import { defaultSettings, type PolicySettings } from "../../settings.js";
import type { Store } from "../../store/store.js";
import type { Routes } from "../server.js";
import { admissionRoutes } from "./admission-routes.js";
import { createHcpClient } from "./hcp-client.js";
import { readKeys } from "./hook-keys.js";
import type { RunTaskSettings } from "./hook-settings.js";
import { judgePlan, type JudgeAnswer } from "./judge-plan.js";
import type { RunTaskDetails } from "./run-task-request.js";
import { runTaskRoutes } from "./run-task-routes.js";
import { RunTaskWorker } from "./run-task-worker.js";

export interface HooksOptions {
  readonly config: Config;
  /** Which policies judge: those of the server. */
  readonly settings: PolicySettings;
  /** `prepareRun(settings)`: nobody else may use its evaluation. Its packs are closed here; to close them again does no harm. */
  readonly admissionRun: Run;
  /** Of files. */
  readonly waivers: readonly Waiver[];
  readonly store: Pick<Store, "waivers" | "runTasks">;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** An id of this process. */
  readonly holder: string;
  readonly environment: NodeJS.ProcessEnv;
}

export interface Hooks {
  readonly routes: readonly Routes[];
  readonly parts: readonly Part[];
}

/** Throws `config-invalid` for keys that are not there. */
export function createHooks(options: HooksOptions): Hooks {
  const { admissionRun: run, waivers, config, environment } = options;
  const admission = admissionRoutes({ run, waivers });
  const closing = closingPart(run);
  const settings = config.hooks?.runTask;
  if (settings === undefined) return { routes: [admission, runTaskRoutes(null)], parts: [closing] };
  const keys = readKeys(settings.keys, environment);
  const rules = {
    hosts: settings.hosts ?? [],
    privateAddresses: settings.privateAddresses ?? false,
    insecureHttp: settings.insecureHttp ?? false,
  };
  const worker = runTaskWorker(options, settings, { keys, rules });
  const { runTasks: tasks } = options.store;
  const most = settings.queue ?? 100;
  const wake = (): void => {
    worker.wake();
  };
  return { routes: [admission, runTaskRoutes({ tasks, keys, rules, most, wake })], parts: [closing, worker] };
}

interface Access {
  readonly keys: readonly string[];
  readonly rules: {
    readonly hosts: readonly string[];
    readonly privateAddresses: boolean;
    readonly insecureHttp: boolean;
  };
}

const seconds = 1_000;
const mebibyte = 2 ** 20;

function runTaskWorker(options: HooksOptions, settings: RunTaskSettings, { keys, rules }: Access): RunTaskWorker {
  const { store, log, metrics, holder } = options;
  return new RunTaskWorker({
    ...{ tasks: store.runTasks, keys, url: settings.url, holder, log, metrics },
    concurrency: settings.concurrency ?? 2,
    judge: (plan, task, signal) => judge(plan, task, { options, settings, signal }),
    client: createHcpClient({
      ...rules,
      maximumPlanBytes: (settings.maxPlanMiB ?? 100) * mebibyte,
      downloadMs: (settings.downloadSeconds ?? 120) * seconds,
    }),
  });
}

interface Judging {
  readonly options: HooksOptions;
  readonly settings: RunTaskSettings;
  readonly signal: AbortSignal;
}

async function judge(plan: Buffer, task: RunTaskDetails, { options, settings, signal }: Judging): Promise<JudgeAnswer> {
  const { store, config, waivers } = options;
  const question = {
    plan,
    settings: plain(options.settings),
    waivers: [...waivers, ...(await store.waivers.approved())],
    failOn: settings.failOn ?? config.failOn ?? "low",
    failOnUnknown: settings.failOnUnknown ?? config.failOnUnknown ?? false,
  };
  const milliseconds = (settings.judgeSeconds ?? 300) * seconds;
  const answer = await judgePlan(question, { milliseconds, mebibytes: settings.judgeMiB ?? 2_048, signal });
  // A speculative run applies nothing: it binds nothing either.
  if (answer.bindings.length > 0 && !task.isSpeculative) await store.waivers.bind(answer.bindings);
  return answer;
}

/** What goes to another thread holds data and nothing else. */
function plain(settings: PolicySettings): PolicySettings {
  const names = Object.keys(defaultSettings) as (keyof PolicySettings)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as PolicySettings;
}

function closingPart({ packs }: Run): Part {
  return {
    name: "admission",
    start: () => Promise.resolve(),
    trouble: () => Promise.resolve(null),
    stop: async () => {
      await packs?.close();
    },
  };
}
