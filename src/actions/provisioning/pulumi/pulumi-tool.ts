// Pulumi as a stack tool: the real engine, through its Automation API in a process of its own, with a saved plan for each update.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, isAbsolute, join, normalize, resolve, sep } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { PortcullisError, messageOf } from "../../../errors.js";
import { makeFolder } from "../../../folders.js";
import { isObject, own, type Json, type JsonObject } from "../../../json.js";
import { packageFile } from "../../../package-root.js";
import { secretTexts } from "../planned-resource.js";
import { runProgram, type ProgramResult } from "../run-program.js";
import type {
  Intent,
  Stack,
  StackContext,
  StackFacts,
  StackOutputs,
  StackPlan,
  StackTool,
  StateBackup,
} from "../stack-tool.js";
import { keepBackup } from "../state-backups.js";
import { refused, toolFailed } from "../tool-errors.js";
import { lockOf } from "./lock.js";
import { hasResources, outputsOf, planOfPreview, planOfRemoval, stateOf, type PulumiPlan } from "./preview.js";
import type { PulumiSettings } from "./pulumi-settings.js";

export interface PulumiOptions {
  readonly settings: PulumiSettings;
  /** A path, or a name on PATH. */
  readonly program: string;
  /** All that Pulumi and programs see, besides what is set here. */
  readonly environment: { readonly [name: string]: string };
  readonly planMs: number;
  readonly applyMs: number;
}

export function createPulumiTool(options: PulumiOptions): StackTool {
  return new PulumiTool(options);
}

const mostPlans = 20;
const nothing: Json = { version: 3, deployment: {} };

type Operation = "preview" | "up" | "destroy";

class PulumiTool implements StackTool {
  readonly #options: PulumiOptions;

  constructor(options: PulumiOptions) {
    this.#options = options;
  }

