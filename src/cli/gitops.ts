// `portcullis gitops once`: one look at every repository of desired environments, without the service.
import { Option, type Command } from "commander";
import type { Actions } from "../actions/actions.js";
import { GitopsPart } from "../actions/gitops/gitops-part.js";
import { mainOf, type RepositorySettings } from "../actions/gitops/gitops-settings.js";
import { gitopsCache } from "../actions/gitops/open-gitops.js";
import { resultsOf, type FileResult } from "../actions/gitops/results.js";
import { systemClock } from "../clock.js";
import { openActions, openConfiguredStore, packageVersion } from "../compose.js";
import { PortcullisError } from "../errors.js";
import { startTelemetry } from "../observability/telemetry.js";
import { printable } from "../printable.js";
import type { Store } from "../store/store.js";
import { exitCodeOfAction } from "./action-text.js";
import { dataDirOf } from "./data-dir.js";
import { addPolicyFlags, addStoreFlags, addTerminalFlags, settingsOf, type CommonFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";

interface OnceFlags extends Omit<CommonFlags, "format"> {
  readonly format: "table" | "json";
  readonly output?: string;
}

interface RepositoryResult {
  readonly name: string;
  /** Why not everything was looked at. */
  readonly problem: string | null;
  readonly results: readonly FileResult[];
}

const examples = `
Examples:
  portcullis gitops once                     the repositories of portcullis.yaml: what is new is decided on, what is allowed is applied
  portcullis gitops once --format json       what became of every file

Exit codes (previews do not count): 0 everything is as its files say, or on its way, 1 something was denied, rejected or rolled back or needs an approval,
2 wrong usage, 3 a repository or a file could not be read, or an action stands between before and after.`;

export function addGitopsCommand(program: Command): void {
  const gitops = program.command("gitops").description("Git repositories of desired environments");
  const once = gitops
    .command("once")
    .description("one look at every repository; portcullis serve looks all the time")
    .addOption(new Option("--format <name>", "table or json").choices(["table", "json"]).default("table"))
    .option("--output <file>", "write to a file");
  addTerminalFlags(addStoreFlags(addPolicyFlags(once)))
    .addHelpText("after", examples)
    .action(async (flags: OnceFlags) => {
      process.exitCode = await lookOnce(flags);
    });
}

async function lookOnce(flags: OnceFlags): Promise<number> {
  const settings = settingsOf(flags);
  const { config } = settings;
  const { repositories } = config.gitops ?? {};
  if (repositories === undefined)
    throw new PortcullisError(
      "config-invalid",
      "no repository is configured: see gitops.repositories of portcullis.yaml",
    );
  const dataDir = dataDirOf(flags, config);
  const { log, tracing } = await startTelemetry({
    ...{ settings: config.telemetry, level: "error", version: packageVersion() },
    ...{ process: "serve", environment: process.env },
  });
  const store = await openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir, config });
  try {
    const placed = { ...config, dataDir };
    const actions = await openActions(settings, { store, config: placed, waiverFiles: settings.waiverFiles });
    try {
      const part = new GitopsPart({
        ...{ repositories, store, actions, log, cache: gitopsCache(dataDir), environment: process.env },
        holder: systemClock.newId(),
        run: async (id, caller) => {
          await actions.run(id, caller);
        },
      });
      return await shown(await foundBy(part, store, repositories), flags, { actions, repositories });
    } finally {
      await actions.close();
    }
  } finally {
    await store.close();
    await tracing.stop(1_000);
  }
}

async function foundBy(
  part: GitopsPart,
  { gitops }: Store,
  repositories: readonly RepositorySettings[],
): Promise<readonly RepositoryResult[]> {
  const problems = await part.once();
  const results: RepositoryResult[] = [];
  for (const { name } of repositories)
    results.push({ name, problem: problems.get(name) ?? null, results: await resultsOf(gitops, name) });
  return results;
}

interface Looked {
  readonly actions: Pick<Actions, "get">;
  readonly repositories: readonly RepositorySettings[];
}

async function shown(found: readonly RepositoryResult[], flags: OnceFlags, looked: Looked): Promise<number> {
  const output = createOutput({ color: flags.color, progress: flags.progress, quiet: flags.quiet ?? false });
  const rows = found.flatMap(({ name, results }) =>
    results.map(({ branch, path, commit, state, description }) => [
      ...[name, branch, path, commit.slice(0, 12), state, description],
    ]),
  );
  const text =
    flags.format === "json"
      ? JSON.stringify({ version: 1, repositories: found }, null, 2)
      : renderRows(["repository", "branch", "file", "commit", "state", "result"], rows);
  await output.result(text, flags.output ?? null);
  for (const { name, problem } of found)
    if (problem !== null) process.stderr.write(`portcullis: ${printable(`${name}: ${problem}`)}\n`);
  return exitCodeOf(found, looked);
}

/** The worst of what became of the main branches. */
async function exitCodeOf(found: readonly RepositoryResult[], { actions, repositories }: Looked): Promise<0 | 1 | 3> {
  const codes: (0 | 1 | 3)[] = [0];
  for (const { name, problem, results } of found) {
    const settings = repositories.find((one) => one.name === name);
    const main = settings === undefined ? null : mainOf(settings);
    if (problem !== null) codes.push(3);
    for (const { state, action } of results.filter(({ branch }) => branch === main)) {
      const last = action === null ? null : await actions.get(action);
      codes.push(last !== null ? exitCodeOfAction(last) : state === "error" ? 3 : 0);
    }
  }
  return codes.includes(3) ? 3 : codes.includes(1) ? 1 : 0;
}
