// Reads what is wanted: states of Terraform and OpenTofu, what `terraform show -json` prints of a plan or a state, and Pulumi's
// states. What is live it does not know.
import { existsSync, statSync } from "node:fs";
import type { DesiredResource } from "../../src/inventory/drift/drift.js";
import type { ScannedResource, ScanProblem } from "../../src/inventory/scan-item.js";
import { isObject, own, type Json } from "../../src/json.js";
import { detect } from "../code/detect.js";
import type { ParsedDocument } from "../code/document.js";
import { problemAt, readText, textProblem } from "../code/files.js";
import { parseJson } from "../code/json-text.js";
import { readPulumi } from "../pulumi/index.js";
import { terraformTypeOf } from "../pulumi/schema.js";
import { parseUrn } from "../pulumi/urn.js";
import type { EvaluatedResource } from "../terraform/evaluated.js";
import { mappedOneByOne } from "../terraform/map.js";
import { readTerraformPlan } from "../terraform/plan.js";
import { desiredResource } from "./desired-resource.js";
import { exportOf, isPulumiCheckpoint, withOutputs } from "./pulumi-state.js";
import { secretsIn } from "./secrets.js";
import { stateFiles } from "./state-files.js";
import { isTerraformState, readTerraformState } from "./terraform-state.js";

export interface DesiredReading {
  readonly resources: readonly DesiredResource[];
  readonly problems: readonly ScanProblem[];
}

export interface DesiredReadOptions {
  readonly maxBytes: number;
  readonly unread: (type: string) => readonly string[];
}

const expected =
  "a Terraform or OpenTofu state (version 4), what `terraform show -json` prints of a state or a plan, or a Pulumi state";

/** Never throws for what it reads. A path with nothing in it that says what is wanted is a problem: not that nothing is wanted. */
export async function readDesired(paths: readonly string[], options: DesiredReadOptions): Promise<DesiredReading> {
  const readings: DesiredReading[] = [];
  for (const path of paths) readings.push(await readPath(path, options));
  return {
    resources: readings.flatMap(({ resources }) => resources),
    problems: readings.flatMap(({ problems }) => problems),
  };
}

async function readPath(path: string, options: DesiredReadOptions): Promise<DesiredReading> {
  if (!existsSync(path)) return unreadable(path, "there is no such file or folder");
  if (!statSync(path).isDirectory()) return readFile(path, { ...options, isNamed: true });
  const { files, problems } = stateFiles(path);
  const found: DesiredReading[] = [];
  for (const file of files) found.push(await readFile(file, { ...options, isNamed: false }));
  const [resources, all] = [found.flatMap((one) => one.resources), found.flatMap((one) => one.problems)];
  if (!found.some((one) => one !== nothing))
    return unreadable(path, `there is no state in the folder; expected ${expected}`);
  return { resources, problems: [...problems, ...all] };
}

/** Of a file of a folder that says nothing about what is wanted. */
const nothing: DesiredReading = { resources: [], problems: [] };

interface FileOptions extends DesiredReadOptions {
  /** The user named this very file, or its name says what it is: then it must be a state. */
  readonly isNamed: boolean;
}

async function readFile(path: string, options: FileOptions): Promise<DesiredReading> {
  const mustBe = options.isNamed || /\.tfstate$/.test(path);
  let document: ParsedDocument;
  try {
    document = parseJson(path, await readText(path, options.maxBytes));
  } catch (error) {
    return mustBe ? { resources: [], problems: [textProblem(path, error)] } : nothing;
  }
  return (
    readDocument(document, options) ?? (mustBe ? unreadable(path, `it is not what was expected: ${expected}`) : nothing)
  );
}

/** Null where it is none of these. */
function readDocument(document: ParsedDocument, options: DesiredReadOptions): DesiredReading | null {
  const { value, uri } = document;
  if (isTerraformState(value)) {
    const { resources, problems, secrets } = readTerraformState(value, uri);
    return terraform(resources, problems, { uri, secrets, options });
  }
  if (isPulumiCheckpoint(value)) return pulumi({ ...document, value: exportOf(value) }, options);
  const kind = detect(value);
  if (kind === "pulumi") return pulumi(document, options);
  if (kind !== "terraform-plan" || !isObject(value)) return null;
  const { resources, problems } = readTerraformPlan(value, uri, document.locate);
  return terraform(resources, problems, { uri, secrets: secretsIn(value), options });
}

interface Read {
  readonly uri: string;
  readonly secrets: readonly string[];
  readonly options: DesiredReadOptions;
}

function terraform(
  evaluated: readonly EvaluatedResource[],
  problems: readonly ScanProblem[],
  { uri, secrets, options }: Read,
): DesiredReading {
  const types = new Map(evaluated.map(({ address, type }) => [address, type]));
  const unique = [...new Set(secrets)];
  const common = { against: "terraform" as const, source: uri, secrets: unique, unread: options.unread };
  const desired = { ...common, terraformType: (address: string) => types.get(address) };
  const resources: DesiredResource[] = [];
  for (const item of mappedOneByOne(evaluated, { scanner: "terraform-plan", uri }))
    resources.push(desiredResource(item, desired));
  return { resources, problems };
}

function pulumi(document: ParsedDocument, options: DesiredReadOptions): DesiredReading {
  const value: Json = isObject(document.value) ? withOutputs(document.value) : document.value;
  const items = readPulumi({ ...document, value });
  const secrets = [...new Set(secretsIn(document.value))];
  const common = { against: "pulumi" as const, source: document.uri, secrets, unread: options.unread };
  const terraformType = (urn: string): string | undefined => terraformTypeOf(parseUrn(urn)?.type ?? "");
  const found = items.filter(
    (item): item is ScannedResource =>
      item.kind === "resource" && !isOwn(item.resource.type) && !isExternal(item.resource.raw),
  );
  return {
    resources: found.map((item) => desiredResource(item, { ...common, terraformType })),
    problems: items.filter((item): item is ScanProblem => item.kind === "problem"),
  };
}

/** Stacks, providers and components are Pulumi's own: nothing of them is live. */
function isOwn(type: string): boolean {
  return type.startsWith("pulumi:");
}

/** Only read by the program, as Terraform's data sources are: managed elsewhere. */
function isExternal(raw: Json): boolean {
  return isObject(raw) && own(raw, "external") === true;
}

function unreadable(path: string, message: string): DesiredReading {
  return { resources: [], problems: [problemAt(path, "unreadable", message)] };
}
