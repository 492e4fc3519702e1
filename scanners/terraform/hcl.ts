// Reads a folder of Terraform configuration: the compiler module evaluates it with HashiCorp's own HCL, and what it gives is
// checked here and put into the form that the mapping takes.
import { existsSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { z } from "zod";
import { compilerCall, type FileHost } from "../../src/compiler/compiler.js";
import { parsePointer, pointer as pointerOf } from "../../src/inventory/pointer.js";
import type { Location } from "../../src/inventory/resource.js";
import type { ScanProblem, Suppression } from "../../src/inventory/scan-item.js";
import type { JsonObject } from "../../src/json.js";
import type { EvaluatedResource } from "./evaluated.js";
import { filesBelow, rootOf } from "./files.js";
import { suppressionScopes } from "./suppressions.js";

export interface TerraformOptions {
  /** Paths are shown relative to this folder; the current one when it is left out. `/` shows them absolute. */
  readonly displayRoot?: string;
  /** Files of variable values, as `-var-file` has them. */
  readonly varFiles: readonly string[];
  /** Values of variables, as `-var` has them. */
  readonly variables: Readonly<Record<string, string>>;
  readonly workspace?: string;
  readonly fileHost?: FileHost;
}

export interface TerraformReading {
  readonly resources: readonly EvaluatedResource[];
  readonly problems: readonly ScanProblem[];
}

const place = z.object({ file: z.string(), line: z.number(), column: z.number() });
const answer = z.object({
  resources: z.array(
    z.object({
      address: z.string(),
      mode: z.enum(["managed", "data"]),
      type: z.string(),
      name: z.string(),
      region: z.string().nullable(),
      values: z.custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value)),
      unknown: z.array(z.string()),
      references: z.unknown(),
      positions: z.unknown(),
      instancesUnknown: z.boolean(),
      ignores: z.number(),
    }),
  ),
  ignoreScopes: z.array(z.object({ parent: z.number(), comments: z.array(z.number()) })),
  ignoreComments: z.array(place.extend({ text: z.string() })),
  problems: z.array(place.extend({ problem: z.enum(["unreadable", "incomplete"]), message: z.string() })),
});
type Place = z.infer<typeof place>;
type Answered = z.infer<typeof answer>["resources"][number];

/**
 * Evaluates the module in the folder and all modules that it calls. Wrong configuration is a problem, and what could be
 * read is given all the same. Throws only when the compiler module itself fails.
 */
export async function readTerraformFolder(folder: string, options: TerraformOptions): Promise<TerraformReading> {
  const root = slashed(resolve(folder));
  const varFiles = options.varFiles.map((file) => resolve(file));
  const show = shownFrom(options.displayRoot ?? process.cwd());
  if (options.fileHost === undefined && !existsSync(root)) return missing(show(root));
  const files = options.fileHost ?? filesBelow(rootOf(root), varFiles);
  const request = {
    root,
    varFiles: varFiles.map(slashed),
    variables: { ...options.variables },
    workspace: options.workspace ?? "default",
  };
  const answered = answer.parse(await compilerCall("terraform.evaluate", request, files));
  const { resources, problems, ignoreScopes, ignoreComments } = answered;
  const scopes = suppressionScopes(ignoreScopes, ignoreComments, show);
  return {
    resources: resources.map((resource) => evaluated(resource, show, scopes[resource.ignores] ?? [])),
    problems: problems.map((problem) => problemOf(problem, show)),
  };
}

function missing(at: string): TerraformReading {
  const nowhere = { file: at, line: 0, column: 0 };
  return {
    resources: [],
    problems: [problemOf({ ...nowhere, problem: "unreadable", message: "there is no such folder" }, (file) => file)],
  };
}

function slashed(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}

function shownFrom(displayRoot: string): (file: string) => string {
  if (displayRoot === "/") return slashed;
  return (file) =>
    file.startsWith("/") || /^[A-Za-z]:/.test(file) ? slashed(relative(displayRoot, file)) || "." : file;
}

function evaluated(
  resource: Answered,
  show: (file: string) => string,
  suppressions: readonly Suppression[],
): EvaluatedResource {
  const { address, mode, type, name, region } = resource;
  // Count or for_each is not known: perhaps there is none, so nothing that it says may count as said.
  const { values, unknown } = resource.instancesUnknown ? { values: {}, unknown: [""] } : resource;
  const places = new Map(entries<Place>(resource.positions));
  const references = new Map(entries<readonly string[]>(resource.references));
  const excused = suppressions.length === 0 ? {} : { suppressions };
  const locate = (at: string): Location | null => nearest(places, at, show);
  return { address, mode, type, name, region, values, unknown, references, locate, ...excused };
}

/** Keys are names out of the configuration, so they go into a map, not through an object's prototype. */
function entries<T>(object: unknown): [string, T][] {
  return Object.entries((object ?? {}) as Record<string, T>);
}

function nearest(places: ReadonlyMap<string, Place>, at: string, show: (file: string) => string): Location | null {
  for (let segments = parsePointer(at); ; segments = segments.slice(0, -1)) {
    const found = places.get(pointerOf(segments));
    if (found !== undefined) return { file: show(found.file), line: found.line, column: found.column };
    if (segments.length === 0) return null;
  }
}

function problemOf(
  problem: Place & { problem: "unreadable" | "incomplete"; message: string },
  show: (file: string) => string,
): ScanProblem {
  const placed = problem.line > 0;
  return {
    kind: "problem",
    problem: problem.problem,
    at: show(problem.file),
    line: placed ? problem.line : null,
    column: placed ? problem.column : null,
    message: problem.message,
    hides: [],
    account: null,
    region: null,
  };
}
