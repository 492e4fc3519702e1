// A bundle that is to be believed: its archive unpacked, its signature checked, its manifest obeyed.
import { z } from "zod";
import { messageOf, PortcullisError } from "../../../errors.js";
import { parseValue } from "../data-files.js";
import { combineData } from "../documents.js";
import { isObjectValue, keyText, RegoObject, type PlainObject, type Value } from "../js/values.js";
import type { ModuleSource } from "../rego-compiler.js";
import { readArchive, type ArchiveFile } from "./archive.js";
import { signatureFile, verifyFiles, type Verification } from "./signature.js";

export interface Bundle {
  readonly name: string;
  readonly revision: string;
  /** Paths that are the bundle's own: `a/b`; the empty one is everything. */
  readonly roots: readonly string[];
  readonly modules: readonly ModuleSource[];
  readonly data: PlainObject;
}

export interface BundleOptions {
  readonly name: string;
  readonly maxBytes: number;
  /** Null: signatures are not looked at. */
  readonly verification: Verification | null;
}

const mostFiles = 10_000;
const version = z.union([z.literal(0), z.literal(1)]);
const manifest = z.object({
  revision: z.string().max(1_024).default(""),
  roots: z.array(z.string()).nullish(),
  rego_version: version.optional(),
  file_rego_versions: z.record(z.string(), version).optional(),
  wasm: z.array(z.unknown()).max(0, "bundles of WebAssembly are not taken; build it with --target rego").nullish(),
});
type Manifest = z.infer<typeof manifest>;

/** Throws PortcullisError("policy-invalid") that says what is wrong with the bundle. */
export async function readBundle(archive: Uint8Array, options: BundleOptions): Promise<Bundle> {
  const { name, maxBytes, verification } = options;
  const files = await readArchive(name, archive, { bytes: maxBytes, files: mostFiles });
  if (verification !== null) await verifyFiles(name, files, verification);
  try {
    return bundleOf(name, files);
  } catch (cause) {
    if (cause instanceof PortcullisError && cause.code === "policy-invalid") throw cause;
    throw new PortcullisError("policy-invalid", `the bundle ${name} is not valid: ${messageOf(cause)}`, { cause });
  }
}

function bundleOf(name: string, files: readonly ArchiveFile[]): Bundle {
  const about = manifestOf(files);
  const roots = (about.roots ?? [""]).map((root) => root.replace(/^\/+|\/+$/g, ""));
  const data = files.filter(({ path }) => isData(path)).reduce<PlainObject>((all, file) => withData(all, file), {});
  checkRoots(data, roots);
  const modules = files.filter(({ path }) => path.endsWith(".rego")).map((file) => moduleOf(name, file, about));
  return { name, revision: about.revision, roots, modules, data };
}

function manifestOf(files: readonly ArchiveFile[]): Manifest {
  const file = files.find(({ path }) => path === ".manifest");
  if (file === undefined) return manifest.parse({});
  const parsed = manifest.safeParse(JSON.parse(textOf(file)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`.manifest: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

function moduleOf(name: string, file: ArchiveFile, about: Manifest): ModuleSource {
  const own = Object.entries(about.file_rego_versions ?? {}).find(([pattern]) => isMatch(pattern, file.path));
  const rego = own?.[1] ?? about.rego_version ?? 1;
  return { path: `${name}/${file.path}`, text: textOf(file), version: rego === 0 ? "v0" : "v1" };
}

/** As OPA's: with `*` for any text within a folder. */
function isMatch(pattern: string, path: string): boolean {
  const text = pattern
    .replace(/^\/+/, "")
    .replace(/[.+^${}()|[\]\\?]/g, "\\$&")
    .replaceAll("*", "[^/]*");
  return new RegExp(`^${text}$`).test(path);
}

function textOf({ path, bytes }: ArchiveFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${path} is not UTF-8 text`);
  }
}

function isData(path: string): boolean {
  return /(^|\/)data\.(json|ya?ml)$/.test(path) && path !== signatureFile;
}

function withData(all: PlainObject, file: ArchiveFile): PlainObject {
  const folders = file.path.split("/").slice(0, -1);
  const value = folders.reduceRight<Value>(
    (inner, folder) => RegoObject.of([[folder, inner]]),
    parseValue(file.path, textOf(file)),
  );
  if (!isObjectValue(value)) throw new Error(`${file.path}: expected an object at the root of data`);
  return combineData(all, value, file.path);
}

/** What a bundle brings lies below its roots. Packages are looked at when they are compiled: see `strayPackage`. */
function checkRoots(data: Value, roots: readonly string[], path: readonly string[] = []): void {
  const at = path.join("/");
  if (roots.some((root) => isBelow(at, root))) return;
  const isOnTheWay = roots.some((root) => path.length === 0 || root.startsWith(`${at}/`));
  if (!isOnTheWay || !isObjectValue(data))
    throw new Error(`data at ${at || "/"} is not below the roots of the manifest (${roots.join(", ")})`);
  for (const [key, value] of data instanceof RegoObject ? data.entries() : Object.entries(data))
    checkRoots(value, roots, [...path, keyText(key)]);
}

export function isBelow(path: string, root: string): boolean {
  return root === "" || path === root || path.startsWith(`${root}/`);
}

/** Whether two bundles claim the same place. */
export function overlap(a: Bundle, b: Bundle): boolean {
  return a.roots.some((one) => b.roots.some((other) => isBelow(one, other) || isBelow(other, one)));
}
