// `portcullis serve`: the API, and what works behind it, until it is told to stop.
import type { Command } from "commander";
import { PortcullisError } from "../errors.js";
import { dataDirOf } from "./data-dir.js";
import { addPolicyFlags, addStoreFlags, settingsOf, type CommonFlags } from "./options.js";

interface ServeFlags extends CommonFlags {
  readonly host?: string;
  readonly port?: string;
}

const examples = `
Examples:
  portcullis tokens create --role admin          once, before the first start: prints the token
  portcullis serve                               the embedded store; http://127.0.0.1:8181, with /openapi.json
  DATABASE_URL=postgres://... portcullis serve --config portcullis.yaml      any number of them on one database

Logs go to standard error, one JSON object a line. SIGTERM ends what is under way and then the process.`;

export function addServeCommand(program: Command): void {
  const command = program
    .command("serve")
    .description("the API, the scheduler, scan workers and event consumers")
    .option("--host <address>", "where to listen (default: server.host, or 127.0.0.1)")
    .option("--port <n>", "0 is any that is free (default: server.port, or 8181)");
  addStoreFlags(addPolicyFlags(command)).addHelpText("after", examples).action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  // The wish to stop may come before there is anything to stop.
  const stopped = stopSignal();
  const settings = settingsOf({ ...flags, color: false, progress: false });
  const listen = {
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.port === undefined ? {} : { port: portOf(flags.port) }),
  };
  const config = { ...settings.config, server: { ...settings.config.server, ...listen } };
  const [{ openService }, { runService }] = await Promise.all([
    import("../service/open-service.js"),
    import("../service/run-service.js"),
  ]);
  const service = await openService({
    ...{ settings, config, configFile: flags.config ?? null, waiverFiles: settings.waiverFiles },
    databaseUrl: flags.databaseUrl ?? process.env["DATABASE_URL"] ?? null,
    dataDir: dataDirOf(flags, config),
  });
  await runService(service, { config, stopped });
  process.exit(0); // a socket that hangs must not hold the process
}

/** The first asks, the second does not wait for the answer. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(3);
        asked = true;
        resolve(signal);
      });
    }
  });
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new PortcullisError("usage", `--port ${text}: expected a whole number from 0 to 65535`);
}
