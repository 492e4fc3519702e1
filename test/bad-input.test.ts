// What is wrong with the input is named, counted and changes the exit code: never a silent pass, never a stack trace.
import { mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { portcullis } from "./testing/cli.js";

interface BadInput {
  readonly name: string;
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly prepare?: (folder: string) => void;
  readonly args: readonly string[];
  readonly code: number;
  /** Each of these is said, on standard output or standard error. */
  readonly says: readonly (string | RegExp)[];
}

const goodBucket = `Resources:\n  Logs:\n    Type: AWS::S3::Bucket\n`;
const policy = (name: string, body: string, severity = "high"): string =>
  `# METADATA\n# title: ${name}\n# custom:\n#   severity: ${severity}\n#   types: [AWS::S3::Bucket]\n#   fix: fix it\npackage ${name}\n\n${body}\n`;

const cases: readonly BadInput[] = [
  {
    name: "truncated JSON",
    files: { "plan.json": '{"format_version": "1.2", "resource_changes": [' },
    args: ["check", "plan.json"],
    code: 2,
    says: ["plan.json", "line 1", /truncated|end of/],
  },
  {
    name: "a 200 MB plan",
    files: { "plan.json": "{}" },
    prepare: (folder) => {
      truncateSync(join(folder, "plan.json"), 200 * 1024 * 1024);
    },
    args: ["check", "plan.json"],
    code: 2,
    says: ["plan.json", /200(\.0)? MiB/, "--max-input"],
  },
  {
    name: "10,000 levels of JSON",
    files: { "deep.json": "[".repeat(10_000) + "]".repeat(10_000) },
    args: ["check", "deep.json"],
    code: 2,
    says: ["deep.json", /nested more than 500/],
  },
  {
    name: "10,000 levels of YAML",
    files: { "deep.yaml": "[".repeat(10_000) + "]".repeat(10_000) },
    args: ["check", "deep.yaml"],
    code: 2,
    says: ["deep.yaml", /nested more than 500/],
  },
  {
    name: "10,000 levels of HCL",
    files: { "main.tf": `locals {\n  a = ${"[".repeat(10_000)}${"]".repeat(10_000)}\n}\n` },
    args: ["check", "."],
    code: 2,
    says: ["main.tf", /nest|deep/],
  },
  {
    name: "YAML anchors that explode",
    files: { "bomb.yaml": bomb() },
    args: ["check", "bomb.yaml"],
    code: 2,
    says: ["bomb.yaml", /alias/i],
  },
  {
    name: "a symbolic link that leaves the folder",
    files: { "infra/template.yaml": goodBucket, "outside/template.yaml": goodBucket },
    prepare: (folder) => {
      symlinkSync(join(folder, "outside/template.yaml"), join(folder, "infra/link.yaml"));
    },
    args: ["check", "infra"],
    code: 3,
    says: ["link.yaml", /leaves/],
  },
  {
    name: "invalid UTF-8",
    files: { "template.yaml": Buffer.from([0x52, 0x3a, 0x20, 0xff, 0xfe, 0x0a]) },
    args: ["check", "template.yaml"],
    code: 2,
    says: ["template.yaml", /UTF-8/],
  },
  {
    name: "an empty file",
    files: { "empty.json": "" },
    args: ["check", "empty.json"],
    code: 2,
    says: ["empty.json", /empty/],
  },
  {
    name: "a folder with nothing to check",
    files: { "notes.txt": "x" },
    args: ["check", "."],
    code: 2,
    says: [/nothing to check/],
  },
  { name: "a path that is not there", args: ["check", "absent.json"], code: 2, says: ["absent.json"] },
  {
    name: "a file of no known kind, without policies for it",
    files: { "some.json": '{"a": 1}' },
    args: ["check", "some.json"],
    code: 2,
    says: ["some.json", "--policy"],
  },
  {
    name: "HCL that does not parse, beside HCL that does",
    files: { "good.tf": 'resource "aws_sns_topic" "a" {}\n', "bad.tf": 'resource "aws_sns_topic" {\n' },
    args: ["check", "."],
    code: 2,
    says: [/bad\.tf:?.*/],
  },
  {
    name: "a module that is not there",
    files: {
      "main.tf": 'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\nresource "aws_sns_topic" "a" {}\n',
    },
    args: ["check", "."],
    code: 3,
    says: ["main.tf", "vpc", "terraform init"],
  },
  {
    name: "a local module that is not there",
    files: { "main.tf": 'module "vpc" {\n  source = "./nowhere"\n}\nresource "aws_sns_topic" "a" {}\n' },
    args: ["check", "."],
    code: 3,
    says: ["main.tf", "nowhere"],
  },
  {
    name: "a chart that was not rendered",
    files: {
      "chart/Chart.yaml": "name: a\n",
      "chart/templates/a.yaml": "{{ if .Values.x }}\na: 1\n{{ end }}\n",
      "template.yaml": goodBucket,
    },
    args: ["check", "."],
    code: 3,
    says: ["chart", "helm template"],
  },
  {
    name: "a policy that does not compile",
    files: { "template.yaml": goodBucket, "p/a.rego": policy("acme.s3.a", "deny contains x if { y }") },
    args: ["check", "--policy", "p", "template.yaml"],
    code: 2,
    says: [/p\/a\.rego:9:\d+/],
  },
  {
    name: "two policies with one id",
    files: {
      "template.yaml": goodBucket,
      "p/a.rego": policy("acme.s3.a_b", 'deny contains "x" if false'),
      "p/b.rego": policy("acme.s3.a.b", 'deny contains "x" if false'),
    },
    args: ["check", "--policy", "p", "template.yaml"],
    code: 2,
    says: ["acme-s3-a-b", "p/a.rego", "p/b.rego"],
  },
  {
    name: "a policy of a severity that there is not",
    files: { "template.yaml": goodBucket, "p/a.rego": policy("acme.s3.a", 'deny contains "x" if false', "urgent") },
    args: ["check", "--policy", "p", "template.yaml"],
    code: 2,
    says: ["p/a.rego", "severity", "critical"],
  },
  {
    name: "a baseline that names a policy that does not exist",
    files: {
      "template.yaml": goodBucket,
      "own.yaml":
        "id: own\ntitle: Own\nversion: '1'\nsource: https://example.com\ncontrols:\n  - id: '1'\n    title: One\n    policies: [aws-s3-nothing-there]\n",
    },
    args: ["check", "--baseline", "own.yaml", "template.yaml"],
    code: 2,
    says: ["own.yaml", "aws-s3-nothing-there"],
  },
  {
    name: "a baseline that does not exist",
    files: { "template.yaml": goodBucket },
    args: ["check", "--baseline", "pci", "template.yaml"],
    code: 2,
    says: ["pci-dss-4.0.1"],
  },
  {
    name: "a format that does not exist",
    files: { "template.yaml": goodBucket },
    args: ["check", "--format", "xml", "template.yaml"],
    code: 2,
    says: ["xml", "sarif"],
  },
  {
    name: "a configuration with a key that does not exist",
    files: { "template.yaml": goodBucket, "portcullis.yaml": "failOm: high\n" },
    args: ["check", "template.yaml"],
    code: 2,
    says: ["portcullis.yaml", "failOm"],
  },
  { name: "a provider that does not exist", args: ["scan", "--provider", "aws2"], code: 2, says: ["aws2"] },
  { name: "a flag that does not exist", args: ["check", "--nope", "."], code: 2, says: ["--nope"] },
  {
    name: "a rule whose answer has a shape that is not known",
    files: { "template.yaml": goodBucket, "p/a.rego": policy("acme.s3.a", 'deny := "no"') },
    args: ["check", "--policy", "p", "--no-default-policies", "template.yaml"],
    code: 3,
    says: ["error", "expected a set"],
  },
  {
    name: "a built-in that the engine lacks",
    files: {
      "template.yaml": goodBucket,
      "p/a.rego": policy("acme.s3.a", 'deny contains "x" if units.parse_bytes("1K") > 0'),
    },
    args: ["check", "--policy", "p", "--no-default-policies", "--engine", "wasm", "template.yaml"],
    code: 3,
    says: ["error", "units.parse_bytes"],
  },
  {
    name: "a policy that asks the network",
    files: {
      "template.yaml": goodBucket,
      "p/a.rego": policy(
        "acme.s3.a",
        'deny contains "x" if http.send({"method": "get", "url": "http://127.0.0.1"}).status_code == 200',
      ),
    },
    args: ["check", "--policy", "p", "--no-default-policies", "template.yaml"],
    code: 3,
    says: ["error", "policies get no network"],
  },
  {
    name: "a policy that does not end",
    files: {
      "template.yaml": goodBucket,
      "p/a.rego": policy(
        "acme.s3.a",
        'deny contains "x" if { some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a + b < 0 }',
      ),
    },
    args: ["check", "--policy", "p", "--no-default-policies", "template.yaml"],
    code: 3,
    says: ["error", "budget of steps"],
  },
];

test.each(cases)("$name", async ({ files = {}, prepare, args, code, says }) => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bad-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  prepare?.(folder);
  const result = await portcullis(args, { cwd: folder });
  const said = result.stdout + result.stderr;
  for (const words of says) expect(said).toMatch(words);
  expect(said).not.toMatch(/\n\s+at .*\(?.*:\d+:\d+\)?/);
  expect(result.code, said).toBe(code);
});

test("keys such as __proto__ are keys like any other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-proto-"));
  writeFileSync(
    join(folder, "t.json"),
    '{"Resources": {"__proto__": {"Type": "AWS::S3::Bucket", "Properties": {"__proto__": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}}}}}}',
  );
  const { stdout, code } = await portcullis(["check", "--format", "json", "--input-type", "cloudformation", "t.json"], {
    cwd: folder,
  });
  const { results } = JSON.parse(stdout) as {
    results: { policy: string; verdict: string; resource: { id: string } }[];
  };
  expect(results.find(({ policy: id }) => id === "aws-s3-block-public-access")).toMatchObject({
    verdict: "fail",
    resource: { id: "__proto__" },
  });
  expect(code).toBe(1);
});

function bomb(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 12; level++) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
  }
  return lines.join("\n");
}
