// What Helm rendered: its objects, and a chart that holds exactly this text, so that what was gated is what is installed. Pure but
// for writing that chart.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocuments } from "../../../../scanners/code/document.js";
import { messageOf } from "../../../errors.js";
import { makeFolder } from "../../../folders.js";
import { isObject, own, type Json } from "../../../json.js";

export interface Rendered {
  readonly values: readonly Json[];
  readonly hooks: readonly Json[];
  readonly problems: readonly string[];
  readonly sha256: string;
}

const mostBytes = 20 * 2 ** 20;

export function readRendered(text: string, from: string): Rendered {
  const sha256 = createHash("sha256").update(text).digest("hex");
  if (Buffer.byteLength(text) > mostBytes)
    return { ...empty, sha256, problems: [`${from} renders to more than 20 MiB`] };
  try {
    const all = text.trim() === "" ? [] : parseDocuments(`${from}.yaml`, text).map(({ value }) => value);
    const objects = all.filter((value) => value !== null);
    return { values: objects.filter((one) => !isHook(one)), hooks: objects.filter(isHook), problems: [], sha256 };
  } catch (error) {
    return { ...empty, sha256, problems: [`${from}: what it renders to is no YAML: ${messageOf(error)}`] };
  }
}

const empty = { values: [], hooks: [], problems: [] };

/** Runs beside an installation and is no part of it. */
function isHook(value: Json): boolean {
  const metadata = isObject(value) ? own(value, "metadata") : undefined;
  const annotations = isObject(metadata) ? own(metadata, "annotations") : undefined;
  return isObject(annotations) && Object.hasOwn(annotations, "helm.sh/hook");
}

/** Templates that only insert what was rendered: nothing in it is evaluated again. */
export function writeFrozenChart(
  folder: string,
  { text, name, version }: { text: string; name: string; version: string },
): void {
  for (const one of [folder, join(folder, "templates"), join(folder, "files"), join(folder, "crds")])
    makeFolder(one, 0o700);
  writeFileSync(join(folder, "Chart.yaml"), JSON.stringify({ apiVersion: "v2", name, version }), { mode: 0o600 });
  text.split(/^---(?:[ \t].*)?$/m).forEach((document, at) => {
    if (document.trim() === "") return;
    const file = `${String(at).padStart(5, "0")}.yaml`;
    if (/^\s*# Source: [^/\n]+(?:\/charts\/[^/\n]+)*\/crds\//.test(document)) {
      writeFileSync(join(folder, "crds", file), document, { mode: 0o600 });
      return;
    }
    writeFileSync(join(folder, "files", file), document, { mode: 0o600 });
    writeFileSync(join(folder, "templates", file), `{{ .Files.Get "files/${file}" }}\n`, { mode: 0o600 });
  });
}
