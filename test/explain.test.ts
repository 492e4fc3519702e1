import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { portcullis } from "./testing/cli.js";

const main = `variable "acls" {}

resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = var.acls
  block_public_policy     = false
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_lambda_function" "pay" {
  function_name = "pay"
  runtime       = "python3.13"
  environment { variables = { DB_PASSWORD = "hunter2hunter2", API = "https://user:letmein99@api.example" } }
}
`;

const folder = mkdtempSync(join(tmpdir(), "portcullis-explain-"));
writeFileSync(join(folder, "main.tf"), main);
const block = "/config/PublicAccessBlockConfiguration";

interface Result {
  readonly policy: string;
  readonly verdict: string;
  readonly explanation?: { readonly rules: readonly object[]; readonly reads: readonly object[] };
}

async function results(...flags: string[]): Promise<{ text: string; results: Result[] }> {
  const { stdout } = await portcullis(["check", "--format", "json", ...flags, "main.tf"], { cwd: folder });
  return { text: stdout, results: (JSON.parse(stdout) as { results: Result[] }).results };
}

test("what a verdict read, where it stands, and the rule that gave it", async () => {
  const { results: all } = await results("--explain");
  const found = all.find(({ policy }) => policy === "aws-s3-block-public-access");
  const line = (number: number): object => expect.objectContaining({ file: "main.tf", line: number }) as object;
  const read = (name: string, value: unknown, state: string, at: number): object => ({
    ...{ resource: null, path: `${block}/${name}`, value, state, location: line(at) },
  });
  expect(found?.verdict).toBe("fail");
  expect(found?.explanation).toEqual({
    rules: [
      { rule: "data.aws.s3.block_public_access.blocks", location: expect.objectContaining({ line: 14 }) as object },
      { rule: "data.aws.s3.block_public_access.deny", location: expect.objectContaining({ line: 17 }) as object },
    ],
    reads: [
      read("BlockPublicAcls", null, "unknown", 9),
      read("BlockPublicPolicy", false, "present", 10),
      read("IgnorePublicAcls", true, "present", 11),
      read("RestrictPublicBuckets", true, "present", 12),
    ],
  });
});

test("secrets are not in it", async () => {
  const { text } = await results("--explain", "--all");
  expect(text).toContain("DB_PASSWORD");
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain("letmein99");
  const table = await portcullis(["check", "--explain", "main.tf"], { cwd: folder });
  expect(table.stdout).toContain("is not known before apply");
  expect(table.stdout).not.toMatch(/hunter2|letmein99/);
});

test("without the flag there is none, and the verdicts are the same", async () => {
  const [plain, explained] = [(await results("--all")).results, (await results("--all", "--explain")).results];
  expect(plain.every(({ explanation }) => explanation === undefined)).toBe(true);
  const bare = explained.map(({ explanation: _, ...rest }) => rest);
  expect(bare).toEqual(plain);
});
