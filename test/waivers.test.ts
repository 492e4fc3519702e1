// Waivers through the command line: a reviewed file, the store, comments in the code.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { portcullis, type CliResult } from "./testing/cli.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-waivers-"));
const store = join(folder, "store");
const policy = "aws-kms-rotation-enabled";
const day = 24 * 60 * 60 * 1_000;
const inDays = (days: number): string => new Date(Date.now() + days * day).toISOString();

const key = (name: string, comment = ""): string =>
  `resource "aws_kms_key" "${name}" {${comment}\n  enable_key_rotation = false\n}\n`;
const names = ["fails", "force", "soon", "over", "changed", "same", "comment"];

interface Shown {
  readonly policy: string;
  readonly verdict: string;
  readonly resource: { readonly id: string };
  readonly fingerprint: string;
  readonly waiver?: Readonly<Record<string, unknown>>;
}

/** Verdicts of the one policy, by the name of the resource. */
function verdicts({ stdout }: CliResult): Map<string, Shown> {
  const { results } = JSON.parse(stdout) as { results: Shown[] };
  const own = results.filter((result) => result.policy === policy);
  return new Map(own.map((result) => [result.resource.id.replace("aws_kms_key.", ""), result]));
}
const kinds = (result: CliResult): Record<string, string> =>
  Object.fromEntries([...verdicts(result)].map(([name, { verdict }]) => [name, verdict]));
const check = (...args: string[]): Promise<CliResult> =>
  portcullis(["check", "main.tf", "--format", "json", ...args], { cwd: folder });

function waiver(id: string, days: number, change: Readonly<Record<string, string>> = {}): string {
  const all = {
    ...{
      id,
      policy,
      resource: `aws_kms_key.${id}`,
      reason: `why ${id}`,
      ticket: "SEC-1",
      requester: "ada",
      approver: "ben",
    },
    ...{ start: inDays(-30), expires: inDays(days) },
    ...change,
  };
  return `  - ${JSON.stringify(all)}\n`;
}

