import { expect, test } from "vitest";
import type { Verdict } from "../engine/verdict.js";
import type { Part } from "../service/part.js";
import type { StoreGauges } from "../store/gauges.js";
import { resource, verdict } from "../../test/testing/store.js";
import { countedVerdicts } from "./counted-verdicts.js";
import { createMetrics } from "./metrics.js";
import { createScrape, type Measured } from "./scrape.js";

const gauges: StoreGauges = {
  scanAge: new Map([["aws", 61.5]]),
  lastScans: new Map([["aws,sample", new Map([["fail", 3]])]]),
  openFindings: new Map([["high", 2]]),
  queues: new Map([["outbox", 7]]),
};
const never = (): Promise<never> => new Promise(() => undefined);
const failing = (): Promise<never> => Promise.reject(new Error("postgres://user:hunter2@db is away"));
const part = (name: string, trouble: Part["trouble"]): Part => ({
  name,
  trouble,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
});

function scrapeOf(change: Partial<Measured>): () => Promise<string> {
  const store = (): Promise<StoreGauges> => Promise.resolve(gauges);
  const broker = (): Promise<void> => Promise.resolve();
  return createScrape({ metrics: createMetrics("1.2.3"), store, broker, parts: [], limitMs: 200, ...change });
}

/** The samples of our measured metrics, and nothing of the process. */
function samples(
  text: string,
  pattern = /^portcullis_(store|broker|part|scan_age|last_scan|open|queue)\w*(\{.*\})? /,
): string[] {
  return text.split("\n").filter((line) => pattern.test(line));
}

const measured = [
  'portcullis_queue_depth{queue="outbox"} 7',
  'portcullis_scan_age_seconds{provider="aws"} 61.5',
  'portcullis_open_findings{severity="high"} 2',
  'portcullis_last_scan_verdicts{targets="aws,sample",verdict="fail"} 3',
];
const away = ["portcullis_store_up 0", "portcullis_broker_up 0"];

test("what the store, the broker and the parts say", async () => {
  const parts = [part("outbox", () => Promise.resolve(null)), part("worker", () => Promise.resolve("no broker"))];
  expect(samples(await scrapeOf({ parts })())).toEqual([
    ...measured,
    ...["portcullis_store_up 1", "portcullis_broker_up 1"],
    ...['portcullis_part_up{part="outbox"} 1', 'portcullis_part_up{part="worker"} 0'],
  ]);
});

test.each([
  ["hang", never],
  ["fail", failing],
])("a database, a broker and a part that %s are shown as such within the limit", async (_, broken) => {
  const text = await scrapeOf({ store: broken, broker: broken, parts: [part("outbox", broken)] })();
  expect(samples(text)).toEqual([...away, 'portcullis_part_up{part="outbox"} 0']);
  expect(text).not.toContain("hunter2");
});

test("what was measured before is not shown when the database is away", async () => {
  let isAway = false;
  const scrape = scrapeOf({ store: () => (isAway ? failing() : Promise.resolve(gauges)) });
  expect(samples(await scrape())).toEqual(expect.arrayContaining(measured));
  isAway = true;
  expect(samples(await scrape())).toEqual(["portcullis_store_up 0", "portcullis_broker_up 1"]);
});

test("many scrapes of a database that hangs ask it once", async () => {
  let asked = 0;
  const scrape = scrapeOf({
    store: () => {
      asked++;
      return never();
    },
  });
  await Promise.all([scrape(), scrape(), scrape()]);
  await scrape();
  expect(asked).toBe(1);
});

test("build, event-loop lag and process are there", async () => {
  const text = await scrapeOf({})();
  expect(text).toContain(`portcullis_build_info{version="1.2.3",node="${process.versions.node}"} 1`);
  expect(text).toMatch(/^portcullis_nodejs_eventloop_lag_p99_seconds \d/m);
  expect(text).toMatch(/^portcullis_process_resident_memory_bytes \d/m);
});

test("verdicts are counted and passed on; errors by known policies only", async () => {
  const metrics = createMetrics();
  const kept: Verdict[] = [];
  const recorder = {
    resource: () => Promise.resolve(),
    verdict: (one: Verdict) => Promise.resolve(void kept.push(one)),
  };
  const counted = countedVerdicts(recorder, metrics, new Set(["known"]));
  const given = [
    verdict(resource("a"), "pass"),
    verdict(resource("a"), "fail"),
    verdict(resource("b"), "fail"),
    verdict(resource("a"), "error", "/config", { policy: "known" }),
    verdict(resource("a"), "error", "/config", { policy: "from-outside-1" }),
    verdict(resource("a"), "error", "/config", { policy: "from-outside-2" }),
  ];
  for (const one of given) await counted.verdict(one);
  expect(kept).toEqual(given);
  expect(samples(await metrics.registry.metrics(), /^portcullis_(verdicts|policy)/)).toEqual([
    ...['portcullis_verdicts_total{verdict="pass"} 1', 'portcullis_verdicts_total{verdict="fail"} 2'],
    'portcullis_verdicts_total{verdict="error"} 3',
    ...['portcullis_policy_errors_total{policy="known"} 1', 'portcullis_policy_errors_total{policy="other"} 2'],
  ]);
});
