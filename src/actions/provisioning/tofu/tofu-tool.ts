// OpenTofu and Terraform as stack tools: the real program, with saved plans, its own state and its own lock.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Limiter } from "../../../concurrency.js";
import { makeFolder } from "../../../folders.js";
import { isObject, own, type Json, type JsonObject } from "../../../json.js";
import { secretTexts } from "../planned-resource.js";
import { runProgram, shown, type ProgramResult } from "../run-program.js";
import { keepBackup } from "../state-backups.js";
import type {
  Intent,
  Stack,
  StackContext,
  StackFacts,
  StackOutput,
  StackOutputs,
  StackPlan,
  StackTool,
} from "../stack-tool.js";
import { refused, toolFailed } from "../tool-errors.js";
import { previewOf } from "./preview.js";
import { readShownPlan, type ShownPlan } from "./shown-plan.js";
import { localState, prepareFolder } from "./working-folder.js";

export interface TofuOptions {
  readonly program: string;
  /** All that it sees, besides what is set here. */
  readonly environment: { readonly [name: string]: string };
  /** Null: only built-in providers. */
  readonly plugins: string | null;
  /** Instead of one that allows `plugins` and nothing else. */
  readonly cliConfig: string | null;
  readonly planMs: number;
  readonly applyMs: number;
  readonly lockSeconds: number;
}

const mostPlans = 20;
const mostAtOnce = 50;

export function createTofuTool(options: TofuOptions): StackTool {
  return new TofuTool(options);
}

class TofuTool implements StackTool {
  readonly #options: TofuOptions;
  /** By where they are made: two that read one stack need one folder. */
  readonly #folders = new Map<string, Promise<string>>();
  readonly #initialising: Limiter;

  constructor(options: TofuOptions) {
    this.#options = options;
    const { cliConfig, environment } = options;
    // The users' own cache of plugins: Terraform does not say what comes of two that fill it at once.
    const mayShareCache = cliConfig !== null || own(environment, "TF_PLUGIN_CACHE_DIR") !== undefined;
    this.#initialising = new Limiter(mayShareCache ? 1 : mostAtOnce);
  }