beforeAll(() => {
  writeFileSync(
    join(folder, "main.tf"),
    names
      .map((name) => key(name, name === "comment" ? ` # portcullis:ignore ${policy} reason="a test key"` : ""))
      .join("\n"),
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a file of waivers", () => {
  test("in force, soon at its end, expired, of another configuration, and a comment in the code", async () => {
    const { stdout: hash } = await portcullis(["waivers", "hash", "aws_kms_key.same", "main.tf"], { cwd: folder });
    expect(hash).toMatch(/^[0-9a-f]{64}\n$/);
    const list = [
      waiver("force", 60),
      waiver("soon", 10),
      waiver("over", -1),
      waiver("changed", 60, { configHash: "0".repeat(64) }),
      waiver("same", 60, { configHash: hash.trim() }),
      waiver("nothing", 60),
    ];
    writeFileSync(join(folder, "waivers.yaml"), `waivers:\n${list.join("")}`);
    const [before, after] = [await check(), await check("--waivers", "waivers.yaml")];
    expect(kinds(before)).toEqual({
      ...Object.fromEntries(names.map((name) => [name, "fail"])),
      comment: "waived",
    });
    expect(kinds(after)).toEqual({
      ...{
        fails: "fail",
        force: "waived",
        soon: "waived",
        over: "fail",
        changed: "fail",
        same: "waived",
        comment: "waived",
      },
    });
    expect(verdicts(after).get("force")?.waiver).toMatchObject({
      ...{ kind: "waiver", id: "force", reason: "why force", requester: "ada", approver: "ben", would: "fail" },
    });
    expect(verdicts(after).get("comment")?.waiver).toMatchObject({ kind: "suppression", reason: "a test key" });
    const prints = (result: CliResult): string[] =>
      [...verdicts(result).values()].map(({ fingerprint }) => fingerprint);
    expect(prints(after)).toEqual(prints(before));
    const warned = after.stderr.split("\n").filter((line) => line.startsWith("warning: "));
    expect(
      warned.map((line) =>
        /waiver (\w+) .*?(expires at|expired at|does not hold|excuses nothing)/.exec(line)?.slice(1),
      ),
    ).toEqual([
      ["soon", "expires at"],
      ["over", "expired at"],
      ["changed", "does not hold"],
      ["nothing", "excuses nothing"],
    ]);
  });

  test("every failure waived is exit code 0", async () => {
    writeFileSync(
      join(folder, "all.yaml"),
      `waivers:\n${waiver("all", 30, { policy: "aws-*", resource: "aws_kms_key.*" })}`,
    );
    expect((await check("--waivers", "all.yaml")).code).toBe(0);
    expect((await check()).code).toBe(1);
  });

  test("that is not valid is exit code 2, with the line", async () => {
    writeFileSync(join(folder, "bad.yaml"), `waivers:\n${waiver("bad", 30, { approver: "ADA" })}`);
    const { code, stderr } = await check("--waivers", "bad.yaml");
    expect([code, stderr]).toEqual([2, expect.stringMatching(/bad\.yaml:2: .*another person/)]);
  });

  test("named in the configuration, where comments are off and owners are given", async () => {
    const config = {
      waivers: ["all.yaml"],
      suppressions: "off",
      owners: { rules: [{ owner: "crypto", type: "AWS::KMS::*" }] },
    };
    writeFileSync(join(folder, "portcullis.json.yaml"), JSON.stringify(config));
    const result = await check("--config", "portcullis.json.yaml");
    expect(verdicts(result).get("comment")).toMatchObject({
      verdict: "waived",
      owner: "crypto",
      waiver: { kind: "waiver" },
    });
    expect(result.stderr).toContain("suppressions are off in the configuration: 1 in the code excuse nothing");
  });
});

describe("the store", () => {
  const waivers = (...args: string[]): Promise<CliResult> =>
    portcullis(["waivers", ...args, "--data-dir", store, "--format", "json"], {
      cwd: folder,
      env: { USER: "somebody-else", LOGNAME: "somebody-else" },
    });
  const scope = ["--policy-id", policy, "--resource", "aws_kms_key.force"];
  const terms = ["--reason", "why", "--expires", inDays(60)];

  test("keeps what is requested and approved, by the user of the system; checks apply it when they are told the store", async () => {
    const requested = JSON.parse((await waivers("request", ...scope, ...terms, "--id", "W-1")).stdout) as object;
    const user = userInfo().username;
    expect(requested).toMatchObject({ id: "W-1", state: "requested", requester: user, approver: null });
    expect(kinds(await check("--data-dir", store))).toMatchObject({ force: "fail" });
    await waivers("approve", "W-1");
    const added = await waivers(
      "add",
      "--policy-id",
      policy,
      "--resource",
      "aws_kms_key.same",
      "--ends-on-change",
      ...terms,
    );
    expect(JSON.parse(added.stdout)).toMatchObject({ state: "in-force", approver: user, selfApproved: true });
    expect(kinds(await check("--data-dir", store))).toMatchObject({ fails: "fail", force: "waived", same: "waived" });
    expect(kinds(await check())).toMatchObject({ force: "fail", same: "fail" });
    // Another configuration than the one that was excused first.
    writeFileSync(
      join(folder, "main.tf"),
      names.map((name) => key(name, name === "same" ? '\n  description = "x"' : "")).join("\n"),
    );
    expect(kinds(await check("--data-dir", store))).toMatchObject({ force: "waived", same: "fail" });
    await waivers("revoke", "W-1", "--reason", "done");
    expect(kinds(await check("--data-dir", store))).toMatchObject({ force: "fail" });
    const states = JSON.parse((await waivers("list")).stdout) as { id: string; state: string }[];
    expect(states.map(({ state }) => state)).toEqual(["in-force", "revoked"]);
    expect(await waivers("approve", "W-1")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is revoked") as string,
    });
  });

  test("a scan applies it, and the audit trail has who did what", async () => {
    await waivers("add", "--policy-id", "aws-*", "--account", "*", "--resource", "*", ...terms);
    const scan = await portcullis(["scan", "--provider", "sample", "--data-dir", store, "--format", "json"]);
    const { summary } = JSON.parse(scan.stdout) as { summary: { fail: number; unknown: number; waived: number } };
    expect(summary.waived).toBeGreaterThan(0);
    expect([summary.fail, summary.unknown]).toEqual([0, 0]);
    const listed = await portcullis(["audit", "list", "--kind", "waiver.", "--data-dir", store, "--format", "json"]);
    const kindsOf = (JSON.parse(listed.stdout) as { event: { kind: string } }[]).map(({ event }) => event.kind);
    expect(kindsOf.sort()).toEqual([
      ...["waiver.approved", "waiver.approved", "waiver.approved"],
      ...["waiver.requested", "waiver.requested", "waiver.requested", "waiver.revoked"],
    ]);
  });

  test.each([
    ["a scope of nothing", ["--policy-id", "p"], /limits no resources/],
    ["a scope of everything", ["--policy-id", "*", "--resource", "*"], /every policy on every resource/],
    ["a tag without a value", ["--policy-id", "p", "--tag", "env"], /--tag env: expected key=value/],
    ["an end that is none", ["--policy-id", "p", "--resource", "a", "--start", "soon"], /--start soon: expected a day/],
  ])("refuses %s", async (_name, args, message) => {
    const { code, stderr } = await waivers("add", ...args, ...terms);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
