import { expect, test } from "vitest";
import type { JsonObject } from "../json.js";
import type { PlannedResource } from "./action.js";
import { keptPlan } from "./kept-plan.js";
import { planned, planOf } from "./testing/proposals.js";

const side = (config: JsonObject): PlannedResource => planned({ id: "arn:aws:rds:x", type: "T", config });

test("a secret is not kept, and shows where it changes", () => {
  const config = (password: string, host: string): JsonObject => ({
    MasterUserPassword: password,
    Environment: { Variables: { DB: `postgres://app:${password}@${host}/x`, MODE: "live" } },
    Size: 3,
  });
  const plan = planOf([{ before: side(config("hunter2hunter2", "a")), after: side(config("correct horse", "a")) }]);
  const text = JSON.stringify(keptPlan(plan));
  expect(text).not.toMatch(/hunter2|correct horse/);
  const [change] = keptPlan(plan).changes;
  expect(change?.before?.resource.config["MasterUserPassword"]).toBe("<redacted>");
  expect(change?.after?.resource.config["MasterUserPassword"]).toBe("<redacted> (another)");
  expect(change?.after?.resource.config["Size"]).toBe(3);
});

test("one that stays, and all that is none, is as it was", () => {
  const config = { MasterUserPassword: "hunter2hunter2", list: [{ a: 1 }, "x"], nothing: null };
  const plan = planOf([{ before: side(config), after: side({ ...config, list: [{ a: 2 }] }) }]);
  const [change] = keptPlan(plan).changes;
  expect(change?.after?.resource.config).toEqual({ ...config, list: [{ a: 2 }], MasterUserPassword: "<redacted>" });
  const plain = planOf([{ before: side({ a: 1 }), after: null }]);
  expect(keptPlan(plain)).toEqual(plain);
});

test("keys that objects inherit are kept as keys", () => {
  const hostile = JSON.parse('{"__proto__":{"Password":"hunter2hunter2"},"x":1}') as JsonObject;
  const other = JSON.parse('{"__proto__":{"Password":"another one"},"x":1}') as JsonObject;
  const [change] = keptPlan(planOf([{ before: side(hostile), after: side(other) }])).changes;
  expect(JSON.stringify(change?.after?.resource.config)).toBe(
    '{"__proto__":{"Password":"<redacted> (another)"},"x":1}',
  );
});
