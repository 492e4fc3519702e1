// A generated estate that can be scanned whole and in shards, and what became of a scan, to compare the two.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { policyVersions } from "../../src/compliance/policy-versions.js";
import { prepareRun, type Run } from "../../src/compose.js";
import { ownersOf } from "../../src/config.js";
import { createInProcessBus } from "../../src/events/in-process-bus.js";
import type { ScanItem } from "../../src/inventory/scan-item.js";
import { createWorker } from "../../src/scanning/create-worker.js";
import { distributedScan, type EndedScan } from "../../src/scanning/distributed-scan.js";
import { policyDigest } from "../../src/scanning/policy-digest.js";
import { recordedScan } from "../../src/scanning/recorded-scan.js";
import type { ScanRequest } from "../../src/scanning/scan-request.js";
import type { ShardSource, ShardTarget } from "../../src/scanning/shard-source.js";
import type { ShardWorkOptions } from "../../src/scanning/shard-work.js";
import type { NewScan } from "../../src/scanning/shards.js";
import type { Worker } from "../../src/scanning/worker.js";
import { defaultSettings } from "../../src/settings.js";
import type { Store } from "../../src/store/store.js";
import { problem, resource } from "./store.js";

export const request: ScanRequest = {
  ...{ providers: ["estate"], accounts: [], regions: null, services: [], roleName: null, useConfig: true },
  ...{ baselines: [], severity: "info", failOn: "low", all: false },
};

/** A policy that no single shard can answer: a table is good when some queue in the whole estate has its name. */
const looking = `# METADATA
# title: Each table has a queue
# custom:
#   severity: high
#   types: [AWS::DynamoDB::Table]
package custom.table_has_queue

deny contains {"message": "no queue of this name", "path": "/name"} if not has_queue

has_queue if {
  some id in data.inventory.byType["AWS::SQS::Queue"]
  data.inventory.resources[id].config.For == input.name
}
`;

export function policyFolder(): string {
  const folder = join(mkdtempSync(join(tmpdir(), "portcullis-looking-")), "custom");
  mkdirSync(folder);
  writeFileSync(join(folder, "policy.rego"), looking);
  return folder;
}

export function estateRun(policies: readonly string[] = []): Promise<Run> {
  return prepareRun({ ...defaultSettings, policy: policies });
}

export interface EstateOptions {
  readonly accounts?: number;
  /** Of each account, region and service. */
  readonly resources?: number;
  readonly isRefused?: boolean;
  /** Before each resource. */
  readonly pause?: (target: ShardTarget, at: number) => Promise<void> | undefined;
}

const regions = ["us-east-1", "eu-west-1"];
const services = { sqs: "AWS::SQS::Queue", dynamodb: "AWS::DynamoDB::Table", lambda: "AWS::Lambda::Function" } as const;

export function estate({ accounts = 2, resources = 20, isRefused = false, pause }: EstateOptions = {}): ShardSource {
  const targets = Array.from({ length: accounts }, (_, at) => String(at + 1)).flatMap((account) =>
    regions.flatMap((region) =>
      Object.keys(services).map(
        (service) => ({ kind: "shard", provider: "estate", account, region, service, details: {} }) as const,
      ),
    ),
  );
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- plans are asynchronous
    async *plan() {
      yield* targets;
      if (isRefused) yield problem({ account: "2", region: null, hides: ["AWS::KMS::Key"], message: "no role" });
    },
    async *read(target) {
      for (let at = 0; at < resources; at++) {
        await pause?.(target, at);
        yield item(target, at);
      }
      if (isRefused && target.account === "1" && target.service === "lambda")
        yield problem({ hides: ["AWS::Lambda::Function"] });
    },
    typesOf: ({ service }) => [services[service as keyof typeof services]],
    close: () => undefined,
  };
}

