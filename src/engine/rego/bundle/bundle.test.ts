import { createHash, generateKeyPairSync } from "node:crypto";
import { gzipSync } from "node:zlib";
import { pack, type Header } from "tar-stream";
import { describe, expect, test } from "vitest";
import { toJsonText } from "../js/values.js";
import { readArchive, writeArchive } from "./archive.js";
import { packBundle } from "./build-bundle.js";
import { canonicalText } from "./canonical-text.js";
import { overlap, readBundle } from "./read-bundle.js";
import type { Signing, Verification } from "./signature.js";

const limits = { bytes: 1_000_000, files: 100 };
const content = {
  modules: [{ path: "app/policy.rego", text: "package app\n\nallow := true\n", version: "v1" as const }],
  data: { app: { list: [1, 2.5] } },
  revision: "r1",
  roots: ["app"],
};
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const signing: Signing = { key: privateKey, algorithm: "ES256", keyid: "main", scope: "write" };
const verification: Verification = {
  keyid: null,
  scope: "write",
  keys: new Map([["main", { algorithm: "ES256", key: publicKey }]]),
};
const read = (bytes: Uint8Array, checked: Verification | null = null) =>
  readBundle(bytes, { name: "b", maxBytes: 1_000_000, verification: checked });

async function archiveOf(entries: readonly (readonly [Partial<Header> & { name: string }, string])[]): Promise<Buffer> {
  const writer = pack();
  for (const [header, text] of entries) writer.entry({ size: Buffer.byteLength(text), ...header }, text);
  writer.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of writer) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

describe("an archive", () => {
  test("gives back what was written, the same bytes each time", async () => {
    const files = [
      { path: "b/x", bytes: Buffer.from("1") },
      { path: "a", bytes: Buffer.from("2") },
    ];
    const bytes = await writeArchive(files);
    expect(await readArchive("b", bytes, limits)).toEqual([files[1], files[0]]);
    expect(bytes.equals(await writeArchive([...files].reverse()))).toBe(true);
  });

  test.each([
    ["leaves its folder", [[{ name: "../x" }, "1"]], /"\.\.\/x" leaves its folder/],
    ["hides that it leaves", [[{ name: "a/b/../../../x" }, "1"]], /leaves its folder/],
    ["holds a link", [[{ name: "x", type: "symlink", linkname: "/etc/passwd" }, ""]], /is a symlink, not a file/],
    ["holds a hard link", [[{ name: "x", type: "link", linkname: "/etc/passwd" }, ""]], /is a link, not a file/],
    [
      "holds a file twice",
      [
        [{ name: "x" }, "1"],
        [{ name: "./x" }, "2"],
      ],
      /x is in it twice/,
    ],
    ["holds too much", [[{ name: "x" }, "1".repeat(1_000_001)]], /more than 1000000 bytes/],
    [
      "holds too many",
      Array.from({ length: 101 }, (_, at) => [{ name: `f${at}` }, ""] as const),
      /more than 100 files/,
    ],
  ] as const)("that %s is refused", async (_, entries, message) => {
    await expect(readArchive("b", await archiveOf(entries as never), limits)).rejects.toThrow(message);
  });

  test("that unpacks to far more than it is, or is none, is refused", async () => {
    await expect(readArchive("b", gzipSync(Buffer.alloc(50_000_000)), limits)).rejects.toThrow(/cannot be read/);
    await expect(readArchive("b", Buffer.from("hello"), limits)).rejects.toThrow(/the bundle b cannot be read/);
    const whole = await writeArchive([{ path: "x", bytes: Buffer.alloc(10_000, 7) }]);
    await expect(readArchive("b", whole.subarray(0, whole.length - 20), limits)).rejects.toThrow(/cannot be read/);
  });
});

