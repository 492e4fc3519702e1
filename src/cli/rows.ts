import Table from "cli-table3";
import { printable } from "../printable.js";

/** A plain table that fits the terminal; the cells are untrusted text. */
export function renderRows(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "nothing to list";
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    wordWrap: true,
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  for (const row of rows) table.push(row.map(printable));
  return table.toString();
}
