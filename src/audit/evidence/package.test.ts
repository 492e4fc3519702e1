// The package as such: every byte of it counts.
import { copyFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPglite } from "../../store/pglite.js";
import { migrate } from "../../store/migrate.js";
import type { Database } from "../../store/database.js";
import { event, openAudit } from "../testing/trails.js";
import { exportEvidence } from "./export.js";
import { newSigningKey, at, request, somePeriod, sources, temporaryFolder } from "./testing/evidence.js";
import type { Verification } from "./verification.js";
import { verifyPackage } from "./verify.js";

const signer = newSigningKey();
const folder = temporaryFolder();
const zip = join(folder, "evidence.zip");
const plain = join(folder, "evidence");
let database: Database;

beforeAll(async () => {
  database = await openPglite(join(folder, "store"));
  await migrate(database);
  const audit = openAudit(database, "evidence");
  for (let day = 1; day <= 10; day++)
    await audit.append(event({ at: at(day), kind: "scan.finished", subject: `scan-${day}` }));
  await audit.append(event({ at: at(2), kind: "waiver.approved", subject: "W-1" }));
  const from = sources(somePeriod(12), { audit });
  await exportEvidence(request(zip, signer.key), from);
  await exportEvidence(request(plain, signer.key), from);
});
afterAll(() => database.close());

const verify = (path: string): Promise<Verification> => verifyPackage(path, { key: signer.key.id });
const wrongOf = ({ checks }: Verification): string[] =>
  checks.filter(({ status }) => status === "wrong").map(({ name, detail }) => `${name}: ${detail}`);

/** A fault of the package, or a refusal to take it for one: never that all is proved. */
async function outcome(path: string): Promise<string> {
  try {
    return (await verify(path)).verdict;
  } catch (error) {
    return (error as { code?: string }).code ?? "crash";
  }
}

describe("a package that nobody touched", () => {
  it.each([zip, plain])("is proved: %s", async (path) => {
    const found = await verify(path);
    expect(found.checks.map(({ name, status }) => `${name} ${status}`)).toEqual(
      ["form", "signature", "files", "configurations", "lists", "controls", "audit", "oscal"].map(
        (one) => `${one} proved`,
      ),
    );
    expect([found.verdict, found.signer]).toEqual(["proved", { keyid: signer.key.id, authenticated: true }]);
  });

  it("is not proved without a key, and wrong with another one", async () => {
    const without = await verifyPackage(zip, { key: null });
    expect([without.verdict, without.signer?.authenticated]).toEqual(["not-proved", false]);
    const other = await verifyPackage(zip, { key: newSigningKey().key.id });
    expect(wrongOf(other)).toEqual([expect.stringMatching(/^signature: signed by another key/)]);
  });

  it("is the same, byte for byte, when it is made again", async () => {
    const [first, second] = [join(folder, "first.zip"), join(folder, "second.zip")];
    for (const path of [first, second]) await exportEvidence(request(path, signer.key), sources(somePeriod(12)));
    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
  });
});