function item({ account, region, service }: ShardTarget, at: number): ScanItem {
  const name = `${service}-${at}`;
  const id = `arn:aws:${service}:${String(region)}:${String(account)}:${name}`;
  const config = {
    // Queues of one region and account stand for tables of every other: only the whole inventory shows them.
    sqs: {
      QueueName: name,
      SqsManagedSseEnabled: at % 3 !== 0,
      For: at % 2 === 0 && account === "1" && region === "eu-west-1" ? `dynamodb-${at}` : "none",
    },
    dynamodb: { TableName: name, DeletionProtectionEnabled: at % 4 === 0 },
    lambda: { FunctionName: name, Environment: { Variables: { DB_PASSWORD: `correct-horse-${at}`, STAGE: "test" } } },
  }[service as keyof typeof services];
  const type = services[service as keyof typeof services];
  const made = resource(id, {
    type,
    name,
    account,
    region,
    config,
    tags: { team: `team-${at % 3}` },
    raw: { secret: "raw" },
  });
  return { kind: "resource", resource: made, locate: () => null, references: [], failures: [] };
}

/** The same source, in one piece. */
export async function scanWhole(store: Store, run: Run, source: ShardSource, asked = request): Promise<EndedScan> {
  const items = async function* () {
    for await (const part of source.plan(asked)) {
      if (part.kind === "problem") yield part;
      else yield* source.read(part, asked);
    }
  };
  const recording = await store.beginScan({
    targets: asked.providers,
    complete: true,
    ownerOf: ownersOf({}),
    policies: policyVersions(run.policies, run.documentPolicies),
  });
  const waivers = await store.waivers.approved();
  const { severity, failOn, all, providers } = asked;
  const options = { ...run, waivers, severity, failOn, all, targets: providers, progress: () => undefined };
  return recordedScan(items(), options, { store, recording });
}

export interface SplitOptions {
  readonly source: ShardSource;
  readonly concurrency?: number;
  readonly shardTimeout?: number;
}

export async function startWorker(
  store: Store,
  run: Run,
  { source, concurrency = 4, shardTimeout = 60 }: SplitOptions,
) {
  const bus = createInProcessBus();
  const worker = await createWorker({
    ...{ store, bus, run, metrics: null, waiverFiles: [], sources: new Map([["estate", source]]) },
    ...{
      config: { workers: { shardTimeout } },
      log: pino({ level: "silent" }),
      own: { endpointUrl: null, concurrency },
    },
  });
  await worker.start();
  return worker;
}

/** For a shard that is done without a worker. */
export function shardWork(store: Store, run: Run, source: ShardSource): ShardWorkOptions {
  return {
    ...{ store, run, sources: new Map([["estate", source]]), roles: null, notify: () => undefined },
    settings: { waiverFiles: [], suppressions: "allow", ownerOf: ownersOf({}) },
    persist: (write) => write(),
  };
}

export function newScan(run: Run, asked = request): NewScan {
  return {
    request: asked,
    policies: policyDigest(run, {}),
    version: run.version,
    schedule: null,
    actor: null,
    timeLimitMs: 600_000,
  };
}

export async function scanSplit(
  store: Store,
  run: Run,
  options: SplitOptions & { readonly workers?: number },
): Promise<EndedScan> {
  const workers: Worker[] = [];
  for (let at = 0; at < (options.workers ?? 1); at++) workers.push(await startWorker(store, run, options));
  try {
    const quiet = (): void => undefined;
    return await distributedScan({ store, scan: newScan(run), note: quiet, progress: quiet });
  } finally {
    for (const worker of workers) await worker.stop(0);
  }
}

/** What a scan left behind, but for times and ids. */
export async function leftBy(store: Store, { report, problems, outcome }: Omit<EndedScan, "id">) {
  const { findings } = await store.listFindings({ status: "all", limit: 100_000 });
  const { resources } = await store.resources({ limit: 100_000 });
  const [scan] = await store.listScans(1);
  const { durationMs: _, ...summary } = report.summary;
  return {
    ...{ summary, outcome, targets: scan?.targets, status: scan?.status },
    results: report.results,
    problems: [...problems].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    findings: findings
      .map(({ firstSeen: _f, lastSeen: _l, lastScan: _s, ...finding }) => finding)
      .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)),
    resources: resources.map(({ firstSeen: _f, lastSeen: _l, lastScan: _s, ...one }) => one),
  };
}
