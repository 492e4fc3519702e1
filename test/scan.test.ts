// The scheduled scan as a user runs it, against a real AWS test server: verdicts, exit codes, and findings that are resolved when
// what they are about is put right, and not when it could not be seen.
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusal, startFaultProxy } from "./servers/fault-proxy.js";
import { startMoto } from "./servers/moto.js";
import { portcullis, type CliResult } from "./testing/cli.js";

const aws = { AWS_ACCESS_KEY_ID: "testing", AWS_SECRET_ACCESS_KEY: "testing-secret-value", AWS_REGION: "us-east-1" };
let moto: Awaited<ReturnType<typeof startMoto>>;
let s3: S3Client;
const dataDir = join(mkdtempSync(join(tmpdir(), "portcullis-scan-")), "store");

beforeAll(async () => {
  moto = await startMoto();
  s3 = new S3Client({
    endpoint: moto.endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
  });
  await s3.send(new CreateBucketCommand({ Bucket: "trades" }));
});

afterAll(async () => {
  s3.destroy();
  await moto.stop();
});

function scan(endpoint: string, ...more: string[]): Promise<CliResult> {
  const args = ["scan", "--provider", "aws", "--region", "us-east-1", "--service", "s3", "--endpoint-url", endpoint];
  return portcullis([...args, "--data-dir", dataDir, "--format", "json", ...more], { env: aws });
}

async function statusOf(policy: string): Promise<string[]> {
  const args = [
    "findings",
    "list",
    "--status",
    "all",
    "--policy-id",
    policy,
    "--data-dir",
    dataDir,
    "--format",
    "json",
  ];
  const { stdout } = await portcullis(args);
  return (JSON.parse(stdout) as { status: string }[]).map(({ status }) => status);
}

test("a finding is opened, kept while it cannot be seen, and resolved when it is put right", async () => {
  const first = await scan(moto.endpoint, "--baseline", "pci-dss-4.0.1");
  expect(first.code, first.stderr).toBe(1);
  const report = JSON.parse(first.stdout) as {
    results: { policy: string; verdict: string; resource: { id: string; account: string } }[];
    baselines: { id: string; controls: { status: string }[] }[];
  };
  expect(report.results.find(({ policy }) => policy === "aws-s3-versioning-enabled")).toMatchObject({
    verdict: "fail",
    resource: { id: "arn:aws:s3:::trades" },
  });
  expect(report.baselines.map(({ id }) => id)).toEqual(["pci-dss-4.0.1"]);
  expect(first.stdout + first.stderr).not.toContain("testing-secret-value");
  expect(await statusOf("aws-s3-versioning-enabled")).toEqual(["open"]);

  await s3.send(new PutBucketVersioningCommand({ Bucket: "trades", VersioningConfiguration: { Status: "Enabled" } }));
  const proxy = await startFaultProxy(moto.endpoint);
  try {
    proxy.use({ service: "s3", operation: /.*/, answer: refusal("s3", 403, "AccessDenied", "not allowed") });
    const refused = await scan(proxy.endpoint);
    expect(refused.code, refused.stderr).toBe(3);
    expect(await statusOf("aws-s3-versioning-enabled")).toEqual(["open"]);
  } finally {
    await proxy.stop();
  }

  const second = await scan(moto.endpoint);
  expect(second.stderr).toMatch(/1 resolved/);
  expect(await statusOf("aws-s3-versioning-enabled")).toEqual(["resolved"]);
  expect(await statusOf("aws-s3-access-logging")).toEqual(["open"]);
});

test("without credentials nothing was looked at: exit code 3, and every policy says so", async () => {
  const env = {
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_REGION: "us-east-1",
  };
  const result = await portcullis(["scan", "--provider", "aws", "--data-dir", `${dataDir}-2`, "--format", "json"], {
    env,
  });
  expect(result.code).toBe(3);
  const { summary, errors } = JSON.parse(result.stdout) as {
    summary: { pass: number; error: number };
    errors: unknown[];
  };
  expect(summary).toMatchObject({ pass: 0 });
  expect(summary.error).toBeGreaterThan(30);
  expect(errors.length).toBeGreaterThan(0);
});

test("the sample estate leaves an HTML report", async () => {
  const report = join(mkdtempSync(join(tmpdir(), "portcullis-html-")), "report.html");
  const args = [
    "scan",
    "--provider",
    "sample",
    "--data-dir",
    `${dataDir}-3`,
    "--report",
    `html=${report}`,
    "--baseline",
    "soc2",
  ];
  const result = await portcullis(args);
  expect(result.code, result.stderr).toBe(1);
  expect(readFileSync(report, "utf8")).toContain("Failures by severity");
  expect(result.stdout).toMatch(/289 resources, .* failed/);
});