  async plan(stack: Stack, intent: Intent, context: StackContext): Promise<StackPlan> {
    const [missing] = stack.unknown;
    if (intent === "destroy") return { ...planOfRemoval(stack, await this.#state(stack, context)), exact: true };
    if (missing !== undefined)
      throw refused(`stack ${stack.name}: ${missing} is not known before other stacks are there`);
    const plans = join(context.data, "plans");
    makeFolder(plans, 0o700);
    const making = join(plans, `making-${process.pid}.json`);
    try {
      const plan = await this.#preview(stack, making, context);
      keepPlan(plans, making, plan.digest);
      return { ...plan, exact: true };
    } finally {
      rmSync(making, { force: true });
    }
  }

  /** Pulumi stops where the saved plan does not allow something; what is previewed now must be the same all the same. */
  async apply(
    stack: Stack,
    { digest, state }: Pick<StackPlan, "digest" | "state">,
    context: StackContext,
  ): Promise<void> {
    const removal = planOfRemoval(stack, await this.#state(stack, context));
    if (removal.digest === digest) {
      checkUnchanged(stack, removal, state);
      await this.#run(stack, { operation: "destroy" }, context);
      return;
    }
    const plan = join(context.data, "plans", `${digest}.json`);
    if (!existsSync(plan)) throw refused(`stack ${stack.name}: the saved plan is not there any more; plan it again`);
    const making = join(context.data, "plans", `checking-${process.pid}.json`);
    try {
      const now = await this.#preview(stack, making, context);
      if (now.digest !== digest) throw refused(`stack ${stack.name}: it is not what was planned any more`);
      checkUnchanged(stack, now, state);
    } finally {
      rmSync(making, { force: true });
    }
    await this.#run(stack, { operation: "up", plan }, context);
  }

  async outputs(stack: Stack, context: StackContext): Promise<StackOutputs> {
    const state = await this.#state(stack, context);
    if (!hasResources(state)) return new Map();
    const args = ["stack", "output", "--json", "--show-secrets"];
    const { code, output, complaint } = await this.#cli(stack, args, context);
    if (code !== 0) throw failed(stack, "stack output", complaint);
    return outputsOf(state, JSON.parse(output) as Json);
  }

  async facts(stack: Stack, context: StackContext): Promise<StackFacts> {
    const state = await this.#state(stack, context);
    const lock = lockOf(this.#backend(context), projectOf(stack).name, nameOf(stack));
    return { exists: hasResources(state), state: stateOf(state), lock };
  }

  async backupState(stack: Stack, context: StackContext): Promise<StateBackup | null> {
    const state = await this.#state(stack, context);
    return stateOf(state) === null ? null : keepBackup(context, JSON.stringify(state, null, 2));
  }

  async #preview(stack: Stack, plan: string, context: StackContext): Promise<PulumiPlan> {
    const state = await this.#state(stack, context);
    const result = await this.#run(stack, { operation: "preview", plan }, context);
    return planOfPreview(stack, {
      preview: own(result, "preview") ?? null,
      outputs: own(result, "outputs") ?? null,
      state,
    });
  }

  async #state(stack: Stack, context: StackContext): Promise<Json> {
    const { code, output, complaint } = await this.#cli(stack, ["stack", "export"], context);
    if (code === 0) return JSON.parse(output) as Json;
    if (/no stack named/.test(complaint)) return nothing;
    throw failed(stack, "stack export", complaint);
  }

  /** What only looks at a state needs neither the program nor a process for it. */
  async #cli(stack: Stack, args: readonly string[], context: StackContext): Promise<ProgramResult> {
    const { name } = projectOf(stack);
    const folder = mkdtempSync(join(context.data, "run-"));
    try {
      writeFileSync(join(folder, "Pulumi.yaml"), JSON.stringify({ name, runtime: "nodejs" }));
      const packages = this.#packages();
      return await runProgram({
        ...{ program: this.#options.program, cwd: folder, timeoutMs: this.#options.planMs, signal: context.signal },
        args: [...args, "--stack", `organization/${name}/${nameOf(stack)}`, "--non-interactive"],
        environment: this.#environment(folder, { packages, backend: this.#backend(context) }),
        secrets: secretTexts(stack),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #packages(): string {
    return resolve(this.#options.settings.packages ?? packageFile("."));
  }

  #backend({ data }: StackContext): string {
    if (this.#options.settings.backend !== undefined) return this.#options.settings.backend;
    makeFolder(join(data, "state"), 0o700);
    return `file://${join(data, "state")}`;
  }

  async #run(
    stack: Stack,
    { operation, plan = null }: { readonly operation: Operation; readonly plan?: string | null },
    context: StackContext,
  ): Promise<JsonObject> {
    const project = projectOf(stack);
    const backend = this.#backend(context);
    const held = lockOf(backend, project.name, nameOf(stack));
    if (held !== null) throw locked(stack, held);
    const folder = mkdtempSync(join(context.data, "run-"));
    const [job, result] = [join(folder, "job.json"), join(folder, "result.json")];
    const packages = this.#packages();
    const isChange = operation !== "preview";
    try {
      const content = {
        ...{ operation, plan, packages, result, backend, project: project.name, stack: nameOf(stack) },
        ...{ workDir: join(context.data, "pulumi"), program: project.main, config: configOf(stack) },
      };
      writeFileSync(job, JSON.stringify(content), { mode: 0o600 });
      const { code, complaint } = await runProgram({
        ...{ program: process.execPath, args: [packageFile(...runner), job], cwd: folder },
        environment: this.#environment(folder, { packages, backend }),
        timeoutMs: isChange ? this.#options.applyMs : this.#options.planMs,
        ...{ signal: context.signal, secrets: secretTexts(stack), ...(isChange && { say: context.say }) },
      });
      if (code !== 0) throw failed(stack, operation, complaint);
      return readResult(result);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #environment(folder: string, { packages, backend }: { packages: string; backend: string }): Record<string, string> {
    const { environment, program, settings } = this.#options;
    const path = [...(isAbsolute(program) ? [dirname(program)] : []), environment["PATH"] ?? process.env["PATH"] ?? ""];
    const home = join(folder, "home");
    const modules = modulesOf(packages);
    makeFolder(home, 0o700);
    return {
      ...environment,
      // Last: where Pulumi's own Node host is installed, its plugin is taken.
      PATH: [...path, dynamicProvider(folder, modules)].join(delimiter),
      ...{ HOME: environment["HOME"] ?? home, PULUMI_HOME: environment["PULUMI_HOME"] ?? home },
      ...{ NODE_PATH: modules, PULUMI_BACKEND_URL: backend },
      ...{ PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(settings), PULUMI_SKIP_UPDATE_CHECK: "true" },
      // Saved plans are behind it.
      PULUMI_EXPERIMENTAL: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
  }
}

const runner = ["src", "actions", "provisioning", "pulumi", "runner", "run-stack.cjs"];

/** Where Node finds Pulumi's package from there: npm may have put it further up. */
function modulesOf(packages: string): string {
  try {
    const found = createRequire(join(packages, "package.json")).resolve("@pulumi/pulumi/package.json");
    return dirname(dirname(dirname(found)));
  } catch {
    throw config(`provisioning.pulumi.packages: ${packages} has no @pulumi/pulumi; run npm there`);
  }
}

/** Providers that are written in a program itself need this one, which comes with Pulumi's package. */
function dynamicProvider(folder: string, modules: string): string {
  const shims = join(folder, "bin");
  makeFolder(shims, 0o700);
  const shim = join(shims, "pulumi-resource-pulumi-nodejs");
  const code = join(modules, "@pulumi", "pulumi", "cmd", "dynamic-provider");
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${code}' "$@"\n`);
  chmodSync(shim, 0o755);
  return shims;
}

/** An empty passphrase would encrypt nothing. */
function passphraseFile({ passphraseFile: path }: PulumiSettings): string {
  const file = resolve(path);
  try {
    if (readFileSync(file, "utf8").trim() !== "") return file;
  } catch (error) {
    throw config(`provisioning.pulumi.passphraseFile cannot be read: ${messageOf(error)}`);
  }
  throw config(`provisioning.pulumi.passphraseFile: ${file} is empty; expected a passphrase`);
}

function config(message: string): PortcullisError {
  return new PortcullisError("config-invalid", message);
}

const projectFile = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/, "expected the name of a project"),
  runtime: z.union([z.string(), z.looseObject({ name: z.string() })]),
  main: z.string().max(1_000).optional(),
});

/** From `Pulumi.yaml`. The program runs in a process of ours: there is no host for other languages than JavaScript. */
function projectOf({ template, folder, name }: Stack): { readonly name: string; readonly main: string } {
  const base = join(template, folder);
  const file = join(base, "Pulumi.yaml");
  let value: unknown;
  try {
    if (statSync(file).size > 1_000_000) throw new Error("it is larger than 1 MB");
    value = parse(readFileSync(file, "utf8"), { maxAliasCount: 100 });
  } catch (error) {
    throw config(`stack ${name}: Pulumi.yaml cannot be read: ${messageOf(error)}`);
  }
  const parsed = projectFile.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw config(`stack ${name}: Pulumi.yaml: ${issues.join("; ")}`);
  }
  const { runtime, main = "index.js", name: project } = parsed.data;
  const language = typeof runtime === "string" ? runtime : runtime.name;
  const clean = normalize(main);
  if (language !== "nodejs" || !/\.c?js$/.test(clean)) {
    throw config(
      `stack ${name}: Pulumi.yaml: expected runtime: nodejs and a main that ends with .js or .cjs (CommonJS)`,
    );
  }
  if (isAbsolute(clean) || clean === ".." || clean.startsWith(`..${sep}`)) {
    throw config(`stack ${name}: Pulumi.yaml: main: expected a file of the template`);
  }
  return { name: project, main: join(base, clean) };
}

function nameOf({ environment, name, colour, workspace }: Stack): string {
  return `${workspace ?? `${environment}-${name}`}${colour === null ? "" : `-${colour}`}`;
}

function configOf({ variables, secrets }: Stack): JsonObject {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      { value: typeof value === "string" ? value : JSON.stringify(value), secret: secrets.has(name) },
    ]),
  );
}

