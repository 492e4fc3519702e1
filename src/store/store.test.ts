import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import {
  forgetScans,
  feed,
  problem,
  recordScan,
  report,
  resource,
  stepClock,
  summary,
  verdict,
  type TestScan,
} from "../../test/testing/store.js";
import type { AppliedWaiver, Verdict, VerdictKind } from "../engine/verdict.js";
import type { Resource } from "../inventory/resource.js";
import type { Database } from "./database.js";
import { canonicalJson } from "../audit/canonical-json.js";
import { findingSorts, type FindingQuery } from "./finding-query.js";
import type { FindingPage } from "./findings.js";
import type { ResourceState } from "./history.js";
import { migrate, readMigrations } from "./migrate.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";
import { stagingTables } from "./scan-writes.js";
import { createStore, openStore, type Store } from "./store.js";

// The contract of the store, the same over both adapters. Each case is scans in a row; the last one's outcome is compared whole.
const buckets = "AWS::S3::Bucket";
const queues = "AWS::SQS::Queue";
const a = resource("a");
const b = resource("b");
const queue = resource("q", { type: queues });
const elsewhere = resource("e", { region: "eu-west-1" });

const scan = (
  resources: readonly Resource[],
  verdicts: readonly (readonly [Resource, VerdictKind, string?])[],
  more: Partial<TestScan> = {},
): TestScan => ({
  resources,
  verdicts: verdicts.map(([on, kind, path]): Verdict => verdict(on, kind, path)),
  problems: [],
  complete: true,
  ...more,
});
const failing = scan([a], [[a, "fail"]]);
const ever = { from: "2000-01-01T00:00:00.000Z", to: "2100-01-01T00:00:00.000Z" };
const excuse: AppliedWaiver = {
  kind: "waiver",
  ...{ id: "w-1", reason: "legacy", ticket: null, requester: "a", approver: "b" },
  ...{ expires: "2026-06-01T00:00:00.000Z" },
  would: "fail",
};
const hashOf = ({ name, tags, config }: Resource): string =>
  createHash("sha256").update(canonicalJson({ name, tags, config })).digest("hex");

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const hidden = (change: Parameters<typeof problem>[0]): Partial<TestScan> => ({ problems: [problem(change)] });

