// From a failing verdict to the edit that could put it right: which file, which block or document, and what is set there.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseDocuments } from "../../scanners/code/document.js";
import { parsePointer, pointer, valueAt } from "../../src/inventory/pointer.js";
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import { isObject, own } from "../../src/json.js";
import type { CodeFile, CodeFiles } from "./code-files.js";
import type { CodeFix, SatelliteFix } from "./code-fix.js";
import { hclBlocks, type HclBlock } from "./hcl-blocks.js";
import { addBlockAfter, findResource, resourceLines, setArguments, type BlockName } from "./hcl-edit.js";
import type { Judged } from "./judgement.js";
import { NoPatch } from "./no-patch.js";
import { manifestAt, setInYaml } from "./yaml-edit.js";

export interface Candidate {
  readonly judged: readonly Judged[];
  readonly fix: CodeFix;
  readonly file: CodeFile;
  readonly line: number;
  /** Of the file's text as others left it. Throws NoPatch. */
  edit(text: string): Promise<string>;
}

export type Edit = Pick<Candidate, "file" | "line" | "edit">;

/** Throws NoPatch where there is none, with the reason. */
export async function candidateOf(judged: Judged, fix: CodeFix, files: CodeFiles): Promise<Candidate> {
  const { scanner } = judged.item.resource.source;
  if (scanner === "terraform") return { ...(await terraformEdit(judged, fix, files)), judged: [judged], fix };
  if (scanner === "cloudformation" || scanner === "kubernetes")
    return { ...yamlEdit(judged, fix, files), judged: [judged], fix };
  throw new NoPatch("only Terraform, CloudFormation and Kubernetes files are edited, and no plans or previews of them");
}

async function terraformEdit({ item }: Judged, fix: CodeFix, files: CodeFiles): Promise<Edit> {
  const [itself] = item.declared?.() ?? [];
  if (itself === undefined) throw new NoPatch("it is not known which block declares it");
  const set = own(fix.terraform ?? {}, itself.type);
  if (set !== undefined) {
    const block = await blockOf(itself, files);
    return { file: block.file, line: block.line, edit: (text) => setArguments(text, block, set) };
  }
  const satellite = own(fix.satellite ?? {}, itself.type);
  if (satellite === undefined) throw new NoPatch(`there is no fix for ${itself.type}`);
  return satelliteEdit(item, satellite, files);
}

export type Declared = ReturnType<NonNullable<ScannedResource["declared"]>>[number];

interface DeclaredBlock extends BlockName {
  readonly file: CodeFile;
  readonly line: number;
  readonly block: HclBlock;
}

export async function blockOf(declared: Declared, files: CodeFiles): Promise<DeclaredBlock> {
  const place = declared.locate("");
  if (place === null) throw new NoPatch("it is not known which block declares it");
  if (place.file.endsWith(".json")) throw new NoPatch(`${place.file} is JSON: only HCL is edited`);
  const file = files.open(place.file);
  const blocks = await hclBlocks(file.before);
  const block = blocks.find(
    ({ type, labels, line }) => type === "resource" && labels[0] === declared.type && line === place.line,
  );
  const name = block?.labels[1];
  if (block === undefined || name === undefined)
    throw new NoPatch(`the block of ${declared.address} was not found on line ${place.line} of ${place.file}`);
  return { file, line: block.line, type: declared.type, name, block };
}

async function satelliteEdit(item: ScannedResource, fix: SatelliteFix, files: CodeFiles): Promise<Edit> {
  const [itself, ...others] = item.declared?.() ?? [];
  const there = others.filter(({ type }) => type === fix.type);
  const [one] = there;
  if (there.length > 1) throw new NoPatch(`there are several ${fix.type} of it`);
  if (one !== undefined) {
    const block = await blockOf(one, files);
    return { file: block.file, line: block.line, edit: (text) => setArguments(text, block, fix.set) };
  }
  const owner = await blockOf(itself as Declared, files);
  refuseSatellite(owner, fix);
  await refuseTakenName(owner, fix.type);
  return { file: owner.file, line: owner.line, edit: (text) => addSatellite(text, owner, fix) };
}

