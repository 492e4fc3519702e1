// Lists that grow side by side while the history is read once, kept in files until the package takes them one by one.
import { appendFileSync, createReadStream, existsSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../json.js";
import { canonicalJson } from "../canonical-json.js";
import { linesOf } from "./lines.js";

export interface Spool {
  /** Adds a row to a list; a list's name is a plain word. */
  add(list: string, row: JsonObject): string;
  rows(list: string): number;
  /** The list's lines, from the first; nothing may be added afterwards. */
  lines(list: string): AsyncIterable<string>;
  remove(): Promise<void>;
}

const flushAt = 64 * 1024;

export function createSpool(folder: string): Spool {
  mkdirSync(folder, { mode: 0o700 });
  const waiting = new Map<string, { lines: string[]; length: number; rows: number }>();
  const fileOf = (list: string): string => join(folder, list);
  const listOf = (list: string): { lines: string[]; length: number; rows: number } => {
    const known = waiting.get(list) ?? { lines: [], length: 0, rows: 0 };
    waiting.set(list, known);
    return known;
  };
  const flush = (list: string): void => {
    const own = listOf(list);
    if (own.lines.length > 0) appendFileSync(fileOf(list), `${own.lines.join("\n")}\n`, { mode: 0o600 });
    own.lines = [];
    own.length = 0;
  };
  return {
    add(list, row) {
      const own = listOf(list);
      const line = canonicalJson(row);
      own.lines.push(line);
      own.length += line.length;
      own.rows++;
      if (own.length >= flushAt) flush(list);
      return line;
    },
    rows: (list) => listOf(list).rows,
    async *lines(list) {
      flush(list);
      if (existsSync(fileOf(list))) yield* linesOf(list, createReadStream(fileOf(list)));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
