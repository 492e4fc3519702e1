// Which version of which policy ran: what evidence names, years later.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { DocumentPolicy, Policy } from "../engine/policy.js";
import { packageFile } from "../package-root.js";
import type { PolicyVersion } from "../store/history.js";

/** With the SHA-256 of each policy's source; null where it cannot be read any more. */
export function policyVersions(
  policies: readonly Policy[],
  documentPolicies: readonly DocumentPolicy[],
): readonly PolicyVersion[] {
  const packs = new Map<string, string | null>();
  const resource = policies.map(({ id, title, severity, engine, source }) => {
    const hash = engine === "rego" ? fileHash(source.file) : packHash(source.file, packs);
    return { id, title, severity, engine, hash };
  });
  const documents = documentPolicies
    .filter(({ kind }) => kind !== "exception")
    .map(({ namespace, rule, kind, file }) => {
      const severity = kind === "warn" ? "info" : "high";
      return {
        id: `${namespace}.${rule}`,
        title: `${rule} of ${namespace}`,
        severity,
        engine: "rego",
        hash: fileHash(file),
      } as const;
    });
  return [...new Map([...resource, ...documents].map((version) => [version.id, version])).values()];
}

/** The text of a Rego policy, or null. Shipped policies name their file from the package's root. */
export function policySource(file: string): string | null {
  for (const path of [packageFile(file), file]) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      // the other place
    }
  }
  return null;
}

function fileHash(file: string): string | null {
  const text = policySource(file);
  return text === null ? null : sha256(text);
}

const mostFiles = 2_000;

/** A pack is judged by all of its own files: the one that is named here is only where it begins. */
function packHash(entry: string, known: Map<string, string | null>): string | null {
  const folder = dirname(entry);
  const before = known.get(folder);
  if (before !== undefined) return before;
  const hash = hashOfFolder(folder);
  known.set(folder, hash);
  return hash;
}

function hashOfFolder(folder: string): string | null {
  try {
    const files = [...filesBelow(folder)];
    if (files.length > mostFiles) return null;
    const lines = files.map((file) => `${sha256(readFileSync(file))}  ${relative(folder, file)}\n`);
    return sha256(lines.sort().join(""));
  } catch {
    return null;
  }
}

function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    if (name === "node_modules" || name.startsWith(".") || name === "__pycache__") continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
