// `portcullis gitops once`: one look at every repository of desired environments, without the service.
import type { Command } from "commander";
import { GitopsPart } from "../actions/gitops/gitops-part.js";
import { gitopsCache } from "../actions/gitops/open-gitops.js";
import { systemClock } from "../clock.js";
import { openActions, openConfiguredStore, packageVersion } from "../compose.js";
import { PortcullisError } from "../errors.js";
import { startTelemetry } from "../observability/telemetry.js";
import { printable } from "../printable.js";
import { dataDirOf } from "./data-dir.js";
import { addPolicyFlags, addStoreFlags, addTerminalFlags, settingsOf, type CommonFlags } from "./options.js";

const examples = `
Examples:
  portcullis gitops once                     the repositories of portcullis.yaml: what is new is decided on, what is allowed is applied

Exit codes: 0 all were looked at, 2 wrong usage, 3 one could not be looked at.`;

export function addGitopsCommand(program: Command): void {
  const gitops = program.command("gitops").description("Git repositories of desired environments");
  const once = gitops.command("once").description("one look at every repository; portcullis serve looks all the time");
  addTerminalFlags(addStoreFlags(addPolicyFlags(once)))
    .addHelpText("after", examples)
    .action(async (flags: CommonFlags) => {
      process.exitCode = await lookOnce(flags);
    });
}

async function lookOnce(flags: CommonFlags): Promise<number> {
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
    ...{ settings: config.telemetry, level: "warn", version: packageVersion() },
    ...{ process: "serve", environment: process.env },
  });
  const store = await openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir, config });
  try {
    const actions = await openActions(settings, { store, config, waiverFiles: settings.waiverFiles });
    try {
      const part = new GitopsPart({
        ...{ repositories, store, actions, log, cache: gitopsCache(dataDir), environment: process.env },
        holder: systemClock.newId(),
        run: async (id, caller) => {
          await actions.run(id, caller);
        },
      });
      const troubles = await part.once();
      for (const [name, trouble] of troubles) process.stderr.write(`portcullis: ${printable(`${name}: ${trouble}`)}\n`);
      return troubles.size > 0 ? 3 : 0;
    } finally {
      await actions.close();
    }
  } finally {
    await store.close();
    await tracing.stop(1_000);
  }
}