  async plan(stack: Stack, intent: Intent, context: StackContext): Promise<StackPlan> {
    const folder = await this.#folder(stack, context);
    const { state } = await this.#state(stack, folder, context);
    if (stack.unknown.length > 0 && intent === "apply") {
      const existing = state === null ? [] : await this.#existing(stack, folder, context);
      return previewOf(stack, { state, resources: existing });
    }
    const plans = join(context.data, "plans");
    makeFolder(plans, 0o700);
    const making = mkdtempSync(join(plans, ".making-"));
    try {
      const file = join(making, "plan");
      const planned = await this.#runPlan(stack, intent, { folder, file, making, context });
      if (planned.code === 1) return failed(state, planned.complaint);
      const plan = await this.#show(stack, folder, file, context);
      const digest = digestWith(plan, state, intent);
      copyFileSync(file, join(plans, `${digest}.tfplan`));
      prune(plans);
      const { changes, resources, outputs, problems } = plan;
      return { changes, resources, outputs, problems, differs: planned.code === 2, exact: true, digest, state };
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }

  async apply(
    stack: Stack,
    { digest, state }: Pick<StackPlan, "digest" | "state">,
    context: StackContext,
  ): Promise<void> {
    const folder = await this.#folder(stack, context);
    const kept = join(context.data, "plans", `${digest}.tfplan`);
    if (!existsSync(kept)) throw refused(`the saved plan of stack ${stack.name} is not on this machine; plan it again`);
    const making = mkdtempSync(join(context.data, "plans", ".making-"));
    try {
      // A copy of our own is looked at and applied: nobody can exchange it in between.
      const file = join(making, "plan");
      copyFileSync(kept, file);
      const now = (await this.#state(stack, folder, context)).state;
      if (now !== state)
        throw refused(
          `the state of stack ${stack.name} is ${now ?? "not there"}, planned was ${state ?? "none"}; plan it again`,
        );
      const plan = await this.#show(stack, folder, file, context);
      if (![digestWith(plan, state, "apply"), digestWith(plan, state, "destroy")].includes(digest))
        throw refused(`the saved plan of stack ${stack.name} is not the one that was decided on`);
      await this.#mustRun(stack, {
        folder,
        context,
        args: ["apply", "-input=false", "-no-color", this.#lock(), file],
        say: true,
      });
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }

  /** The state has them: another program need not be started for that. */
  async outputs(stack: Stack, context: StackContext): Promise<StackOutputs> {
    const folder = await this.#folder(stack, context);
    const { text } = await this.#state(stack, folder, context);
    const found = text.trim() === "" ? {} : own(parsed(text, "state pull"), "outputs");
    const outputs = new Map<string, StackOutput>();
    for (const [name, one] of Object.entries(isObject(found) ? found : {})) {
      if (isObject(one))
        outputs.set(name, { value: own(one, "value") ?? null, sensitive: own(one, "sensitive") === true });
    }
    return outputs;
  }

  async facts(stack: Stack, context: StackContext): Promise<StackFacts> {
    const folder = await this.#folder(stack, context);
    const { state, exists } = await this.#state(stack, folder, context);
    return { state, exists, lock: null };
  }

  async backupState(stack: Stack, context: StackContext): ReturnType<StackTool["backupState"]> {
    const folder = await this.#folder(stack, context);
    const { text } = await this.#state(stack, folder, context);
    return text.trim() === "" ? null : keepBackup(context, text);
  }

  #folder(stack: Stack, context: StackContext): Promise<string> {
    const key = JSON.stringify([context.data, stack.content, stack.folder, stack.workspace]);
    const found = this.#folders.get(key);
    if (found !== undefined) return found;
    const making = this.#prepared(stack, context).finally(() => this.#folders.delete(key));
    this.#folders.set(key, making);
    return making;
  }

  async #prepared(stack: Stack, context: StackContext): Promise<string> {
    const { folder } = await prepareFolder(stack, context, async (at, args) => {
      const work = { folder: at, context, args };
      await (args[0] === "init"
        ? this.#initialising.run(() => this.#mustRun(stack, work))
        : this.#mustRun(stack, work));
    });
    return folder;
  }

  async #state(
    stack: Stack,
    folder: string,
    context: StackContext,
  ): Promise<{ text: string; state: string | null; exists: boolean }> {
    const text = localState(folder, context) ?? (await this.#pull(stack, folder, context));
    if (text.trim() === "") return { text, state: null, exists: false };
    const state = parsed(text, "state pull");
    const resources = own(state, "resources");
    const isManaged = (one: Json): boolean => isObject(one) && own(one, "mode") === "managed";
    const exists = Array.isArray(resources) && (resources as readonly Json[]).some(isManaged);
    return {
      text,
      state: [own(state, "lineage"), own(state, "serial")].map((one) => JSON.stringify(one ?? null)).join("/"),
      exists,
    };
  }

  async #pull(stack: Stack, folder: string, context: StackContext): Promise<string> {
    return (await this.#mustRun(stack, { folder, context, args: ["state", "pull"] })).output;
  }

  /** What is there, as a plan that removes it knows it. */
  async #existing(stack: Stack, folder: string, context: StackContext): Promise<StackPlan["resources"]> {
    const { output } = await this.#mustRun(stack, { folder, context, args: ["show", "-json", "-no-color"] });
    return readShownPlan(parsed(output, "show -json"), stack).resources;
  }

