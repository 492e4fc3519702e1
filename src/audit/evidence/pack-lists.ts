// Puts lists into a package: JSON Lines and the CSV that is made from them.
import type { Json, JsonObject } from "../../json.js";
import { canonicalJson } from "../canonical-json.js";
import { auditCsvRow, auditHead } from "./audit-table.js";
import type { PackageWriter, PackedFile } from "./package.js";
import type { ProvenEntry } from "../proof.js";
import type { AuditSlice } from "../slice.js";
import type { Spool } from "./spool.js";
import { csvHead, csvRow, type Table } from "./tables.js";

/** The package as far as it is made. */
export interface Packing {
  readonly writer: PackageWriter;
  readonly spool: Spool;
  readonly files: PackedFile[];
}

export async function addFile(
  { writer, files }: Pick<Packing, "writer" | "files">,
  name: string,
  content: Parameters<PackageWriter["add"]>[1],
): Promise<PackedFile> {
  const file = await writer.add(name, content);
  files.push(file);
  return file;
}

export function addJson(packing: Packing, name: string, value: Json): Promise<PackedFile> {
  return addFile(packing, name, [`${canonicalJson(value)}\n`]);
}

/** The spooled list, as `PATH.jsonl` and `PATH.csv`. Returns its rows. */
export async function addSpooled(packing: Packing, list: string, path: string, table: Table): Promise<number> {
  const { spool } = packing;
  await addFile(
    packing,
    `${path}.jsonl`,
    inPieces(spool.lines(list), (line) => `${line}\n`),
  );
  await addFile(
    packing,
    `${path}.csv`,
    withHead(
      csvHead(table),
      inPieces(spool.lines(list), (line) => csvOf(table, line)),
    ),
  );
  return spool.rows(list);
}

/** A short list. */
export async function addRows(
  packing: Packing,
  path: string,
  table: Table,
  rows: readonly JsonObject[],
): Promise<number> {
  await addFile(
    packing,
    `${path}.jsonl`,
    inPieces(rows, (row) => `${canonicalJson(row)}\n`),
  );
  await addFile(
    packing,
    `${path}.csv`,
    withHead(
      csvHead(table),
      inPieces(rows, (row) => csvRow(table, row)),
    ),
  );
  return rows.length;
}

function csvOf(table: Table, line: string): string {
  return csvRow(table, JSON.parse(line) as JsonObject);
}

/** Returns how many entries there are. */
export async function addAuditSlice(packing: Packing, path: string, slice: AuditSlice): Promise<number> {
  const { entries, ...trail } = slice;
  await addJson(packing, `${path}/trail.json`, trail as unknown as Json);
  const list = path.replaceAll("/", "-");
  // Read once, so kept in between. Not redacted: that would break the proofs, and the trail takes no secrets in.
  for await (const entry of entries) packing.spool.add(list, entry as unknown as JsonObject);
  await addFile(
    packing,
    `${path}/entries.jsonl`,
    inPieces(packing.spool.lines(list), (line) => `${line}\n`),
  );
  const csv = inPieces(packing.spool.lines(list), (line) => auditCsvRow(JSON.parse(line) as ProvenEntry));
  await addFile(packing, `${path}/entries.csv`, withHead(auditHead, csv));
  return packing.spool.rows(list);
}

const pieceLength = 64 * 1024;

/** Fewer and larger pieces than lines. */
export async function* inPieces<T>(
  items: AsyncIterable<T> | Iterable<T>,
  textOf: (item: T) => string,
): AsyncGenerator<string> {
  let piece = "";
  for await (const item of items) {
    piece += textOf(item);
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

async function* withHead(head: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield head;
  yield* rest;
}