describe("a zip file of which one byte was changed", () => {
  const changed = join(folder, "changed.zip");

  async function survivors(offsets: Iterable<number>, change: (byte: number) => number): Promise<number[]> {
    const whole = readFileSync(zip);
    const found: number[] = [];
    for (const offset of offsets) {
      const bytes = Buffer.from(whole);
      bytes[offset] = change(bytes[offset] ?? 0);
      writeFileSync(changed, bytes);
      const verdict = await outcome(changed);
      if (verdict !== "wrong" && verdict !== "input-unreadable") found.push(offset);
    }
    return found;
  }

  /** Local headers, directory, end: whatever is no file's content. */
  function headerOffsets(whole: Buffer): Set<number> {
    const offsets = new Set<number>();
    const directory = whole.readUInt32LE(whole.length - 6);
    for (let at = directory; at < whole.length; at++) offsets.add(at);
    for (let at = 0; at < directory;) {
      const header = 30 + whole.readUInt16LE(at + 26);
      for (let offset = at; offset < at + header; offset++) offsets.add(offset);
      at += header + whole.readUInt32LE(at + 18);
    }
    return offsets;
  }

  it("is found out in every byte of its headers", async () => {
    const offsets = headerOffsets(readFileSync(zip));
    expect(offsets.size).toBeGreaterThan(5_000);
    expect(await survivors(offsets, (byte) => byte ^ 0x01)).toEqual([]);
  });

  it("is found out in any byte, whatever it becomes", async () => {
    const whole = readFileSync(zip);
    const anyChange = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(anyChange, async ([offset, mask]) => {
        expect(await survivors([offset], (byte) => byte ^ mask)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is found out in every byte of the manifest", async () => {
    const whole = readFileSync(zip);
    const start = whole.lastIndexOf("manifest.dsse.json", whole.readUInt32LE(whole.length - 6));
    const length = whole.readUInt32LE(start - 30 + 18);
    const offsets = Array.from({ length: Math.ceil(length / 13) }, (_, index) => start + 18 + index * 13);
    expect(await survivors(offsets, (byte) => byte ^ 0x20)).toEqual([]);
  });

  it.each([
    ["cut off", (whole: Buffer) => whole.subarray(0, whole.length - 1)],
    ["cut off at the front", (whole: Buffer) => whole.subarray(1)],
    ["half of it", (whole: Buffer) => whole.subarray(0, whole.length / 2)],
    ["with a byte more", (whole: Buffer) => Buffer.concat([whole, Buffer.from([0])])],
    ["with something in front", (whole: Buffer) => Buffer.concat([Buffer.from("PK\u0003\u0004"), whole])],
    ["twice", (whole: Buffer) => Buffer.concat([whole, whole])],
    ["empty", () => Buffer.alloc(0)],
    ["nothing but zeros", (whole: Buffer) => Buffer.alloc(whole.length)],
  ])("is found out: %s", async (_, change) => {
    writeFileSync(changed, change(readFileSync(zip)));
    expect(["wrong", "input-unreadable"]).toContain(await outcome(changed));
  });
});

describe("a folder that was changed", () => {
  const copy = join(folder, "copy");
  it.each<[string, () => void, string]>([
    [
      "a byte of a list",
      () => writeFileSync(join(copy, "scans/scans.csv"), readFileSync(join(copy, "scans/scans.csv")).fill(65, 9, 10)),
      "files: scans/scans.csv was changed",
    ],
    ["a file is gone", () => rmSync(join(copy, "summary.pdf")), "files: summary.pdf is missing"],
    ["a file more", () => writeFileSync(join(copy, "more.txt"), ""), "files: more.txt is not in the manifest"],
    [
      "an empty folder more",
      () => mkdirSync(join(copy, "more")),
      "form: more/ is an empty folder, which no package has",
    ],
    [
      "a file has another name",
      () => renameSync(join(copy, "summary.pdf"), join(copy, "summary2.pdf")),
      "files: summary2.pdf is not in the manifest",
    ],
    [
      "a link to the same content",
      () => {
        renameSync(join(copy, "summary.pdf"), join(folder, "outside.pdf"));
        symlinkSync(join(folder, "outside.pdf"), join(copy, "summary.pdf"));
      },
      'form: "summary.pdf" is no plain file: a package has no links and no devices',
    ],
    [
      "a hidden file",
      () => writeFileSync(join(copy, ".hidden"), ""),
      'form: ".hidden" is no name for a file of a package',
    ],
    [
      "another manifest's form",
      () => copyFileSync(join(folder, "manifest-of-zip"), join(copy, "manifest.dsse.json")),
      "files: the package was made as a zip, not as a folder",
    ],
  ])("%s", async (_, change, expected) => {
    const whole = readFileSync(zip);
    const start = whole.lastIndexOf("manifest.dsse.json", whole.readUInt32LE(whole.length - 6));
    writeFileSync(
      join(folder, "manifest-of-zip"),
      whole.subarray(start + 18, start + 18 + whole.readUInt32LE(start - 12)),
    );
    rmSync(copy, { recursive: true, force: true });
    cpSync(plain, copy, { recursive: true });
    change();
    expect(wrongOf(await verify(copy))).toEqual([expect.stringContaining(expected)]);
  });
});
