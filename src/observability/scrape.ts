// What Prometheus reads. What must be asked for is asked within a time limit, so that a dead database or broker shows as such
// and hangs no scrape; what could not be had has no value rather than an old one.
import type { Gauge } from "prom-client";
import type { Part } from "../service/part.js";
import type { StoreGauges } from "../store/gauges.js";
import type { Metrics } from "./metrics.js";

export interface Measured {
  readonly metrics: Metrics;
  readonly store: () => Promise<StoreGauges>;
  /** Throws where the broker does not answer. */
  readonly broker: () => Promise<void>;
  readonly parts: readonly Part[];
  /** For all of it. */
  readonly limitMs?: number;
}

export const scrapeContentType = "text/plain; version=0.0.4; charset=utf-8";

/** The text of a scrape. However many ask at once, and however slow the answer, only one question is under way. */
export function createScrape({ metrics, store, broker, parts, limitMs = 2_000 }: Measured): () => Promise<string> {
  const gauges = onlyOne(store);
  const isBrokerUp = onlyOne(() => broker().then(() => true));
  return async () => {
    const within = <T>(work: Promise<T>): Promise<T | null> => withinLimit(work, limitMs);
    const [found, isUp] = await Promise.all([
      within(gauges()),
      within(isBrokerUp()),
      Promise.all(parts.map(async (part) => ({ part: part.name, isUp: await within(isPartUp(part)) }))).then((all) => {
        for (const { part, isUp } of all) metrics.partUp.set({ part }, isUp === true ? 1 : 0);
      }),
    ]);
    metrics.brokerUp.set(isUp === true ? 1 : 0);
    show(metrics, found);
    return metrics.registry.metrics();
  };
}

async function isPartUp(part: Part): Promise<boolean> {
  return (await part.trouble()) === null;
}

/** Asks again only when the answer before is there. */
function onlyOne<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}

/** Null when it fails, or takes too long. */
async function withinLimit<T>(work: Promise<T>, limitMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, limitMs, null);
  });
  try {
    return await Promise.race([work, limit]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function show(metrics: Metrics, found: StoreGauges | null): void {
  metrics.storeUp.set(found === null ? 0 : 1);
  setAll(metrics.scanAge, "provider", found?.scanAge);
  setAll(metrics.findings, "severity", found?.openFindings);
  setAll(metrics.queueDepth, "queue", found?.queues);
  metrics.lastScanVerdicts.reset();
  for (const [targets, verdicts] of found?.lastScans ?? [])
    for (const [verdict, count] of verdicts) metrics.lastScanVerdicts.set({ targets, verdict }, count);
}

function setAll<L extends string>(gauge: Gauge<L>, label: L, values: ReadonlyMap<string, number> = new Map()): void {
  gauge.reset();
  for (const [value, count] of values) gauge.set({ [label]: value } as Record<L, string>, count);
}
