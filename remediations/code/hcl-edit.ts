// Sets arguments of a block in HCL. All other bytes of the file stay as they are: comments, alignment, line endings.
import { isDeepStrictEqual } from "node:util";
import type { Arguments } from "./code-fix.js";
import { hclBlocks, type HclAttribute, type HclBlock } from "./hcl-blocks.js";
import { indentAt, insertLinesAfter, lineEndAt, lineStart, splice } from "./lines.js";
import { NoPatch } from "./no-patch.js";

export interface BlockName {
  readonly type: string;
  readonly name: string;
}

type Value = Arguments[string];

/** The text with the arguments set in the resource's block. Throws NoPatch where one of them is not a value that is written out. */
export async function setArguments(text: string, resource: BlockName, set: Arguments): Promise<string> {
  let edited = text;
  for (const [path, value] of Object.entries(set)) {
    const block = findResource(await hclBlocks(edited), resource);
    refuseIgnored(encoded(edited), block, path.split("."));
    edited = decoded(setOne(encoded(edited), block, { path: path.split("."), value }));
  }
  return edited;
}

/** The text with a new block after the resource's. */
export async function addBlockAfter(text: string, resource: BlockName, lines: readonly string[]): Promise<string> {
  const { close } = findResource(await hclBlocks(text), resource);
  return decoded(insertLinesAfter(encoded(text), close, ["", ...lines]));
}

/** The lines of a resource that sets the arguments, with `first` written as it is above them. */
export function resourceLines({ type, name }: BlockName, first: readonly string[], set: Arguments): string[] {
  const nested = nest(set);
  return [`resource "${type}" "${name}" {`, ...first.map((line) => `  ${line}`), "", ...bodyLines(nested, "  "), "}"];
}

export function findResource(blocks: readonly HclBlock[], { type, name }: BlockName): HclBlock {
  const found = blocks.filter((one) => one.type === "resource" && one.labels[0] === type && one.labels[1] === name);
  const [block] = found;
  if (block === undefined || found.length > 1)
    throw new NoPatch(`the file has not exactly one block of ${type}.${name}`);
  return block;
}

