// Evidence as an auditor gets it: from a real store, verified by the program and with common tools alone, without a secret in it,
// and never half-written.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inflateRawSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { packageFile } from "../src/package-root.js";
import { openStore, type Store } from "../src/store/store.js";
import { portcullis } from "./testing/cli.js";
import { problem, report, resource, verdict } from "./testing/store.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-evidence-"));
const dataDir = join(folder, "store");
const day = 86_400_000;
const start = Date.now() - 10 * day;

/** Made up; each would be one. */
const secrets = {
  secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEVIDENCE1",
  privateKey: "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
  urlPassword: "correct-horse-battery-1",
  lambdaToken: "tok_4f9d8a7b6c5e4d3c2b1a0f9e8d7c6b5a",
  tag: "sup3r-s3cret-t4g-value",
  userData: "DB_PASSWORD=h0rse-st4ple-user-data",
  message: "xoxb-123456789012-abcdefghijklmnop",
};

const leaky = resource("arn:aws:lambda:us-east-1:111122223333:function:leaky", {
  tags: { password: secrets.tag },
  config: {
    BucketName: "leaky",
    Environment: { Variables: { API_TOKEN: secrets.lambdaToken, AWS_SECRET_ACCESS_KEY: secrets.secretKey } },
    Certificate: `-----BEGIN PRIVATE KEY-----\n${secrets.privateKey}\n-----END PRIVATE KEY-----`,
    Endpoint: `https://admin:${secrets.urlPassword}@db.example.com/`,
    UserData: Buffer.from(secrets.userData).toString("base64"),
  },
});

/** Ten days of scans: a bucket that is public for three of them. */
async function seed(store: Store, setTime: (time: number) => void): Promise<void> {
  for (let number = 0; number < 10; number++) {
    setTime(start + number * day);
    const recording = await store.beginScan({ targets: ["aws"], complete: true, version: "0.1.0" });
    const isPublic = number >= 3 && number < 6;
    const bucket = resource("arn:aws:s3:::ledger", { config: { BucketName: "ledger", Public: isPublic } });
    for (const one of [leaky, bucket]) await recording.resource(one);
    const policy = { policy: "aws-s3-block-public-access" };
    await recording.verdict(verdict(bucket, isPublic ? "fail" : "pass", "/config/Public", policy));
    await recording.verdict(verdict(leaky, "fail", "/config/Environment", policy));
    const refused = problem({
      message: `refused for https://bot:${secrets.urlPassword}@proxy/ with ${secrets.message}`,
    });
    await recording.finish(report, number === 0 ? [refused] : []);
  }
}

beforeAll(async () => {
  let time = start;
  let ids = 0;
  const store = await openStore({
    ...{ databaseUrl: null, dataDir },
    clock: { now: () => new Date((time += 1_000)), newId: () => `scan-${++ids}` },
  });
  await seed(store, (next) => (time = next));
  await store.close();
});

function exportTo(output: string, ...more: string[]): ReturnType<typeof portcullis> {
  const args = ["evidence", "export", "--baseline", "soc2", "--from", "11d", "--output", output, "--data-dir", dataDir];
  return portcullis([...args, ...more]);
}

async function publicKey(): Promise<string> {
  const file = join(folder, "signer.pem");
  const { code, stderr } = await portcullis(["audit", "keys", "export", "--data-dir", dataDir, "--output", file]);
  expect(code, stderr).toBe(0);
  return file;
}

