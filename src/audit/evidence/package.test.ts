// The package as such: every byte of it counts.
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPglite } from "../../store/pglite.js";
import { migrate } from "../../store/migrate.js";
import type { Database } from "../../store/database.js";
import { event, openAudit } from "../testing/trails.js";
import { exportEvidence } from "./export.js";
import { at, baseline, newSigningKey, request, somePeriod, sources, temporaryFolder } from "./testing/evidence.js";
import type { Verification } from "./verification.js";
import { verifyPackage } from "./verify.js";
import { centralHeader, endBytes, endRecord, localHeader, parseDirectory, parseEnd } from "./zip-format.js";

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
  // Small, so that every byte of it can be tried.
  const few = { baseline: { ...baseline, controls: baseline.controls.slice(0, 1) } };
  await exportEvidence(request(zip, signer.key, few), from);
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

  /** Of the changes, those that are not found out. */
  async function survivors(offsets: Iterable<number>, change: (byte: number) => number): Promise<number[]> {
    const whole = readFileSync(zip);
    copyFileSync(zip, changed);
    const file = openSync(changed, "r+");
    const found: number[] = [];
    for (const offset of offsets) {
      const byte = whole[offset] ?? 0;
      writeSync(file, Buffer.from([change(byte)]), 0, 1, offset);
      const verdict = await outcome(changed);
      if (verdict !== "wrong" && verdict !== "input-unreadable") found.push(offset);
      writeSync(file, Buffer.from([byte]), 0, 1, offset);
    }
    closeSync(file);
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
    expect(offsets.size).toBeGreaterThan(2_000);
    expect(await survivors(offsets, (byte) => byte ^ 0x01)).toEqual([]);
  });

  it("is found out in any byte, whatever it becomes", async () => {
    const whole = readFileSync(zip);
    const anyChange = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(anyChange, async ([offset, mask]) => {
        expect(await survivors([offset], (byte) => byte ^ mask)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("is found out in every byte of the manifest", async () => {
    const whole = readFileSync(zip);
    const start = whole.lastIndexOf("manifest.dsse.json", whole.readUInt32LE(whole.length - 6));
    const length = whole.readUInt32LE(start - 30 + 18);
    const offsets = Array.from({ length: Math.ceil(length / 101) }, (_, index) => start + 18 + index * 101);
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
      () => {
        writeFileSync(join(copy, "scans/scans.csv"), readFileSync(join(copy, "scans/scans.csv")).fill(65, 9, 10));
      },
      "files: scans/scans.csv was changed",
    ],
    [
      "a file is gone",
      () => {
        rmSync(join(copy, "summary.pdf"));
      },
      "files: summary.pdf is missing",
    ],
    [
      "a file more",
      () => {
        writeFileSync(join(copy, "more.txt"), "");
      },
      "files: more.txt is not in the manifest",
    ],
    [
      "an empty folder more",
      () => {
        mkdirSync(join(copy, "more"));
      },
      "form: more/ is an empty folder, which no package has",
    ],
    [
      "a file has another name",
      () => {
        renameSync(join(copy, "summary.pdf"), join(copy, "summary2.pdf"));
      },
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
      () => {
        writeFileSync(join(copy, ".hidden"), "");
      },
      'form: ".hidden" is no name for a file of a package',
    ],
    [
      "another manifest's form",
      () => {
        copyFileSync(join(folder, "manifest-of-zip"), join(copy, "manifest.dsse.json"));
      },
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

describe("a zip file that somebody made", () => {
  const made = join(folder, "made.zip");

  interface Part {
    readonly name: string;
    readonly content: Buffer;
    /** What its headers claim that it unpacks to. */
    readonly bytes?: number;
    readonly crc?: number;
  }

  function writeZip(parts: readonly Part[]): void {
    let offset = 0;
    const pieces: Buffer[] = [];
    const entries = parts.map(({ name, content, bytes = content.length, crc = crc32(content) }) => {
      const packed = bytes === content.length ? content : deflateRawSync(content);
      const method = packed === content ? "stored" : "deflate";
      const entry = { name, method, crc, storedBytes: packed.length, bytes, offset } as const;
      pieces.push(localHeader(entry), packed);
      offset += localHeader(entry).length + packed.length;
      return entry;
    });
    const directory = Buffer.concat(entries.map(centralHeader));
    writeFileSync(made, Buffer.concat([...pieces, directory, endRecord(entries.length, directory.length, offset)]));
  }

  const manifest = { name: "manifest.dsse.json", content: Buffer.from("{}") };
  it.each<[string, readonly Part[], string]>([
    [
      "a name that leads out of the folder",
      [{ name: "../a", content: Buffer.alloc(0) }, manifest],
      '"../a" is no name for a file',
    ],
    [
      "an absolute name",
      [{ name: "/etc/passwd", content: Buffer.alloc(0) }, manifest],
      '"/etc/passwd" is no name for a file',
    ],
    ["a name of Windows", [{ name: "a\\b", content: Buffer.alloc(0) }, manifest], "is no name for a file"],
    ["a name with U+0000", [{ name: "a\u0000b", content: Buffer.alloc(0) }, manifest], "is no name for a file"],
    [
      "a name in other letters",
      [{ name: "Manifest.dsse.json", content: Buffer.alloc(0) }, manifest],
      "is in the zip file twice",
    ],
    [
      "a bomb by its claim",
      [{ name: "bomb", content: Buffer.alloc(10), bytes: 4_000_000_000 }, manifest],
      "claims to unpack to 4000000000 bytes",
    ],
    [
      "a bomb that claims less",
      [{ ...manifest, content: Buffer.alloc(50_000_000), bytes: 1_000 }],
      "unpacks to more than the 1000 bytes that it claims",
    ],
    ["a manifest that is none", [manifest], "the manifest is no DSSE envelope"],
    ["a manifest that is no JSON", [{ ...manifest, content: Buffer.from("{") }], "the manifest is no JSON"],
    [
      "a manifest of deep arrays",
      [{ ...manifest, content: Buffer.from("[".repeat(1e6) + "]".repeat(1e6)) }],
      "the manifest is no object",
    ],
  ])("is not taken for a package: %s", async (_, parts, expected) => {
    writeZip(parts);
    expect(wrongOf(await verify(made))).toEqual([expect.stringContaining(expected)]);
  });

  it("is wrong where the manifest is packed in another way", async () => {
    const bytes = readFileSync(zip);
    const { entries: count, directoryOffset } = parseEnd(bytes.subarray(-endBytes));
    const entries = parseDirectory(bytes.subarray(directoryOffset, -endBytes), count);
    const last = entries.at(-1);
    if (last === undefined) throw new Error("a package has a manifest");
    const packed = deflateRawSync(bytes.subarray(last.offset + localHeader(last).length, directoryOffset));
    const again = { ...last, method: "deflate", storedBytes: packed.length } as const;
    const files = Buffer.concat([bytes.subarray(0, last.offset), localHeader(again), packed]);
    const directory = Buffer.concat([...entries.slice(0, -1), again].map(centralHeader));
    writeFileSync(made, Buffer.concat([files, directory, endRecord(count, directory.length, files.length)]));
    expect(wrongOf(await verify(made))).toEqual([expect.stringContaining("manifest.dsse.json is not packed as")]);
  });

  it.each<[string, () => string]>([
    ["a pipe", () => (execFileSync("mkfifo", [join(folder, "pipe")]), join(folder, "pipe"))],
    ["a zip file without a manifest", () => (writeZip([{ name: "a", content: Buffer.from("a") }]), made)],
    ["no zip file", () => (writeFileSync(made, "{}".repeat(100)), made)],
    ["an empty folder", () => temporaryFolder()],
    ["what is not there", () => join(folder, "absent.zip")],
  ])("is refused as unreadable: %s", async (_, path) => {
    expect(await outcome(path())).toBe("input-unreadable");
  });
});
