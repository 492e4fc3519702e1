import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { filesBelow, rootOf } from "./files.js";
import { readTerraformFolder, type TerraformOptions } from "./hcl.js";
import { readTerraformPlan } from "./plan.js";
import type { JsonObject } from "../../src/json.js";

const testing = fileURLToPath(new URL("testing/", import.meta.url));

function folderOf(files: Record<string, string | Uint8Array>): string {
  const root = mkdtempSync(join(tmpdir(), "portcullis-tf-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

async function read(files: Record<string, string | Uint8Array>, options: Partial<TerraformOptions> = {}) {
  const root = folderOf(files);
  return await readTerraformFolder(root, { displayRoot: root, varFiles: [], variables: {}, ...options });
}

// The plans are Terraform 1.11.4's own, of the folder beside them (`functions` and `expressions` without the parts not used here).
test.each([
  ["services", 10],
  ["functions", 195],
  ["expressions", 21],
])("the folder %s and Terraform's own plan of it give the same resources", async (name, count) => {
  const folder = join(testing, name);
  const hcl = await readTerraformFolder(folder, { displayRoot: folder, varFiles: [], variables: {} });
  const plan = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8")) as JsonObject;
  const planned = readTerraformPlan(plan, "plan.json", () => null);
  expect(hcl.problems).toEqual([]);
  const byAddress = (resources: readonly { address: string; values: JsonObject; unknown: readonly string[] }[]) =>
    Object.fromEntries(
      resources.map(({ address, values, unknown }) => [
        address,
        {
          // A plan has null for each argument that is not given, and lists the attributes that only the provider sets.
          values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)),
          unknown: unknown.filter((pointer) => pointer !== "/id" && pointer !== "/output").sort(),
        },
      ]),
    );
  expect(byAddress(hcl.resources)).toEqual(byAddress(planned.resources));
  expect(hcl.resources).toHaveLength(count);
});

test("references reach resources through modules, outputs and for_each", async () => {
  const folder = join(testing, "services");
  const { resources } = await readTerraformFolder(folder, { displayRoot: folder, varFiles: [], variables: {} });
  const references = Object.fromEntries(resources.map((each) => [each.address, Object.fromEntries(each.references)]));
  expect(references['module.store["orders"].module.inner.terraform_data.satellite[0]']).toEqual({
    "/triggers_replace": ['module.store["orders"].terraform_data.this'],
  });
  expect(references['terraform_data.service["risk"]']).toEqual({
    "/input": ["terraform_data.base"],
    "/input/owner": ["terraform_data.base"],
  });
});

test("places are those in the file, or of the nearest thing that holds the value", async () => {
  const { resources } = await read({
    "main.tf": 'resource "aws_s3_bucket" "b" {\n  bucket = "x"\n  rule {\n    tags = {\n      a = 1\n    }\n  }\n}\n',
  });
  const at = (pointer: string) => resources[0]?.locate(pointer);
  expect([at(""), at("/bucket"), at("/rule"), at("/rule/0/tags/a"), at("/rule/0/none/x"), at("/none")]).toEqual([
    { file: "main.tf", line: 1, column: 1 },
    { file: "main.tf", line: 2, column: 3 },
    { file: "main.tf", line: 3, column: 3 },
    { file: "main.tf", line: 5, column: 7 },
    { file: "main.tf", line: 3, column: 3 },
    { file: "main.tf", line: 1, column: 1 },
  ]);
});

test("values of variables come from files and from the request", async () => {
  const files = {
    "main.tf":
      'variable "a" {}\nvariable "b" { type = list(number) }\nresource "x" "y" {\n  a = var.a\n  b = var.b\n}\n',
  };
  const given = folderOf({ "given.tfvars": 'a = "file"\n' });
  const { resources, problems } = await read(files, {
    varFiles: [join(given, "given.tfvars")],
    variables: { b: "[1, 2]" },
  });
  expect({ values: resources.map(({ values }) => values), problems }).toEqual({
    values: [{ a: "file", b: [1, 2] }],
    problems: [],
  });
});

test("where the instances are not known, nothing that they say counts", async () => {
  const { resources } = await read({ "main.tf": 'variable "n" {}\nresource "x" "y" {\n  count = var.n\n  a = 1\n}\n' });
  expect(resources.map(({ address, values, unknown }) => ({ address, values, unknown }))).toEqual([
    { address: "x.y", values: {}, unknown: [""] },
  ]);
});

const problem = (
  kind: "unreadable" | "incomplete",
  at: string,
  line: number | null,
  column: number | null,
  message: unknown,
) => ({
  kind: "problem",
  problem: kind,
  at,
  line,
  column,
  message,
  hides: [],
  account: null,
  region: null,
});
const good = 'resource "x" "good" {\n  v = 1\n}\n';

const bad: [string, Record<string, string | Uint8Array>, unknown][] = [
  [
    "syntax",
    { "main.tf": 'resource "x" {\n', "good.tf": `${good}resource "y" "y" {\n  v = local.broken\n}\n` },
    [problem("unreadable", "main.tf", 1, 14, expect.stringContaining("Unclosed configuration block"))],
  ],
  [
    "10,000 brackets",
    { "main.tf": `locals {\n v = ${"[".repeat(10_000)}\n}`, "good.tf": good },
    [problem("unreadable", "main.tf", 2, 44, "Nested too deeply: at most 40 levels are supported")],
  ],
  [
    "10,000 brackets in JSON",
    { "main.tf.json": `{"locals": {"v": ${"[".repeat(10_000)}`, "good.tf": good },
    [problem("unreadable", "main.tf.json", 1, 56, "Nested too deeply: at most 40 levels are supported")],
  ],
  [
    "truncated JSON",
    { "main.tf.json": '{"resource": {"x"', "good.tf": good },
    [problem("unreadable", "main.tf.json", 1, 18, 'Invalid JSON: ":" is expected here')],
  ],
  [
    "not UTF-8",
    { "main.tf": new Uint8Array([0x61, 0xff, 0xfe]), "good.tf": good },
    [problem("unreadable", "main.tf", null, null, "it is not valid UTF-8")],
  ],
  [
    "too large",
    { "main.tf": " ".repeat(10 * 1024 * 1024 + 1), "good.tf": good },
    [problem("unreadable", "main.tf", null, null, "it is larger than 10 MiB")],
  ],
  [
    "a file outside",
    { "main.tf": 'resource "x" "y" {\n  v = file("/etc/hostname")\n}\n', "good.tf": good },
    [problem("incomplete", "main.tf", 2, 7, expect.stringContaining("only files inside are read"))],
  ],
  [
    "a module outside",
    { "main.tf": 'module "m" {\n  source = "../../../etc"\n}\n', "good.tf": good },
    [problem("incomplete", "main.tf", 1, 1, expect.stringContaining("cannot read the module folder"))],
  ],
  [
    "a module that is not installed",
    { "main.tf": 'module "m" {\n  source = "acme/m/aws"\n}\n', "good.tf": good },
    [problem("incomplete", "main.tf", 1, 1, expect.stringContaining("terraform init"))],
  ],
];

test.each(bad)("%s is a problem, and the rest is read", async (_, files, problems) => {
  const reading = await read(files);
  expect(reading.problems).toEqual(problems);
  expect(reading.resources.filter(({ address }) => address === "x.good").map(({ values }) => values)).toEqual([
    { v: 1 },
  ]);
});

test("expressions at the limits do not overflow the stack", async () => {
  const nested = `${"(".repeat(35)}1${")".repeat(35)}`;
  const sums = "1" + "+1".repeat(390);
  const chain = Array.from({ length: 1000 }, (_, i) => `  l${i + 1} = local.l${i}`).join("\n");
  const ternary = "true ? ".repeat(35) + "1" + " : 2".repeat(35);
  const objects = "{ a = ".repeat(35) + "1" + " }".repeat(35);
  const main = `locals {\n  l0 = 1\n${chain}\n}\nresource "x" "y" {\n  a = ${nested}\n  b = ${sums}\n  c = local.l1000\n  d = ${ternary}\n  e = jsonencode(${objects})\n}\n`;
  const { resources, problems } = await read({ "main.tf": main });
  expect(problems).toEqual([]);
  expect(resources[0]?.values).toMatchObject({ a: 1, b: 391, c: 1, d: 1 });
});

test("the keys __proto__ and constructor are data", async () => {
  const { resources } = await read({
    "main.tf": 'resource "x" "y" {\n  tags = { __proto__ = "a", constructor = "b" }\n}\n',
  });
  expect(JSON.stringify(resources[0]?.values)).toBe('{"tags":{"__proto__":"a","constructor":"b"}}');
});

test("a folder that is not there is a problem", async () => {
  const root = folderOf({});
  expect(await readTerraformFolder(join(root, "none"), { displayRoot: root, varFiles: [], variables: {} })).toEqual({
    resources: [],
    problems: [problem("unreadable", "none", null, null, "there is no such folder")],
  });
});

test("links that lead out of the root are refused", () => {
  const root = folderOf({ ".git/HEAD": "", "inside/main.tf": "", "real.txt": "text" });
  const outside = folderOf({ "secret.txt": "secret" });
  symlinkSync(join(outside, "secret.txt"), join(root, "inside", "link.txt"));
  symlinkSync(join(root, "real.txt"), join(root, "inside", "fine.txt"));
  expect(rootOf(join(root, "inside"))).toBe(root);
  const files = filesBelow(root);
  expect(files.readFile(join(root, "inside", "fine.txt"))).toBe("text");
  expect(() => files.readFile(join(root, "inside", "link.txt"))).toThrow("only files inside are read");
  expect(() => files.readFile(join(root, "..", "nothing-is-there"))).toThrow("no such file or folder");
  expect(() => files.readDir(outside)).toThrow("only files inside are read");
  expect(files.readDir(root)).toEqual([
    { name: ".git", dir: true },
    { name: "inside", dir: true },
    { name: "real.txt", dir: false },
  ]);
});