describe("a signature", () => {
  test("of exactly these files is believed", async () => {
    const bundle = await read(await packBundle(content, signing), verification);
    expect({ ...bundle, data: toJsonText(bundle.data) }).toEqual({
      ...{ name: "b", revision: "r1", roots: ["app"], data: '{"app":{"list":[1,2.5]}}' },
      modules: [{ path: "b/app/policy.rego", text: content.modules[0]?.text, version: "v1" }],
    });
  });

  const changed = async (
    change: (files: { path: string; bytes: Uint8Array }[]) => { path: string; bytes: Uint8Array }[],
  ) => writeArchive(change(await readArchive("b", await packBundle(content, signing), limits)));

  test.each([
    ["is missing", packBundle(content, null), verification, /has no \.signatures\.json/],
    [
      "is of a file that changed",
      changed((files) =>
        files.map((file) =>
          file.path.endsWith(".rego") ? { ...file, bytes: Buffer.from("package app\n\nallow := false\n") } : file,
        ),
      ),
      verification,
      /app\/policy\.rego is not what was signed/,
    ],
    [
      "does not name a file",
      changed((files) => [...files, { path: "more.rego", bytes: Buffer.from("package more") }]),
      verification,
      /more\.rego is not in its signature/,
    ],
    [
      "names a file that is gone",
      changed((files) => files.filter(({ path }) => path !== "data.json")),
      verification,
      /data\.json was signed and is not in it/,
    ],
    [
      "is for another scope",
      packBundle(content, signing),
      { ...verification, scope: "read" },
      /signed for the scope "write"/,
    ],
    ["is by an unknown key", packBundle(content, { ...signing, keyid: "other" }), verification, /no key "other"/],
    [
      "is by another key of that name",
      packBundle(content, { ...signing, key: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey }),
      verification,
      /signature verification failed/,
    ],
    [
      "is by another algorithm",
      packBundle(content, signing),
      { ...verification, keys: new Map([["main", { algorithm: "ES384", key: publicKey }]]) },
      /not allowed/,
    ],
  ] as const)("that %s is refused", async (_, archive, checked, message) => {
    await expect(read(await archive, checked)).rejects.toThrow(message);
  });

  test("is over JSON as it reads, not as it is written", () => {
    const text = '{ "b" : [1.0, -2e+3, "<\\u00e9\\u2028>"], "a": {"z": null, "\\u007f": true}, "b2": 1, "b2": 2 }';
    expect(canonicalText(text)).toBe('{"a":{"z":null,"\u007f":true},"b":[1.0,-2e+3,"<é\\u2028>"],"b2":2}');
    expect(createHash("sha256").update(canonicalText('{"x":1}')).digest("hex")).toHaveLength(64);
  });
});

describe("a bundle", () => {
  test.each([
    [
      "data outside of its roots",
      [
        [{ name: ".manifest" }, '{"roots":["a"]}'],
        [{ name: "data.json" }, '{"b":1}'],
      ],
      /data at b is not below the roots/,
    ],
    [
      "data twice",
      [
        [{ name: "data.json" }, '{"a":{"b":1}}'],
        [{ name: "a/data.json" }, '{"b":2}'],
      ],
      /data\.a\.b is given by other data too/,
    ],
    ["no object as data", [[{ name: "data.json" }, "[1]"]], /expected an object/],
    ["a broken manifest", [[{ name: ".manifest" }, "{"]], /is not valid/],
    ["a manifest of another shape", [[{ name: ".manifest" }, '{"roots":"a"}']], /\.manifest: roots/],
    ["WebAssembly", [[{ name: ".manifest" }, '{"wasm":[{"entrypoint":"a"}]}']], /WebAssembly are not taken/],
  ] as const)("with %s is refused", async (_, entries, message) => {
    await expect(read(await archiveOf(entries as never))).rejects.toThrow(message);
  });

  test("has its own roots", async () => {
    const [a, b] = [
      await read(await packBundle(content, null)),
      await read(await packBundle({ ...content, data: {}, roots: ["app/x"] }, null)),
    ];
    expect(overlap(a, b)).toBe(true);
    expect(overlap(a, { ...b, roots: ["application"] })).toBe(false);
  });
});
