import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PortcullisError } from "../../errors.js";
import { CompileCache } from "./cache.js";
import { loadUserPolicies, type UserPolicyOptions } from "./load-policies.js";
import { wasmEngine } from "./wasm-engine.js";

let root: string;
const options: UserPolicyOptions = { regoVersion: "auto", namespaces: ["main"], defaultPolicies: false, cache: null };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "portcullis-policies-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** The error with the temporary folder taken out. */
async function fault(changes: Partial<UserPolicyOptions> = {}, paths = [root]): Promise<unknown> {
  const thrown: unknown = await loadUserPolicies(paths, { ...options, ...changes }).catch((error: unknown) => error);
  if (!(thrown instanceof PortcullisError)) return thrown;
  return { code: thrown.code, message: thrown.message.replaceAll(`${root}/`, "").replaceAll(root, "ROOT") };
}

const metadata = (extra = ""): string => `# METADATA
# title: Buckets are closed
# description: Nobody reads them.
# related_resources:
# - https://example.com/doc
# custom:
#   severity: high
#   types: ["AWS::S3::Bucket"]
${extra}`;

const closed = `${metadata("#   fix: Close it.\n#   aliases: [old-name]\n")}package acme.s3.closed_bucket

import data.acme.lib

deny contains {"message": "open", "path": "/config/Open"} if lib.is_open(input.config.Open)

applies if input.region != "x"
`;

test("a resource policy, from its file to its answer", async () => {
  write({
    "s3/closed.rego": closed,
    "s3/closed_test.rego": "package broken syntax (",
    "lib.rego": "package acme.lib\n\nis_open(value) if value == true\n",
  });
  const cache = new CompileCache({ entries: join(root, "cache"), keyFile: join(root, "key", "file") });
  const loaded = await loadUserPolicies([root], { ...options, cache });
  expect(loaded.policies).toEqual([
    {
      id: "acme-s3-closed-bucket",
      title: "Buckets are closed",
      description: "Nobody reads them.",
      severity: "high",
      engine: "rego",
      types: ["AWS::S3::Bucket"],
      provider: "acme",
      aliases: ["old-name"],
      fix: "Close it.",
      remediation: null,
      relatedResources: ["https://example.com/doc"],
      path: "acme/s3/closed_bucket",
      hasApplies: true,
      source: { file: join(root, "s3/closed.rego"), line: 11 },
      reads: { input: [["config", "Open"], ["region"]], inventory: null },
    },
  ]);
  expect(loaded.documentPolicies).toEqual([]);
  expect(readdirSync(join(root, "cache"))).toHaveLength(2);
  const again = await loadUserPolicies([root], { ...options, cache });
  expect(again.policies).toEqual(loaded.policies);
  const evaluator = await wasmEngine.load(again.unit);
  const input = evaluator.prepare({ region: "eu", config: { Open: true } });
  expect(evaluator.evaluate("acme/s3/closed_bucket/deny", input)).toEqual([{ message: "open", path: "/config/Open" }]);
  expect(evaluator.evaluate("acme/s3/closed_bucket/applies", input)).toBe(true);
});

test("conftest's policies run unchanged, also in the older Rego", async () => {
  write({
    "old.rego":
      'package main\n\ndeny[msg] { input.kind == "Pod"; msg := "a pod" }\nwarn_tag[{"msg": "w"}] { input.w }\ndeny_f(x) { x }\n',
    "new.rego":
      'package main\n\nviolation_a_b contains "v" if input.v\nexception contains ["a_b"] if input.e\nother := 1\n',
    "lib.rego": 'package helper\n\ndeny contains "not in the namespace"\n',
  });
  const { policies, documentPolicies, unit } = await loadUserPolicies([root], options);
  const at = (file: string, rule: string, kind: string, line: number): unknown => ({
    namespace: "main",
    rule,
    kind,
    entrypoint: `main/${rule}`,
    file: join(root, file),
    line,
  });
  expect(policies).toEqual([]);
  expect(documentPolicies).toEqual([
    at("new.rego", "violation_a_b", "violation", 3),
    at("new.rego", "exception", "exception", 4),
    at("old.rego", "deny", "deny", 3),
    at("old.rego", "warn_tag", "warn", 4),
  ]);
  const evaluator = await wasmEngine.load(unit);
  expect(evaluator.evaluate("main/deny", evaluator.prepare({ kind: "Pod" }))).toEqual(["a pod"]);
  expect(evaluator.evaluate("main/warn_tag", evaluator.prepare({ w: 1 }))).toEqual([{ msg: "w" }]);
});

