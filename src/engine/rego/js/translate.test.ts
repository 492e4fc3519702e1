// What translated policies give, statement by statement of OPA's plan.
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../../json.js";
import { RegoError } from "../engine.js";
import { compileText } from "../testing/compile.js";
import { JsEngine } from "./js-engine.js";

async function value(rules: string, input: Json | undefined, data: JsonObject = {}): Promise<unknown> {
  const evaluator = await new JsEngine().load(await compileText(`package a\n${rules}`, ["a/x"]));
  evaluator.setData(data);
  try {
    return evaluator.evaluate("a/x", evaluator.prepare(input));
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
    return thrown.code;
  }
}

test.each<[string, string, Json | undefined, unknown]>([
  ["a constant", "x := 1", {}, 1],
  ["constants of constants", 'x := [{"a": [1, 2]}, {1, 2}, {"k": {3}}]', {}, [{ a: [1, 2] }, [1, 2], { k: [3] }]],
  ["no input", "x if not input", undefined, true],
  ["null is an input", "x := input", null, null],
  ["false is a value", "x := input.a", { a: false }, false],
  ["null is a value", "x := input.a.b", { a: { b: null } }, null],
  ["below null there is nothing", "x := input.a.b", { a: null }, undefined],
  ["below text there is nothing", "x := input.a.length", { a: "abc" }, undefined],
  ["a default", "default x := 2\nx := 1 if input.a", {}, 2],
  ["else", "x := 1 if input.a else := 2 if input.b else := 3", { b: 1 }, 2],
  ["else of false", "x := 1 if input.a else := 3", { a: false }, 3],
  ["two bodies that agree", "x := 1 if input.a\nx := 1 if input.b", { a: 1, b: 1 }, 1],
  ["two bodies that do not", "x := 1 if input.a\nx := 2 if input.b", { a: 1, b: 1 }, "eval_conflict_error"],
  [
    "a key with two values",
    'x[k] := v if some k, v in {"a": input.a}\nx[k] := v if some k, v in {"a": input.b}',
    { a: 1, b: 2 },
    "eval_conflict_error",
  ],
  ["a set", "x contains y if some y in input", [3, 1, 3, "a", null], [null, 1, 3, "a"]],
  [
    "a set that is empty is another one each time",
    "x := [a, b] if { a := {y | some y in input.a}; b := {y | some y in input.b} }",
    { a: [1], b: [] },
    [[1], []],
  ],
  ["sets in sets", "x := {{1, y} | some y in input}", [1, 2, 2], [[1], [1, 2]]],
  [
    "more elements than a small set has",
    "x := count({y | some y in input})",
    Array.from({ length: 40 }, (_, at) => ({ n: at % 20 })),
    20,
  ],
  ["an object comprehension", "x := {k: v | some v, k in input}", ["a", "b"], { a: 0, b: 1 }],
  ["keys that are no texts", "x := {y: 1 | some y in input}", [true, 1, [2], "1"], { true: 1, "1": 1, "[2]": 1 }],
  ["a list keeps the order of its source", "x := [y | some y in input]", [3, 1, 2], [3, 1, 2]],
  [
    "a list of keys is in their order",
    "x := [k | some k, _ in input]",
    { b: 1, "10": 1, "9": 1, a: 1, "\ue000": 1, "😀": 1 },
    ["10", "9", "a", "b", "\ue000", "😀"],
  ],
  ["a list of a set is in its order", 'x := [y | some y in {3, 1, "a", null, [0]}]', {}, [null, 1, 3, "a", [0]]],
  ["not", "x if not input.a", {}, true],
  ["not not", "x if not not_a\nnot_a if not input.a", { a: 1 }, true],
  ["not of a loop", "x if not has\nhas if { some y in input; y > 2 }", [1, 2], true],
  ["every", "x if every y in input { y > 0 }", [1, 2], true],
  ["every, and one is not", "x if every y in input { y > 0 }", [1, 0], undefined],
  ["every of nothing", "x if every y in input { y < 0 }", [], true],
  ["every of what is no collection", "x if every y in input { y == y }", 1, undefined],
  ["with input", 'x := z if { z := y with input as {"a": 2} }\ny := input.a', { a: 1 }, 2],
  [
    "with a part of input",
    "x := [y, input.a] if { y := z with input.a.b as 2 }\nz := input.a.b",
    { a: { c: 1 } },
    [2, { c: 1 }],
  ],
  ["with data", "x := [y, z] if { y := r with data.d as 2; z := r }\nr := data.d", {}, [2, 1]],
  ["with a function of OPA's", "x := z if { z := y with time.now_ns as 5 }\ny := time.now_ns()", {}, 5],
  ["with a rule", "x := v if { v := y with data.a.z as 5 }\ny := z + 1\nz := 1", {}, 6],
  ["a function", "f(a, b) := a + b\nx := f(input.a, f(1, 2))", { a: 4 }, 7],
  ["a function of patterns", 'f([a, "k"]) := a\nf([a, "l"]) := -a\nx := [f([1, "k"]), f([1, "l"])]', {}, [1, -1]],
  ["unification", 'x := [a, b] if [a, {"k": b}] = input', [1, { k: 2 }], [1, 2]],
  [
    "a rule by a name that is computed",
    "r.a := 1\nr.b := 2\nx := [y | some n in input; y := data.a.r[n]]",
    ["b", "c", "a"],
    [2, 1],
  ],
  ["the whole package", "r.a := 1\nx := data.a.r", {}, { a: 1 }],
  ["base data and rules as one", "x := data.m", {}, { base: 1 }],
  ["data by a number", "x := [data.l[1], data.o[1]]", {}, [20, "one"]],
  ["walk", "x := [p | walk(input, [p, v]); v == 1]", { a: [0, 1], b: 1 }, [["a", 1], ["b"]]],
  ["a large number", "x := input.n + 1", { n: 9007199254740991 }, 9007199254740992],
  ["tenths", "x := 0.1 + 0.2", {}, 0.3],
  ["numbers of any size are compared exactly", "x if 9007199254740993 > 9007199254740992", {}, true],
  ["one and 1.0 are one number", "x := count({1, 1.0, input.a})", { a: 1 }, 1],
  ["minus zero is zero", "x := count({0, input.a})", { a: -0 }, 1],
  ["text, number, true: three keys", 'x := count({1, "1", true, "true"})', {}, 4],
  ["sprintf of text", 'x := sprintf("%s-%v-%d%%", ["a", "b", 3])', {}, "a-b-3%"],
  ["sprintf of what is no text", 'x := sprintf("%v %v", [input.a, {1}])', { a: [1, "b"] }, '[1, "b"] {1}'],
  ["sprintf of nothing", 'x := sprintf("%v", [input.none])', {}, undefined],
  ["an error of a function is undefined", "x := 1 / input.a", { a: 0 }, undefined],
])("%s", async (_, rules, input, expected) => {
  const data = { d: 1, m: { base: 1 }, l: [10, 20], o: { "1": "one" } };
  expect(await value(rules, input, data)).toEqual(expected);
});

