import { describe, expect, test } from "vitest";
import type { Json } from "../../json.js";
import { maskRules, masked, redacted } from "./mask.js";

const event = {
  decision_id: "d",
  input: { user: "u", password: "hunter2hunter2", list: [{ a: 1 }, { a: 2 }], "a/b": 1 },
  result: true,
};

describe("masks", () => {
  test.each([
    [["/input/user"], { input: { ...event.input, user: undefined }, erased: ["/input/user"] }],
    [["/input/list/0"], { input: { ...event.input, list: [{ a: 2 }] }, erased: ["/input/list/0"] }],
    [["/input/list/1/a"], { input: { ...event.input, list: [{ a: 1 }, {}] }, erased: ["/input/list/1/a"] }],
    [["/input/a~1b"], { input: { ...event.input, "a/b": undefined }, erased: ["/input/a~1b"] }],
    [["/input"], { input: undefined, erased: ["/input"] }],
    [["/result"], { result: undefined, erased: ["/result"] }],
    [["/input/nothing", "/input/list/9", "/input/__proto__/x"], {}],
    [
      [{ op: "upsert", path: "/input/user", value: "x" }],
      { input: { ...event.input, user: "x" }, masked: ["/input/user"] },
    ],
    [
      [{ op: "upsert", path: "/input/deep/er", value: 1 }],
      { input: { ...event.input, deep: { er: 1 } }, masked: ["/input/deep/er"] },
    ],
    [[{ op: "upsert", path: "/input/user/x", value: 1 }], {}],
    [
      [{ op: "remove", path: "/input/user" }, "/result"],
      { input: { ...event.input, user: undefined }, result: undefined, erased: ["/input/user", "/result"] },
    ],
  ] as const)("%j", (rules, expected) => {
    const wanted = JSON.parse(JSON.stringify({ ...event, ...expected })) as Json;
    expect(masked(event, maskRules(rules as unknown as Json))).toEqual(wanted);
    expect(event.input.user).toBe("u");
  });

  test.each([
    ["no set"],
    [{}],
    [[1]],
    [["input/x"]],
    [["/labels/x"]],
    [[{ op: "swap", path: "/input" }]],
    [[{ path: "/input" }]],
  ])("%j is refused", (rules) => {
    expect(() => maskRules(rules as Json)).toThrow(/data\.system\.log\.mask/);
  });

  test("secrets go without being named, and what was masked says so", () => {
    const clean = redacted(event);
    expect(JSON.stringify(clean)).not.toContain("hunter2");
    expect(clean["masked"]).toEqual(["/input/password"]);
  });
});
