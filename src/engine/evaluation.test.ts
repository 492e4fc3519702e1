// What is not known, of the resource or of others, and what follows from it for the verdict.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../clock.js";
import type { ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import type { JsonObject } from "../json.js";
import { Evaluation, type PolicySet } from "./evaluation.js";
import { fingerprint } from "./fingerprint.js";
import { JsEngine } from "./rego/js/js-engine.js";
import { loadUserPolicies } from "./rego/load-policies.js";
import { WasmEngine } from "./rego/wasm-engine.js";

const policies = {
  open: 'deny contains {"message": "open", "path": "/config/open"} if input.config.open == true',
  either: `deny contains {"message": "a", "path": "/config/a"} if input.config.a == true
deny contains {"message": sprintf("b is %v", [input.config.b]), "path": "/config/b"} if input.config.b != false`,
  applying:
    'applies if input.config.kind == "x"\ndeny contains {"message": "open", "path": ""} if input.config.open == true',
  others: `deny contains {"message": "another one is open", "path": ""} if {
  some id, resource in data.inventory.resources
  id != input.id
  resource.config.open == true
}`,
  listed: 'deny contains {"message": "listed", "path": ""} if { some each in input.config.list; each == "bad" }',
  unless: 'deny contains {"message": "not closed", "path": ""} if not input.config.closed',
  conflicting:
    'deny contains {"message": "x", "path": ""} if value == 1\nvalue := 1 if input.config.a\nvalue := 2 if input.config.b',
};

const folder = mkdtempSync(join(tmpdir(), "portcullis-evaluation-"));
const sets = new Map<string, PolicySet>();

beforeAll(async () => {
  for (const [name, text] of Object.entries(policies)) {
    const head = `# METADATA\n# title: ${name}\n# custom:\n#   severity: low\n#   types: [T]\n#   fix: none\npackage ${name}\n`;
    writeFileSync(join(folder, `${name}.rego`), head + text);
  }
  const options = { regoVersion: "v1", namespaces: [], defaultPolicies: false, cache: null } as const;
  const { policies: loaded, unit } = await loadUserPolicies([folder], options);
  for (const engine of [new JsEngine(), new WasmEngine(systemClock)]) {
    sets.set(engine.name, { policies: loaded, documentPolicies: [], evaluator: await engine.load(unit) });
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Parts {
  readonly unknown?: readonly string[];
  readonly failures?: readonly string[];
}

function resource(id: string, config: JsonObject, { unknown = [], failures = [] }: Parts = {}): ScannedResource {
  const source = { scanner: "test", uri: null, line: null, column: null, capturedAt: null };
  const facts = { id, provider: "p", type: "T", name: id, account: null, region: null, tags: {}, raw: null, source };
  return {
    kind: "resource",
    resource: { ...facts, config, unknown },
    locate: () => null,
    references: [],
    failures: failures.map((pointer) => ({ pointer, message: `${pointer} was refused` })),
  };
}

function verdict(
  engine: string,
  policy: string,
  items: readonly ScannedResource[],
  problems: readonly ScanProblem[] = [],
): unknown {
  const set = sets.get(engine);
  if (set === undefined) throw new Error(engine);
  const evaluation = new Evaluation([set], { parameters: {}, controls: new Map() });
  evaluation.begin(items, problems);
  const [item] = items;
  const found = item === undefined ? undefined : [...evaluation.judge(item)].find((one) => one.policy === policy);
  return found === undefined ? null : [found.verdict, found.reasons.map(({ message }) => message), found.unknown];
}

const unknownOpen = { unknown: ["/config/open"] };
const notKnown = (name: string): string => `${name} is not known before apply`;

describe("the js engine", () => {
  test.each<[string, string, ScannedResource[], unknown]>([
    ["known", "open", [resource("a", { open: true })], ["fail", ["open"], []]],
    ["unknown", "open", [resource("a", {}, unknownOpen)], ["unknown", [notKnown("/config/open")], ["/config/open"]]],
    [
      "all of it unknown",
      "open",
      [resource("a", {}, { unknown: ["/config"] })],
      ["unknown", [notKnown("/config")], ["/config"]],
    ],
    ["something else unknown", "open", [resource("a", { open: false }, { unknown: ["/config/x"] })], ["pass", [], []]],
    [
      "it fails whatever that is",
      "either",
      [resource("a", { a: true }, { unknown: ["/config/b"] })],
      ["fail", ["a"], []],
    ],
    [
      "it passes unless that is not",
      "either",
      [resource("a", { a: false, b: false }, { unknown: ["/config/c"] })],
      ["pass", [], []],
    ],
    [
      "one of two",
      "either",
      [resource("a", { a: false }, { unknown: ["/config/b"] })],
      ["unknown", [notKnown("/config/b")], ["/config/b"]],
    ],
    [
      "whether it applies",
      "applying",
      [resource("a", { open: true }, { unknown: ["/config/kind"] })],
      ["unknown", [notKnown("/config/kind")], ["/config/kind"]],
    ],
    ["it does not apply", "applying", [resource("a", { kind: "y" }, unknownOpen)], ["not-applicable", [], []]],
    [
      "an element",
      "listed",
      [resource("a", { list: ["good", null] }, { unknown: ["/config/list/1"] })],
      ["unknown", [notKnown("/config/list/1")], ["/config/list/1"]],
    ],
    [
      "an element beside one that is bad",
      "listed",
      [resource("a", { list: ["bad", null] }, { unknown: ["/config/list/1"] })],
      ["fail", ["listed"], []],
    ],
    [
      "a negation",
      "unless",
      [resource("a", {}, { unknown: ["/config/closed"] })],
      ["unknown", [notKnown("/config/closed")], ["/config/closed"]],
    ],
    [
      "an evaluation that may fail",
      "conflicting",
      [resource("a", { a: true }, { unknown: ["/config/b"] })],
      ["unknown", [notKnown("/config/b")], ["/config/b"]],
    ],
    [
      "another one",
      "others",
      [resource("a", {}), resource("b", {}, unknownOpen)],
      ["unknown", [notKnown("b#/config/open")], ["b#/config/open"]],
    ],
    [
      "another one, and one that is open",
      "others",
      [resource("a", {}), resource("b", {}, unknownOpen), resource("c", { open: true })],
      ["fail", ["another one is open"], []],
    ],
    [
      "its own, where only others count",
      "others",
      [resource("a", {}, unknownOpen), resource("b", {})],
      ["pass", [], []],
    ],
    [
      "refused",
      "open",
      [resource("a", {}, { failures: ["/config/open"] })],
      ["error", ["/config/open was refused"], []],
    ],
    [
      "refused, and it does not matter",
      "either",
      [resource("a", { a: true }, { failures: ["/config/b"] })],
      ["fail", ["a"], []],
    ],
    [
      "of another one refused",
      "others",
      [resource("a", {}), resource("b", {}, { failures: ["/config/open"] })],
      ["error", ["b: /config/open was refused"], []],
    ],
  ])("%s", (_, policy, items, expected) => {
    expect(verdict("js", policy, items)).toEqual(expected);
  });

  test("others that were not seen at all", () => {
    const problem: ScanProblem = {
      kind: "problem",
      problem: "incomplete",
      at: "x",
      line: null,
      column: null,
      message: "refused",
      hides: ["T"],
      account: null,
      region: null,
    };
    expect(verdict("js", "others", [resource("a", {})], [problem])).toEqual([
      "error",
      ["the inventory is incomplete: refused"],
      [],
    ]);
  });
});

test.each<[string, ScannedResource[], string]>([
  ["either", [resource("a", { a: true }, { unknown: ["/config/b"] })], "unknown"],
  ["others", [resource("a", {}), resource("b", {}, unknownOpen), resource("c", { open: true })], "unknown"],
  ["open", [resource("a", { open: true }, { failures: ["/config/open"] })], "error"],
  ["open", [resource("a", { open: true }, { unknown: ["/config/x"] })], "fail"],
])("the reference engine stays in doubt where a policy could read what is not known: %s", (policy, items, expected) => {
  expect((verdict("wasm", policy, items) as unknown[])[0]).toBe(expected);
});

test("a policy that was renamed keeps the fingerprints of its findings", () => {
  const set = sets.get("js");
  if (set === undefined) throw new Error("js");
  const printUnder = (aliases: readonly string[]): string | undefined => {
    const named = set.policies.map((policy) => (policy.id === "open" ? { ...policy, aliases } : policy));
    const evaluation = new Evaluation([{ ...set, policies: named }], { parameters: {}, controls: new Map() });
    const item = resource("a", { open: true });
    evaluation.begin([item], []);
    return [...evaluation.judge(item)].find(({ policy }) => policy === "open")?.fingerprint;
  };
  expect(printUnder(["first", "second"])).toBe(fingerprint("first", { id: "a", config: {} }, "/config/open"));
  expect(printUnder([])).toBe(fingerprint("open", { id: "a", config: {} }, "/config/open"));
});
