import { expect, test } from "vitest";
import type { EstateDrift } from "../inventory/drift/estate-drift.js";
import { driftExitCode, renderDrift, type DriftReport } from "./drift-report.js";

const subject = { address: null, provider: "aws", type: "AWS::SQS::Queue", name: null, account: "1", region: "r" };
const none = { desired: 0, live: 0, same: 0, withheld: 0, changed: 0, missing: 0, unmanaged: 0, unknown: 0 };

function report(counts: Partial<EstateDrift["counts"]>, ids: readonly string[] = []): DriftReport {
  const missing = ids.map((id) => ({ id, ...subject, against: "terraform" as const, source: "s" }));
  const all = { ...none, defaults: 0, outside: 0, ...counts };
  return {
    drift: { changed: [], missing, unmanaged: [], unknown: [], withheld: [], counts: all },
    problems: [],
    who: new Map(),
  };
}

test("a state of which nothing is compared is not without drift", () => {
  const elsewhere = report({ outside: 2 });
  expect(driftExitCode(elsewhere)).toBe(3);
  expect(renderDrift(elsewhere, "table")).toContain("nothing was compared");
  expect(driftExitCode(report({ desired: 1, same: 1, outside: 2 }))).toBe(0);
  expect(driftExitCode(report({}))).toBe(0);
});

test("a table is cut where nobody reads it any more, and says so; the rest is in JSON", () => {
  const ids = Array.from({ length: 1_003 }, (_, at) => `queue-${String(at).padStart(4, "0")}-end`);
  const many = report({ desired: 1_003, missing: 1_003 }, ids);
  const table = renderDrift(many, "table");
  expect([table.match(/queue-\d+-end/g)?.length, table.includes("3 more rows")]).toEqual([1_000, true]);
  expect(renderDrift(many, "json")).toContain("queue-1002-end");
});
