import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AppliedWaiver } from "../../engine/verdict.js";
import type { Finding } from "../../store/findings.js";
import type { AsffFinding, Hub, WorkflowStatus } from "./asff.js";
import { deliver, type DeliveryOptions, type DeliveryResult } from "./delivery.js";
import type { HubAnswer, HubClient, Refusal } from "./hub-client.js";
import { finding, hub, MemoryLog } from "./testing/findings.js";

const now = "2026-06-01T00:00:00.000Z";

const waiver: AppliedWaiver = {
  ...{ kind: "waiver", id: "w-1", reason: "a test system", ticket: "SEC-1", requester: "a", approver: "b" },
  ...{ expires: "2026-12-31T00:00:00.000Z", would: "fail" },
};
const states = {
  open: {},
  waived: { status: "waived", waiver },
  resolved: { status: "resolved", resolvedAt: "2026-05-02T00:00:00.000Z" },
} satisfies Record<string, Partial<Finding>>;

/** A fake of Security Hub that keeps to its documentation: an import does not change the state of a finding that is there. */
class FakeHub implements HubClient {
  readonly kept = new Map<string, AsffFinding>();
  readonly calls: string[] = [];
  /** Answers instead; undefined lets the call through. */
  fault: (ids: readonly string[], operation: "import" | "workflow") => HubAnswer | undefined = () => undefined;

  importFindings(to: Hub, findings: readonly AsffFinding[]): Promise<HubAnswer> {
    return this.#answer("import", findings, (one) => {
      const known = this.kept.get(one.Id);
      this.kept.set(one.Id, known === undefined ? one : { ...one, Workflow: known.Workflow });
      expect({ account: one.AwsAccountId, region: one.Region }).toEqual(to);
    });
  }

  setWorkflow(_to: Hub, change: { status: WorkflowStatus; findings: readonly AsffFinding[] }): Promise<HubAnswer> {
    return this.#answer("workflow", change.findings, ({ Id }) => {
      const known = this.kept.get(Id);
      if (known !== undefined) this.kept.set(Id, { ...known, Workflow: { Status: change.status } });
    });
  }

  close(): void {
    this.calls.push("close");
  }

  #answer(
    operation: "import" | "workflow",
    findings: readonly AsffFinding[],
    take: (finding: AsffFinding) => void,
  ): Promise<HubAnswer> {
    this.calls.push(`${operation} ${findings.length}`);
    const ids = findings.map(({ Id }) => Id);
    const answer = this.fault(ids, operation) ?? { kind: "answered" as const, refused: [] };
    const refused = new Set(answer.kind === "answered" ? answer.refused.map(({ id }) => id) : ids);
    for (const one of findings)
      if (!refused.has(one.Id) || ("code" in answer && answer.code === "AnswerLost")) take(one);
    return Promise.resolve(answer);
  }
}

interface World {
  readonly fake: FakeHub;
  readonly log: MemoryLog;
  readonly pauses: number[];
}
const world = (): World => ({ fake: new FakeHub(), log: new MemoryLog(), pauses: [] });

function run(
  { fake, log, pauses }: World,
  findings: readonly Finding[],
  change: Partial<DeliveryOptions> = {},
): Promise<DeliveryResult> {
  async function* pages(): AsyncGenerator<readonly Finding[]> {
    for (let at = 0; at < findings.length; at += 40) yield await Promise.resolve(findings.slice(at, at + 40));
  }
  return deliver(pages(), {
    ...{ client: fake, log, place: { account: null, region: null }, accounts: [], regions: [], all: false },
    ...{ version: "1.0.0", now: () => new Date(now), progress: () => undefined },
    pause: (attempt) => {
      pauses.push(attempt);
      return Promise.resolve();
    },
    ...change,
  });
}

const nothing: DeliveryResult = { sent: 0, unchanged: 0, neverSent: 0, withoutPlace: 0, failed: [] };
const refusal = (id: string, change: Partial<Refusal> = {}): Refusal => ({
  ...{ id, code: "InternalError", message: "try later", retry: true },
  ...change,
});
const many = Array.from({ length: 250 }, (_, at) => finding(at));

test("batches of a hundred, and then only what changed", async () => {
  const here = world();
  expect(await run(here, many)).toEqual({ ...nothing, sent: 250 });
  expect(here.fake.calls).toEqual(["import 100", "import 100", "import 50"]);
  expect(await run(here, many)).toEqual({ ...nothing, unchanged: 250 });
  const seenAgain = many.map((one) => ({ ...one, lastSeen: "2026-05-31T00:00:00.000Z", lastScan: "scan-9" }));
  expect(await run(here, seenAgain, { version: "2.0.0" })).toEqual({ ...nothing, unchanged: 250 });
  expect(await run(here, [finding(0, { owner: "team-b" }), ...many.slice(1)])).toEqual({
    ...nothing,
    ...{ sent: 1, unchanged: 249 },
  });
  expect(await run(here, many.slice(1), { all: true })).toEqual({ ...nothing, sent: 249 });
  expect(here.pauses).toEqual([]);
});

