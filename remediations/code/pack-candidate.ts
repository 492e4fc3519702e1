// From what a policy pack proposes to the edit that would write it. A pack is somebody's code: what it proposes is only ever a value
// where the code has a value, never an expression, never another resource, never a secret.
import {
  argumentOf,
  configPlace,
  declaredAt,
  isIdentity,
  isSetElsewhere,
  leavesOf,
  NotWritten,
  type WrittenArgument,
} from "../../scanners/pulumi/written.js";
import { parseDocuments } from "../../scanners/code/document.js";
import { unknownValue } from "../../src/engine/crossguard/pulumi-resource.js";
import type { Proposal, ProposedChange } from "../../src/engine/verdict.js";
import { parsePointer, pointer, valueAt } from "../../src/inventory/pointer.js";
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import { isObject, own, type Json } from "../../src/json.js";
import { blockOf, topOf, yamlFileOf, type Candidate, type Edit } from "./candidate.js";
import type { CodeFiles } from "./code-files.js";
import { setArguments } from "./hcl-edit.js";
import { setMapEntry } from "./hcl-map.js";
import type { Judged } from "./judgement.js";
import { NoPatch } from "./no-patch.js";
import { setInYaml, type YamlSetting } from "./yaml-edit.js";

const mostChanges = 100;
const longestValue = 10_000;

/** Throws NoPatch where there is none, with the reason. */
export async function packCandidate(judged: Judged, proposal: Proposal, files: CodeFiles): Promise<Candidate> {
  const { item, verdict } = judged;
  const leaves = leavesIn(proposal);
  const found = { judged: [judged], fix: { policy: verdict.policy } };
  try {
    switch (item.resource.source.scanner) {
      case "terraform":
        return { ...found, ...(await terraformEdit(item, { proposal, leaves }, files)) };
      case "cloudformation":
        return { ...found, ...yamlEdit(item, templateSettings(item, { proposal, leaves }), files) };
      case "kubernetes":
        return { ...found, ...yamlEdit(item, manifestSettings(leaves), files) };
      default:
        throw new NoPatch("a program makes it, and programs are not edited: change it there");
    }
  } catch (error) {
    if (error instanceof NotWritten) throw new NoPatch(error.message);
    throw error;
  }
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: Json;
}

interface Wanted {
  readonly proposal: Proposal;
  readonly leaves: readonly Leaf[];
}

function leavesIn({ changes }: Proposal): Leaf[] {
  const leaves = changes.flatMap((change) => {
    refuseChange(change);
    return leavesOf(parsePointer(change.path), change.value);
  });
  if (leaves.length > mostChanges)
    throw new NoPatch(`it would change ${leaves.length} values at once: more than ${mostChanges}`);
  return leaves;
}

function refuseChange({ op, path, value, redacted }: ProposedChange): void {
  if (op === "remove") throw new NoPatch(`${path} would be taken out: only values are written`);
  if (redacted === true) throw new NoPatch(`${path} would be a secret, which does not belong into code`);
  const text = JSON.stringify(value);
  if (text.includes(unknownValue) || text.includes("4dabf18193072939515e22adb298388d"))
    throw new NoPatch(`${path} would be a value that nobody knows yet`);
  if (text.length > longestValue) throw new NoPatch(`${path} would be longer than ${longestValue} characters`);
}

async function terraformEdit(item: ScannedResource, { proposal, leaves }: Wanted, files: CodeFiles): Promise<Edit> {
  const declared = declaredAt(item, { ...proposal, path: [] });
  if (declared === undefined) throw new NoPatch(`it is not known which block declares ${proposal.urn}`);
  const writing = leaves.map(({ path, value }) => {
    const argument = argumentOf({ ...proposal, path }, declared);
    refuseArgument(item, argument);
    return { ...argument, value: scalarOf(argument, value) };
  });
  const block = await blockOf(declared, files);
  return {
    file: block.file,
    line: block.line,
    edit: async (text) => {
      let edited = text;
      for (const { names, key, value } of writing) {
        if (key === null) edited = await setArguments(edited, block, { [names.join(".")]: value });
        else if (typeof value === "object") throw new NoPatch(`${names.join(".")}.${key} would be a list`);
        else edited = await setMapEntry(edited, block, { names, key, value });
      }
      return edited;
    },
  };
}

