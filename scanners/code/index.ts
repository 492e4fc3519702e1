// Reads infrastructure code from files, folders and standard input. What kind of input a file is, is found here; what it says,
// by the reader of its kind.
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import type { FileHost } from "../../src/compiler/compiler.js";
import { messageOf } from "../../src/errors.js";
import type { ScanItem, ScanProblem } from "../../src/inventory/scan-item.js";
import { isObject, type Json } from "../../src/json.js";
import { readCloudFormation } from "../cloudformation/index.js";
import { readKubernetes } from "../kubernetes/index.js";
import { isPulumi, readPulumi } from "../pulumi/index.js";
import { filesBelow, rootOf } from "../terraform/files.js";
import { readTerraformFolder } from "../terraform/hcl.js";
import { mapTerraform } from "../terraform/map.js";
import { readTerraformPlan } from "../terraform/plan.js";
import { detect, looksLikeInput, type InputType } from "./detect.js";
import { readDockerfile } from "./dockerfile.js";
import { parseDocuments, type ParsedDocument } from "./document.js";
import {
  defaultMaximumBytes,
  isDockerfile,
  isTerraform,
  problemAt,
  readStream,
  readText,
  textProblem,
  walk,
} from "./files.js";
import { terraformRoots } from "./terraform-roots.js";

export interface CodeOptions {
  /** Instead of detecting it. */
  readonly inputType?: InputType;
  readonly maxBytes?: number;
  /** Document policies are in use: yield every JSON and YAML document, and every Dockerfile. */
  readonly documents: boolean;
  readonly varFiles: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** CloudFormation's. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** The region that CloudFormation templates are meant for. */
  readonly region: string | null;
  readonly stdin?: AsyncIterable<Buffer>;
  /** Texts that stand in for those of files on the disk, by their absolute paths without symbolic links. */
  readonly overlay?: ReadonlyMap<string, string>;
}

export interface TextFile {
  readonly uri: string;
  readonly text: string;
  /** The user named this very file: that it cannot be checked is then worth saying. */
  readonly named: boolean;
}

/** Never throws for what it reads. A walk without anything to check is a problem, not a pass. */
export async function* readCode(paths: readonly string[], options: CodeOptions): AsyncGenerator<ScanItem> {
  const expected = options.documents
    ? "Terraform, CloudFormation, Kubernetes, JSON, YAML or Dockerfiles"
    : "Terraform, CloudFormation or Kubernetes";
  for (const path of paths) {
    let found = 0;
    for await (const item of readPath(path, options)) {
      found++;
      yield item;
    }
    if (found === 0) yield problemAt(path, "unreadable", `there is nothing to check in ${path}; expected ${expected}`);
  }
}

async function* readPath(path: string, options: CodeOptions): AsyncGenerator<ScanItem> {
  if (path === "-") yield* readStandardInput(options);
  else if (!existsSync(path)) yield problemAt(path, "unreadable", "there is no such file or folder");
  else if (statSync(path).isDirectory()) yield* readFolder(path, options);
  else if (isTerraform(path)) yield* readTerraform(dirname(path), options);
  else yield* readFile(path, true, options);
}

async function* readStandardInput(options: CodeOptions): AsyncGenerator<ScanItem> {
  try {
    const text = await readStream(options.stdin ?? emptyStream(), options.maxBytes ?? defaultMaximumBytes);
    yield* readTextFile({ uri: "-", text, named: true }, options);
  } catch (error) {
    yield textProblem("-", error);
  }
}

async function* emptyStream(): AsyncGenerator<Buffer> {
  // nothing was piped in
}

async function* readFolder(folder: string, options: CodeOptions): AsyncGenerator<ScanItem> {
  const wanted = options.inputType;
  const dockerfiles = options.documents && (wanted === undefined || wanted === "dockerfile");
  const { files, terraformFolders, problems } = walk(folder, { dockerfiles });
  yield* problems;
  if (wanted === undefined || wanted === "terraform") {
    yield* readTerraformFolders(terraformFolders, folder, options);
  }
  if (wanted === "terraform") return;
  for (const file of files) {
    if (wanted !== "dockerfile" || isDockerfile(file)) yield* readFile(file, false, options);
  }
}

/** Modules are evaluated where they are called, and by themselves only when no configuration here reached them. */
async function* readTerraformFolders(
  folders: readonly string[],
  named: string,
  options: CodeOptions,
): AsyncGenerator<ScanItem> {
  const reached = new Set<string>();
  const roots = await terraformRoots(folders, named);
  for (const folder of roots) yield* readTerraform(folder, options, reached);
  for (const folder of folders) {
    if (!roots.includes(folder) && !reached.has(resolve(folder))) yield* readTerraform(folder, options, reached);
  }
}

