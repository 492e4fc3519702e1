// Puts OPA's API together from the configuration: policies, bundles, decision log, and the parts that keep them going.
import { join } from "node:path";
import type { Clock } from "../../clock.js";
import type { Config } from "../../config.js";
import { verificationKey, type Verification } from "../../engine/rego/bundle/signature.js";
import { defaultBudget } from "../../engine/rego/js/runtime.js";
import type { Value } from "../../engine/rego/js/values.js";
import { messageOf, PortcullisError } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import type { Part } from "../../service/part.js";
import type { DecisionLog } from "../../store/decision-log.js";
import { BundleClient } from "./bundle-client.js";
import { BatchingRecorder, type Sink } from "./decision-recorder.js";
import { fileSink, streamSink, type ClosableSink } from "./decision-sinks.js";
import { DecisionUploader } from "./decision-uploader.js";
import type { Opa } from "./opa.js";
import type { BundleSettings, DecisionLogSettings, OpaSettings } from "./opa-settings.js";
import { fileText, secretOf } from "./secrets.js";
import { ServedPolicies, type OwnPolicies } from "./served-policies.js";
import { DecisionTrimmer } from "./trim-decisions.js";

export interface OpenOpa {
  readonly config: Pick<Config, "opa">;
  readonly own: OwnPolicies;
  readonly clock: Clock;
  readonly log: Logger;
  readonly decisions: DecisionLog;
  /** Copies of bundles are kept in it. */
  readonly dataDir: string;
  readonly version: string;
}

export interface OpenedOpa extends Opa {
  /** To be started and stopped with the service. */
  readonly parts: readonly Part[];
}

/** Compiles the service's own policies. Throws PortcullisError where they cannot be served. */
export async function openOpa(options: OpenOpa): Promise<OpenedOpa> {
  const { own, clock } = options;
  const { opa = {} } = options.config;
  const policies = new ServedPolicies(
    { ...own, data: [...own.data, ...(opa.data ?? [])] },
    { budget: budgetOf(opa), clock },
  );
  const bundles = Object.entries(opa.bundles ?? {}).map(([name, settings]) =>
    bundleClient(options, policies, { name, settings }),
  );
  const { recorder, parts } = opa.decisionLog === undefined ? noLog : decisionLog(options, opa.decisionLog, policies);
  await policies.start();
  return {
    now: () => policies.now(),
    recorder,
    defaultDecision: opa.decision ?? "system/main",
    missing: () => bundles.filter(({ isActive }) => !isActive).map(({ name }) => name),
    parts: [...bundles, ...parts],
  };
}

const noLog = { recorder: null, parts: [] };

function budgetOf({ limits }: OpaSettings) {
  const { steps = 10_000_000, memory } = limits ?? {};
  return { steps, bytes: memory === undefined ? defaultBudget.bytes : memory * 1024 * 1024 };
}

function bundleClient(
  { log, dataDir }: OpenOpa,
  policies: ServedPolicies,
  { name, settings }: { readonly name: string; readonly settings: BundleSettings },
): BundleClient {
  return new BundleClient({
    ...{ name, settings, log, folder: join(dataDir, "bundles") },
    token: secretOf(settings.token, `opa.bundles.${name}.token`),
    verification: settings.signing === undefined ? null : verificationOf(name, settings.signing),
    activate: (bundle) => policies.activate(bundle),
  });
}

function verificationOf(name: string, { keyid, scope, keys }: NonNullable<BundleSettings["signing"]>): Verification {
  const read = Object.entries(keys).map(([id, { algorithm, key: file }]) => {
    const what = `opa.bundles.${name}.signing.keys.${id}`;
    try {
      return [id, { algorithm, key: verificationKey(fileText(file, what), algorithm) }] as const;
    } catch (cause) {
      if (cause instanceof PortcullisError) throw cause;
      throw new PortcullisError("config-invalid", `${what}: ${file} is no public key in PEM: ${messageOf(cause)}`, {
        cause,
      });
    }
  });
  return { keyid: keyid ?? null, scope: scope ?? null, keys: new Map(read) };
}

function decisionLog(options: OpenOpa, settings: DecisionLogSettings, policies: ServedPolicies) {
  const sink = sinkOf(options, settings);
  const recorder = new BatchingRecorder(
    sink.write,
    {
      labels: { app: "portcullis", version: options.version, ...settings.labels },
      mask: settings.mask ?? [],
      policyMask: (event: Value) => policies.now().documents.at(["system", "log", "mask"]).read(event),
    },
    settings.queue,
  );
  const closing: Part = {
    name: "decision log writer",
    start: () => Promise.resolve(),
    trouble: () => Promise.resolve(null),
    async stop() {
      await recorder.drained();
      await sink.close();
    },
  };
  return { recorder, parts: [closing, ...keeping(options, settings)] };
}

function sinkOf({ decisions }: OpenOpa, { to, file = "" }: DecisionLogSettings): ClosableSink {
  const store =
    (isPending: boolean): Sink =>
    (rows) =>
      decisions.append(rows, isPending);
  switch (to) {
    case "file":
      return fileSink(file);
    case "console":
      return streamSink(process.stdout);
    case "store":
      return { write: store(false), close: () => Promise.resolve() };
    case "service":
      return { write: store(true), close: () => Promise.resolve() };
  }
}

function keeping({ log, clock, decisions }: OpenOpa, { to, service, keep }: DecisionLogSettings): Part[] {
  if (to === "service" && service !== undefined) {
    const token = secretOf(service.token, "opa.decisionLog.service.token");
    const { url, maxBytes = 1024 * 1024 } = service;
    return [new DecisionUploader({ log, decisions, url, token, maxBytes, intervalMs: 1_000 })];
  }
  if (to !== "store" || keep === undefined) return [];
  return [new DecisionTrimmer({ log, clock, decisions, days: keep.days ?? null, records: keep.records ?? null })];
}
