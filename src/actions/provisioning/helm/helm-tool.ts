// Helm releases as stacks: what a chart renders to is gated, and then exactly that text is installed. Nothing is fetched.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Json } from "../../../json.js";
import { makeFolder } from "../../../folders.js";
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
import { releaseSource, type ReleaseSource } from "./chart-source.js";
import type { HelmSettings } from "./helm-settings.js";
import { isThere, lockOf, planOfRelease, releaseStatus, revisionOf, stateOf, type ReleaseStatus } from "./release.js";
import { readRendered, writeFrozenChart, type Rendered } from "./rendered.js";

export interface HelmOptions {
  readonly settings: HelmSettings;
  /** A path, or a name on PATH. */
  readonly program: string;
  /** All that Helm sees, besides what is set here. */
  readonly environment: { readonly [name: string]: string };
  readonly planMs: number;
  readonly applyMs: number;
}

export function createHelmTool(options: HelmOptions): StackTool {
  return new HelmTool(options);
}

interface Work {
  readonly stack: Stack;
  readonly source: ReleaseSource;
  readonly context: StackContext;
  /** Private, and gone afterwards. */
  readonly folder: string;
}

class HelmTool implements StackTool {
  readonly #options: HelmOptions;

  constructor(options: HelmOptions) {
    this.#options = options;
  }

  plan(stack: Stack, intent: Intent, context: StackContext): Promise<StackPlan> {
    return this.#with(stack, context, async (work) => (await this.#planned(work, intent)).plan);
  }

