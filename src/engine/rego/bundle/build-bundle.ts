// Files of Rego and data made into a bundle that OPA takes too. The same files give the same bytes.
import { existsSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { PortcullisError } from "../../../errors.js";
import { readData, readValue } from "../data-files.js";
import { toJsonText, type PlainObject } from "../js/values.js";
import { compileRego, inspectRego, type ModuleSource, type RegoVersion } from "../rego-compiler.js";
import { readRegoFiles } from "../rego-files.js";
import { DocumentTree } from "../document-tree.js";
import { writeArchive, type ArchiveFile } from "./archive.js";
import { signFiles, type Signing } from "./signature.js";

export interface BundleContent {
  readonly modules: readonly (ArchivedModule & { readonly version: "v0" | "v1" })[];
  readonly data: PlainObject;
  readonly revision: string;
  readonly roots: readonly string[];
}

export interface ArchivedModule {
  /** In the archive. */
  readonly path: string;
  readonly text: string;
}

/** The archive of a bundle, signed where there is a key. */
export async function packBundle(content: BundleContent, signing: Signing | null): Promise<Buffer> {
  const files = filesOf(content);
  return writeArchive(signing === null ? files : [...files, await signFiles(files, signing)]);
}

function filesOf({ modules, data, revision, roots }: BundleContent): ArchiveFile[] {
  const older = modules.filter(({ version }) => version === "v0").map(({ path }) => [`/${path}`, 0] as const);
  const manifest = {
    revision,
    roots,
    rego_version: 1,
    ...(older.length === 0 ? {} : { file_rego_versions: Object.fromEntries(older) }),
  };
  return [
    { path: ".manifest", bytes: Buffer.from(JSON.stringify(manifest)) },
    { path: "data.json", bytes: Buffer.from(toJsonText(data)) },
    ...modules.map(({ path, text }) => ({ path, bytes: Buffer.from(text) })),
  ];
}

export interface BuildOptions {
  /** Take the one path as the root of a bundle, with the manifest in it. */
  readonly isBundle: boolean;
  readonly revision: string | null;
  readonly ignore: readonly string[];
  readonly regoVersion: RegoVersion;
  readonly signing: Signing | null;
}

/** Reads, checks and packs. Throws PortcullisError for what cannot be read or does not compile. */
export async function buildBundle(paths: readonly string[], options: BuildOptions): Promise<Buffer> {
  const [root = ""] = paths;
  if (options.isBundle && (paths.length !== 1 || !statSync(root, { throwIfNoEntry: false })?.isDirectory())) {
    throw new PortcullisError("usage", "-b takes one folder: the root of the bundle");
  }
  const files = readRegoFiles(paths, { tests: true, others: true, ignore: options.ignore });
  const data = readData(paths, options.ignore);
  const sources = files.map((file) => ({ ...file, version: options.regoVersion }));
  const inspected = await checked(sources);
  const base = options.isBundle ? root : process.cwd();
  const modules = sources.map(({ path, text }, at) => ({
    ...{ text, version: inspected[at]?.version ?? ("v1" as const) },
    path: archivePath(path, base),
  }));
  const about = options.isBundle ? manifestIn(root) : {};
  const revision = options.revision ?? about.revision ?? "";
  return packBundle({ modules, data, revision, roots: about.roots ?? [""] }, options.signing);
}

async function checked(sources: readonly ModuleSource[]) {
  const inspected = await inspectRego(sources, null);
  const { entrypoints } = new DocumentTree(inspected);
  if (entrypoints.length > 0) await compileRego(sources, entrypoints, { cache: null });
  const versions = new Map(inspected.map((module) => [module.path, module]));
  return sources.map(({ path }) => versions.get(path));
}

/** Below the folder where it can be, and never above it. */
function archivePath(path: string, base: string): string {
  const inside = relative(base, path);
  const parts = (inside.startsWith("..") ? path : inside)
    .split(sep)
    .filter((part) => part !== "" && part !== ".." && part !== ".");
  return parts.length === 0 ? basename(path) : parts.join("/");
}

function manifestIn(root: string): { readonly revision?: string; readonly roots?: readonly string[] } {
  const file = join(root, ".manifest");
  if (!existsSync(file)) return {};
  const value = readValue(file) as { readonly revision?: unknown; readonly roots?: unknown } | null;
  const wrong = new PortcullisError("input-unreadable", `${file}: expected an object with revision and roots`, {
    places: [{ file }],
  });
  if (typeof value !== "object" || value === null) throw wrong;
  const { revision, roots } = value;
  if (revision !== undefined && typeof revision !== "string") throw wrong;
  if (roots !== undefined && !(Array.isArray(roots) && roots.every((one) => typeof one === "string"))) throw wrong;
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(roots === undefined ? {} : { roots }),
  };
}
