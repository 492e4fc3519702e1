// Whatever is done to the trail behind its back, by somebody who may switch every trigger off: it is found, and where it was.
import { generateKeyPairSync } from "node:crypto";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../store/database.js";
import { migrate } from "../store/migrate.js";
import { openPglite } from "../store/pglite.js";
import { parseCheckpointFile } from "./checkpoint.js";
import type { Audit } from "./database-trail.js";
import { collect, emptied, folder, numbered, openAudit, rehashed, tamper } from "./testing/trails.js";
import { verifySlice } from "./verify-slice.js";

let database: Database;
let audit: Audit;
let trusted: string;
let places = 0;
const place = (): string => join(folder, `tamper-${places}`);
beforeAll(async () => {
  database = await openPglite(join(folder, "tampered"));
  await migrate(database);
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Entries 1 to 5 and the key (6) under checkpoint 1, 7 to 10 under checkpoint 2, 11 and 12 not signed yet. */
async function freshTrail(): Promise<void> {
  await emptied(database);
  audit = openAudit(database, `tamper-${++places}`);
  const append = async (from: number, to: number): Promise<void> => {
    for (let n = from; n <= to; n++) await audit.append(numbered(n));
  };
  await append(1, 5);
  trusted = (await audit.checkpoint())!.checkpoint.signer;
  await append(7, 10);
  await audit.checkpoint();
  await append(11, 12);
}

const edited = (seq: number): string =>
  `update audit_entries set event = replace(event, '"ada"', '"eve"') where seq = ${seq}`;
const cutEnd = (seq: number): string =>
  `delete from audit_entries where seq > ${seq};
   update audit_head set (seq, hash) = (select seq, hash from audit_entries order by seq desc limit 1)`;
const badSignature = "decode(repeat('ab', 64), 'hex')";

// What is done, and what is found: kind, entries from and to, checkpoint.
test.each<[string, string[], [string, number | null, number | null, number | null][]]>([
  ["nothing", [], []],
  ["an edit", [edited(3)], [["changed", 3, 3, null]]],
  ["an edit of what is not signed yet", [edited(12)], [["changed", 12, 12, null]]],
  [
    "two edits",
    [edited(3), edited(9)],
    [
      ["changed", 3, 3, null],
      ["changed", 9, 9, null],
    ],
  ],
  [
    "an edit with its hash",
    [
      edited(3),
      "update audit_entries set hash = audit_entry_hash(3, (select hash from audit_entries where seq = 2), event) where seq = 3",
    ],
    [
      ["changed", 4, 4, null],
      ["changed", 1, 6, 1],
    ],
  ],
  [
    "an edit, everything after it hashed anew",
    [edited(3), rehashed(3)],
    [
      ["changed", 1, 6, 1],
      ["changed", 7, 10, 2],
    ],
  ],
  ["an edit under the second checkpoint, hashed anew", [edited(8), rehashed(8)], [["changed", 7, 10, 2]]],
  ["an entry deleted", ["delete from audit_entries where seq = 4"], [["missing", 4, 4, null]]],
  [
    "entries deleted across a checkpoint",
    ["delete from audit_entries where seq in (5, 7, 8)"],
    [
      ["missing", 5, 5, null],
      ["missing", 7, 8, null],
    ],
  ],
  [
    "the entry of the key deleted",
    ["delete from audit_entries where seq = 6"],
    [
      ["missing", 6, 6, null],
      ["checkpoint", 1, 6, 1],
      ["checkpoint", 7, 10, 2],
      ["checkpoint", 10, 10, 2],
    ],
  ],
  ["the start cut off", ["delete from audit_entries where seq <= 2"], [["missing", 1, 2, null]]],
  [
    "two entries exchanged",
    ["update audit_entries a set event = b.event from audit_entries b where (a.seq, b.seq) in ((2, 3), (3, 2))"],
    [
      ["changed", 2, 2, null],
      ["changed", 3, 3, null],
    ],
  ],
  [
    "an entry put in, the others moved and hashed anew",
    [
      "update audit_entries set seq = seq + 1000 where seq >= 3; update audit_entries set seq = seq - 999 where seq >= 1003",
      "insert into audit_entries (seq, hash, event) select 3, hash, event from audit_entries where seq = 1",
      rehashed(1),
    ],
    [
      ["checkpoint", 1, 6, 1],
      ["changed", 7, 10, 2],
    ],
  ],
  ["the end cut off", ["delete from audit_entries where seq > 10"], [["truncated", 11, 12, null]]],
  ["the end cut off, the head moved, into what is signed", [cutEnd(8)], [["truncated", 9, 10, 2]]],
  [
    "the end cut off with its checkpoint, the head moved",
    [cutEnd(6), "delete from audit_checkpoints where number = 2"],
    [["truncated", 10, 10, 2]],
  ],
  [
    "everything deleted",
    [
      "delete from audit_entries; delete from audit_checkpoints",
      "update audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex')",
    ],
    [
      ["truncated", 10, 10, 2],
      ["checkpoint", 10, 10, 2],
    ],
  ],
  [
    "the head moved back",
    ["update audit_head set (seq, hash) = (select seq, hash from audit_entries where seq = 11)"],
    [["head", 12, 12, null]],
  ],
  [
    "the head's hash changed",
    ["update audit_head set hash = decode(repeat('ab', 32), 'hex')"],
    [["head", 12, 12, null]],
  ],
  [
    "the trail renamed",
    ["update audit_head set trail = 'other'"],
    [
      ["signer", 6, 6, null],
      ["checkpoint", 1, 6, 1],
      ["checkpoint", 7, 10, 2],
      ["checkpoint", 10, 10, 2],
    ],
  ],
  [
    "listed under another kind",
    [
      "alter table audit_entries alter column kind drop expression",
      "update audit_entries set kind = 'other.kind' where seq = 2",
    ],
    [["changed", 2, 2, null]],
  ],
  [
    "a signature changed",
    [`update audit_checkpoints set signature = ${badSignature} where number = 1`],
    [["checkpoint", 1, 6, 1]],
  ],
  [
    "a checkpoint's root changed",
    [
      'update audit_checkpoints set body = regexp_replace(body, \'"root":"[0-9a-f]{8}\', \'"root":"00000000\') where number = 2',
    ],
    [
      ["checkpoint", 7, 10, 2],
      ["checkpoint", 7, 10, 2],
    ],
  ],
  [
    "a checkpoint that is none",
    ["update audit_checkpoints set body = '{}' where number = 2"],
    [
      ["checkpoint", 7, 10, 2],
      ["truncated", 10, 10, 2],
    ],
  ],
  ["the first checkpoint deleted", ["delete from audit_checkpoints where number = 1"], [["checkpoint", 1, 10, 2]]],
  [
    "a forged checkpoint",
    [
      `insert into audit_checkpoints select 3, 12, replace(replace(replace(replace(body, '"number":2', '"number":3'), '"seq":10', '"seq":12'), '"from":7', '"from":11'), '"count":4', '"count":2'), ${badSignature} from audit_checkpoints where number = 2`,
    ],
    [["checkpoint", 11, 12, 3]],
  ],
  [
    "a key put in that the old one did not sign",
    [
      "insert into audit_entries (seq, hash, event) select 13, audit_entry_hash(13, e.hash, k.event), k.event from audit_entries e, audit_entries k where e.seq = 12 and k.seq = 6",
      "update audit_head set (seq, hash) = (select seq, hash from audit_entries where seq = 13)",
    ],
    [["signer", 13, 13, null]],
  ],
])("%s", async (_, statements, found) => {
  await freshTrail();
  try {
    await tamper(database, ...statements);
    const { status, problems } = await audit.verify({ kept: [], trusted: null });
    expect(problems.map(({ kind, seq, to, checkpoint }) => [kind, seq, to, checkpoint])).toEqual(found);
    expect(status).toBe(found.length === 0 ? "proved" : "tampered");
  } finally {
    await restoreColumns();
  }
});

/** One case changes how a column is made. */
async function restoreColumns(): Promise<void> {
  const [row] = await database.query(
    "select attgenerated::text as how from pg_attribute where attrelid = 'audit_entries'::regclass and attname = 'kind'",
  );
  if (row?.["how"] === "s") return;
  await database.script(
    "alter table audit_entries drop column kind; alter table audit_entries add column kind text collate \"C\" not null generated always as ((event::json) ->> 'kind') stored",
  );
}

test("a trail that was changed is not signed", async () => {
  await freshTrail();
  await tamper(database, edited(11));
  await expect(audit.checkpoint()).rejects.toThrow("entry 11 is not what it was");
  await freshTrail();
  await tamper(database, cutEnd(6), "delete from audit_checkpoints where number = 2");
  await audit.append(numbered(7));
  await expect(audit.checkpoint()).rejects.toThrow("does not hold checkpoint 2");
});

test("a trail that was replaced as a whole, key and anchor too: only what is kept elsewhere tells", async () => {
  await freshTrail();
  const file = join(place(), "anchor.json");
  const kept = { file: "kept.json", checkpoint: parseCheckpointFile(readFileSync(file, "utf8"))! };
  const honest = trusted;
  await freshTrail();
  expect((await audit.verify({ kept: [], trusted: null })).status).toBe("proved");
  expect((await audit.verify({ kept: [], trusted: honest })).problems.map(({ kind }) => kind)).toEqual(["signer"]);
  expect((await audit.verify({ kept: [kept], trusted: null })).problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^kept\.json is of the trail .*: the database was replaced/),
  ]);
  const anchor = join(place(), "anchor.json");
  writeFileSync(anchor, "{}");
  expect((await audit.verify({ kept: [], trusted: null })).problems.map(({ message }) => message)).toEqual([
    expect.stringContaining(`${anchor} is not a checkpoint`),
  ]);
});

