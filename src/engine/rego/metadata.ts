// From what a package declares to the policies in it: resource policies by their metadata, document policies by the names
// of their rules. What looks like a policy and is not a correct one is an error, never left out.
import { z } from "zod";
import { PortcullisError, type ErrorPlace } from "../../errors.js";
import { roles } from "../../roles.js";
import { actionType, severities, type DocumentPolicy, type RegoPolicy, type Reads } from "../policy.js";
import type { CompiledRego, InspectedModule } from "./rego-compiler.js";

const text = z.string().trim().min(1);
const custom = z.object({
  severity: z.enum(severities),
  types: z.array(text).min(1),
  fix: z.string().trim().default(""),
  remediation: text.nullable().default(null),
  aliases: z.array(text).default([]),
  approvers: z.array(z.enum(roles)).min(1).optional(),
  approvals: z.number().int().min(1).max(10).optional(),
});
type Custom = z.infer<typeof custom>;

/** A resource policy before it is compiled, when what it reads is not known yet. */
export type Declared = Omit<RegoPolicy, "reads">;

export interface Declarations {
  readonly policies: readonly Declared[];
  readonly documentPolicies: readonly DocumentPolicy[];
}

export interface Place extends ErrorPlace {
  readonly line: number;
}

/** One thing that is wrong, and every place that has to do with it. */
export interface Problem {
  readonly message: string;
  readonly places: readonly Place[];
}

/** Throws PortcullisError("policy-invalid") that names everything that is wrong. */
export function declarations(modules: readonly InspectedModule[], namespaces: readonly string[]): Declarations {
  const problems: Problem[] = [];
  const policies: Declared[] = [];
  const documentPolicies: DocumentPolicy[] = [];
  for (const [path, parts] of packagesOf(modules)) {
    const described = parts.filter((part) => part.annotations !== null && isResourcePolicy(part, namespaces));
    if (described.length === 0) {
      if (matches(namespaces, dotted(path))) documentPolicies.push(...documentRules(path, parts));
    } else if (described.length > 1) {
      problems.push({
        message: `package ${dotted(path)} has metadata in more than one file`,
        places: described.map(place),
      });
    } else {
      const declared = declare(path, described[0] as InspectedModule, parts);
      if ("message" in declared) problems.push(declared);
      else policies.push(declared);
    }
  }
  problems.push(...sameIds(policies));
  if (problems.length > 0) throw invalidPolicies(problems);
  return { policies, documentPolicies };
}

export function withReads(declared: Declared, compiled: Pick<CompiledRego, "reads">): RegoPolicy {
  return { ...declared, reads: union(entrypointsOf(declared).map((name) => compiled.reads.get(name) ?? everything)) };
}

export function entrypointsOf(declared: Declared): string[] {
  return [`${declared.path}/deny`, ...(declared.hasApplies ? [`${declared.path}/applies`] : [])];
}

/** What an entrypoint without an analysis could read: all of it. */
const everything: Reads = { input: [[]], inventory: [[]] };

function union(reads: readonly Reads[]): Reads {
  const inventories = reads.flatMap(({ inventory }) => (inventory === null ? [] : [inventory]));
  return {
    input: distinct(reads.flatMap(({ input }) => input)),
    inventory: inventories.length === 0 ? null : distinct(inventories.flat()),
  };
}

function distinct(patterns: readonly (readonly string[])[]): (readonly string[])[] {
  return [...new Map(patterns.map((pattern) => [JSON.stringify(pattern), pattern])).values()];
}

function packagesOf(modules: readonly InspectedModule[]): Map<string, InspectedModule[]> {
  const packages = new Map<string, InspectedModule[]>();
  for (const module of modules) packages.set(module.package, [...(packages.get(module.package) ?? []), module]);
  return packages;
}

/** `custom.types` makes a resource policy. With a severity but no types it is a mistake, unless conftest's rules are in it. */
function isResourcePolicy(module: InspectedModule, namespaces: readonly string[]): boolean {
  const keys = module.annotations?.custom ?? {};
  return (
    Object.hasOwn(keys, "types") || (Object.hasOwn(keys, "severity") && !matches(namespaces, dotted(module.package)))
  );
}