  apply(stack: Stack, decided: Pick<StackPlan, "digest" | "state">, context: StackContext): Promise<void> {
    return this.#with(stack, context, async (work) => {
      for (const intent of ["apply", "destroy"] as const) {
        const { plan, text } = await this.#planned(work, intent);
        if (plan.digest !== decided.digest) continue;
        if (plan.state !== decided.state)
          throw refused(`release ${work.source.release} was changed since it was planned`);
        if (plan.problems.length > 0) throw refused(plan.problems.join("; "));
        await (intent === "apply" ? this.#install(work, text) : this.#uninstall(work));
        return;
      }
      throw refused(`what an upgrade of ${work.source.release} would do is not what was planned any more`);
    });
  }

  /** To the revision that it was, as Helm remembers it; also where Helm was killed in the middle. */
  restore(stack: Stack, state: string, context: StackContext): Promise<void> {
    return this.#with(stack, context, async (work) => {
      const revision = revisionOf(state);
      if (revision === null) throw refused(`${state} is no revision of a Helm release`);
      const { release } = work.source;
      await this.#helm(
        work,
        ["rollback", release, String(revision), "--wait", "--cleanup-on-fail", ...this.#timeout()],
        true,
      );
    });
  }

  outputs(stack: Stack, context: StackContext): Promise<StackOutputs> {
    return this.#with(stack, context, async (work) => {
      const release = await this.#status(work);
      if (!isThere(release)) return new Map();
      const { version, namespace, name, info } = release;
      const values: [string, Json][] = [
        ["release", name],
        ["namespace", namespace],
        ["revision", version],
        ["status", info.status],
      ];
      return new Map(values.map(([key, value]) => [key, { value, sensitive: false }]));
    });
  }

  facts(stack: Stack, context: StackContext): Promise<StackFacts> {
    return this.#with(stack, context, async (work) => {
      const release = await this.#status(work);
      return { exists: isThere(release), state: stateOf(release), lock: lockOf(release) };
    });
  }

  backupState(stack: Stack, context: StackContext): Promise<StateBackup | null> {
    return this.#with(stack, context, async (work) => {
      const release = await this.#status(work);
      if (!isThere(release)) return null;
      const { output } = await this.#helm(work, ["get", "values", work.source.release, "--output", "json"]);
      const { name, namespace, version, manifest = "" } = release;
      const state = { name, namespace, version, manifest, values: JSON.parse(output) as Json };
      return keepBackup(context, JSON.stringify(state, null, 2));
    });
  }

  async #with<T>(stack: Stack, context: StackContext, work: (work: Work) => Promise<T>): Promise<T> {
    const source = await releaseSource(stack);
    const folder = mkdtempSync(join(context.data, "helm-"));
    try {
      return await work({ stack, source, context, folder });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #planned(work: Work, intent: Intent): Promise<{ readonly plan: StackPlan; readonly text: string }> {
    const release = await this.#status(work);
    const { text, rendered } =
      intent === "destroy" ? { text: "", rendered: readRendered("", "") } : await this.#render(work, isThere(release));
    const plan = planOfRelease(work.stack, { intent, source: work.source, release, rendered });
    const lock = lockOf(release);
    return { plan: lock === null ? plan : { ...plan, problems: [...plan.problems, lockedBy(work, lock)] }, text };
  }

  /** Twice: a chart with random values or the time in it is another one each time, so nothing could be decided on it. */
  async #render(work: Work, exists: boolean): Promise<{ readonly text: string; readonly rendered: Rendered }> {
    const { source } = work;
    const args = [
      ...["template", source.release, source.chart, "--skip-tests", "--validate", "--disable-openapi-validation"],
      // A schema may name others by address, and Helm would fetch them.
      "--skip-schema-validation",
      // An upgrade leaves the chart's own definitions of resources alone.
      ...(exists ? ["--is-upgrade"] : ["--include-crds"]),
      ...this.#values(work),
    ];
    const { output: text } = await this.#helm(work, args);
    const { output: again } = await this.#helm(work, args);
    const rendered = readRendered(text, `helm:${source.release}`);
    if (text === again) return { text, rendered };
    const problem = `the chart of ${source.release} renders to something else each time: it uses random values or the time`;
    return { text, rendered: { ...rendered, sha256: "", problems: [...rendered.problems, problem] } };
  }

  #values({ stack, source, folder }: Work): string[] {
    const file = join(folder, "values.json");
    const unknown = stack.unknown.map((name) => [name, `${name} is known after apply`]);
    writeFileSync(file, JSON.stringify({ ...stack.variables, ...Object.fromEntries(unknown) }), { mode: 0o600 });
    return [...source.values, file].flatMap((one) => ["--values", one]);
  }

  /** Atomic: where it does not become ready, Helm itself goes back to what was there. */
  async #install(work: Work, text: string): Promise<void> {
    const { source, folder } = work;
    const frozen = join(folder, "chart");
    writeFrozenChart(frozen, { text, ...(await this.#chartOf(work)) });
    const create = source.createNamespace ? ["--create-namespace"] : [];
    const args = ["upgrade", source.release, frozen, "--install", "--atomic", "--wait-for-jobs", "--cleanup-on-fail"];
    await this.#helm(work, [...args, ...create, ...this.#values(work), ...this.#timeout()], true);
  }

  async #uninstall(work: Work): Promise<void> {
    // Its history stays: a release that was removed can be brought back.
    await this.#helm(work, ["uninstall", work.source.release, "--keep-history", "--wait", ...this.#timeout()], true);
  }

  async #chartOf(work: Work): Promise<{ readonly name: string; readonly version: string }> {
    const { output } = await this.#helm(work, ["show", "chart", work.source.chart]);
    const field = (name: string): string => new RegExp(`^${name}: *["']?([^"'\\s]+)`, "m").exec(output)?.[1] ?? "";
    return { name: field("name"), version: field("version") };
  }

  #timeout(): string[] {
    // Helm ends by itself, and goes back, before it is ended.
    return ["--timeout", `${Math.max(1, Math.floor((this.#options.applyMs * 0.4) / 1000))}s`];
  }

  async #status(work: Work): Promise<ReleaseStatus | null> {
    const args = ["status", work.source.release, "--output", "json", "--show-resources"];
    const { code, output, complaint } = await this.#run(work, args, false);
    if (code !== 0 && complaint.includes("release: not found")) return null;
    if (code !== 0) throw toolFailed(`helm status of ${work.source.release} failed: ${complaint.trim()}`);
    return releaseStatus.parse(JSON.parse(output));
  }

  async #helm(work: Work, args: readonly string[], isChange = false): Promise<ProgramResult> {
    const result = await this.#run(work, args, isChange);
    if (result.code === 0) return result;
    if (result.complaint.includes("another operation (install/upgrade/rollback) is in progress"))
      throw refused(lockedBy(work, "another Helm operation"));
    throw toolFailed(`helm ${args[0] ?? ""} of ${work.source.release} failed: ${result.complaint.trim()}`);
  }

  #run({ stack, source, context, folder }: Work, args: readonly string[], isChange: boolean): Promise<ProgramResult> {
    const { settings, program, environment, planMs, applyMs } = this.#options;
    const home = join(folder, "home");
    makeFolder(home, 0o700);
    return runProgram({
      ...{ program, cwd: folder, signal: context.signal, secrets: secretTexts(stack) },
      args: [
        ...[...args, "--namespace", source.namespace],
        ...(settings.kubeconfig === undefined ? [] : ["--kubeconfig", resolve(settings.kubeconfig)]),
        ...(settings.context === undefined ? [] : ["--kube-context", settings.context]),
      ],
      environment: {
        ...{ PATH: process.env["PATH"] ?? "", HOME: home, ...environment },
        // No plugins, repositories and registries of whoever runs us.
        ...{ HELM_CONFIG_HOME: home, HELM_DATA_HOME: home, HELM_CACHE_HOME: home },
      },
      timeoutMs: isChange ? applyMs : planMs,
      ...(isChange && { say: context.say }),
    });
  }
}

function lockedBy({ source }: Work, lock: string): string {
  return `release ${source.release} is locked by ${lock}; where nobody is at work any more, roll it back`;
}