function readResult(file: string): JsonObject {
  const value = JSON.parse(readFileSync(file, "utf8")) as Json;
  return isObject(value) ? value : {};
}

function checkUnchanged({ name }: Stack, plan: PulumiPlan, state: string | null): void {
  if (plan.state !== state) throw refused(`stack ${name}: its state was changed since it was planned`);
  if (plan.problems.length > 0) throw refused(`stack ${name}: ${plan.problems.join("; ")}`);
}

function keepPlan(plans: string, making: string, digest: string): void {
  const file = join(plans, `${digest}.json`);
  writeFileSync(file, readFileSync(making), { mode: 0o600 });
  const kept = readdirSync(plans)
    .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
    .map((name) => ({ name, at: statSync(join(plans, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { name } of kept.slice(mostPlans)) rmSync(join(plans, name), { force: true });
}

function locked({ name }: Stack, by: string): PortcullisError {
  return refused(`stack ${name} is locked by ${by}; where nobody is at work any more, run \`pulumi cancel\``);
}

function failed(stack: Stack, operation: string, complaint: string): PortcullisError {
  if (complaint.includes("is currently locked by")) return locked(stack, "another update");
  if (complaint.includes("incorrect passphrase"))
    return config(
      `stack ${stack.name}: the passphrase in provisioning.pulumi.passphraseFile is not the one of its state`,
    );
  return toolFailed(`pulumi ${operation} of ${stack.name} failed: ${complaint.trim()}`);
}
