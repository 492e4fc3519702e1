import { describe, expect, test } from "vitest";
import { compileRego, RegoError, type Json, type RegoPolicy } from "./rego.js";

const module = `package a
deny contains x if some x in input.list
count_of_data := count(data.list)
value := input
conflict := 1 if input.a
conflict := 2 if input.b
endless if { some x in numbers.range(1, 100000); some y in numbers.range(1, 100000); x + y == 0 }
huge := concat("", [s | some i in numbers.range(1, 100000); s := input.text])
keys := {1: "a", "b": {2, 1}}
network := http.send({"method": "get", "url": "http://127.0.0.1"})
divided := 1 / input.by
`;
const names = "deny count_of_data value conflict endless huge keys network divided".split(" ");
const options = {
  modules: { "a.rego": module },
  entrypoints: [...names.map((name) => `a/${name}`), "a"],
  data: { list: [1, 2] },
};

function failure(run: () => Json | undefined): unknown {
  try {
    return { value: run() };
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
    return { code: thrown.code, message: thrown.message, location: thrown.location };
  }
}

describe.each(["js", "wasm"] as const)("%s", (engine) => {
  const compiled = compileRego({
    ...options,
    modules: { "a.rego": module.replace(/^network.*$/m, "network := 1") },
    engine,
  });

  test.each<[string, Json | undefined, Json | undefined]>([
    ["deny", { list: ["b", "b"] }, ["b"]],
    ["deny", undefined, []],
    ["count_of_data", undefined, 2],
    ["value", null, null],
    ["value", undefined, undefined],
    [
      "value",
      JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as Json,
      JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as Json,
    ],
    ["conflict", {}, undefined],
    ["keys", {}, { "1": "a", b: [1, 2] }],
    ["divided", { by: 0 }, undefined],
  ])("%s of %j", async (name, input, expected) => {
    expect((await compiled).evaluate(`a/${name}`, input)).toEqual(expected);
  });

  test("data for one call is forgotten after it, also after a failure", async () => {
    const policy = await compiled;
    expect(policy.evaluate("a/count_of_data", {}, { list: [1] })).toBe(1);
    expect(failure(() => policy.evaluate("a/conflict", { a: true, b: true }, { list: [] }))).toMatchObject({
      code: "eval_conflict_error",
    });
    expect(policy.evaluate("a/count_of_data")).toBe(2);
  });
});

describe("what cannot be answered is an error", () => {
  const compiled = compileRego(options);
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const run = async (name: string, input: unknown): Promise<unknown> => {
    const policy: RegoPolicy = await compiled;
    return failure(() => policy.evaluate(name, input));
  };

  test.each<[string, string, unknown, object]>([
    [
      "conflicting rules",
      "a/conflict",
      { a: 1, b: 1 },
      { code: "eval_conflict_error", location: { file: "a.rego", row: 6, column: 1 } },
    ],
    ["an endless policy", "a/endless", {}, { code: "eval_cancel_error" }],
    ["a policy that eats memory", "a/huge", { text: "x".repeat(100_000) }, { code: "eval_cancel_error" }],
    ["the network", "a/network", {}, { code: "eval_unsupported_builtin_error" }],
    ["an entrypoint that is not there", "a/constructor", {}, { code: "entrypoint_unknown" }],
    ["__proto__ as an entrypoint", "__proto__", {}, { code: "entrypoint_unknown" }],
    [
      "a class",
      "a/value",
      { at: new Date(0) },
      { code: "input_invalid", message: "input.at is an object of a class: no JSON value" },
    ],
    ["a function", "a/value", [() => 1], { code: "input_invalid", message: "input.0 is a function: no JSON value" }],
    ["a bigint", "a/value", 1n, { code: "input_invalid" }],
    ["no number", "a/value", { x: Number.NaN }, { code: "input_invalid", message: "input.x is NaN: no JSON number" }],
    ["a circle", "a/value", cyclic, { code: "input_invalid" }],
    [
      "a getter that throws",
      "a/value",
      {
        get a() {
          throw new Error("no");
        },
      },
      { code: "input_invalid" },
    ],
    [
      "a hostile proxy",
      "a/value",
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error("no");
          },
        },
      ),
      { code: "input_invalid" },
    ],
  ])("%s", async (_, name, input, expected) => {
    expect(await run(name, input)).toMatchObject(expected);
  });

  test("and the next evaluation is sound", async () => {
    await run("a/endless", {});
    expect((await compiled).evaluate("a/deny", { list: [1] })).toEqual([1]);
  });
});

test("sets are in OPA's order", async () => {
  const policy = await compileRego(options);
  const list = ["b", "a", "b", 3, null, true, [2], [1, 9], { z: 1 }, { a: 2 }, "\ue000", "😀"];
  const sorted = [null, true, 3, "a", "b", "\ue000", "😀", [1, 9], [2], { a: 2 }, { z: 1 }];
  expect(policy.evaluate("a/deny", { list })).toEqual(sorted);
});

test("a package is an entrypoint", async () => {
  const policy = await compileRego({
    modules: { "a.rego": "package a\nx := 1\ny contains input" },
    entrypoints: ["a"],
  });
  expect(policy.evaluate("a", "in")).toEqual({ x: 1, y: ["in"] });
});

test("strict errors have the place of the call", async () => {
  const policy = await compileRego({ ...options, strictBuiltinErrors: true });
  expect(failure(() => policy.evaluate("a/divided", { by: 0 }))).toEqual({
    code: "eval_builtin_error",
    message: "div: divide by zero",
    location: { file: "a.rego", row: 11, column: 12 },
  });
});

test.each<[string, string, object]>([
  ["package a\nx = ", "v1", { code: "rego_parse_error", location: { file: "m.rego", row: 2, column: 4 } }],
  ["package a\nx if y > 1", "v1", { code: "rego_unsafe_var_error", message: "var y is unsafe" }],
  ['package a\nx := 1 + "a"', "v1", { code: "rego_type_error" }],
  ["package a\nx if y\ny if x", "v1", { code: "rego_recursion_error" }],
  ["package a\nx { true }", "v1", { code: "rego_parse_error" }],
  ["package a\ny { true }", "v0", { code: "no_entrypoint", message: "no rule a/x" }],
])("%j, Rego %s", async (text, regoVersion, expected) => {
  const made = compileRego({
    modules: { "m.rego": text },
    entrypoints: ["a/x"],
    regoVersion: regoVersion as "v0" | "v1",
  });
  await expect(made).rejects.toBeInstanceOf(RegoError);
  await expect(made).rejects.toMatchObject(expected);
});