/** `reached` gets the folders that the evaluation read. */
async function* readTerraform(
  folder: string,
  options: CodeOptions,
  reached = new Set<string>(),
): AsyncGenerator<ScanItem> {
  const host = filesBelow(
    rootOf(folder),
    options.varFiles.map((file) => resolve(file)),
  );
  const fileHost: FileHost = {
    readFile: (path) => overlaid(path, options) ?? host.readFile(path),
    readDir: (path) => {
      reached.add(resolve(path));
      return host.readDir(path);
    },
  };
  try {
    const { resources, problems } = await readTerraformFolder(folder, {
      ...options,
      fileHost,
      displayRoot: isAbsolute(folder) ? "/" : process.cwd(),
    });
    yield* problems;
    yield* mapTerraform(resources, { scanner: "terraform", uri: folder });
  } catch (error) {
    yield problemAt(folder, "incomplete", `the Terraform configuration could not be evaluated: ${messageOf(error)}`);
  }
}

async function* readFile(path: string, named: boolean, options: CodeOptions): AsyncGenerator<ScanItem> {
  let text: string;
  try {
    text = overlaid(path, options) ?? (await readText(path, options.maxBytes ?? defaultMaximumBytes));
  } catch (error) {
    yield textProblem(path, error);
    return;
  }
  yield* readTextFile({ uri: path, text, named }, options);
}

function overlaid(path: string, { overlay }: CodeOptions): string | undefined {
  if (overlay === undefined || overlay.size === 0 || !existsSync(path)) return undefined;
  return overlay.get(realpathSync(path));
}

/** What was read already, from wherever. */
export async function* readTextFile(file: TextFile, options: CodeOptions): AsyncGenerator<ScanItem> {
  const isOne = options.inputType === "dockerfile" || (options.inputType === undefined && isDockerfile(file.uri));
  if (!isOne) yield* readDocuments(file, options);
  else if (options.documents) yield await readDockerfile(file.uri, file.text);
  else {
    const advice = "a Dockerfile is checked by policies of your own only: give them with --policy";
    yield problemAt(file.uri, "unreadable", advice);
  }
}

function* readDocuments(file: TextFile, options: CodeOptions): Generator<ScanItem> {
  let documents: ParsedDocument[];
  try {
    documents = parseDocuments(file.uri, file.text);
  } catch (error) {
    // In a folder, a file of another program is not input; one of ours that is broken must never be skipped.
    const skip = !file.named && !options.documents && options.inputType === undefined && !looksLikeInput(file.text);
    if (!skip) yield textProblem(file.uri, error);
    return;
  }
  if (documents.length === 0 && file.named)
    yield problemAt(file.uri, "unreadable", "it holds no document; expected JSON or YAML");
  for (const document of documents) yield* readDocument(document, file, options);
}

function* readDocument(document: ParsedDocument, file: TextFile, options: CodeOptions): Generator<ScanItem> {
  if (options.documents) yield documentItem(document);
  const found = detect(document.value);
  const type = options.inputType ?? found;
  switch (type) {
    case "terraform-plan":
      yield* readPlan(document, file);
      return;
    case "cloudformation":
      yield* isObject(document.value)
        ? readCloudFormation(document, options)
        : [notOf(document, "a CloudFormation template")];
      return;
    case "pulumi":
      yield* isPulumi(document.value)
        ? readPulumi(document)
        : [notOf(document, "the output of `pulumi preview --json` or `pulumi stack export`")];
      return;
    case "kubernetes":
      yield* isObject(document.value) ? readKubernetes(document) : [notOf(document, "a Kubernetes manifest")];
      return;
    case "dockerfile":
      return; // not read as JSON or YAML
    case "terraform":
      yield notOf(document, "a folder of Terraform configuration, or a .tf file");
      return;
    case "document":
      if (!options.documents && file.named)
        yield notOf(
          document,
          "Terraform plan JSON, CloudFormation or Kubernetes; for any other JSON or YAML give policies of your own with --policy",
        );
  }
}

function documentItem({ uri, index, untagged, locate, suppressions }: ParsedDocument): ScanItem {
  const excused = suppressions("");
  return {
    kind: "document",
    uri,
    index,
    value: untagged(),
    locate,
    ...(excused.length === 0 ? {} : { suppressions: excused }),
  };
}

function* readPlan(document: ParsedDocument, { uri }: TextFile): Generator<ScanItem> {
  if (!isObject(document.value)) {
    yield notOf(document, "Terraform plan JSON (terraform show -json)");
    return;
  }
  const { resources, problems } = readTerraformPlan(document.value, uri, document.locate);
  yield* problems;
  yield* mapTerraform(resources, { scanner: "terraform-plan", uri });
}

function notOf({ uri, locate }: ParsedDocument, expected: string): ScanProblem {
  const place = locate("");
  return problemAt(uri, "unreadable", `it is not what was expected: ${expected}`, {
    line: place?.line ?? null,
    column: place?.column ?? null,
  });
}