const cases: readonly (readonly [string, readonly TestScan[], readonly [number, number, number, number]])[] = [
  // scans, then what the last one opened, reopened, resolved, and how many are open
  ["a failure opens", [failing], [1, 0, 0, 1]],
  ["an unknown verdict opens", [scan([a], [[a, "unknown"]])], [1, 0, 0, 1]],
  ["an error verdict does not open", [scan([a], [[a, "error"]])], [0, 0, 0, 0]],
  [
    "pass and not-applicable do not open",
    [
      scan(
        [a, queue],
        [
          [a, "pass"],
          [queue, "not-applicable"],
        ],
      ),
    ],
    [0, 0, 0, 0],
  ],
  ["a waived verdict is a finding that is not open", [scan([a], [[a, "waived"]])], [1, 0, 0, 0]],
  ["an open finding that is waived is not open", [failing, scan([a], [[a, "waived"]])], [0, 0, 0, 0]],
  ["a waiver that ended", [scan([a], [[a, "waived"]]), failing], [0, 0, 0, 1]],
  ["a waived finding is resolved", [scan([a], [[a, "waived"]]), scan([a], [[a, "pass"]])], [0, 0, 1, 0]],
  ["a waived finding resolves nothing beside it", [failing, scan([a], [[a, "waived", "/config/Other"]])], [1, 0, 1, 0]],
  ["the same again stays open", [failing, failing], [0, 0, 0, 1]],
  ["a pass resolves", [failing, scan([a], [[a, "pass"]])], [0, 0, 1, 0]],
  ["not-applicable resolves", [failing, scan([a], [[a, "not-applicable"]])], [0, 0, 1, 0]],
  ["another path resolves the one before", [failing, scan([a], [[a, "fail", "/config/Other"]])], [1, 0, 1, 1]],
  ["what comes back is reopened", [failing, scan([a], [[a, "pass"]]), failing], [0, 1, 0, 1]],
  ["an error resolves nothing", [failing, scan([a], [[a, "error"]])], [0, 0, 0, 1]],
  [
    "an error beside a pass resolves nothing",
    [
      failing,
      scan(
        [a],
        [
          [a, "pass"],
          [a, "error"],
        ],
      ),
    ],
    [0, 0, 0, 1],
  ],
  [
    "a doubt about another path resolves nothing",
    [failing, scan([a], [[a, "unknown", "/config/Other"]])],
    [1, 0, 0, 2],
  ],
  [
    "a doubt that is waived resolves nothing",
    [
      failing,
      {
        ...scan([a], []),
        verdicts: [verdict(a, "waived", "/config/Other", { waiver: { ...excuse, would: "unknown" } })],
      },
    ],
    [1, 0, 0, 1],
  ],
  ["a policy that did not run resolves nothing", [failing, scan([a], [])], [0, 0, 0, 1]],
  [
    "a verdict without its resource resolves nothing",
    [failing, scan([b], [[a, "pass"]], { complete: false, ...hidden({}) })],
    [0, 0, 0, 1],
  ],
  ["gone: others of its type are there", [failing, scan([b], [])], [0, 0, 1, 0]],
  ["gone: others of its place are there", [failing, scan([queue], [])], [0, 0, 1, 0]],
  ["not a complete scan: others of its type are there", [failing, scan([b], [], { complete: false })], [0, 0, 1, 0]],
  [
    "not a complete scan: others of its place prove nothing",
    [failing, scan([queue], [], { complete: false })],
    [0, 0, 0, 1],
  ],
  ["nothing seen proves nothing", [failing, scan([], [])], [0, 0, 0, 1]],
  ["another region proves nothing", [failing, scan([elsewhere], [])], [0, 0, 0, 1]],
  ["another account proves nothing", [failing, scan([resource("x", { account: "2" })], [])], [0, 0, 0, 1]],
  ["another provider proves nothing", [failing, scan([resource("x", { provider: "azure" })], [])], [0, 0, 0, 1]],
  ["no account is a place of its own", [failing, scan([resource("x", { account: null })], [])], [0, 0, 0, 1]],
  [
    "no region is no region",
    [
      scan([resource("u", { region: null })], [[resource("u", { region: null }), "fail"]]),
      scan([resource("v", { region: null })], []),
    ],
    [0, 0, 1, 0],
  ],
  ["its type is hidden", [failing, scan([b], [], hidden({ hides: [queues, buckets] }))], [0, 0, 0, 1]],
  [
    "its type is hidden everywhere",
    [failing, scan([b], [], hidden({ hides: [buckets], account: null, region: null }))],
    [0, 0, 0, 1],
  ],
  ["everything there is hidden", [failing, scan([b], [], hidden({ hides: [] }))], [0, 0, 0, 1]],
  ["another type is hidden", [failing, scan([b], [], hidden({ hides: [queues] }))], [0, 0, 1, 0]],
  [
    "its type is hidden in another region",
    [failing, scan([b], [], hidden({ hides: [buckets], region: "eu-west-1" }))],
    [0, 0, 1, 0],
  ],
  [
    "its type is hidden in another account",
    [failing, scan([b], [], hidden({ hides: [buckets], account: "2" }))],
    [0, 0, 1, 0],
  ],
  [
    "a resource without an account may be the hidden one",
    [
      scan([resource("u", { account: null })], [[resource("u", { account: null }), "fail"]]),
      scan([resource("v", { account: null })], [], hidden({ account: "2" })),
    ],
    [0, 0, 0, 1],
  ],
  [
    "seen, but its type has a problem: the verdict counts",
    [failing, scan([a], [[a, "pass"]], hidden({ hides: [buckets] }))],
    [0, 0, 1, 0],
  ],
  ["a resource that comes back", [failing, scan([b], []), failing], [0, 1, 0, 1]],
  [
    "only its own is resolved",
    [
      scan(
        [a, b],
        [
          [a, "fail"],
          [b, "fail"],
        ],
      ),
      scan(
        [a, b],
        [
          [a, "pass"],
          [b, "fail"],
        ],
      ),
    ],
    [0, 0, 1, 1],
  ],
];