test("a kept checkpoint of the same number that says something else", async () => {
  await freshTrail();
  const second = parseCheckpointFile(readFileSync(join(place(), "anchor.json"), "utf8"))!;
  const other = { ...second, checkpoint: { ...second.checkpoint, root: "ab".repeat(32) } };
  const { problems } = await audit.verify({ kept: [{ file: "kept.json", checkpoint: other }], trusted });
  expect(problems.map(({ kind, checkpoint }) => [kind, checkpoint])).toEqual([
    ["checkpoint", 2],
    ["checkpoint", 2],
  ]);
});

test("the old key counts no more after a rotation", async () => {
  await freshTrail();
  cpSync(place(), `${place()}-stolen`, { recursive: true });
  await audit.rotateKey(null);
  rmSync(join(`${place()}-stolen`, "anchor.json"));
  await audit.append(numbered(20));
  await expect(openAudit(database, `tamper-${places}-stolen`).checkpoint()).rejects.toThrow("is signed with the key");
});

test("keys from the environment: PEM, PEM in one line, DER; others are refused", async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const der = privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "pem", type: "pkcs8" });
  await emptied(database);
  const ids = new Set<string>();
  for (const secret of [pem, pem.replaceAll("\n", "\\n"), der]) {
    const one = openAudit(database, `env-${ids.size}-${++places}`, { environment: { PORTCULLIS_AUDIT_KEY: secret } });
    await one.append(numbered(1));
    ids.add((await one.checkpoint())!.checkpoint.signer);
    await expect(one.rotateKey(null)).rejects.toMatchObject({ code: "usage" });
  }
  expect(ids.size).toBe(1);
  for (const secret of ["hello", rsa.toString(), pem.slice(0, 60)]) {
    const one = openAudit(database, `env-bad-${++places}`, { environment: { PORTCULLIS_AUDIT_KEY: secret } });
    await one.append(numbered(1));
    await expect(one.checkpoint()).rejects.toMatchObject({ code: "config-invalid" });
  }
});

