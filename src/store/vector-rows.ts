// The verdicts of a scan as the database keeps them: each set of verdicts once, and for each resource the number of its set.
import { createHash } from "node:crypto";
import type { Session } from "./database.js";
import { arrayText } from "./scan-writes.js";
import { withFormer, type VectorTree, type VerdictsByPolicy } from "./verdict-vectors.js";

export interface ScanVectors {
  readonly scan: string;
  readonly tree: VectorTree;
  /** By slot: the vector in the tree, and the number of the state that held before; 0 for none. */
  readonly vectors: readonly number[];
  readonly former: readonly number[];
  readonly ran: ReadonlySet<string>;
}

const perPart = 10_000;

export async function writeVectors(session: Session, scan: ScanVectors): Promise<void> {
  const former = await readVectors(session, new Set(scan.former));
  const texts = new Map<string, string>();
  const hashes = scan.vectors.map((vector, slot) => {
    const before = scan.former[slot] ?? 0;
    const known = `${vector}:${hasOthers(former.get(before), scan.ran) ? before : 0}`;
    const hash = texts.get(known);
    if (hash !== undefined) return hash;
    const text = JSON.stringify(withFormer(scan.tree.verdicts(vector), former.get(before) ?? {}, scan.ran));
    const made = createHash("sha256").update(text).digest("hex");
    texts.set(known, made);
    texts.set(made, text);
    return made;
  });
  const keys = await keysOf(session, new Map([...new Set(hashes)].map((hash) => [hash, texts.get(hash) ?? "{}"])));
  for (let first = 0; first < hashes.length; first += perPart) {
    const part = hashes.slice(first, first + perPart);
    await session.query(
      "insert into scan_vectors (scan, part, seqs, vectors) values ($1, $2, $3::int[], $4::bigint[]) on conflict do nothing",
      [
        scan.scan,
        first,
        arrayText(part.map((_, at) => first + at)),
        arrayText(part.map((hash) => keys.get(hash) ?? 0)),
      ],
    );
  }
}

function hasOthers(before: VerdictsByPolicy | undefined, ran: ReadonlySet<string>): boolean {
  return before !== undefined && Object.keys(before).some((policy) => !ran.has(policy));
}

async function readVectors(session: Session, keys: ReadonlySet<number>): Promise<Map<number, VerdictsByPolicy>> {
  const found = new Map<number, VerdictsByPolicy>();
  for (const part of parts([...keys].filter((key) => key > 0))) {
    const rows = await session.query("select key, verdicts from vectors where key = any($1::bigint[])", [
      arrayText(part),
    ]);
    for (const row of rows) found.set(Number(row["key"]), row["verdicts"] as VerdictsByPolicy);
  }
  return found;
}

/** Those that are not there yet are made; their numbers are used up by no others. */
async function keysOf(session: Session, texts: ReadonlyMap<string, string>): Promise<Map<string, number>> {
  const keys = new Map<string, number>();
  for (const part of parts([...texts.keys()])) {
    const read = async (): Promise<void> => {
      const rows = await session.query("select key, hash from vectors where hash = any($1::text[])", [arrayText(part)]);
      for (const row of rows) keys.set(row["hash"] as string, Number(row["key"]));
    };
    await read();
    const missing = part.filter((hash) => !keys.has(hash));
    if (missing.length === 0) continue;
    await session.query(
      `insert into vectors (hash, verdicts)
       select hash, verdicts from jsonb_to_recordset($1::jsonb) as v(hash text, verdicts jsonb) on conflict do nothing`,
      [JSON.stringify(missing.map((hash) => ({ hash, verdicts: JSON.parse(texts.get(hash) ?? "{}") as object })))],
    );
    await read();
  }
  return keys;
}

function* parts<T>(values: readonly T[]): Generator<T[]> {
  for (let first = 0; first < values.length; first += 1_000) yield values.slice(first, first + 1_000);
}
