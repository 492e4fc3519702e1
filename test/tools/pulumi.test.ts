// Pulumi's own CLI judges a program by a policy pack, and we judge what it says of the program: the same violations.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pulumiPackages, toolPath } from "../../scripts/setup-tools.mjs";
import { packageFile } from "../../src/package-root.js";
import { portcullis } from "../testing/cli.js";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "portcullis-parity-"));
const awsguard = join(folder, "awsguard");
const platform = packageFile("policies", "crossguard", "platform");

interface Judged {
  readonly policyName: string;
  readonly resourceUrn?: string;
  readonly message?: string;
  readonly enforcementLevel?: string;
}

interface CliAnswer {
  readonly preview: object;
  readonly exported: object | null;
  readonly violations: readonly Judged[];
  readonly remediations: readonly Judged[];
}

beforeAll(async () => {
  await run("mkdir", [awsguard]);
  const files = {
    "PulumiPolicy.yaml": "runtime: nodejs\n",
    "package.json": JSON.stringify({ name: "awsguard", version: "0.0.1", main: "index.js" }),
    "index.js": `const { AwsGuard } = require("@pulumi/awsguard"); new AwsGuard({ all: "mandatory" });\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(awsguard, name), text);
  symlinkSync(join(pulumiPackages, "node_modules"), join(awsguard, "node_modules"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function cli(mode: "preview" | "up", pack: string, config: object | null): Promise<CliAnswer> {
  const here = packageFile("test", "tools", "pulumi");
  const configFile = join(folder, "config.json");
  writeFileSync(configFile, JSON.stringify(config ?? {}));
  const args = [join(here, "run.cjs"), pulumiPackages, toolPath("pulumi"), join(here, "program.cjs"), mode, pack];
  const { stdout } = await run(process.execPath, config === null ? args : [...args, configFile], {
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout) as CliAnswer;
}

interface OurResult {
  readonly policy: string;
  readonly verdict: string;
  readonly resource: { readonly id: string };
  readonly reasons: readonly { readonly message: string }[];
  readonly proposal?: { readonly urn: string };
  readonly explanation: { readonly pack: { readonly resources: readonly string[] } };
}

async function ours(document: object, pack: string): Promise<OurResult[]> {
  const file = join(folder, "document.json");
  writeFileSync(file, JSON.stringify(document));
  const flags = ["--no-default-policies", "--explain", "--format", "json", "--policy", pack];
  const { stdout } = await portcullis(["check", file, ...flags], { cwd: folder });
  return (JSON.parse(stdout) as { results: OurResult[] }).results;
}

/** `policy resource message`; a resource of ours that is several of Pulumi's says it for each that has it there. */
function said(results: readonly OurResult[], theirs: readonly Judged[]): string[] {
  const named = new Set(theirs.map(({ policyName, resourceUrn }) => `${policyName} ${resourceUrn ?? ""}`));
  return results.flatMap(({ policy, resource, reasons, explanation }) => {
    const name = policy.slice(policy.indexOf(":") + 1);
    const urns = explanation.pack.resources.filter((urn) => named.has(`${name} ${urn}`));
    return (urns.length === 0 ? [resource.id] : urns).flatMap((urn) =>
      reasons.map(({ message }) => `${name} ${urn} ${message}`),
    );
  });
}

function saidByPulumi(theirs: readonly Judged[]): string[] {
  return theirs.map(({ policyName, resourceUrn, message }) => {
    const [, ...own] = (message ?? "").trim().split("\n");
    return `${policyName} ${resourceUrn ?? ""} ${own.join("\n")}`;
  });
}

/** Advisory, so that the CLI goes on after the first violation; those that remediate stay as they are. */
const remediating = ["volume-generation", "backups-kept", "critical-resources-protected", "no-service-account-token"];
const advisory = { all: "advisory" };
const advisoryOrRemediating = { ...advisory, ...Object.fromEntries(remediating.map((name) => [name, "remediate"])) };

describe.each([
  { pack: "awsguard", path: awsguard, config: advisory, least: 12, remedied: 0 },
  { pack: "our own pack", path: platform, config: advisoryOrRemediating, least: 10, remedied: 6 },
])("$pack", ({ path, config, least, remedied }) => {
  test.each(["preview", "up"] as const)("violations and remediations are the CLI's: %s", async (mode) => {
    const theirs = await cli(mode, path, config);
    const failed = (await ours(mode === "up" ? (theirs.exported ?? {}) : theirs.preview, path)).filter(
      ({ verdict }) => verdict === "fail",
    );
    // What a policy puts right, the CLI no longer reports as a violation.
    const proposed = failed.filter(({ proposal }) => proposal !== undefined);
    const violated = failed.filter(({ proposal }) => proposal === undefined);
    expect(said(violated, theirs.violations).sort()).toEqual(saidByPulumi(theirs.violations).sort());
    const changed = proposed.map(
      ({ policy, proposal }) => `${policy.slice(policy.indexOf(":") + 1)} ${proposal?.urn ?? ""}`,
    );
    expect(changed.sort()).toEqual(
      theirs.remediations.map(({ policyName, resourceUrn }) => `${policyName} ${resourceUrn ?? ""}`).sort(),
    );
    expect(theirs.violations.length).toBeGreaterThanOrEqual(least);
    expect(theirs.remediations.length).toBeGreaterThanOrEqual(remedied);
  });
});

test("with its defaults alone, the pack stops the CLI at what we find too", async () => {
  const theirs = await cli("preview", platform, null);
  const failed = (await ours(theirs.preview, platform)).filter(({ verdict }) => verdict === "fail");
  expect(theirs.violations.length).toBeGreaterThan(0);
  expect(theirs.violations.some(({ enforcementLevel }) => enforcementLevel === "mandatory")).toBe(true);
  expect(said(failed, theirs.violations)).toEqual(expect.arrayContaining(saidByPulumi(theirs.violations)));
});

test("secrets of a program are in no report", async () => {
  const { preview, exported } = await cli("up", platform, advisory);
  for (const document of [preview, exported ?? {}]) {
    expect(JSON.stringify(await ours(document, platform))).not.toContain("not to be shown");
  }
});