test("what Security Hub would forget is sent again in time; what is resolved may be forgotten", async () => {
  const here = world();
  const open = finding(1);
  await run(here, [open, finding(2)]);
  const resolved = finding(2, states.resolved);
  await run(here, [open, resolved]);
  const later = { now: () => new Date("2026-07-15T00:00:00.000Z") };
  expect(await run(here, [open, resolved], later)).toEqual({ ...nothing, sent: 1, unchanged: 1 });
});

test("each account and region has a hub of its own; filters leave the others alone", async () => {
  const at = (number: number, account: string | null, region: string | null): Finding =>
    finding(number, { resource: { ...finding(number).resource, account, region } });
  const spread = [
    at(1, "111122223333", "eu-west-1"),
    at(2, "111122223333", "us-east-1"),
    at(3, "444455556666", "eu-west-1"),
    at(4, "111122223333", null),
    at(5, null, "eu-west-1"),
    at(6, "my-subscription", "westeurope"),
  ];
  const homeless = world();
  expect(await run(homeless, spread)).toEqual({ ...nothing, sent: 3, withoutPlace: 3 });
  expect(homeless.fake.calls).toEqual(["import 1", "import 1", "import 1"]);
  const place = { account: "444455556666", region: "us-east-1" };
  expect(await run(world(), spread, { place })).toEqual({ ...nothing, sent: 5, withoutPlace: 1 });
  expect(await run(world(), spread, { place, accounts: ["444455556666"] })).toEqual({
    ...nothing,
    ...{ sent: 2, withoutPlace: 1 },
  });
  expect(await run(world(), spread, { place, regions: ["us-east-1"] })).toEqual({
    ...nothing,
    ...{ sent: 2, withoutPlace: 1 },
  });
});

describe("the life of a finding", () => {
  const stateOf = ({ fake }: World): object =>
    [...fake.kept.values()].map(({ RecordState, Workflow, Compliance }) => [
      RecordState,
      Workflow.Status,
      Compliance.Status,
    ]);

  test("waived, open again, resolved, reopened", async () => {
    const here = world();
    const steps: [Partial<Finding>, string[]][] = [
      [states.open, ["ACTIVE", "NEW", "FAILED"]],
      [states.waived, ["ACTIVE", "SUPPRESSED", "FAILED"]],
      [states.open, ["ACTIVE", "NEW", "FAILED"]],
      [states.resolved, ["ARCHIVED", "RESOLVED", "PASSED"]],
      [{ ...states.open, reopened: 1, verdict: "unknown" }, ["ACTIVE", "NEW", "WARNING"]],
    ];
    for (const [state, expected] of steps) {
      expect(await run(here, [finding(1, state)])).toEqual({ ...nothing, sent: 1 });
      expect(stateOf(here)).toEqual([expected]);
    }
  });

  test("a waiver that ended since the last scan suppresses nothing", async () => {
    const here = world();
    const ended = { ...waiver, expires: "2026-05-31T00:00:00.000Z" };
    await run(here, [finding(1, states.waived)]);
    expect(await run(here, [finding(1, { status: "waived", waiver: ended })])).toEqual({ ...nothing, sent: 1 });
    expect(stateOf(here)).toEqual([["ACTIVE", "NEW", "FAILED"]]);
    expect(await run(world(), [finding(1, { status: "waived", waiver: { ...ended, expires: "soon" } })])).toEqual({
      ...nothing,
      sent: 1,
    });
  });

  test("what was resolved before it was sent is not sent", async () => {
    const here = world();
    expect(await run(here, [finding(1, states.resolved)], { all: true })).toEqual({ ...nothing, neverSent: 1 });
    expect(here.fake.calls).toEqual([]);
  });

  test("a state that people gave it stays", async () => {
    const here = world();
    await run(here, [finding(1)]);
    const [[id, kept]] = [...here.fake.kept] as [[string, AsffFinding]];
    here.fake.kept.set(id, { ...kept, Workflow: { Status: "SUPPRESSED" } });
    await run(here, [finding(1, { owner: "team-b" })]);
    expect(stateOf(here)).toEqual([["ACTIVE", "SUPPRESSED", "FAILED"]]);
  });
});