function refuseSatellite({ block, line }: DeclaredBlock, { inline, type }: SatelliteFix): void {
  const repeated = block.attributes.find(({ name }) => name === "count" || name === "for_each");
  if (repeated !== undefined)
    throw new NoPatch(
      `the block on line ${line} has ${repeated.name}: write the ${type} with the same ${repeated.name}`,
    );
  const older = block.blocks.find((one) => one.type === inline || (one.type === "dynamic" && one.labels[0] === inline));
  if (older !== undefined)
    throw new NoPatch(
      `the block on line ${line} has ${inline ?? ""} on line ${older.line}: put it right there, or move it to ${type}`,
    );
}

/** A module has a name of a type once, in whatever file. */
async function refuseTakenName({ file, name }: DeclaredBlock, type: string): Promise<void> {
  const folder = dirname(file.path);
  for (const entry of readdirSync(folder).filter((one) => /\.(tf|tofu)$/.test(one))) {
    const blocks = await hclBlocks(readFileSync(join(folder, entry), "utf8").replace(/^\ufeff/, ""));
    const taken = blocks.find(({ labels }) => labels[0] === type && labels[1] === name);
    if (taken !== undefined) throw new NoPatch(`${type}.${name} is there already, on line ${taken.line} of ${entry}`);
  }
}

async function addSatellite(text: string, owner: DeclaredBlock, { type, link, set }: SatelliteFix): Promise<string> {
  const { type: ownerType, name } = owner;
  const provider = findResource(await hclBlocks(text), owner).attributes.find((one) => one.name === "provider");
  const bytes = Buffer.from(text, "utf8");
  const alias =
    provider === undefined ? [] : [`provider = ${bytes.subarray(provider.from, provider.to).toString("utf8")}`];
  const first = [...alias, `${link.padEnd(alias.length === 0 ? 0 : "provider".length)} = ${ownerType}.${name}.id`];
  return addBlockAfter(text, owner, resourceLines({ type, name }, first, set));
}

/** Throws NoPatch for what is not YAML. */
export function yamlFileOf(
  { resource }: ScannedResource,
  files: CodeFiles,
): { readonly file: CodeFile; readonly line: number } {
  const { uri, line } = resource.source;
  if (uri === null || uri === "-" || line === null) throw new NoPatch("it does not come from a file");
  const file = files.open(uri);
  if (!/\.(ya?ml|template)$/.test(file.path) || /^\s*\{/.test(file.before))
    throw new NoPatch(`${uri} is not YAML: only that is edited`);
  return { file, line };
}

function yamlEdit({ item, verdict }: Judged, fix: CodeFix, files: CodeFiles): Edit {
  const { file, line } = yamlFileOf(item, files);
  const settings = settingsOf({ item, verdict }, fix, file.before);
  const edit = (text: string): Promise<string> =>
    Promise.resolve(settings.reduce((edited, setting) => setInYaml(edited, setting), text));
  return { file, line: verdict.reasons[0]?.location?.line ?? line, edit };
}

function settingsOf(
  { item, verdict }: Judged,
  { yaml = {} }: CodeFix,
  text: string,
): Parameters<typeof setInYaml>[1][] {
  const top = topOf(item, text);
  const paths = [...new Set(verdict.reasons.map(({ path }) => path ?? ""))];
  return paths.map((place) => {
    const path = parsePointer(place).slice(1);
    const value = own(yaml, path.at(-1) ?? "");
    if (value === undefined || !place.startsWith("/config/"))
      throw new NoPatch(`there is no fix for ${place || "the whole resource"}`);
    return { document: top.document, path: [...top.path, ...path], value };
  });
}

export function topOf(item: ScannedResource, text: string): Omit<Parameters<typeof setInYaml>[1], "value"> {
  const { scanner, uri } = item.resource.source;
  if (scanner === "cloudformation") {
    const [document, ...others] = parseDocuments("x.yaml", text);
    const resource = valueAt(document?.value ?? null, pointer(["Resources", item.resource.id]));
    if (others.length > 0 || !isObject(resource) || own(resource, "Type") !== item.resource.type)
      throw new NoPatch("the template does not write it out under Resources");
    return { document: 0, path: ["Resources", item.resource.id, "Properties"] };
  }
  const place = item.locate("/config/kind");
  if (place === null) throw new NoPatch(`the manifest was not found in ${uri ?? ""}`);
  return manifestAt(text, place);
}