const staged = `select ${stagingTables.map((table) => `(select count(*) from ${table})`).join(" + ")} as left`;

function contract(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database;
    let store: Store;

    beforeAll(async () => {
      database = await open();
      await migrate(database);
      return () => database.close();
    });
    beforeEach(async () => {
      await database.script(forgetScans);
      store = await createStore(database, stepClock());
    });

    test.each(cases)("%s", async (_name, scans, [opened, reopened, resolved, left]) => {
      const outcomes = [];
      for (const one of scans) outcomes.push(await recordScan(store, one));
      expect(outcomes.at(-1)).toEqual({ opened, reopened, resolved, open: left });
      expect(Number((await database.query(staged))[0]?.["left"])).toBe(0);
    });

    test("a finding over its life", async () => {
      await recordScan(store, failing);
      await recordScan(store, scan([a], [[a, "pass"]]));
      const first = {
        fingerprint: verdict(a, "fail").fingerprint,
        ...{
          policy: "aws-s3-rule",
          severity: "high",
          title: "A rule",
          message: "/config/A is wrong",
          path: "/config/A",
        },
        resource: { id: "a", provider: "aws", type: buckets, name: "a", account: "1", region: "us-east-1" },
        reasons: [{ message: "/config/A is wrong", path: "/config/A", location: { file: "main.tf", line: 3 } }],
        ...{ location: { file: "main.tf", line: 3 }, verdict: "fail", status: "resolved", reopened: 0 },
        ...{ owner: null, controls: [], remediation: null, waiver: null },
        ...{ firstSeen: "2026-01-01T00:04:00.000Z", lastSeen: "2026-01-01T00:04:00.000Z" },
        ...{ resolvedAt: "2026-01-01T00:07:00.000Z", lastScan: "scan-2" },
      };
      expect(await store.listFindings({ status: "resolved", limit: 10 })).toEqual({ findings: [first], next: null });
      await recordScan(store, scan([a], [[a, "unknown"]]));
      const again = { ...first, verdict: "unknown", status: "open", reopened: 1, resolvedAt: null };
      expect(await store.getFinding(first.fingerprint.slice(0, 12))).toEqual({
        ...again,
        lastSeen: "2026-01-01T00:11:00.000Z",
        lastScan: "scan-3",
      });
    });

    test("a large scan: pages in order, each once; scans and resources are listed", async () => {
      const severities = ["info", "critical", "low", "high", "medium"] as const;
      const many = Array.from({ length: 2_345 }, (_, i) => resource(`r${String(i).padStart(5, "0")}`));
      const verdicts = many.map((one, i) =>
        verdict(one, "fail", "/config/A", { severity: severities[i % 5] ?? "low" }),
      );
      expect(await recordScan(store, { resources: many, verdicts, problems: [], complete: true })).toEqual({
        opened: 2_345,
        reopened: 0,
        resolved: 0,
        open: 2_345,
      });
      const seen: string[] = [];
      const ranks: string[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const page = await store.listFindings({
          status: "open",
          limit: 1_000,
          ...(after === undefined ? {} : { after }),
        });
        seen.push(...page.findings.map(({ resource }) => resource.id));
        ranks.push(...page.findings.map(({ severity }) => severity));
        after = page.next;
      }
      expect(seen.toSorted()).toEqual(many.map(({ id }) => id));
      expect([...new Set(ranks)]).toEqual(["critical", "high", "medium", "low", "info"]);
      expect(ranks.filter((one, i) => one !== ranks[i - 1])).toEqual(["critical", "high", "medium", "low", "info"]);
      const high = await store.listFindings({ status: "all", severity: "high", policy: "aws-s3-rule", limit: 10_000 });
      expect(new Set(high.findings.map(({ severity }) => severity))).toEqual(new Set(["critical", "high"]));
      const page = await store.resources({ type: buckets, limit: 2_000 });
      const rest = await store.resources({ type: buckets, limit: 2_000, after: page.next ?? "" });
      const [first, last] = [page.resources[0]?.id ?? "", rest.resources.at(-1)?.id ?? ""];
      const named = await store.resources({ ids: [first, last, "' or true --", "\u0000"], limit: 9 });
      expect(named.resources.map(({ id }) => id)).toEqual([first, last]);
      expect([...page.resources, ...rest.resources].map(({ id }) => id)).toEqual(many.map(({ id }) => id));
      expect(rest.next).toBe(null);
      expect(await store.listScans(5)).toEqual([
        {
          id: "scan-1",
          startedAt: "2026-01-01T00:03:00.000Z",
          finishedAt: "2026-01-01T00:04:00.000Z",
          status: "finished",
          targets: ["aws"],
          summary,
          problems: [],
          schedule: null,
          outcome: { opened: many.length, reopened: 0, resolved: 0, open: many.length },
          notes: [],
        },
      ]);
    });

    test("a body is kept once, and a state only ends when something changed", async () => {
      const states = (): Promise<ResourceState[]> => all(store.history.states(ever));
      const versioned = resource("a", { config: { BucketName: "a", Versioned: true } });
      await recordScan(store, scan([a], [[a, "pass"]]));
      await recordScan(store, scan([a], [[a, "pass"]]));
      await recordScan(store, scan([versioned], [[versioned, "pass"]]));
      await recordScan(store, scan([a], [[a, "fail"]]));
      await recordScan(store, scan([b], [[b, "pass"]]));
      const verdicts = new Map([["aws-s3-rule", "pass"]]);
      const base = {
        resource: { id: "a", provider: "aws", type: buckets, name: "a", account: "1", region: "us-east-1" },
        owner: null,
      };
      const [first, second, third, other] = await states();
      expect(first).toEqual({
        ...{ ...base, body: hashOf(a), verdicts, ended: "changed" },
        ...{ fromSeq: 1, from: "2026-01-01T00:04:00.000Z", untilSeq: 3, until: "2026-01-01T00:10:00.000Z" },
      });
      expect(second).toEqual({
        ...{ ...base, body: hashOf(versioned), verdicts, ended: "changed" },
        ...{ fromSeq: 3, from: "2026-01-01T00:10:00.000Z", untilSeq: 4, until: "2026-01-01T00:13:00.000Z" },
      });
      expect(third).toEqual({
        ...{ ...base, body: hashOf(a), verdicts: new Map([["aws-s3-rule", "fail"]]), ended: "gone" },
        ...{ fromSeq: 4, from: "2026-01-01T00:13:00.000Z", untilSeq: 5, until: "2026-01-01T00:16:00.000Z" },
      });
      expect([other?.resource.id, other?.untilSeq, other?.ended]).toEqual(["b", null, null]);
      expect(await database.query("select count(*)::int as n from bodies")).toEqual([{ n: 3 }]);
      expect(await store.history.bodies([hashOf(versioned), "none"])).toEqual(
        new Map([[hashOf(versioned), { name: "a", tags: {}, config: { BucketName: "a", Versioned: true } }]]),
      );
      const { resources } = await store.resources({ limit: 9 });
      expect(resources.map(({ id, firstSeen, lastSeen, lastScan }) => [id, firstSeen, lastSeen, lastScan])).toEqual([
        ["b", "2026-01-01T00:16:00.000Z", "2026-01-01T00:16:00.000Z", "scan-5"],
      ]);
    });

    test("the worst verdict of several; what did not run this time stays; what is hidden is not judged", async () => {
      const verdictsOf = async (): Promise<unknown> =>
        (await all(store.history.states(ever))).map(({ ended, verdicts }) => [ended, Object.fromEntries(verdicts)]);
      const on = (kind: VerdictKind, policy: string): Verdict => verdict(a, kind, "/config/A", { policy });
      await recordScan(store, { ...failing, verdicts: [on("pass", "p"), on("error", "p"), on("not-applicable", "p")] });
      await recordScan(store, { ...failing, verdicts: [on("pass", "q")] });
      await recordScan(store, scan([b], [], hidden({})));
      expect(await verdictsOf()).toEqual([
        ["changed", { p: "error" }],
        ["unseen", { p: "error", q: "pass" }],
        [null, {}],
      ]);
    });

    test("secrets are not kept", async () => {
      const key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
      const config = { Environment: { Variables: { DB_PASSWORD: "hunter2hunter2" } }, MasterUserPassword: key };
      await recordScan(store, scan([resource("a", { config, tags: { token: key } })], []));
      const kept = JSON.stringify(await database.query("select * from bodies"));
      expect(kept).toContain("MasterUserPassword");
      expect(kept).not.toContain("hunter2");
      expect(kept).not.toContain(key);
    });

    test("findings are filtered and sorted, page by page", async () => {
      const controls = [{ baseline: "soc2", control: "CC6.1" }];
      const rows: Verdict[] = [
        verdict(a, "fail", "/config/A", { policy: "p1", severity: "low", owner: "ops", controls }),
        verdict(b, "unknown", "/config/B", { policy: "p2", severity: "critical", title: "Encrypt \u00c9t\u00e9" }),
        verdict(elsewhere, "waived", "/config/C", { policy: "p1", severity: "high", waiver: excuse }),
        verdict(queue, "fail", "/config/D", { policy: "p3", severity: "medium", owner: "Ops" }),
      ];
      await recordScan(store, { ...failing, resources: [a, b, elsewhere, queue], verdicts: rows });
      const ids = async (query: Partial<FindingQuery>): Promise<string> => {
        const found: string[] = [];
        for (let after: string | null | undefined; after !== null;) {
          const page: FindingPage = await store.listFindings({
            ...{ status: "all", limit: 1, ...query },
            ...(after === undefined ? {} : { after }),
          });
          found.push(...page.findings.map(({ resource }) => resource.id));
          after = page.next;
        }
        return found.join("");
      };
      const table: readonly (readonly [Partial<FindingQuery>, string])[] = [
        [{}, "beqa"],
        [{ status: "open" }, "bqa"],
        [{ status: "waived" }, "e"],
        [{ status: "resolved" }, ""],
        [{ status: "unresolved", sort: "resource" }, "abeq"],
        [{ severity: "high" }, "be"],
        [{ verdict: "unknown" }, "b"],
        [{ policy: "p1", sort: "severity", descending: true }, "ae"],
        [{ type: queues }, "q"],
        [{ region: "eu-west-1" }, "e"],
        [{ account: "1", provider: "aws", sort: "status", policy: "p1" }, "ae"],
        [{ account: "2" }, ""],
        [{ owner: "ops" }, "a"],
        [{ owner: "" }, "be"],
        [{ sort: "owner" }, "beqa"],
        [{ baseline: "soc2" }, "a"],
        [{ baseline: "soc2", control: "CC6.1" }, "a"],
        [{ baseline: "soc2", control: "CC6.2" }, ""],
        [{ waiver: "w-1" }, "e"],
        [{ text: "ENCRYPT" }, "b"],
        [{ text: "%" }, ""],
        [{ resource: "q" }, "q"],
        [{ firstSeenAfter: "2026-01-01T00:04:00.000Z" }, "beqa"],
        [{ firstSeenAfter: "2026-01-01T00:04:00.001Z" }, ""],
        [{ lastSeenBefore: "2026-01-01T00:04:00.000Z" }, ""],
        [{ resolvedAfter: "2026-01-01T00:00:00.000Z" }, ""],
        [{ reopened: 1 }, ""],
      ];
      for (const [query, expected] of table) {
        expect(await ids(query), JSON.stringify(query)).toBe(expected);
      }
      for (const sort of findingSorts) {
        const [up, down] = [await ids({ sort }), await ids({ sort, descending: true })];
        expect(Array.from(up).sort().join("")).toBe("abeq");
        if (sort !== "severity") expect(down, sort).toBe(Array.from(up).reverse().join(""));
      }
    });

    test("a waiver that expired excuses nothing, also before the next scan", async () => {
      const short = { ...excuse, expires: "2026-01-01T00:10:00.000Z" };
      await recordScan(store, { ...failing, verdicts: [verdict(a, "waived", "/config/A", { waiver: short })] });
      const listed = async (status: FindingQuery["status"]): Promise<readonly unknown[]> =>
        (await store.listFindings({ status, sort: "status", limit: 9 })).findings.map((finding) => finding.status);
      expect([await listed("waived"), await listed("open")]).toEqual([["waived"], []]);
      while ((await listed("waived")).length > 0); // each look is a minute later
      expect([await listed("open"), await listed("unresolved"), await listed("all")]).toEqual([
        ["open"],
        ["open"],
        ["open"],
      ]);
      expect((await store.getFinding(verdict(a, "fail").fingerprint))?.status).toBe("open");
    });

    test("a finding's history", async () => {
      const waived: TestScan = { ...failing, verdicts: [verdict(a, "waived", "/config/A", { waiver: excuse })] };
      const passing = scan([a], [[a, "pass"]]);
      for (const one of [failing, waived, failing, passing, waived]) await recordScan(store, one);
      const history = await store.findingHistory(verdict(a, "fail").fingerprint);
      expect(history.map(({ kind, scan: id, waiver }) => [kind, id, waiver])).toEqual([
        ["opened", "scan-1", null],
        ["waived", "scan-2", "w-1"],
        ["waiver-ended", "scan-3", null],
        ["resolved", "scan-4", null],
        ["reopened", "scan-5", null],
        ["waived", "scan-5", "w-1"],
      ]);
      expect((await all(store.history.findingEvents(ever))).map(({ kind }) => kind).sort()).toEqual(
        history.map(({ kind }) => kind).sort(),
      );
      const finding = await store.getFinding(verdict(a, "fail").fingerprint);
      expect([finding?.status, finding?.waiver, finding?.reopened]).toEqual(["waived", excuse, 1]);
    });

    test("hostile texts, keys, sizes and depths are kept as far as they can be", async () => {
      const config = JSON.parse(
        '{"__proto__":{"x":1},"n\\u0000\\ud800":"a\\u0000\\udc00b","ok":"\\ud83d\\ude00","big":1e308}',
      ) as Resource["config"];
      const nasty = resource("i\u0000\ud800'; drop table findings; --", {
        config,
        name: "\u0000",
        tags: { "\u0000": "\udfff" },
      });
      let deep: Resource["config"] = {};
      for (let i = 0; i < 5_000; i++) deep = { a: deep };
      const long = resource("x".repeat(100_000));
      const huge = resource("huge", { config: { text: "y".repeat(5_000_000) } });
      const all = [nasty, resource("deep", { config: deep }), long, huge];
      const outcome = await recordScan(
        store,
        scan(
          all,
          all.map((one) => [one, "fail", "/p\u0000\ud800"] as const),
        ),
      );
      expect(outcome).toEqual({ opened: 4, reopened: 0, resolved: 0, open: 4 });
      const { resources } = await store.resources({ limit: 10 });
      const kept = resources.find(({ id }) => id.startsWith("i"));
      expect(kept).toMatchObject({
        id: "i\ufffd\ufffd'; drop table findings; --",
        name: "\ufffd",
        tags: { "\ufffd": "\ufffd" },
      });
      expect(JSON.stringify(Object.entries(kept?.config ?? {}).toSorted())).toBe(
        JSON.stringify([
          ["__proto__", { x: 1 }],
          ["big", 1e308],
          ["n\ufffd\ufffd", "a\ufffd\ufffdb"],
          ["ok", "\u{1f600}"],
        ]),
      );
      expect(resources.find(({ id }) => id === "huge")?.config).toBe(null);
      const found = await store.listFindings({ status: "open", resource: long.id, limit: 10 });
      expect(found.findings.map(({ path }) => path)).toEqual(["/p\ufffd\ufffd"]);
      expect(
        (
          await recordScan(
            store,
            scan(
              all,
              all.map((one) => [one, "pass"] as const),
            ),
          )
        ).open,
      ).toBe(0);
    });

    test("an aborted scan changes nothing, and takes nothing more", async () => {
      await recordScan(store, failing);
      const recording = await store.beginScan({ targets: ["aws"], complete: true });
      await feed(
        recording,
        scan(
          [a, b],
          Array.from({ length: 1_500 }, () => [a, "pass"] as const),
        ),
      );
      await recording.abort();
      await recording.abort();
      await expect(recording.finish(report, [])).rejects.toMatchObject({ code: "internal" });
      expect((await store.listFindings({ status: "all", limit: 9 })).findings.map(({ status }) => status)).toEqual([
        "open",
      ]);
      expect((await store.listScans(9)).map(({ status }) => status)).toEqual(["aborted", "finished"]);
      expect(Number((await database.query(staged))[0]?.["left"])).toBe(0);
    });

    test("rows that were lost on the way: nothing is concluded", async () => {
      await recordScan(store, failing);
      const recording = await store.beginScan({ targets: ["aws"], complete: true });
      await feed(
        recording,
        scan(
          [b],
          Array.from({ length: 1_500 }, () => [b, "fail"] as const),
        ),
      );
      while ((await database.query("delete from scan_verdicts where seq = 7 returning seq")).length === 0);
      await expect(recording.finish(report, [])).rejects.toMatchObject({ code: "store-unavailable" });
      await expect(recording.resource(a)).rejects.toMatchObject({ code: "store-unavailable" });
      expect((await store.listFindings({ status: "open", limit: 9 })).findings).toHaveLength(1);
    });

    test("a finding by the start of its fingerprint", async () => {
      const prints = ["ab1", "ab2", "ab22"].map((start) => start.padEnd(64, "0"));
      await recordScan(store, {
        ...failing,
        verdicts: prints.map((print) => verdict(a, "fail", print, { fingerprint: print })),
      });
      expect((await store.getFinding("AB1"))?.fingerprint).toBe(prints[0]);
      await expect(store.getFinding("ab")).rejects.toMatchObject({ code: "usage" });
      for (const none of ["ac", "", "%", "ab1'", "zz"]) expect(await store.getFinding(none)).toBe(null);
    });

    test.each(["", "x", "W10", "[1]", Buffer.from('[1,"x",3]').toString("base64url")])(
      "a cursor that is none: %j",
      async (after) => {
        await expect(store.listFindings({ status: "open", limit: 1, after })).rejects.toMatchObject({ code: "usage" });
        await expect(store.resources({ limit: 1, after })).rejects.toMatchObject({ code: "usage" });
      },
    );

    test.each(["2026-99-99T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "0000-00-00T00:00:00.000Z", "now"])(
      "a cursor with a time that is none: %s",
      async (time) => {
        const after = Buffer.from(JSON.stringify([time, "x"])).toString("base64url");
        const query: FindingQuery = { status: "all", sort: "last-seen", limit: 1, after };
        await expect(store.listFindings(query)).rejects.toMatchObject({ code: "usage" });
        await expect(store.schedules.list({ statuses: [], limit: 1, after })).rejects.toMatchObject({ code: "usage" });
      },
    );

    test("a transaction that fails leaves nothing; a refused statement says why", async () => {
      const work = database.transaction(async (session) => {
        await session.query("insert into scans (id, started, status, targets) values ('t', now(), 'running', '[]')");
        await session.query("select 1 / 0");
      });
      await expect(work).rejects.toMatchObject({
        code: "internal",
        message: expect.stringContaining("division by zero") as string,
      });
      expect(await store.listScans(1)).toEqual([]);
    });

    test("migrations: again, newer, changed", async () => {
      await migrate(database);
      const known = readMigrations();
      const next = {
        version: known.length + 1,
        name: "next.sql",
        sql: "create table next_one (x int); select 1 / 0",
        checksum: "0",
      };
      await expect(migrate(database, [...known, next])).rejects.toMatchObject({ code: "internal" });
      expect(await database.query("select to_regclass('next_one') as made")).toEqual([{ made: null }]);
      await expect(migrate(database, [])).rejects.toThrow(
        `schema version ${known.length}, this portcullis knows versions up to 0`,
      );
      await expect(
        migrate(
          database,
          known.map((one) => ({ ...one, checksum: "1".repeat(64) })),
        ),
      ).rejects.toThrow("applied with other content");
      expect(await database.query("select version, name, checksum from portcullis_migrations")).toEqual(
        known.map(({ version, name, checksum }) => ({ version, name, checksum })),
      );
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), "portcullis-store-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
contract("PGlite", () => openPglite(join(folder, "contract")));

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
  return () => server.stop();
});
contract("PostgreSQL", () => openPostgres(server.url));

test("a role that owns no table scans, into new months and partitions of the trail", async () => {
  const owner = await openPostgres(server.url);
  await migrate(owner);
  await owner.script(`create role scanner login;
    grant select, insert, update, delete on all tables in schema public to scanner`);
  const role = await openPostgres(server.url.replace("postgres@", "scanner@"));
  const later = await createStore(role, stepClock("2031-05-01T00:00:00.000Z", "later"));
  const before = (await later.listFindings({ status: "all", limit: 1 })).findings.length;
  expect(await recordScan(later, scan([elsewhere], [[elsewhere, "fail", "/config/Role"]]))).toMatchObject({
    opened: 1,
  });
  expect((await later.listFindings({ status: "all", limit: 9 })).findings.length).toBeGreaterThan(before);
  expect(await role.query("select to_regclass('finding_events_203105')::text as made")).toEqual([
    { made: "finding_events_203105" },
  ]);
  await role.query("select audit_make_partitions(3000001)");
  await expect(role.query("select portcullis_month('scans', now())")).rejects.toThrow("scans has no months");
  await expect(role.script("drop table finding_events_203105")).rejects.toThrow("must be owner");
  await later.close();
  await owner.close();
});

test("the data folder is its owner's only, and one process's at a time", async () => {
  const dataDir = join(folder, "own");
  const store = await openStore({ databaseUrl: null, dataDir, clock: stepClock() });
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  await expect(openStore({ databaseUrl: null, dataDir, clock: stepClock() })).rejects.toThrow(
    `in use by process ${process.pid}`,
  );
  await recordScan(store, failing);
  await store.beginScan({ targets: ["aws"] });
  await store.close();
  await store.close();
  await expect(store.listScans(1)).rejects.toMatchObject({ code: "store-unavailable" });
  const again = await openStore({ databaseUrl: null, dataDir, clock: stepClock("2026-01-02T00:00:00.000Z", "again") });
  expect((await again.listScans(9)).map(({ status }) => status)).toEqual(["aborted", "finished"]);
  expect(await recordScan(again, failing)).toEqual({ opened: 0, reopened: 0, resolved: 0, open: 1 });
  await again.close();
});
