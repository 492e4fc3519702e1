// What the history says against a plain model of it: whatever scans came one after the other, each one's population is what
// it saw, and a resource's states tell the same story without a gap.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { forgetScans, problem, report, resource, stepClock, verdict } from "../../test/testing/store.js";
import { canonicalJson } from "../audit/canonical-json.js";
import type { VerdictKind } from "../engine/verdict.js";
import type { Database } from "./database.js";
import type { ResourceState } from "./history.js";
import { migrate } from "./migrate.js";
import { openPostgres } from "./postgres.js";
import { createStore, type Store } from "./store.js";

// Hundreds of scans: the server takes a third of the time of the embedded one, which other tests hold to the same contract.
let server: PostgresServer;
let database: Database;
beforeAll(async () => {
  server = await startPostgres();
  database = await openPostgres(server.url);
  await migrate(database);
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

const ids = ["a", "b", "c", "d"] as const;
const policies = ["p", "q", "r"] as const;
const kinds = ["pass", "fail", "unknown", "error", "waived", "not-applicable"] as const;
const regions = ["us-east-1", "eu-west-1"] as const;

interface Seen {
  readonly id: string;
  readonly version: number;
  readonly verdicts: Readonly<Record<string, VerdictKind>>;
}
interface Scan {
  readonly region: string;
  readonly seen: readonly Seen[];
  readonly ran: readonly string[];
  readonly hides: boolean;
}

const scans = fc.array(
  fc.record({
    region: fc.constantFrom(...regions),
    ran: fc.subarray([...policies], { minLength: 1 }),
    hides: fc.boolean(),
    seen: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...ids),
        version: fc.integer({ min: 0, max: 2 }),
        verdicts: fc.dictionary(fc.constantFrom(...policies), fc.constantFrom(...kinds), { noNullPrototype: true }),
      }),
      { selector: ({ id }) => id },
    ),
  }),
  { minLength: 1, maxLength: 8 },
);

/** A resource is in one region for ever: its id says which. */
const idIn = (region: string, id: string): string => `${region}/${id}`;
const resourceOf = (region: string, { id, version }: Seen): ReturnType<typeof resource> =>
  resource(idIn(region, id), { region, config: { version } });

async function record(store: Store, { region, seen, ran, hides }: Scan): Promise<void> {
  const versions = ran.map((id) => ({ id, title: id, severity: "low", engine: "rego", hash: null }) as const);
  const recording = await store.beginScan({ targets: ["aws"], complete: true, policies: versions });
  for (const one of seen) {
    const on = resourceOf(region, one);
    await recording.resource(on);
    for (const [policy, kind] of Object.entries(one.verdicts))
      if (ran.includes(policy)) await recording.verdict(verdict(on, kind, "/config/A", { policy }));
  }
  await recording.finish(report, hides ? [problem({ region })] : []);
}

function expectedPopulation({ region, seen, ran }: Scan): Record<string, unknown> {
  return Object.fromEntries(
    seen.map((one) => {
      const { name, tags, config } = resourceOf(region, one);
      const body = createHash("sha256").update(canonicalJson({ name, tags, config })).digest("hex");
      const verdicts = Object.entries(one.verdicts).filter(([policy]) => ran.includes(policy));
      return [idIn(region, one.id), { body, verdicts: Object.fromEntries(verdicts) }];
    }),
  );
}

test("each scan's population is what it saw, and states follow one another", async () => {
  await fc.assert(
    fc.asyncProperty(scans, async (all) => {
      await database.script(forgetScans);
      const store = await createStore(database, stepClock());
      for (const one of all) await record(store, one);
      const kept = await store.history.scans({ from: "2000-01-01", to: "2100-01-01" });
      expect(kept.map(({ seq }) => seq)).toEqual(all.map((_, at) => at + 1));
      for (const [at, scan] of kept.entries()) {
        const population: Record<string, unknown> = {};
        for await (const {
          resource: { id },
          body,
          verdicts,
        } of store.history.population(scan))
          population[id] = { body, verdicts: Object.fromEntries(verdicts) };
        expect(population).toEqual(expectedPopulation(all[at] as Scan));
      }
      await checkStates(store);
    }),
    { numRuns: Number(process.env["PORTCULLIS_FUZZ_RUNS"] ?? 60) },
  );
});

async function checkStates(store: Store): Promise<void> {
  let before: ResourceState | null = null;
  for await (const state of store.history.states({ from: "2000-01-01", to: "2100-01-01" })) {
    const follows = before?.resource.id === state.resource.id ? before : null;
    if (follows !== null) {
      expect(follows.untilSeq).not.toBeNull();
      expect(state.fromSeq).toBeGreaterThanOrEqual(follows.untilSeq ?? Infinity);
      // Nothing was written that did not change.
      if (follows.ended === "changed")
        expect([state.body, [...state.verdicts]]).not.toEqual([follows.body, [...follows.verdicts]]);
    }
    expect(state.ended === null).toBe(state.untilSeq === null);
    before = state;
  }
}
