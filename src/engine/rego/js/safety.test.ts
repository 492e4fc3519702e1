// What a policy cannot do: get its text into the code that is made of it, reach what is not its input or data, or take more
// than its budget.
import fc from "fast-check";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { compilerCall } from "../../../compiler/compiler.js";
import type { Json } from "../../../json.js";
import { RegoError } from "../engine.js";
import { compileText } from "../testing/compile.js";
import { JsEngine } from "./js-engine.js";
import type { Plan } from "./plan.js";
import { defaultBudget, type Budget } from "./runtime.js";
import { generatePolicy, hostileTexts } from "./testing/generate-policy.js";
import { translate } from "./translate.js";

/** All that the translator itself writes: its variables, what it takes from the runtime, and JavaScript's own few. */
const ownName = /^([lkbfrvgwqcaisndu]\d+x?|rt|m|builtins|rules|results|values|undefined)$/;
const takenNames = new Set(
  [
    "RegoSet RegoObject emptySet equal compare dot dotData miss member scanKeys valueAt length merge upsert isObject dynamic",
    "append insert insertOnce add conflictingValues number made Map Array Number String",
    "isArray isSafeInteger of startsWith endsWith includes add has get set",
    "steps exhausted generation lastGeneration dataGeneration data place covered __proto__",
  ]
    .join(" ")
    .split(" "),
);

