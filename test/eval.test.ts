import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { portcullis } from "./testing/cli.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-eval-"));
const file = (name: string, text: string): string => {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
file("root/a/b/data.json", '{"big": 99999999999999999999, "list": [1, 2]}');
file("root/a/more.yaml", "z: yes\nn: 12345678901234567890\n");
file(
  "root/p.rego",
  'package p\n\nd contains x if { some x in data.a.b.list; print("saw", x, input.none) }\nc := 1 if input.a\nc := 2 if input.a\n',
);
const input = file("input.json", '{"a": true}');
const data = join(folder, "root");

describe("portcullis eval", () => {
  test.each<[string, string[], unknown]>([
    [
      "an expression",
      ["1 + 1"],
      { result: [{ expressions: [{ value: 2, text: "1 + 1", location: { row: 1, col: 1 } }] }] },
    ],
    ["undefined", ["-d", data, "data.nope"], {}],
    [
      "bindings",
      ["x := {2, 1}"],
      {
        result: [
          {
            expressions: [{ value: true, text: "x := {2, 1}", location: { row: 1, col: 1 } }],
            bindings: { x: [1, 2] },
          },
        ],
      },
    ],
    [
      "data by the names of folders",
      ["-d", data, "data.a.z"],
      { result: [{ expressions: [{ value: "yes", text: "data.a.z", location: { row: 1, col: 1 } }] }] },
    ],
    [
      "a file at the root",
      ["-d", join(folder, "root/a/b/data.json"), "data.list[1]"],
      { result: [{ expressions: [{ value: 2, text: "data.list[1]", location: { row: 1, col: 1 } }] }] },
    ],
    [
      "a file below a prefix",
      ["-d", `x.y:${join(folder, "root/a/b/data.json")}`, "data.x.y.list[0]"],
      { result: [{ expressions: [{ value: 1, text: "data.x.y.list[0]", location: { row: 1, col: 1 } }] }] },
    ],
    [
      "input",
      ["-i", input, "input.a"],
      { result: [{ expressions: [{ value: true, text: "input.a", location: { row: 1, col: 1 } }] }] },
    ],
  ])("%s", async (_, args, expected) => {
    const { code, stdout, stderr } = await portcullis(["eval", ...args]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  test("numbers keep all their digits", async () => {
    const { stdout } = await portcullis(["eval", "-f", "raw", "-d", data, "[data.a.b.big + 1, data.a.n]"]);
    expect(stdout.trim()).toBe("[100000000000000000000,12345678901234567890]");
  });

  test("the files of a Pulumi policy pack are no data", async () => {
    file("mixed/pack/PulumiPolicy.yaml", "version: 1");
    file("mixed/pack/package.json", '{"version": 2}');
    file("mixed/own/a.json", '{"a": 1}');
    const { code, stdout } = await portcullis(["eval", "-d", join(folder, "mixed"), "--format", "raw", "data"]);
    expect([code, stdout.trim()]).toEqual([0, '{"own":{"a":1}}']);
  });

  test("what policies print goes to standard error", async () => {
    const { code, stderr } = await portcullis(["eval", "-d", data, "data.p.d"]);
    expect([code, stderr.trim().split("\n")]).toEqual([0, ["saw 1 <undefined>", "saw 2 <undefined>"]]);
  });

  test.each<[string, string[], number, string]>([
    ["a query that does not parse", ["x ="], 2, "the query does not compile"],
    ["a module that does not", ["-d", file("bad/x.rego", "package x\ny :="), "data"], 2, "x.rego:2"],
    ["data that is not there", ["-d", join(folder, "none"), "1"], 2, "none"],
    ["data that is no object", ["-d", file("list.json", "[1]"), "1"], 2, "list.json: expected an object"],
    ["data that is no JSON", ["-d", file("broken.json", "{"), "1"], 2, "broken.json: expected JSON"],
    [
      "data that is given twice",
      ["-d", file("one.json", '{"a": 1}'), "-d", file("two.json", '{"a": 2}'), "1"],
      2,
      "two.json: data.a is given by another file too",
    ],
    ["rules that conflict", ["-d", data, "-i", input, "data.p.c"], 3, "eval_conflict_error"],
    ["the network", ['http.send({"method": "get", "url": "http://x"})'], 3, "policies get no network"],
    ["undefined with --fail", ["--fail", "data.x"], 1, ""],
    ["defined with --fail-defined", ["--fail-defined", "1"], 1, ""],
  ])("%s", async (_, args, expected, message) => {
    const { code, stderr } = await portcullis(["eval", ...args]);
    expect(code).toBe(expected);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });
});

describe("portcullis test", () => {
  const tests = file(
    "tests/p_test.rego",
    `package p_test
import data.p
test_data if p.total == 3
test_mock if p.total == 5 with data.numbers as [2, 3]
test_fails if { print("looked at", p.total); p.total == 4 }
test_false := false
todo_test_later if false
test_conflict if p.twice with input as {"a": true}
test_cases[name] if some name in ["x"]
`,
  );
  file(
    "tests/p.rego",
    "package p\ntotal := sum_of(data.numbers)\nsum_of(list) := s if {\n\ts := sum(list)\n}\ntwice := 1 if input.a\ntwice := 2 if input.a\nnever if {\n\tinput.never\n\tinput.more\n}\n",
  );
  file("tests/data.json", '{"numbers": [1, 2]}');

  test("what tests give", async () => {
    const { code, stdout } = await portcullis(["test", "--format", "json", join(tests, "..")]);
    const results = JSON.parse(stdout) as {
      name: string;
      pass: boolean;
      fail: boolean;
      skip: boolean;
      error: string | null;
      output?: string;
    }[];
    expect(
      results.map(({ name, pass, fail, skip, error, output }) => [
        name,
        pass ? "pass" : fail ? "fail" : skip ? "skip" : error,
        output,
      ]),
    ).toEqual([
      ["test_data", "pass", undefined],
      ["test_mock", "pass", undefined],
      ["test_fails", "fail", "looked at 3"],
      ["test_false", "fail", undefined],
      ["todo_test_later", "skip", undefined],
      ["test_conflict", "complete rules must not produce multiple outputs", undefined],
      ["test_cases", "tests with cases (test_x[name]) are not evaluated; write a test for each case", undefined],
    ]);
    expect(code).toBe(3);
  });

  test("coverage", async () => {
    const args = ["test", "--run", "test_data", "--coverage", "--format", "json", join(tests, "..")];
    const { code, stdout } = await portcullis(args);
    const { files, coverage } = JSON.parse(stdout) as {
      files: Record<string, { covered: unknown; not_covered: unknown }>;
      coverage: number;
    };
    const policy = files[join(folder, "tests/p.rego")];
    expect(policy).toMatchObject({
      covered: [{ start: { row: 2 }, end: { row: 4 } }],
      not_covered: [{ start: { row: 6 }, end: { row: 11 } }],
    });
    expect([code, coverage < 100]).toEqual([0, true]);
    expect((await portcullis([...args, "--threshold", "100"])).code).toBe(1);
  });
});