/** One character a byte: the parser counts in bytes. */
export function encoded(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function decoded(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

interface Setting {
  readonly path: readonly string[];
  readonly value: Value;
}

/** What Terraform is told to ignore it does not change, whatever the code says. */
export function refuseIgnored(text: string, block: HclBlock, path: readonly string[]): void {
  const lifecycle = block.blocks.find(({ type }) => type === "lifecycle");
  const ignored = lifecycle?.attributes.find(({ name }) => name === "ignore_changes");
  if (ignored === undefined) return;
  const [top = "", last = ""] = [path[0], path.at(-1)];
  const places = text.slice(ignored.from, ignored.to).match(/[\w.[\]*-]+/g) ?? [];
  const isIgnored = places
    .map((place) => place.match(/[A-Za-z_][\w-]*/g) ?? ([] as string[]))
    .some((names) => names[0] === "all" || (names[0] === top && (names.length === 1 || names.includes(last))));
  if (isIgnored) throw new NoPatch(`ignore_changes on line ${ignored.line} leaves ${path.join(".")} as it is`);
}

function setOne(text: string, block: HclBlock, { path, value }: Setting): string {
  const [name = "", ...rest] = path;
  if (rest.length > 0) return setBelow(text, block, { name, rest, value });
  const attribute = block.attributes.find((one) => one.name === name);
  if (attribute !== undefined) return replaceValue(text, attribute, value);
  refuseDynamic(block, name);
  return append(text, block, argumentLine(text, block, { name, value }));
}

function setBelow(
  text: string,
  block: HclBlock,
  { name, rest, value }: { readonly name: string; readonly rest: readonly string[]; readonly value: Value },
): string {
  refuseDynamic(block, name);
  const attribute = block.attributes.find((one) => one.name === name);
  if (attribute !== undefined) throw new NoPatch(`${name} on line ${attribute.line} is an argument; expected a block`);
  const [inner, ...others] = block.blocks.filter(({ type }) => type === name);
  if (others.length > 0) throw new NoPatch(`there are several blocks ${name}, the first on line ${inner?.line ?? 0}`);
  if (inner !== undefined) return setOne(text, inner, { path: rest, value });
  const isEmpty = block.attributes.length + block.blocks.length === 0;
  return append(text, block, [
    ...(isEmpty ? [] : [""]),
    ...bodyLines(nest({ [[name, ...rest].join(".")]: value }), ""),
  ]);
}

function refuseDynamic(block: HclBlock, name: string): void {
  const dynamic = block.blocks.find(({ type, labels }) => type === "dynamic" && labels[0] === name);
  if (dynamic !== undefined) throw new NoPatch(`${name} is made by a dynamic block on line ${dynamic.line}`);
}

function replaceValue(text: string, { name, line, from, to, literal }: HclAttribute, value: Value): string {
  if (literal === undefined)
    throw new NoPatch(`${name} on line ${line} is an expression: put it right where its value is`);
  const written = text.slice(from, to);
  const wanted = Array.isArray(value) && Array.isArray(literal) ? withAll(written, literal, value) : rendered(value);
  if (isDeepStrictEqual(literal, value) || wanted === written) return text;
  if (written.includes("\n")) throw new NoPatch(`${name} on line ${line} is written over several lines`);
  return splice(text, { from, to, text: wanted });
}

/** What a list has already stays in it as it is written, comments among it. */
function withAll(written: string, literal: readonly unknown[], wanted: readonly string[]): string {
  const missing = wanted.filter((one) => !literal.includes(one));
  const [, start = "", comma = "", end = ""] = /^(\[.*?)(,?)(\s*\])$/s.exec(written) ?? [];
  if (missing.length === 0) return written;
  if (literal.length === 0 || start === "") return rendered(wanted);
  return `${start}, ${missing.map(quoted).join(", ")}${comma}${end}`;
}

/** Puts lines, which are not indented, before the block's closing brace. */
export function append(text: string, block: HclBlock, lines: readonly string[]): string {
  const end = lineEndAt(text, block.close);
  const outer = indentAt(text, block.start);
  const inside = text.slice(block.open + 1, block.close);
  const [first] = [...block.attributes, ...block.blocks].sort((a, b) => a.start - b.start);
  const step = outer.includes("\t") || /^\t/m.test(text) ? "\t" : "  ";
  if (!inside.includes("\n")) {
    const kept = inside.trim() === "" ? [] : [inside.trim()];
    const body = [...kept, ...lines.filter((line, at) => line !== "" || at > 0 || kept.length > 0)].map((line) =>
      indented(line, outer + step),
    );
    return splice(text, { from: block.open + 1, to: block.close, text: [``, ...body, outer].join(end) });
  }
  const at = lineStart(text, block.close);
  if (text.slice(at, block.close).trim() !== "")
    throw new NoPatch(`the block's end shares its line with something else`);
  const indent = first === undefined ? outer + step : indentAt(text, first.start);
  const body = lines.map((line) => indented(line, indent)).join(end) + end;
  return splice(text, { from: at, to: at, text: body });
}

function indented(line: string, indent: string): string {
  return line === "" ? "" : indent + line;
}

/** Aligned with the argument above it, as `terraform fmt` has it; where that needs the other one moved, after an empty line. */
function argumentLine(text: string, block: HclBlock, { name, value }: { name: string; value: Value }): string[] {
  const plain = `${name} = ${rendered(value)}`;
  const last = block.attributes.at(-1);
  const lastBlock = block.blocks.at(-1);
  if (last === undefined && lastBlock === undefined) return [plain];
  if (last === undefined || (lastBlock !== undefined && lastBlock.start > last.start)) return ["", plain];
  const isNext = /^[^\n]*\n[ \t]*$/.test(text.slice(last.to, block.close));
  if (!isNext) return ["", plain];
  const width = last.equals - last.start;
  if (name.length >= width || text.slice(last.from, last.to).includes("\n")) return ["", plain];
  return [`${name.padEnd(width)}= ${rendered(value)}`];
}

interface Body {
  readonly [name: string]: Value | Body;
}

function nest(set: Arguments): Body {
  const body: { [name: string]: Value | Body } = {};
  for (const [path, value] of Object.entries(set)) {
    const names = path.split(".");
    let at: { [name: string]: Value | Body } = body;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as { [name: string]: Value | Body };
    at[names.at(-1) ?? ""] = value;
  }
  return body;
}

function bodyLines(body: Body, indent: string): string[] {
  const isArgument = (value: Value | Body): value is Value => typeof value !== "object" || Array.isArray(value);
  const entries = Object.entries(body);
  const written = entries.flatMap(([name, value]) => (isArgument(value) ? [{ name, value }] : []));
  const width = Math.max(0, ...written.map(({ name }) => name.length));
  const lines = written.map(({ name, value }) => `${indent}${name.padEnd(width)} = ${rendered(value)}`);
  for (const [name, value] of entries) {
    if (isArgument(value)) continue;
    if (lines.length > 0) lines.push("");
    lines.push(`${indent}${name} {`, ...bodyLines(value, `${indent}  `), `${indent}}`);
  }
  return lines;
}

export function rendered(value: Value): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return JSON.stringify(value);
  return `[${value.map(quoted).join(", ")}]`;
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "${": "$${",
  "%{": "%%{",
};

/** A text that says just that: nothing in it is evaluated, and nothing in it steers what shows it. */
function quoted(text: string): string {
  const written = text.replace(/["\\]|[$%]\{|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) => {
    const code = (one.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return escapes[one] ?? (code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`);
  });
  return encoded(`"${written}"`);
}
