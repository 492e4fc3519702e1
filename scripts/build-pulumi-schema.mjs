#!/usr/bin/env node
// Writes scanners/pulumi/schema/aws.json: the inputs of the resources of Pulumi's AWS provider that we translate into, read from
// the declarations of its npm package. Newer packages first: what an older one has besides is added, since policy packs are
// written against versions of years.
//   node scripts/build-pulumi-schema.mjs FOLDER_OF_@pulumi/aws...
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const tables = new URL("../scanners/pulumi/schema/", import.meta.url);
const { types } = JSON.parse(readFileSync(new URL("terraform-types.json", tables), "utf8"));
/** Nesting below which nothing is written: some inputs hold themselves. */
const deepest = 6;

function parse(file) {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, false);
}

/** Interfaces of types/input.d.ts by `namespace.Name`. */
function inputTypes(folder) {
  const found = new Map();
  const visit = (node, path) => {
    if (ts.isModuleDeclaration(node) && node.body !== undefined) {
      for (const inner of node.body.statements) visit(inner, [...path, node.name.text]);
    } else if (ts.isInterfaceDeclaration(node)) found.set([...path, node.name.text].join("."), node);
  };
  for (const statement of parse(join(folder, "types", "input.d.ts")).statements) visit(statement, []);
  return found;
}

function nameOf(name) {
  return ts.isQualifiedName(name) ? `${nameOf(name.left)}.${name.right.text}` : name.text;
}

const scalars = new Map([
  [ts.SyntaxKind.StringKeyword, "string"],
  [ts.SyntaxKind.NumberKeyword, "number"],
  [ts.SyntaxKind.BooleanKeyword, "boolean"],
]);

/** `"string"`, `{"list": T}`, `{"map": T}`, `{"object": {name: T}}`, or "any". */
function typeOf(node, inputs, depth) {
  if (scalars.has(node.kind)) return scalars.get(node.kind);
  if (ts.isArrayTypeNode(node)) return { list: typeOf(node.elementType, inputs, depth) };
  if (ts.isParenthesizedTypeNode(node)) return typeOf(node.type, inputs, depth);
  if (ts.isTypeLiteralNode(node)) {
    const [index] = node.members.filter(ts.isIndexSignatureDeclaration);
    return index === undefined ? "any" : { map: typeOf(index.type, inputs, depth) };
  }
  if (ts.isUnionTypeNode(node)) {
    const kinds = node.types
      .filter((one) => one.kind !== ts.SyntaxKind.UndefinedKeyword)
      .map((one) => typeOf(one, inputs, depth));
    // A text or what it may be written as: in the state it is the text.
    return kinds.find((one) => scalarsOf(one)) ?? kinds[0] ?? "any";
  }
  if (ts.isTypeReferenceNode(node)) {
    const name = nameOf(node.typeName);
    const [argument] = node.typeArguments ?? [];
    if (/(^|\.)Input$/.test(name) && argument !== undefined) return typeOf(argument, inputs, depth);
    if (name.startsWith("inputs.")) {
      const declared = inputs.get(name.slice("inputs.".length));
      if (declared === undefined || depth >= deepest) return "any";
      return { object: membersOf(declared, inputs, depth + 1) };
    }
    return name.startsWith("enums.") || name.endsWith("ARN") ? "string" : "any";
  }
  return "any";
}

function scalarsOf(type) {
  return type === "string" || type === "number" || type === "boolean";
}

function membersOf(declaration, inputs, depth) {
  const members = declaration.members.filter((one) => ts.isPropertySignature(one) && one.type !== undefined);
  return Object.fromEntries(members.map((one) => [one.name.text, typeOf(one.type, inputs, depth)]));
}

/** The resources of a package by their token. */
function resourcesOf(folder) {
  const inputs = inputTypes(folder);
  const found = new Map();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "node_modules" || entry.name === "types") continue;
    for (const file of readdirSync(join(folder, entry.name)).filter((name) => name.endsWith(".js"))) {
      const code = readFileSync(join(folder, entry.name, file), "utf8");
      const token = /__pulumiType = '([^']+)'/.exec(code)?.[1];
      const declarations = join(folder, entry.name, file.replace(/\.js$/, ".d.ts"));
      if (token === undefined || !tokens.has(token) || !existsSync(declarations)) continue;
      const args = parse(declarations).statements.find(
        (one) => ts.isInterfaceDeclaration(one) && one.name.text.endsWith("Args"),
      );
      if (args !== undefined) found.set(token, membersOf(args, inputs, 0));
    }
  }
  return found;
}

/** The first one's word where both have a name; objects are merged. */
function merged(first, second) {
  if (first === undefined || second === undefined) return first ?? second;
  for (const kind of ["list", "map"]) {
    if (first[kind] !== undefined && second[kind] !== undefined) return { [kind]: merged(first[kind], second[kind]) };
  }
  if (first.object === undefined || second.object === undefined) return first;
  const names = [...new Set([...Object.keys(first.object), ...Object.keys(second.object)])].sort();
  return { object: Object.fromEntries(names.map((name) => [name, merged(first.object[name], second.object[name])])) };
}

const tokens = new Set(Object.values(types).flatMap(({ token, aliases = [] }) => [token, ...aliases]));
const folders = process.argv.slice(2);
if (folders.length === 0) {
  process.stderr.write("usage: build-pulumi-schema.mjs FOLDER_OF_@pulumi/aws...\n");
  process.exit(2);
}
const versions = folders.map((folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version);
const packages = folders.map(resourcesOf);
const resources = {};
for (const { token, aliases = [] } of Object.values(types)) {
  const names = [token, ...aliases];
  const all = packages.flatMap((one) => names.map((name) => one.get(name))).filter((one) => one !== undefined);
  if (all.length === 0) {
    process.stderr.write(`${token} is in none of the packages\n`);
    process.exit(1);
  }
  resources[token] = all.map((object) => ({ object })).reduce(merged).object;
}
const sorted = Object.fromEntries(Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1)));
const lines = Object.entries(sorted).map(([token, inputs]) => `${JSON.stringify(token)}: ${JSON.stringify(inputs)}`);
writeFileSync(
  fileURLToPath(new URL("aws.json", tables)),
  `{"source": ${JSON.stringify(`@pulumi/aws ${versions.join(" and ")}`)}, "resources": {\n${lines.join(",\n")}\n}}\n`,
);
process.stderr.write(`${lines.length} resources of @pulumi/aws ${versions.join(" and ")}\n`);