test("a rule that reads data only is computed again for other data, and under with", async () => {
  const unit = await compileText(
    "package a\nsum_of := sum(data.l)\nx := [sum_of, y] if { y := sum_of with data.l as [5] }",
    ["a/x"],
  );
  const evaluator = await new JsEngine().load(unit);
  const ask = (): unknown => evaluator.evaluate("a/x", evaluator.prepare({}));
  evaluator.setData({ l: [1] });
  expect([ask(), ask()]).toEqual([
    [1, 5],
    [1, 5],
  ]);
  evaluator.setData({ l: [2] });
  expect(ask()).toEqual([2, 5]);
});

test("the time is one during an evaluation, and another in the next", async () => {
  let now = 1;
  const engine = new JsEngine({ clock: { now: () => new Date(now++), newId: () => "" } });
  const unit = await compileText("package a\nx := [time.now_ns(), y]\ny := time.now_ns()", ["a/x"]);
  const evaluator = await engine.load(unit);
  evaluator.setData({});
  const ask = (): unknown => evaluator.evaluate("a/x", evaluator.prepare({}));
  expect([ask(), ask()]).toEqual([
    [1e6, 1e6],
    [2e6, 2e6],
  ]);
});

test("what is printed, in order, with the values that are not there", async () => {
  const printed: string[] = [];
  const { compileRego } = await import("../rego-compiler.js");
  const text = 'package a\nx if { some y in ["b", {"k": {1}}]; print("saw", y, input.none); false }';
  const { unit } = await compileRego([{ path: "p.rego", text, version: "v1" }], ["a/x"], { cache: null, print: true });
  const evaluator = await new JsEngine({ print: (line) => printed.push(line) }).load(unit);
  evaluator.setData({});
  evaluator.evaluate("a/x", evaluator.prepare({}));
  expect(printed).toEqual(["saw b <undefined>", 'saw {"k": {1}} <undefined>']);
});