test("a slice with one byte changed, anywhere, proves nothing any more", async () => {
  await freshTrail();
  const slice = (await audit.slice({ from: null, to: null, kinds: [] }))!;
  const whole = { ...slice, entries: await collect(slice.entries) };
  const text = JSON.stringify(whole);
  const proves = async (changed: string): Promise<boolean> => {
    const read = JSON.parse(changed) as typeof whole;
    return (await verifySlice({ ...read, entries: streamed(read.entries) }, trusted)).proved;
  };
  expect(await proves(text)).toBe(true);
  let tried = 0;
  for (let i = 0; i < text.length; i += 29) {
    // Only what stays JSON of the same form: the rest is refused before it comes here.
    const at = text[i]!;
    if (!/[0-9a-f]/.test(at) || !/[\w-]/.test(text[i - 1] ?? "")) continue;
    const changed = `${text.slice(0, i)}${at === "1" ? "2" : "1"}${text.slice(i + 1)}`;
    let parsed: unknown;
    try {
      parsed = JSON.parse(changed);
    } catch {
      continue;
    }
    tried++;
    const outcome = await proves(JSON.stringify(parsed)).catch(() => false);
    expect([outcome, changed.slice(Math.max(0, i - 40), i + 40)]).toEqual([false, expect.anything()]);
  }
  expect(tried).toBeGreaterThan(60);
});

// eslint-disable-next-line @typescript-eslint/require-await
async function* streamed(items: readonly unknown[]): AsyncGenerator {
  yield* items;
}