/** Names and kinds of literals in the code that are not the translator's. */
function strangers(source: string): string[] {
  const file = ts.createSourceFile(
    "program.js",
    `function program(rt, m, builtins) {${source}\n}`,
    ts.ScriptTarget.ES2022,
  );
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly { messageText: unknown }[] };
  const found = parseDiagnostics.map(({ messageText }) => JSON.stringify(messageText));
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !ownName.test(node.text) && !takenNames.has(node.text) && node.text !== "program")
      found.push(node.text);
    if (ts.isTemplateLiteral(node) || ts.isRegularExpressionLiteral(node) || ts.isTaggedTemplateExpression(node))
      found.push(node.getText(file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe("generated code", () => {
  test("has no name and no template of a policy's", async () => {
    const made = fc.sample(
      fc.gen().map((draw) => Array.from({ length: 30 }, (_, at) => generatePolicy(draw, `p${at}`))),
      { numRuns: 2, seed: 3 },
    );
    for (const policy of made.flat()) {
      const modules = [{ path: 'a";evil()//.rego', text: policy.text, version: "v1" }];
      const request = { modules, entrypoints: [...policy.entrypoints], target: "plan" };
      const { plan } = (await compilerCall("rego.compile", request)) as { plan?: Plan };
      if (plan === undefined) continue;
      expect(strangers(translate(plan).source), policy.text).toEqual([]);
      expect(strangers(translate(plan, { places: true, coverage: true }).source), policy.text).toEqual([]);
    }
  });

  test.each(hostileTexts)("%j as a name, a key and a text", async (text) => {
    const quoted = JSON.stringify(text);
    const rego = `package a[${quoted}]\nx := {${quoted}: input[${quoted}], "t": sprintf("%s!", [${quoted}])}\ny[${quoted}] := ${quoted}\nz contains input[${quoted}][${quoted}]`;
    const unit = await compileText(rego.replaceAll("\\u2028", "\u2028"), ["a"]);
    expect(strangers(translate(unit.plan()).source)).toEqual([]);
    const evaluator = await new JsEngine().load(unit);
    evaluator.setData({});
    const input = JSON.parse(`{${quoted}: {${quoted}: 1}}`) as Json;
    const expected = JSON.parse(
      `{${quoted}: {"x": {"t": ${JSON.stringify(`${text}!`)}, ${quoted}: {${quoted}: 1}}, "y": {${quoted}: ${quoted}}, "z": [1]}}`,
    ) as Json;
    expect(evaluator.evaluate("a", evaluator.prepare(input))).toEqual(expected);
    expect(evaluator.evaluate("a", evaluator.prepare({}))).toEqual(
      JSON.parse(`{${quoted}: {"y": {${quoted}: ${quoted}}, "z": []}}`),
    );
  });
});

const inherited = [
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "length",
  "size",
  "get",
  "add",
  "values",
  "digits",
  "exponent",
  "entries",
  "at",
  "0",
];

test.each(inherited)("%s is a key like any other", async (key) => {
  const rego = `package a
of_input := input[${JSON.stringify(key)}]
of_data := data.d[${JSON.stringify(key)}]
of_others contains kind if {
	some kind, value in {"text": "abc", "number": 12345678901234567890, "list": [1], "set": {1}, "object": {k: 1 | some k in ["a"]}, "true": true}
	value[${JSON.stringify(key)}]
}
computed := input[concat("", [${JSON.stringify(key)}])]
from_get := object.get(input, ${JSON.stringify(key)}, "none")
`;
  const names = ["of_input", "of_data", "of_others", "computed", "from_get"];
  const evaluator = await new JsEngine().load(
    await compileText(
      rego,
      names.map((name) => `a/${name}`),
    ),
  );
  evaluator.setData({ d: {} });
  const ask = (input: Json): unknown[] =>
    names.map((name) => evaluator.evaluate(`a/${name}`, evaluator.prepare(input)));
  expect(ask({})).toEqual([undefined, undefined, [], undefined, "none"]);
  expect(ask(JSON.parse(`{${JSON.stringify(key)}: 7}`) as Json)).toEqual([7, undefined, [], 7, 7]);
  expect(ask([])).toEqual([undefined, undefined, [], undefined, undefined]);
});

describe("the budget ends", () => {
  const many = "numbers.range(1, 30000)";
  test.each<[string, string]>([
    ["nested loops", `x if { some a in ${many}; some b in ${many}; some c in ${many}; a + b + c < 0 }`],
    ["a set that grows", `x := count({[a, b] | some a in ${many}; some b in ${many}})`],
    ["a list that grows", `x := count([[a, b] | some a in ${many}; some b in ${many}])`],
    ["an object that grows", `x := count({sprintf("%d-%d", [a, b]): a | some a in ${many}; some b in ${many}})`],
    ["a range", "x := count(numbers.range(1, 100000000000))"],
    ["a range in steps", "x := count(numbers.range_step(1, 100000000000, 2))"],
    ["every address of a network", 'x := count(net.cidr_expand("10.0.0.0/8"))'],
    ["a number that is shifted", "x := bits.lsh(1, 100000000000)"],
    [
      "texts that double",
      `${Array.from({ length: 40 }, (_, at) => `t${at} := concat("", [${at === 0 ? '"ab", "cd"' : `t${at - 1}, t${at - 1}`}])`).join("\n")}\nx := t39`,
    ],
    [
      "lists that double",
      `${Array.from({ length: 40 }, (_, at) => `t${at} := ${at === 0 ? "[1, 2]" : `array.concat(t${at - 1}, t${at - 1})`}`).join("\n")}\nx := t39`,
    ],
    [
      "a replacement that multiplies",
      `${Array.from({ length: 12 }, (_, at) => `t${at} := ${at === 0 ? '"aaaaaaaaaa"' : `replace(t${at - 1}, "a", "aaaaaaaaaa")`}`).join("\n")}\nx := t11`,
    ],
    [
      "the paths of a graph",
      "x := count(graph.reachable_paths({n: {m | some m in numbers.range(1, 14)} | some n in numbers.range(1, 14)}, {1}))",
    ],
    [
      "a number that is multiplied",
      `${Array.from({ length: 40 }, (_, at) => `t${at} := ${at === 0 ? "12345678901234567890123" : `t${at - 1} * t${at - 1}`}`).join("\n")}\nx := t39`,
    ],
    [
      "OPA's own functions in a loop",
      `x if { some a in ${many}; some b in ${many}; count(time.clock([a * b, "Europe/Paris"])) == 0 }`,
    ],
  ])("%s", async (_, rules) => {
    await expectEnd(rules, { steps: defaultBudget.steps / 10, bytes: defaultBudget.bytes / 10 });
  });

  // What is built in has to end with the whole of it too, and in bounds of memory.
  test.each<[string, string]>([
    ["nested loops", `x if { some a in ${many}; some b in ${many}; some c in ${many}; a + b + c < 0 }`],
    ["a list that grows", `x := count([[a, b] | some a in ${many}; some b in ${many}])`],
  ])("as it is without settings: %s", async (_, rules) => {
    await expectEnd(rules, defaultBudget);
  });

  async function expectEnd(rules: string, budget: Budget): Promise<void> {
    const evaluator = await new JsEngine({ budget }).load(await compileText(`package a\n${rules}`, ["a/x"]));
    evaluator.setData({});
    let thrown: unknown = null;
    try {
      evaluator.evaluate("a/x", evaluator.prepare({}));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RegoError);
    expect((thrown as RegoError).code).toBe("eval_cancel_error");
  }

  test.each(["(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)(.*)[^a]", "^(([a-z])+.)+[A-Z]([a-z])+$"])(
    "a pattern that others hang on: %s",
    async (pattern) => {
      const evaluator = await new JsEngine().load(
        await compileText("package a\nx := regex.match(input.pattern, input.text)", ["a/x"]),
      );
      evaluator.setData({});
      expect(evaluator.evaluate("a/x", evaluator.prepare({ pattern, text: "a".repeat(20_000) }))).toBe(
        pattern === "(a+)+$",
      );
    },
  );
});
