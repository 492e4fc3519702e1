// An environment: what somebody wants to run, as stacks that depend on each other. Read from settings or from an action's parameters.
import { isAbsolute, normalize, sep } from "node:path";
import { PortcullisError } from "../../errors.js";
import { environmentDefinition, type EnvironmentDefinition, type StackDefinition } from "./environment-settings.js";

/** Checked as a whole: names are unique, what stacks need is there, and nothing depends on itself. */
export interface Environment {
  readonly definition: EnvironmentDefinition;
  /** Stacks in the order in which they can run: those of one level do not need each other. */
  readonly levels: readonly (readonly StackDefinition[])[];
}

/** Throws `config-invalid` with everything that is wrong with it. */
export function parseEnvironment(value: unknown, place: string): Environment {
  const parsed = environmentDefinition.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `  ${path.join(".") || "(top)"}: ${message}`);
    throw invalid(place, issues);
  }
  return environmentOf(parsed.data, place);
}

export function environmentOf(definition: EnvironmentDefinition, place: string): Environment {
  const issues = [...stackIssues(definition), ...strategyIssues(definition)];
  if (issues.length > 0) throw invalid(`${place}: environment ${definition.name}`, issues);
  const { levels, cycle } = levelsOf(definition.stacks);
  if (cycle.length > 0) {
    throw invalid(`${place}: environment ${definition.name}`, [`  stacks need each other: ${cycle.join(" -> ")}`]);
  }
  return { definition, levels };
}

function invalid(place: string, issues: readonly string[]): PortcullisError {
  return new PortcullisError("config-invalid", `${place} is no valid environment:\n${issues.join("\n")}`);
}

/** The names of the stacks that a stack needs, each once. */
export function needsOf({ dependsOn = [], inputs = {} }: StackDefinition): readonly string[] {
  return [...new Set([...dependsOn, ...Object.values(inputs).map((input) => inputOf(input).stack)])];
}

export function inputOf(input: string): { readonly stack: string; readonly output: string } {
  const dot = input.indexOf(".");
  return { stack: input.slice(0, dot), output: input.slice(dot + 1) };
}

function stackIssues({ stacks }: EnvironmentDefinition): string[] {
  const names = stacks.map(({ name }) => name);
  const known = new Set(names);
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  return [
    ...twice.map((name) => `  stacks: ${name} is there twice`),
    ...stacks.flatMap((stack) =>
      needsOf(stack)
        .filter((need) => !known.has(need))
        .map((need) => `  stacks.${stack.name}: it needs the stack ${need}, which is not there`),
    ),
    ...stacks
      .filter(({ folder }) => leadsOut(folder ?? "."))
      .map(({ name }) => `  stacks.${name}.folder: expected a folder in the template`),
  ];
}

function leadsOut(folder: string): boolean {
  const clean = normalize(folder);
  return folder.includes("\0") || isAbsolute(clean) || clean === ".." || clean.startsWith(`..${sep}`);
}

function strategyIssues({ strategy = "in-place", shares, stacks, health }: EnvironmentDefinition): string[] {
  const issues: string[] = [];
  if (strategy !== "canary" && shares !== undefined) issues.push("  shares: only of the strategy canary");
  if (shares?.some((share, at) => share <= (shares[at - 1] ?? 0)) === true || (shares?.at(-1) ?? 100) !== 100)
    issues.push("  shares: expected rising percents that end with 100");
  if (strategy !== "in-place" && (health ?? []).length === 0)
    issues.push(`  health: ${strategy} needs at least one check, or nothing says whether the new one works`);
  const pointers = stacks.filter(({ pointer }) => pointer === true);
  if (strategy === "in-place" && pointers.length > 0)
    issues.push("  stacks: a pointer is only of blue-green and canary");
  for (const stack of stacks.filter(({ pointer }) => pointer !== true))
    for (const { name } of pointers.filter((pointer) => needsOf(stack).includes(pointer.name)))
      issues.push(`  stacks.${stack.name}: it needs ${name}, which is switched last`);
  return issues;
}

/** Takes away what needs nothing that is left, level by level. */
function levelsOf(stacks: readonly StackDefinition[]): {
  readonly levels: readonly (readonly StackDefinition[])[];
  readonly cycle: readonly string[];
} {
  const levels: StackDefinition[][] = [];
  let left = [...stacks];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name));
    const level = left.filter((stack) => !needsOf(stack).some((need) => waiting.has(need)));
    if (level.length === 0) return { levels, cycle: cycleIn(left) };
    levels.push(level);
    left = left.filter((stack) => !level.includes(stack));
  }
  return { levels, cycle: [] };
}

/** Each of these needs another of them, so that whoever follows comes back to where they were. */
function cycleIn(stacks: readonly StackDefinition[]): readonly string[] {
  const byName = new Map(stacks.map((stack) => [stack.name, stack]));
  const way: string[] = [];
  let at = stacks[0];
  while (at !== undefined && !way.includes(at.name)) {
    way.push(at.name);
    at = needsOf(at).flatMap((need) => byName.get(need) ?? [])[0];
  }
  return at === undefined ? way : [...way.slice(way.indexOf(at.name)), at.name];
}
