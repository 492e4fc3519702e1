import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../json.js";
import type { RegoEvaluator } from "./engine.js";
import { RegoError } from "./engine.js";
import { compileText } from "./testing/compile.js";
import { WasmEngine } from "./wasm-engine.js";

const rules = `package p
deny contains {"message": sprintf("%s is open", [input.name]), "path": "/config/open"} if input.config.open == true
all := input
keys contains k if some k, _ in input
applies if input.type == "T"
missing contains units.parse_bytes(input.size)
guarded contains "yes" if { not input.skip; units.parse_bytes("1") > 0 }
format := sprintf("%d", [input.value])
conflict := 1 if input.a
conflict := 2 if input.b
deep := json.unmarshal(input.text)
now := time.now_ns()
parsed := time.parse_rfc3339_ns(input.time)
old if time.now_ns() - time.parse_rfc3339_ns(input.time) > 90 * 24 * 60 * 60 * 1000000000
cidr if net.cidr_contains("10.0.0.0/8", input.ip)
from_data := data.inventory.resources[input.id].name
big := input.n + 1
`;
const names = "deny all keys applies missing guarded format conflict deep now parsed old cidr from_data big".split(" ");
const clock = { now: () => new Date("2026-11-23T21:00:00.123Z"), newId: () => "id" };

let evaluator: RegoEvaluator;
beforeAll(async () => {
  const unit = await compileText(
    rules,
    names.map((name) => `p/${name}`),
  );
  evaluator = await new WasmEngine(clock).load(unit);
});

function evaluate(name: string, input: Json): Json | undefined {
  return evaluator.evaluate(`p/${name}`, evaluator.prepare(input));
}

const tooDeep = "the value cannot be written as JSON: it is nested too deeply";

function nested(depth: number): Json {
  let value: Json = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function failure(name: string, input: Json): unknown {
  try {
    return { value: evaluate(name, input) };
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
    return { code: thrown.code, message: thrown.message };
  }
}

const proto = JSON.parse('{"__proto__":{"x":1},"constructor":2}') as JsonObject;

describe("values", () => {
  test.each<[string, string, Json, Json | undefined]>([
    ["a result", "deny", { name: "b", config: { open: true } }, [{ message: "b is open", path: "/config/open" }]],
    ["no result", "deny", { name: "b", config: {} }, []],
    ["undefined", "applies", { type: "U" }, undefined],
    ["true", "applies", { type: "T" }, true],
    ["a false input", "all", false, false],
    ["an empty input", "all", "", ""],
    ["zero", "all", 0, 0],
    ["a null input", "all", null, null],
    ["hostile keys", "keys", proto, ["__proto__", "constructor"]],
    ["text beyond ASCII", "all", ["é😀\u0000"], ["é😀\u0000"]],
    ["a lone surrogate", "all", ["\ud800", "\\ud800"], ["\ufffd", "\\ud800"]],
    ["the largest exact integer", "all", 9007199254740991, 9007199254740991],
    ["addition past 2^53 is exact inside, rounded in the answer", "big", { n: 9007199254740992 }, 9007199254740992],
    ["the time, the same for one evaluator", "now", {}, 1795467600123000000],
    ["a time", "parsed", { time: "2026-11-23T22:00:00.123+01:00" }, 1795467600123000000],
    ["no time", "parsed", { time: "2026-02-30T22:00:00Z" }, undefined],
    ["an old key", "old", { time: "2026-01-01T00:00:00Z" }, true],
    ["a young key", "old", { time: "2026-11-01T00:00:00Z" }, undefined],
    ["an address in a network", "cidr", { ip: "10.1.2.3" }, true],
    ["an address outside", "cidr", { ip: "11.1.2.3" }, undefined],
  ])("%s", (_, name, input, expected) => {
    expect(evaluate(name, input)).toEqual(expected);
  });
});

describe("what cannot be evaluated is an error", () => {
  const missing = {
    code: "eval_unsupported_builtin_error",
    message: "the built-in function units.parse_bytes is not there in the wasm engine",
  };
  test.each<[string, string, Json, unknown]>([
    ["a missing built-in", "missing", { size: "1K" }, missing],
    ["a missing built-in behind a condition", "guarded", {}, missing],
    ["which is not reached", "guarded", { skip: true }, { value: [] }],
    [
      "a built-in that throws",
      "format",
      { value: "x" },
      {
        code: "eval_builtin_error",
        message: "a built-in function failed: [sprintf] expecting number but found string",
      },
    ],
    [
      "conflicting values",
      "conflict",
      { a: true, b: true },
      { code: "eval_conflict_error", message: "the policy stopped: p.rego:10:1: var assignment conflict" },
    ],
    [
      "an entrypoint that is not there",
      "constructor",
      {},
      { code: "entrypoint_unknown", message: "the program has no entrypoint p/constructor" },
    ],
  ])("%s", (_, name, input, expected) => {
    expect(failure(name, input)).toEqual(expected);
    expect(evaluate("applies", { type: "T" })).toBe(true);
  });

  test("an input that is too deep", () => {
    const text = "[".repeat(200_000) + "]".repeat(200_000);
    expect(failure("all", nested(100_000))).toEqual({ code: "input_invalid", message: tooDeep });
    expect(failure("deep", { text })).toMatchObject({ code: "eval_internal_error" });
    expect(evaluate("applies", { type: "T" })).toBe(true);
  });

  test("an input that the engine cannot parse is never undefined", () => {
    const value = new TextEncoder().encode('{"type": "T"').buffer;
    expect(() => evaluator.evaluate("p/deny", { value })).toThrow(
      new RegoError("input_invalid", "the input cannot be read by the policy engine"),
    );
  });
});

test("data is replaced, and kept over a stop of the program", () => {
  evaluator.setData({ inventory: { resources: { a: { name: "first" } } } });
  expect(evaluate("from_data", { id: "a" })).toBe("first");
  evaluator.setData({ inventory: { resources: { a: { name: "second" } } } });
  expect(failure("conflict", { a: true, b: true })).toMatchObject({ code: "eval_conflict_error" });
  expect(evaluate("from_data", { id: "a" })).toBe("second");
});

test("data that the engine cannot take is an error until it is replaced", () => {
  evaluator.setData({ deep: nested(100_000) });
  for (let time = 0; time < 2; time++) {
    expect(failure("applies", { type: "T" })).toEqual({ code: "input_invalid", message: tooDeep });
  }
  evaluator.setData({ inventory: { resources: { a: { name: "third" } } } });
  expect(evaluate("from_data", { id: "a" })).toBe("third");
});

test("memory stays flat over 100,000 evaluations, failing ones among them", () => {
  evaluator.setData({ inventory: { resources: { a: { name: "first" } } } });
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const input = evaluator.prepare({ id: "a", name: `n${i}`, type: "T", config: { open: true, list: [i, i + 1] } });
      for (const name of ["deny", "keys", "applies", "from_data"]) evaluator.evaluate(`p/${name}`, input);
      if (i % 10 === 0) failure("missing", { size: "1K" });
    }
  };
  rounds(2_500);
  const before = process.memoryUsage();
  rounds(24_000);
  const after = process.memoryUsage();
  expect(evaluate("from_data", { id: "a" })).toBe("first");
  expect(after.rss - before.rss).toBeLessThan(64 * 1024 * 1024);
});
