// What a stack will be whose variables are not all known yet: read from its code, since the tool cannot plan it. It is planned
// again when they are known, and must then be what was said here.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readTerraformFolder } from "../../../../scanners/terraform/hcl.js";
import { filesBelow } from "../../../../scanners/terraform/files.js";
import { canonicalJson } from "../../../audit/canonical-json.js";
import type { PlannedResource } from "../../action.js";
import type { Stack, StackPlan } from "../stack-tool.js";
import { mapped } from "./shown-plan.js";

export async function previewOf(
  stack: Stack,
  existing: { readonly state: string | null; readonly resources: readonly PlannedResource[] },
): Promise<StackPlan> {
  const folder = join(stack.template, stack.folder);
  const declared = declarations(folder);
  const known = Object.entries(stack.variables).filter(([name]) => declared.has(name));
  const variables = known.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  const { resources, problems } = await readTerraformFolder(folder, {
    ...{ varFiles: [], variables: Object.fromEntries(variables) as Record<string, string> },
    ...{ fileHost: filesBelow(stack.template), displayRoot: stack.template },
  });
  const after = mapped(resources, stack, "terraform");
  const was = new Map(existing.resources.map((one) => [one.resource.id, one]));
  const changes = [
    ...after.map((one) => ({ before: was.get(one.resource.id) ?? null, after: one })),
    ...existing.resources
      .filter(({ resource }) => !after.some((one) => one.resource.id === resource.id))
      .map((one) => ({ before: one, after: null })),
  ];
  const content = { content: stack.content, after: after.map(({ resource: { source: _, ...rest } }) => rest) };
  return {
    ...{ changes, resources: after, differs: true, exact: false, state: existing.state },
    digest: createHash("sha256").update(canonicalJson(content)).digest("hex"),
    outputs: new Map(),
    problems: [
      ...problems.map(({ at, line, message }) => `${at}${line === null ? "" : `:${line}`}: ${message}`),
      ...resources
        .filter(({ instancesUnknown }) => instancesUnknown === true)
        .map(({ address }) => uncounted(stack, address)),
      ...stack.unknown.flatMap((name) => undeclared(declared, name)),
    ],
  };
}

function uncounted({ name, unknown }: Stack, address: string): string {
  return `how many of ${address} there will be in ${name} depends on ${unknown.join(", ")}, which is only known when the stacks that it needs are there; apply those first`;
}

/** A default would be taken for the value. Whatever stands before the next block counts as the variable's own. */
function undeclared(declared: ReadonlyMap<string, string>, variable: string): readonly string[] {
  const found = declared.get(variable);
  if (found === undefined)
    return [`the variable ${variable}, which comes from another stack, is not declared in a .tf file of the stack`];
  const both = `the variable ${variable} comes from another stack and has a default as well: remove the default, or apply the other stack first`;
  return /\bdefault\s*=/.test(found) ? [both] : [];
}

const blockStart =
  /^(?=[ \t]*(?:variable|resource|data|module|output|locals|provider|terraform|check|moved|import|removed)\b)/m;

/** What is declared, by name. The values of an environment go to all of its stacks, which take what they know. */
function declarations(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".tf"));
  const blocks = files.flatMap((name) => readFileSync(join(folder, name), "utf8").split(blockStart));
  return new Map(
    blocks.flatMap((block) => {
      const name = /^\s*variable\s+"?([\w-]+)"?/.exec(block)?.[1];
      return name === undefined ? [] : [[name, block] as const];
    }),
  );
}
