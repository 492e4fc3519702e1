// Sets one entry of a map that is written out in HCL, such as a tag. All other bytes of the file stay as they are.
import { isDeepStrictEqual } from "node:util";
import { hclBlocks, type HclAttribute, type HclBlock } from "./hcl-blocks.js";
import { append, decoded, encoded, findResource, refuseIgnored, rendered, type BlockName } from "./hcl-edit.js";
import { hclEntries } from "./hcl-entries.js";
import { indentAt, lineEndAt, lineStart, splice } from "./lines.js";
import { NoPatch } from "./no-patch.js";

export interface MapEntry {
  /** The blocks on the way, and the argument last. */
  readonly names: readonly string[];
  readonly key: string;
  readonly value: boolean | number | string;
}

/** Throws NoPatch where the map, or the entry, is not written out. */
export async function setMapEntry(text: string, resource: BlockName, entry: MapEntry): Promise<string> {
  const bytes = encoded(text);
  const { block, attribute } = mapIn(await hclBlocks(text), resource, entry);
  refuseIgnored(bytes, findResource(await hclBlocks(text), resource), entry.names);
  const edited =
    attribute === undefined ? append(bytes, block, newMap(block, entry)) : withEntry(bytes, attribute, entry);
  const { attribute: after } = mapIn(await hclBlocks(decoded(edited)), resource, entry);
  const before = attribute === undefined ? [] : valuesIn(bytes, attribute);
  const expected = [...before.filter(([key]) => key !== nameOf(entry)), [nameOf(entry), rendered(entry.value)]];
  if (after === undefined || !isDeepStrictEqual(valuesIn(edited, after).toSorted(), expected.toSorted()))
    throw new NoPatch(`${entry.key} cannot be put into ${entry.names.join(".")} without touching others`);
  return decoded(edited);
}

function mapIn(
  blocks: readonly HclBlock[],
  resource: BlockName,
  { names }: MapEntry,
): { readonly block: HclBlock; readonly attribute: HclAttribute | undefined } {
  let block = findResource(blocks, resource);
  for (const name of names.slice(0, -1)) {
    const [inner, ...others] = block.blocks.filter(({ type }) => type === name);
    if (inner === undefined || others.length > 0) throw new NoPatch(`there is not exactly one block ${name}`);
    block = inner;
  }
  return { block, attribute: block.attributes.find((one) => one.name === names.at(-1)) };
}

function newMap(block: HclBlock, { names, key, value }: MapEntry): string[] {
  const isEmpty = block.attributes.length + block.blocks.length === 0;
  return [...(isEmpty ? [] : [""]), `${names.at(-1) ?? ""} = {`, `  ${keyText(key)} = ${rendered(value)}`, "}"];
}

/** Keys and values as they are written, keys without their quotes. */
function valuesIn(text: string, { name, line, from, to }: HclAttribute): [string, string][] {
  const written = text.slice(from, to);
  if (!/^\{.*\}$/s.test(written) || /^\{\s*for\b/.test(written))
    throw new NoPatch(`${name} on line ${line} is an expression: put it right where its value is`);
  return hclEntries(written).map((one) => [one.key.replace(/^"(.*)"$/s, "$1"), written.slice(one.from, one.to)]);
}

/** A key as `valuesIn` has it. */
function nameOf({ key }: MapEntry): string {
  return rendered(key).slice(1, -1);
}

function withEntry(text: string, attribute: HclAttribute, entry: MapEntry): string {
  const same = valuesIn(text, attribute).filter(([key]) => key === nameOf(entry));
  const { name, line, from, to } = attribute;
  if (same.length > 1) throw new NoPatch(`${entry.key} stands in ${name} on line ${line} twice`);
  if (same.length === 1) return replaced(text, attribute, entry);
  return text.slice(from, to).includes("\n") ? withLine(text, attribute, entry) : withinLine(text, attribute, entry);
}

const constant = /^(?:"(?:[^"\\$%]|\\.)*"|true|false|null|-?\d+(?:\.\d+)?)$/;

function replaced(text: string, { name, line, from, to }: HclAttribute, entry: MapEntry): string {
  const written = text.slice(from, to);
  const found = hclEntries(written).find(({ key }) => key.replace(/^"(.*)"$/s, "$1") === nameOf(entry));
  if (found === undefined || !constant.test(written.slice(found.from, found.to)))
    throw new NoPatch(`${entry.key} in ${name} on line ${line} is an expression: put it right where its value is`);
  return splice(text, { from: from + found.from, to: from + found.to, text: rendered(entry.value) });
}

function withinLine(text: string, { from, to }: HclAttribute, { key, value }: MapEntry): string {
  const inside = text
    .slice(from + 1, to - 1)
    .trim()
    .replace(/,$/, "");
  const entry = `${keyText(key)} = ${rendered(value)}`;
  return splice(text, { from, to, text: inside === "" ? `{ ${entry} }` : `{ ${inside}, ${entry} }` });
}

/** Aligned with the line before it. */
function withLine(text: string, { name, line, from, to }: HclAttribute, { key, value }: MapEntry): string {
  const close = to - 1;
  const at = lineStart(text, close);
  if (text.slice(at, close).trim() !== "" || at <= from)
    throw new NoPatch(`the end of ${name} on line ${line} shares its line with something else`);
  const last = text.slice(lineStart(text, at - 1), at);
  const [, indent, head = ""] = /^([ \t]*)([\w-]+\s*|"[^"]*"\s*)=/.exec(last) ?? [];
  const named = keyText(key);
  const before = indent ?? `${indentAt(text, close)}  `;
  // Where the others would have to be moved, an empty line stands between.
  const gap = head !== "" && named.length >= head.length ? lineEndAt(text, at) : "";
  const written = `${before}${named.padEnd(Math.max(head.length, named.length + 1))}= ${rendered(value)}`;
  return splice(text, { from: at, to: at, text: gap + written + lineEndAt(text, at) });
}

function keyText(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) && !/^(for|null|true|false)$/.test(key) ? key : rendered(key);
}