  async #show(stack: Stack, folder: string, file: string, context: StackContext): Promise<ShownPlan> {
    const { output } = await this.#mustRun(stack, { folder, context, args: ["show", "-json", "-no-color", file] });
    return readShownPlan(parsed(output, "show -json"), stack);
  }

  /** 0: nothing to do, 1: it cannot be planned, 2: a plan. */
  async #runPlan(stack: Stack, intent: Intent, at: Planning): Promise<ProgramResult> {
    const variables = join(at.making, "variables.tfvars.json");
    writeFileSync(variables, JSON.stringify(stack.variables), { mode: 0o600 });
    const args = [
      "plan",
      "-input=false",
      "-no-color",
      "-detailed-exitcode",
      "-compact-warnings",
      this.#lock(),
      `-var-file=${variables}`,
    ];
    if (intent === "destroy") args.push("-destroy");
    const result = await this.#run(stack, {
      folder: at.folder,
      context: at.context,
      args: [...args, `-out=${at.file}`],
    });
    refuseLocked(stack, result);
    return result;
  }

  #lock(): string {
    return `-lock-timeout=${Math.round(this.#options.lockSeconds)}s`;
  }

  async #mustRun(stack: Stack, work: ToolWork): Promise<ProgramResult> {
    const result = await this.#run(stack, work);
    if (result.code === 0) return result;
    refuseLocked(stack, result);
    throw toolFailed(`stack ${stack.name}: ${stack.tool} ${work.args[0] ?? ""} failed: ${result.complaint.trim()}`);
  }

  #run(stack: Stack, { folder, context, args, say = false }: ToolWork): Promise<ProgramResult> {
    const { program, environment, planMs, applyMs } = this.#options;
    return runProgram({
      ...{ program, args, cwd: folder, signal: context.signal, secrets: secretTexts(stack) },
      environment: { ...environment, ...this.#own(context) },
      timeoutMs: args[0] === "apply" ? applyMs : planMs,
      ...(say
        ? {
            say: (line: string) => {
              context.say(`${stack.name}: ${line}`);
            },
          }
        : {}),
    });
  }

  #own({ data }: StackContext): { readonly [name: string]: string } {
    const home = join(data, "home");
    makeFolder(home, 0o700);
    const { cliConfig, plugins } = this.#options;
    const file = cliConfig ?? join(home, "cli.tfrc");
    if (cliConfig === null) writeWhole(file, cliConfigOf(plugins ?? join(home, "no-plugins")));
    return { HOME: home, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: file };
  }
}

interface Planning {
  readonly folder: string;
  readonly file: string;
  readonly making: string;
  readonly context: StackContext;
}

interface ToolWork {
  readonly folder: string;
  readonly context: StackContext;
  readonly args: readonly string[];
  readonly say?: boolean;
}

/** Without `direct`, nothing is ever downloaded. */
function cliConfigOf(mirror: string): string {
  makeFolder(mirror, 0o755);
  return `disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`;
}

/** Never empty for a moment: another program that reads it then would download what it wants. */
function writeWhole(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  const making = `${file}.${process.pid}`;
  writeFileSync(making, text, { mode: 0o600 });
  renameSync(making, file);
}

function digestWith({ digest }: ShownPlan, state: string | null, intent: Intent): string {
  return createHash("sha256")
    .update(JSON.stringify([digest, state, intent]))
    .digest("hex");
}

function failed(state: string | null, complaint: string): StackPlan {
  const nothing = { changes: [], resources: [], outputs: new Map<string, StackOutput>() };
  return {
    ...nothing,
    differs: true,
    exact: true,
    digest: "",
    state,
    problems: [complaint.trim() || "it cannot be planned"],
  };
}

/** As the tool says it: who, since when, and what for. */
function refuseLocked({ name }: Stack, { complaint }: ProgramResult): void {
  if (!/Error acquiring the state lock/i.test(complaint)) return;
  const said = (what: string): string =>
    new RegExp(String.raw`${what}:\s+(\S.*)`).exec(complaint)?.[1]?.trim() ?? "unknown";
  throw refused(
    `the state of stack ${name} is locked by ${said("Who")} since ${said("Created")} (${said("Operation")}, lock ${said("ID")}); wait for it, or see whether it is gone`,
  );
}

function parsed(text: string, what: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw toolFailed(`what ${what} printed is no JSON object: ${shown(text.slice(0, 100), [])}`);
}

function prune(plans: string): void {
  const files = readdirSync(plans).filter((name) => name.endsWith(".tfplan"));
  const byAge = files.map((name) => ({ name, at: statSync(join(plans, name)).mtimeMs })).sort((a, b) => b.at - a.at);
  for (const { name } of byAge.slice(mostPlans)) rmSync(join(plans, name), { force: true });
}
