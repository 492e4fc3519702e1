import { describe, expect, test } from "vitest";
import { RegoError } from "../../engine/rego/engine.js";
import type { DecisionRow } from "../../store/decision-log.js";
import type { Decision } from "./decision.js";
import { BatchingRecorder, type Sink } from "./decision-recorder.js";

const decision = (id: string, more: Partial<Decision> = {}): Decision => ({
  ...{
    id,
    path: "app/allow",
    input: { user: "u" },
    result: true,
    error: null,
    requestedBy: "127.0.0.1:1",
    caller: "ci",
  },
  ...{
    at: new Date("2026-01-02T03:04:05.678Z"),
    metrics: { timer_rego_query_eval_ns: 5 },
    bundles: { main: { revision: "r1" } },
  },
  ...more,
});
const options = { labels: { app: "portcullis" }, mask: [], policyMask: () => undefined };

test("an event has OPA's shape", async () => {
  const kept: DecisionRow[] = [];
  await new BatchingRecorder((rows) => (kept.push(...rows), Promise.resolve()), options).record(decision("d1"));
  expect(kept.map((row) => ({ ...row, event: JSON.parse(row.event) as unknown }))).toEqual([
    {
      ...{ id: "d1", at: "2026-01-02T03:04:05.678Z", path: "app/allow" },
      event: {
        ...{
          labels: { app: "portcullis" },
          decision_id: "d1",
          bundles: { main: { revision: "r1" } },
          path: "app/allow",
        },
        ...{ requested_by: "127.0.0.1:1", timestamp: "2026-01-02T03:04:05.678Z", input: { user: "u" }, result: true },
        ...{ metrics: { timer_rego_query_eval_ns: 5 }, custom: { caller: "ci" } },
      },
    },
  ]);
});

describe("no record is lost without an error", () => {
  test("a sink that fails fails every decision of its batch, and the next batch is tried", async () => {
    let isBroken = true;
    const kept: string[] = [];
    const sink: Sink = (rows) =>
      isBroken ? Promise.reject(new Error("disk full")) : (kept.push(...rows.map(({ id }) => id)), Promise.resolve());
    const recorder = new BatchingRecorder(sink, options);
    const outcomes = await Promise.allSettled([recorder.record(decision("a")), recorder.record(decision("b"))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    isBroken = false;
    await recorder.record(decision("c"));
    expect(kept).toEqual(["c"]);
  });

  test("beyond the queue decisions are refused, and those in it are kept", async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const kept: string[] = [];
    const recorder = new BatchingRecorder(
      async (rows) => (await gate, void kept.push(...rows.map(({ id }) => id))),
      options,
      3,
    );
    const first = recorder.record(decision("0"));
    await Promise.resolve();
    await Promise.resolve();
    const waiting = ["1", "2", "3"].map((id) => recorder.record(decision(id)));
    await expect(recorder.record(decision("4"))).rejects.toThrow("3 records wait to be written");
    open();
    await Promise.all([first, ...waiting]);
    await recorder.drained();
    expect(kept).toEqual(["0", "1", "2", "3"]);
  });

  test("a policy of masks that fails or says nonsense lets nothing through", async () => {
    const kept: DecisionRow[] = [];
    const sink: Sink = (rows) => (kept.push(...rows), Promise.resolve());
    const failing = new BatchingRecorder(sink, {
      ...options,
      policyMask: () => {
        throw new RegoError("eval_conflict_error", "conflict");
      },
    });
    await expect(failing.record(decision("a"))).rejects.toThrow(/cannot be logged: conflict/);
    const nonsense = new BatchingRecorder(sink, { ...options, policyMask: () => ["/labels/x"] });
    await expect(nonsense.record(decision("b"))).rejects.toThrow(/is no rule/);
    expect(kept).toEqual([]);
  });
});
