// A chart as it stands in a template: a folder, or an archive that is looked through before Helm unpacks it.
import { createReadStream, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { parse } from "yaml";
import { z } from "zod";
import { messageOf, PortcullisError } from "../../../errors.js";
import type { Stack } from "../stack-tool.js";

/** `release.yaml` in the stack's folder. Without one the folder is the chart, and its release goes into a namespace of the environment's name. */
const releaseFile = z.strictObject({
  /** A folder or an archive, below the stack's folder. */
  chart: z.string().min(1).max(1_000).optional(),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "expected the name of a namespace")
    .optional(),
  /** Files with values, the later ones over the earlier ones; the stack's variables over all. */
  values: z.array(z.string().min(1).max(1_000)).max(50).optional(),
  createNamespace: z.boolean().optional(),
});

export interface ReleaseSource {
  readonly release: string;
  readonly namespace: string;
  readonly chart: string;
  readonly values: readonly string[];
  readonly createNamespace: boolean;
}

const mostBytes = 100 * 2 ** 20;
const mostEntries = 10_000;

/** Throws `config-invalid` for what is no chart, and for an archive that would not stay where it belongs. */
export async function releaseSource(stack: Stack): Promise<ReleaseSource> {
  const base = join(stack.template, stack.folder);
  const { chart = ".", namespace = stack.environment, values = [], createNamespace = false } = described(stack, base);
  const path = within(stack, base, chart);
  if (path.endsWith(".tgz")) await checkArchive(stack, path);
  else readable(stack, join(path, "Chart.yaml"));
  const files = values.map((file) => within(stack, base, file));
  for (const file of files) readable(stack, file);
  return { release: releaseName(stack), namespace, chart: path, values: files, createNamespace };
}

/** Helm allows no more than 53 characters. */
function releaseName({ environment, name, colour, workspace }: Stack): string {
  const release = `${workspace ?? `${environment}-${name}`}${colour === null ? "" : `-${colour}`}`.toLowerCase();
  if (/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/.test(release)) return release;
  throw invalid(
    name,
    `${release} is no name of a release; expected letters, digits and dashes, at most 53: set workspace`,
  );
}

function described({ name }: Stack, base: string): z.infer<typeof releaseFile> {
  let text: string;
  try {
    if (statSync(join(base, "release.yaml")).size > 100_000) throw invalid(name, "release.yaml is larger than 100 kB");
    text = readFileSync(join(base, "release.yaml"), "utf8");
  } catch (error) {
    if (error instanceof PortcullisError) throw error;
    return {}; // it may be left out
  }
  try {
    return releaseFile.parse(parse(text, { maxAliasCount: 100 }) ?? {});
  } catch (error) {
    const why =
      error instanceof z.ZodError
        ? error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")
        : messageOf(error);
    throw invalid(name, `release.yaml: ${why}`);
  }
}

function within({ name }: Stack, base: string, path: string): string {
  const clean = normalize(path);
  const leadsOut = isAbsolute(clean) || clean === ".." || clean.startsWith(`..${sep}`) || clean.includes("\0");
  if (leadsOut || /^[a-z][a-z0-9+.-]*:/i.test(path))
    throw invalid(name, `${path}: expected a path in the template: nothing is fetched`);
  return join(base, clean);
}

function readable({ name, template }: Stack, file: string): void {
  try {
    if (statSync(file).isFile()) return;
  } catch {
    // said below
  }
  throw invalid(name, `${file.slice(template.length + 1)}: expected a file`);
}

async function checkArchive({ name, template }: Stack, file: string): Promise<void> {
  const shown = file.slice(template.length + 1);
  let entries = 0;
  const reading = extract();
  reading.on("entry", (header, stream, next) => {
    entries += 1;
    const isPlain = header.type === "file" || header.type === "directory";
    const leadsOut = header.name.startsWith("/") || header.name.includes("\\") || header.name.split("/").includes("..");
    stream.on("error", () => undefined); // the pipeline says it
    stream.on("end", next);
    stream.resume();
    if (!isPlain || leadsOut)
      reading.destroy(new Error(`${header.name.slice(0, 200)} is a link or leads out of the chart`));
    else if (entries > mostEntries) reading.destroy(new Error(`more than ${mostEntries} files`));
  });
  try {
    await pipeline(createReadStream(file), createGunzip(), bounded, reading);
  } catch (error) {
    throw invalid(name, `the chart ${shown}: ${messageOf(error)}`);
  }
}

/** All that is unpacked counts, headers too. */
async function* bounded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`more than ${mostBytes / 2 ** 20} MiB when unpacked`);
    yield chunk;
  }
}

function invalid(stack: string, message: string): PortcullisError {
  return new PortcullisError("config-invalid", `stack ${stack}: ${message}`);
}
