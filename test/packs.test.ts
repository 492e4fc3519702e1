// Policy packs through the program itself: judged beside Rego, named by baselines, explained, and gone when we are.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageFile } from "../src/package-root.js";
import { policyCode, writePack } from "../src/engine/crossguard/testing/write-pack.js";
import { portcullis } from "./testing/cli.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-packs-"));
const main = `resource "aws_ebs_volume" "v" {
  availability_zone = "eu-west-1a"
  size              = 20
  type              = "gp2"
}

resource "aws_db_instance" "d" {
  identifier              = "orders"
  instance_class          = "db.r6g.large"
  allocated_storage       = 100
  backup_retention_period = 2
}
`;
writeFileSync(join(folder, "main.tf"), main);

interface Report {
  readonly summary: object;
  readonly results: readonly {
    readonly policy: string;
    readonly verdict: string;
    readonly reasons: readonly { readonly message: string; readonly location: object | null }[];
    readonly proposal?: object;
    readonly explanation?: { readonly pack?: object };
  }[];
  readonly baselines?: readonly {
    readonly controls: readonly { readonly control: string; readonly status: string }[];
  }[];
}

async function check(...flags: string[]): Promise<{ code: number | null; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await portcullis(["check", "main.tf", "--format", "json", ...flags], {
    cwd: folder,
  });
  return { code, report: JSON.parse(stdout) as Report, stderr };
}

test("a shipped pack judges code; what it would change is proposed, and explained", async () => {
  const { code, report } = await check("--no-default-policies", "--policy", "crossguard/platform", "--explain");
  expect(code).toBe(1);
  const found = report.results.find(({ policy }) => policy === "portcullis-platform:backups-kept");
  expect(found).toMatchObject({
    verdict: "fail",
    reasons: [{ message: "backups are kept for 2 days, not 7", location: { file: "main.tf", line: 7 } }],
    proposal: {
      remediation: "portcullis-platform:backups-kept",
      type: "aws:rds/instance:Instance",
      changes: [{ op: "replace", path: "/backupRetentionPeriod", value: 7 }],
    },
    explanation: {
      pack: { name: "portcullis-platform", version: "0.1.0", policy: "backups-kept", configuration: { days: 7 } },
    },
  });
});

test("settings configure a pack, and a baseline names its policies beside Rego's", async () => {
  const settings = `packs:
  - path: crossguard/platform
    config:
      backups-kept: { days: 2 }
      volume-generation: disabled
`;
  const baseline = `id: own
title: Own
version: "1"
source: https://example.org/own
controls:
  - id: "1"
    title: Backups
    policies: ["portcullis-platform:backups-kept"]
  - id: "2"
    title: Encryption
    policies: ["aws-rds-encrypted"]
`;
  writeFileSync(join(folder, "packs.yaml"), settings);
  mkdirSync(join(folder, "own"), { recursive: true });
  writeFileSync(join(folder, "own", "own.yaml"), baseline);
  const { report } = await check("--config", "packs.yaml", "--baseline", "own/own.yaml");
  const of = (policy: string): (string | undefined)[] =>
    report.results.filter((one) => one.policy === policy).map(({ verdict }) => verdict);
  expect(of("portcullis-platform:volume-generation")).toEqual([]);
  expect(of("aws-rds-encrypted")).toContain("fail");
  const statuses = Object.fromEntries(
    (report.baselines?.[0]?.controls ?? []).map(({ control, status }) => [control, status]),
  );
  expect(statuses).toEqual({ "1": "pass", "2": "fail" });
});

test.each([
  ["a name that the pack does not have", "backup-kept: { days: 2 }", /backup-kept/],
  ["a value that its schema forbids", "backups-kept: { days: 99 }", /backups-kept.*days/s],
])("configuration with %s is wrong usage, and says where", async (_, line, message) => {
  writeFileSync(join(folder, "wrong.yaml"), `packs:\n  - path: crossguard/platform\n    config:\n      ${line}\n`);
  const { code, stdout, stderr } = await portcullis(["check", "main.tf", "--config", "wrong.yaml"], { cwd: folder });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("a pack that cannot start is an error that shows what it said, and nothing is judged as well", async () => {
  const pack = writePack(`console.error("no licence"); process.exit(4);`);
  const { code, stderr, stdout } = await portcullis(["check", "main.tf", "--policy", pack], { cwd: folder });
  expect(code).not.toBe(0);
  expect(code).not.toBe(1);
  expect(stderr).toMatch(/no licence/);
  expect(stdout).toBe("");
});

test("`policies list` and `policies show` know a pack's policies", async () => {
  const list = await portcullis(["policies", "list", "--policy", "crossguard/platform", "--format", "json"], {
    cwd: folder,
  });
  expect(list.stdout).toContain("portcullis-platform:no-privilege-escalation");
  const shown = await portcullis(
    ["policies", "show", "portcullis-platform:ingress-width", "--policy", "crossguard/platform"],
    { cwd: folder },
  );
  expect(shown.stdout).toMatch(/maximumAddresses/);
});

/** Processes whose command line names the folder. */
function processesOf(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, "utf8").includes(text);
      } catch {
        return false; // it ended meanwhile
      }
    })
    .map(Number);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(condition()).toBe(true);
}

test("kill -9 of the program leaves no process of a pack", async () => {
  const pack = writePack(policyCode(`for (;;);`));
  const child = spawn(
    process.execPath,
    [packageFile("dist", "src", "cli", "main.js"), "check", "main.tf", "--policy", pack],
    { cwd: folder, stdio: "ignore" },
  );
  const isPack = (id: number): boolean => id !== child.pid;
  await until(() => processesOf(pack).some(isPack));
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGKILL");
  await until(() => processesOf(pack).length === 0);
});

test("the output's reader may leave early", async () => {
  const command = `"${process.execPath}" "${packageFile("dist", "src", "cli", "main.js")}" scan --help | head -n 1`;
  const child = spawn("bash", ["-o", "pipefail", "-c", command], { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(stderr).toBe("");
  expect(code).toBe(0);
});