test.each([
  [["*"], ["a.b.deny", "main.deny"]],
  [["a.*"], ["a.b.deny"]],
  [
    ["main", "a.b"],
    ["a.b.deny", "main.deny"],
  ],
])("namespaces %o", async (namespaces, expected) => {
  write({ "a.rego": "package a.b\n\ndeny contains 1\n", "m.rego": "package main\n\ndeny contains 1\n" });
  const { documentPolicies } = await loadUserPolicies([root], { ...options, namespaces });
  expect(documentPolicies.map(({ namespace, rule }) => `${namespace}.${rule}`).sort()).toEqual(expected);
});

describe("wrong policies are named with their place", () => {
  const invalid = (message: string): unknown => ({ code: "policy-invalid", message });
  test.each<[string, Record<string, string | Uint8Array>, unknown]>([
    [
      "does not parse",
      { "a.rego": "package main\n\ndeny contains if\n" },
      expect.objectContaining({
        message: expect.stringMatching(
          /^policies do not compile:\n {2}a\.rego:3:15: unexpected if keyword \(rego_parse_error\)\n/,
        ) as string,
      }),
    ],
    [
      "does not compile",
      { "a.rego": "package main\n\ndeny contains x\n", "b.rego": "package q\nf := nope(1)" },
      expect.objectContaining({
        message: expect.stringMatching(
          /^policies do not compile:\n {2}[ab]\.rego:\d+:\d+: .* \(rego_\w+\)$/m,
        ) as string,
      }),
    ],
    [
      "no severity",
      { "a.rego": metadata().replace("high", "urgent") + 'package a.b\n\ndeny contains "x"\n' },
      invalid(
        'policies are not valid:\n  a.rego:1:1: the metadata of package a.b is wrong: custom.severity: Invalid option: expected one of "critical"|"high"|"medium"|"low"|"info"',
      ),
    ],
    [
      "no types",
      { "a.rego": metadata().replace(/types: .*/, "types: []") + 'package a.b\n\ndeny contains "x"\n' },
      invalid(
        "policies are not valid:\n  a.rego:1:1: the metadata of package a.b is wrong: custom.types: Too small: expected array to have >=1 items",
      ),
    ],
    [
      "a slip in types",
      { "a.rego": metadata().replace("types", "type") + 'package a.b\n\ndeny contains "x"\n' },
      invalid(
        "policies are not valid:\n  a.rego:1:1: the metadata of package a.b is wrong: custom.types: Invalid input: expected array, received undefined",
      ),
    ],
    [
      "approvers of a policy about resources",
      { "a.rego": metadata("#   approvers: [admin]\n") + 'package a.b\n\ndeny contains "x"\n' },
      invalid(
        "policies are not valid:\n  a.rego:1:1: the metadata of package a.b is wrong: custom.approvers: expected in policies about Portcullis::Action only",
      ),
    ],
    [
      "a role that is none",
      {
        "a.rego":
          metadata("#   approvers: [boss]\n").replace("AWS::S3::Bucket", "Portcullis::Action") +
          'package a.b\n\ndeny contains "x"\n',
      },
      invalid(
        'policies are not valid:\n  a.rego:1:1: the metadata of package a.b is wrong: custom.approvers.0: Invalid option: expected one of "viewer"|"auditor"|"operator"|"approver"|"admin"',
      ),
    ],
    [
      "resources and actions in one policy",
      {
        "a.rego":
          metadata("#   approvals: 2\n").replace('"AWS::S3::Bucket"', '"AWS::S3::Bucket", "Portcullis::Action"') +
          'package a.b\n\ndeny contains "x"\n',
      },
      invalid(
        "policies are not valid:\n  a.rego:1:1: the metadata of package a.b is wrong: custom.types: Portcullis::Action stands alone; custom.approvals: expected custom.approvers too",
      ),
    ],
    [
      "no title, no deny",
      { "a.rego": metadata().replace(/# title.*\n/, "") + "package a.b\n\nallow := 1\n" },
      invalid(
        "policies are not valid:\n  a.rego:1:1: the metadata of package a.b is wrong: title: expected a text; expected a rule deny",
      ),
    ],
    [
      "one id from two packages",
      {
        "a.rego": metadata() + 'package a.b_c\n\ndeny contains "x"\n',
        "b.rego": metadata() + 'package a.b.c\n\ndeny contains "x"\n',
      },
      invalid("policies are not valid:\n  a.rego:9:1, b.rego:9:1: 2 policies have the id a-b-c"),
    ],
    [
      "one package described twice",
      {
        "a.rego": metadata() + 'package a.b\n\ndeny contains "x"\n',
        "b.rego": metadata() + 'package a.b\n\ndeny contains "y"\n',
      },
      invalid("policies are not valid:\n  a.rego:1:1, b.rego:1:1: package a.b has metadata in more than one file"),
    ],
    [
      "another namespace",
      { "a.rego": "package k8s\n\ndeny contains 1\n" },
      invalid(
        "no policy found: expected package metadata with custom.types, or rules deny, violation or warn in the namespace main; there are rules in k8s: choose them with --namespace",
      ),
    ],
    ["nothing", { "readme.md": "" }, invalid("there is no .rego file in ROOT")],
    [
      "an empty file",
      { "a.rego": "" },
      invalid("policies do not compile:\n  a.rego:1:1: empty module (rego_parse_error)"),
    ],
    ["not UTF-8", { "a.rego": new Uint8Array([0x70, 0xff]) }, invalid("a.rego: it is not UTF-8 text")],
    ["too large", { "a.rego": "#".repeat(1024 * 1024 + 1) }, invalid("a.rego: it is larger than 1048576 bytes")],
    [
      "nested too deeply",
      { "a.rego": `package main\nx := ${"[".repeat(9000)}` },
      invalid("policies do not compile:\n  a.rego:2:506: brackets are nested deeper than 500 levels (too_deep)"),
    ],
  ])("%s", async (_, files, expected) => {
    write(files);
    expect(await fault()).toEqual(expected);
  });

  test("a chain that exhausts the parser's stack", async () => {
    write({ "a.rego": `package main\n\ndeny contains x if x := ${"1+".repeat(200_000)}1\n` });
    expect(await fault()).toMatchObject({ code: "policy-invalid" });
    write({ "a.rego": "package main\n\ndeny contains 1\n" });
    expect((await loadUserPolicies([root], options)).documentPolicies).toHaveLength(1);
  });

  test("the older Rego where the newer is asked for", async () => {
    write({ "a.rego": "package main\n\ndeny[x] { x := 1 }\n" });
    expect(await fault({ regoVersion: "v1" })).toMatchObject({
      code: "policy-invalid",
      message: expect.stringContaining("a.rego:3:") as string,
    });
  });

  test("a path that is not there", async () => {
    expect(await fault({}, [join(root, "absent")])).toMatchObject({ code: "input-unreadable" });
  });

  test("a link that leaves the folder", async () => {
    write({ "in/a.rego": "package main\n\ndeny contains 1\n", "out/b.rego": "package main\n" });
    symlinkSync(join(root, "out", "b.rego"), join(root, "in", "b.rego"));
    expect(await fault({}, [join(root, "in")])).toEqual(
      invalid("in/b.rego: the symbolic link leaves the folder of policies"),
    );
  });
});

test("a mounted ConfigMap's links are read once", async () => {
  write({ "..2026/a.rego": "package main\n\ndeny contains 1\n" });
  symlinkSync("..2026", join(root, "..data"));
  symlinkSync("..data/a.rego", join(root, "a.rego"));
  const { documentPolicies } = await loadUserPolicies([root], options);
  expect(documentPolicies.map(({ file }) => file)).toEqual([join(root, "a.rego")]);
});