describe("a package from a real store", () => {
  const zip = join(folder, "soc2.zip");
  const plain = join(folder, "soc2");

  beforeAll(async () => {
    for (const output of [zip, plain]) {
      const { code, stderr } = await exportTo(output);
      expect(code, stderr).toBe(0);
    }
  });

  it("verifies: 0 with the key, 3 without, 1 with another key, 2 for no package", async () => {
    const key = await publicKey();
    const other = join(folder, "other.pem");
    const made = spawnSync("openssl", ["genpkey", "-algorithm", "ed25519"]).stdout;
    writeFileSync(other, spawnSync("openssl", ["pkey", "-pubout"], { input: made }).stdout);
    const codes = [];
    for (const args of [
      [zip, "--key", key],
      [plain, "--key", key],
      [zip],
      [zip, "--key", other],
      [key],
      [zip, "--key", zip],
    ])
      codes.push((await portcullis(["evidence", "verify", ...args])).code);
    expect(codes).toEqual([0, 0, 3, 1, 2, 2]);
  });

  it("says what happened: the public bucket's three days, the scan that saw less, and what nothing judged", () => {
    const lines = (name: string): Record<string, unknown>[] =>
      readFileSync(join(plain, name), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const ledger = lines("controls/CC6.1/exceptions.jsonl").filter(({ resource: id }) => id === "arn:aws:s3:::ledger");
    expect(ledger.map(({ verdict: found, how, hours }) => [found, how, hours])).toEqual([["fail", "fixed", 72]]);
    expect(lines("scans/problems.jsonl")).toHaveLength(1);
    expect(lines("scans/scans.jsonl")).toHaveLength(10);
    const outcome = (name: string): unknown => (lines(`controls/${name}/control.json`)[0] ?? {})["outcome"];
    expect([outcome("CC6.1"), outcome("CC1.1")]).toEqual(["exceptions", "not-assessed"]);
  });

  it("is verified as its README says, with common tools alone", async () => {
    const key = await publicKey();
    const unpacked = mkdtempSync(join(tmpdir(), "portcullis-auditor-"));
    expect(spawnSync("unzip", ["-q", zip, "-d", unpacked]).status).toBe(0);
    writeFileSync(join(folder, "key.pem"), readFileSync(key));
    const text = readFileSync(join(unpacked, "README.txt"), "utf8");
    const step = (number: number): string =>
      (new RegExp(`^${number}\\. [\\s\\S]*?(?=^\\d\\. |\\n*$(?![\\s\\S]))`, "m").exec(text)?.[0] ?? "")
        .split("\n")
        .filter((line) => line.startsWith("     ") || line.startsWith("       "))
        .join("\n");
    const run = (script: string): string => {
      const here = script.replaceAll("/tmp/", `${folder}/`).replaceAll("signer.pem", key).replaceAll("NAME", "CC6.1");
      const done = spawnSync("bash", ["--norc", "-euo", "pipefail", "-c", here], { cwd: unpacked, encoding: "utf8" });
      return `${done.stdout}${done.stderr}`.trim();
    };
    const statement = (): { predicate: { signer: { keyid: string } } } =>
      JSON.parse(readFileSync(join(folder, "statement.json"), "utf8")) as { predicate: { signer: { keyid: string } } };
    expect(run(step(2))).toBe("Signature Verified Successfully");
    expect(run(step(1))).toContain(statement().predicate.signer.keyid);
    expect(run(step(3))).toBe("");
    expect(run(step(4))).toBe("");
    const sample = readFileSync(join(unpacked, "controls/CC6.1/sample.jsonl"), "utf8").trim().split("\n");
    const items = sample.map((line) => String((JSON.parse(line) as { row: { item: number } }).row.item));
    expect(run(step(5).split("\n").slice(1).join("\n")).split("\n")).toEqual(items);
    const [first = ""] = readFileSync(join(unpacked, "configs/configurations.jsonl"), "utf8").split("\n");
    expect(run(step(6))).toBe(`${(JSON.parse(first) as { sha256: string }).sha256}  -`);
  });

  it("holds none of the secrets that were in resources, tags and messages, packed or not", () => {
    const whole = readFileSync(zip);
    const texts = [whole.toString("latin1"), ...unpackedTexts(whole)].join("\n");
    expect(texts).toContain("arn:aws:lambda:us-east-1:111122223333:function:leaky");
    const forms = Object.values(secrets).flatMap((secret) => [secret, Buffer.from(secret).toString("base64")]);
    expect(forms.filter((form) => texts.includes(form))).toEqual([]);
  });

  it("leaves the trail an entry that names the manifest, and is never written over", async () => {
    const { stdout } = await portcullis([
      "audit",
      "list",
      "--kind",
      "evidence.exported",
      "--data-dir",
      dataDir,
      "--format",
      "json",
    ]);
    const [last] = JSON.parse(stdout) as { event: { details: { manifest: string } } }[];
    const digest = spawnSync("sha256sum", [join(plain, "manifest.dsse.json")], { encoding: "utf8" }).stdout.slice(
      0,
      64,
    );
    expect(last?.event.details.manifest).toBe(digest);
    const again = await exportTo(zip);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("is there already")]);
  });
});

function unpackedTexts(whole: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; whole.readUInt32LE(at) === 0x04034b50;) {
    const start = at + 30 + whole.readUInt16LE(at + 26);
    const end = start + whole.readUInt32LE(at + 18);
    const content = whole.subarray(start, end);
    texts.push((whole.readUInt16LE(at + 8) === 8 ? inflateRawSync(content) : content).toString("latin1"));
    at = end;
  }
  return texts;
}

it("killed at any moment, an export leaves no package or a whole one", async () => {
  const key = await publicKey();
  const began = Date.now();
  const timed = await exportTo(join(folder, "timed.zip"));
  expect(timed.code, timed.stderr).toBe(0);
  const takes = Date.now() - began;
  const kills = Number(process.env["PORTCULLIS_KILLS"] ?? 4);
  const found = { none: 0, whole: 0 };
  for (let number = 0; number < kills; number++) {
    const output = join(folder, `killed-${number}${number % 2 === 0 ? ".zip" : ""}`);
    await exportAndKill(output, takes * (0.5 + (0.7 * number) / kills));
    if (!readdirSync(folder).includes(output.slice(folder.length + 1))) found.none++;
    else if ((await portcullis(["evidence", "verify", output, "--key", key])).code === 0) found.whole++;
  }
  expect(found.none + found.whole).toBe(kills);
  // What they left is gone with the next export to the same place.
  const again = join(folder, "killed-0.zip");
  rmSync(again, { force: true });
  expect((await exportTo(again)).code).toBe(0);
  expect(readdirSync(folder).filter((name) => name.startsWith(".killed-0.zip"))).toEqual([]);
  expect((await portcullis(["audit", "verify", "--data-dir", dataDir])).code).toBe(0);
});

async function exportAndKill(output: string, after: number): Promise<void> {
  const args = ["evidence", "export", "--baseline", "soc2", "--from", "11d", "--output", output, "--data-dir", dataDir];
  const child = spawn(process.execPath, [packageFile("dist", "src", "cli", "main.js"), ...args], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await Promise.race([sleep(after), ended]);
  child.kill("SIGKILL");
  await ended;
}