function declare(path: string, module: InspectedModule, parts: readonly InspectedModule[]): Declared | Problem {
  const { annotations } = module;
  const at = [place(module)];
  if (annotations === null) return { message: `package ${dotted(path)} has no metadata`, places: at };
  if (!/^[A-Za-z0-9_]+(\/[A-Za-z0-9_]+)*$/.test(path)) {
    return { message: `the package path ${dotted(path)} cannot be an id; expected letters, digits and _`, places: at };
  }
  const parsed = custom.safeParse(annotations.custom);
  const wrong = (parsed.error?.issues ?? []).map((issue) => `custom.${issue.path.join(".")}: ${issue.message}`);
  if (annotations.title.trim() === "") wrong.unshift("title: expected a text");
  if (!hasRule(parts, "deny")) wrong.push("expected a rule deny");
  if (parsed.success) wrong.push(...misplaced(parsed.data));
  if (!parsed.success || wrong.length > 0) {
    return { message: `the metadata of package ${dotted(path)} is wrong: ${wrong.join("; ")}`, places: at };
  }
  const { approvers, approvals, ...rest } = parsed.data;
  return {
    id: idOf(path),
    title: annotations.title.trim(),
    description: annotations.description.trim(),
    ...rest,
    ...(approvers === undefined ? {} : { approval: { roles: approvers, count: approvals ?? 1 } }),
    engine: "rego",
    provider: path.split("/")[0] ?? "",
    relatedResources: annotations.relatedResources,
    path,
    hasApplies: hasRule(parts, "applies"),
    source: { file: module.path, line: module.line },
  };
}

/** A policy is about actions or about resources: what fails an action is another thing than what a scan finds. */
function misplaced({ types, approvers, approvals }: Custom): string[] {
  const isAboutActions = types.includes(actionType);
  const wrong: string[] = [];
  if (isAboutActions && types.length > 1) wrong.push(`custom.types: ${actionType} stands alone`);
  if (!isAboutActions && approvers !== undefined)
    wrong.push(`custom.approvers: expected in policies about ${actionType} only`);
  if (approvals !== undefined && approvers === undefined) wrong.push("custom.approvals: expected custom.approvers too");
  return wrong;
}

export function idOf(path: string): string {
  return path.replaceAll(/[/_]/g, "-");
}

function hasRule(parts: readonly InspectedModule[], name: string): boolean {
  return parts.some(({ rules }) => rules.some((rule) => rule.name === name && rule.args === 0));
}

const documentRule = /^(?:(deny|violation|warn)(?:_[A-Za-z0-9]+)*|(exception))$/;

/** conftest's rules, each once; a package may be in several files and a rule have several bodies. */
function documentRules(path: string, parts: readonly InspectedModule[]): DocumentPolicy[] {
  const found = new Map<string, DocumentPolicy>();
  for (const part of parts) {
    for (const rule of part.rules) {
      const match = documentRule.exec(rule.name);
      if (match === null || rule.args > 0 || found.has(rule.name)) continue;
      const kind = (match[1] ?? "exception") as DocumentPolicy["kind"];
      const entrypoint = `${path}/${rule.name}`;
      found.set(rule.name, {
        namespace: dotted(path),
        rule: rule.name,
        kind,
        entrypoint,
        file: part.path,
        line: rule.line,
      });
    }
  }
  return [...found.values()];
}

/** The packages that have conftest's rules: to say which namespaces there would be. */
export function possibleNamespaces(modules: readonly InspectedModule[]): string[] {
  const found = modules.filter((module) => documentRules(module.package, [module]).length > 0);
  return [...new Set(found.map((module) => dotted(module.package)))].sort();
}

/** `*` in a namespace stands for any text, as `*` alone for every package. */
function matches(namespaces: readonly string[], name: string): boolean {
  return namespaces.some((namespace) => {
    const parts = namespace.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`).test(name);
  });
}

function dotted(path: string): string {
  return path.replaceAll("/", ".");
}

function place(module: InspectedModule): Place {
  return { file: module.path, line: module.annotations?.line || module.line, column: 1 };
}

/** Two packages can give one id: `a.b_c` and `a.b.c`. An alias that is another policy's id is as bad. */
function sameIds(policies: readonly Declared[]): Problem[] {
  const byId = new Map<string, Declared[]>();
  for (const policy of policies) {
    for (const id of new Set([policy.id, ...policy.aliases])) byId.set(id, [...(byId.get(id) ?? []), policy]);
  }
  const several = [...byId].filter(([, found]) => found.length > 1);
  return several.map(([id, found]) => ({
    message: `${found.length} policies have the id ${id}`,
    places: found.map(({ source }) => ({ ...source, column: 1 })),
  }));
}

export function clashes(policies: readonly Declared[], shipped: readonly Declared[]): Problem[] {
  const taken = new Set(shipped.flatMap(({ id, aliases }) => [id, ...aliases]));
  return policies
    .filter(({ id }) => taken.has(id))
    .map(({ id, source }) => ({
      message: `${id} is the id of a policy that ships with Portcullis; name the package otherwise`,
      places: [{ ...source, column: 1 }],
    }));
}

export function invalidPolicies(problems: readonly Problem[]): PortcullisError {
  const lines = problems.map(({ message, places }) => {
    const at = places.map(({ file, line, column }) => `${file}:${line}:${column ?? 1}`).join(", ");
    return `  ${at}: ${message}`;
  });
  const places = problems.flatMap((problem) => problem.places);
  return new PortcullisError("policy-invalid", `policies are not valid:\n${lines.join("\n")}`, { places });
}