describe("refusals", () => {
  test("only what was refused goes again, later each time, and not for ever", async () => {
    const here = world();
    const stubborn = `portcullis/${finding(7).fingerprint}`;
    const slow = `portcullis/${finding(8).fingerprint}`;
    let times = 0;
    here.fake.fault = (ids) => {
      const refused = ids.filter((id) => id === stubborn || (id === slow && times < 1)).map((id) => refusal(id));
      times++;
      return { kind: "answered", refused };
    };
    const result = await run(here, many.slice(0, 20));
    expect(result).toEqual({
      ...nothing,
      sent: 19,
      failed: [{ fingerprint: finding(7).fingerprint, ...hub, code: "InternalError", message: "try later" }],
    });
    expect(here.fake.calls).toEqual(["import 20", "import 2", "import 1", "import 1"]);
    expect(here.pauses).toEqual([1, 2, 3]);
    here.fake.fault = () => undefined;
    expect(await run(here, many.slice(0, 20))).toEqual({ ...nothing, sent: 1, unchanged: 19 });
  });

  test("what can never be taken is not tried again", async () => {
    const here = world();
    here.fake.fault = (ids) => ({
      kind: "answered",
      refused: [refusal(ids[0]!, { code: "InvalidInput", retry: false })],
    });
    expect((await run(here, many.slice(0, 3))).failed.map(({ code }) => code)).toEqual(["InvalidInput"]);
    expect(here.fake.calls).toEqual(["import 3"]);
  });

  test("a finding for which the whole call is refused is found, and costs no other", async () => {
    const here = world();
    const poison = `portcullis/${finding(77).fingerprint}`;
    here.fake.fault = (ids) =>
      ids.includes(poison)
        ? { kind: "refused", because: "findings", code: "InvalidInputException", message: "bad" }
        : undefined;
    const { sent, failed } = await run(here, many.slice(0, 100));
    expect({ sent, failed: failed.map(({ fingerprint }) => fingerprint) }).toEqual({
      sent: 99,
      failed: [finding(77).fingerprint],
    });
    expect(here.fake.calls.length).toBeLessThan(20);
  });

  test("a hub that refuses is not asked again, and the others get theirs", async () => {
    const here = world();
    const other = { ...hub, account: "444455556666" };
    const elsewhere = finding(900, { resource: { ...finding(900).resource, ...other } });
    here.fake.fault = (ids) =>
      ids.includes(`portcullis/${elsewhere.fingerprint}`)
        ? undefined
        : { kind: "refused", because: "hub", code: "InvalidAccessException", message: "not enabled" };
    const { sent, failed } = await run(here, [...many, elsewhere]);
    expect({ sent, failed: failed.length, codes: new Set(failed.map(({ code }) => code)) }).toEqual({
      ...{ sent: 1, failed: 250 },
      codes: new Set(["InvalidAccessException"]),
    });
    expect(here.fake.calls).toEqual(["import 100", "import 1"]);
  });

  test("a finding whose state could not be set was not sent", async () => {
    const here = world();
    here.fake.fault = (_ids, operation) =>
      operation === "workflow" ? { kind: "refused", because: "hub", code: "AccessDenied", message: "no" } : undefined;
    expect(await run(here, [finding(1, states.waived), finding(2)])).toEqual({
      ...nothing,
      sent: 1,
      failed: [{ fingerprint: finding(1).fingerprint, ...hub, code: "AccessDenied", message: "no" }],
    });
  });
});

test("whatever is refused and wherever it breaks off, a later delivery makes it right", async () => {
  const names = Object.keys(states) as (keyof typeof states)[];
  const step = fc.record({
    states: fc.array(fc.constantFrom(...names), { minLength: 4, maxLength: 4 }),
    faults: fc.array(fc.constantFrom("none", "some", "findings", "hub", "unacknowledged", "lost"), { maxLength: 6 }),
    storeFailsAfter: fc.constantFrom(0, 1, 2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const here = world();
      const desired = (step: (typeof steps)[number]): Finding[] =>
        step.states.map((name, at) => finding(at, states[name]));
      for (const one of steps) {
        const faults = [...one.faults];
        here.fake.fault = (ids) => faultOf(faults.shift() ?? "none", ids);
        here.log.left = one.storeFailsAfter;
        await run(here, desired(one)).catch(() => undefined);
      }
      here.fake.fault = () => undefined;
      here.log.left = Number.POSITIVE_INFINITY;
      const last = desired(steps.at(-1)!);
      const result = await run(here, last);
      expect(result.failed).toEqual([]);
      for (const { fingerprint, status } of last) {
        const kept = here.fake.kept.get(`portcullis/${fingerprint}`);
        const expected = {
          open: ["NEW", "ACTIVE"],
          waived: ["SUPPRESSED", "ACTIVE"],
          resolved: ["RESOLVED", "ARCHIVED"],
        }[status];
        if (kept === undefined) expect(status).toBe("resolved");
        else expect([kept.Workflow.Status, kept.RecordState]).toEqual(expected);
      }
    }),
    { numRuns: 150 },
  );
});

function faultOf(fault: string, ids: readonly string[]): HubAnswer | undefined {
  if (fault === "none") return undefined;
  // It was done, and we do not hear of it.
  if (fault === "lost") return { kind: "refused", because: "hub", code: "AnswerLost", message: "no answer" };
  if (fault === "findings" || fault === "hub")
    return { kind: "refused", because: fault, code: "Refused", message: "refused" };
  const some = fault === "some" ? ids.slice(0, 1) : ids;
  return { kind: "answered", refused: some.map((id) => refusal(id, { retry: fault === "some" })) };
}