function refuseArgument(item: ScannedResource, argument: WrittenArgument): void {
  const name = argument.names.join(".");
  if (isIdentity(argument)) throw new NoPatch(`${name} is what the resource goes by: another one makes a new resource`);
  if (isSetElsewhere(item, argument)) throw new NoPatch(`${name} is set by a resource of its own: put it right there`);
}

type Scalar = boolean | number | string;

function scalarOf({ names, valueType }: WrittenArgument, value: Json): Scalar | readonly string[] {
  const name = names.join(".");
  if (Array.isArray(value)) {
    const all = value as readonly Json[];
    if (typeof valueType === "object" && "list" in valueType && all.every((one) => typeof one === "string")) return all;
    throw new NoPatch(`${name} would be a list of blocks: only texts and numbers are written`);
  }
  if (typeof value === "object" || (typeof valueType === "string" && valueType !== "any" && typeof value !== valueType))
    throw new NoPatch(`${name} would be ${JSON.stringify(value).slice(0, 100)}; expected ${JSON.stringify(valueType)}`);
  return value;
}

type Setting = Pick<YamlSetting, "path" | "value">;

const manifestIdentity = /^\/(apiVersion|kind|metadata\/(name|generateName|namespace))$/;

function manifestSettings(leaves: readonly Leaf[]): Setting[] {
  const odd = leaves.find(({ path }) => manifestIdentity.test(pointer(path)));
  if (odd === undefined) return [...leaves];
  throw new NoPatch(`${odd.path.join(".")} is what the resource goes by: another one makes a new resource`);
}

function templateSettings(item: ScannedResource, { proposal, leaves }: Wanted): Setting[] {
  return leaves.map(({ path, value }) => {
    if (/"(Ref|Fn::\w+)":/.test(JSON.stringify(value)) || path.some((one) => /^(Ref$|Fn::)/.test(one)))
      throw new NoPatch(`${path.join(".")} would be a function of CloudFormation: only values are written`);
    const argument = argumentOf({ ...proposal, path }, undefined);
    refuseArgument(item, argument);
    return configPlace(item.resource.type, argument, scalarOf(argument, value));
  });
}

function yamlEdit(item: ScannedResource, settings: readonly Setting[], files: CodeFiles): Edit {
  const { file, line } = yamlFileOf(item, files);
  const { document, path: top } = topOf(item, file.before);
  const isTemplate = item.resource.source.scanner === "cloudformation";
  const edit = (text: string): Promise<string> =>
    Promise.resolve(
      settings.reduce((edited, { path, value }) => {
        const setting = { document, path: [...top, ...path], value };
        return setInYaml(edited, isTemplate ? tagAware(edited, setting) : setting);
      }, text),
    );
  return { file, line, edit };
}

/** CloudFormation has most tags as a list of keys and values. */
function tagAware(text: string, setting: YamlSetting): YamlSetting {
  const { document, path, value } = setting;
  const [key = ""] = path.slice(-1);
  if (path.at(-2) !== "Tags") return setting;
  const at = path.slice(0, -1);
  const tags = valueAt(parseDocuments("x.yaml", text)[document]?.value ?? null, pointer(at));
  if (isObject(tags)) return setting;
  if (!Array.isArray(tags)) return { document, path: at, value: [{ Key: key, Value: value }] };
  const index = (tags as readonly Json[]).findIndex((one) => isObject(one) && own(one, "Key") === key);
  return index < 0
    ? { document, path: [...at, "-"], value: { Key: key, Value: value } }
    : { document, path: [...at, String(index), "Value"], value };
}
