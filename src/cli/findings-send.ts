// Writes to a service outside, and only because someone asked for it by this command.
import { setTimeout as sleep } from "node:timers/promises";
import { Argument, Option, type Command } from "commander";
import { openConfiguredStore, openSecurityHub, packageVersion } from "../compose.js";
import { loadConfig } from "../config.js";
import { systemClock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import { isAccount, isRegion } from "../integrations/security-hub/asff.js";
import { deliver, type DeliveryResult } from "../integrations/security-hub/delivery.js";
import { printable } from "../printable.js";
import type { Finding } from "../store/findings.js";
import type { Store } from "../store/store.js";
import { dataDirOf } from "./data-dir.js";
import { addStoreFlags, addTerminalFlags, collect, placeOf } from "./options.js";
import { createOutput } from "./output.js";

interface SendFlags {
  readonly account?: string[];
  readonly region?: string[];
  readonly defaultAccount?: string;
  readonly defaultRegion?: string;
  readonly roleName?: string;
  readonly endpointUrl?: string;
  readonly all?: boolean;
  readonly format: "table" | "json";
  readonly config?: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly quiet?: boolean;
  readonly color: boolean;
  readonly progress: boolean;
}

const help = `
Open findings are active, waived ones suppressed, resolved ones archived. Only what changed since it was last sent goes again.
The credentials are those that the AWS SDK finds; they need securityhub:BatchImportFindings and securityhub:BatchUpdateFindings.

Examples:
  portcullis findings send security-hub
  portcullis findings send security-hub --account 111122223333 --role-name FindingsWriter
  portcullis findings send security-hub --all --format json

Exit codes: 0 all were acknowledged, 2 wrong usage, 3 some were not: they are named, and go again next time.`;

export function addFindingsSendCommand(findings: Command): void {
  const command = findings
    .command("send")
    .description("send findings to AWS Security Hub, each to its own account and region")
    .addArgument(new Argument("<destination>").choices(["security-hub"]))
    .option("--account <id>", "only findings of this account (repeatable)", collect)
    .option("--region <name>", "only findings of this region (repeatable)", collect)
    .option("--default-account <id>", "for findings whose resource has no account; left out otherwise")
    .option("--default-region <name>", "for findings whose resource has no region (default: as configured for the SDK)")
    .option("--role-name <name>", "role to assume in other accounts")
    .option("--endpoint-url <url>", "another endpoint for every service")
    .option("--all", "send what did not change, too")
    .option("--config <file>", "configuration (default: portcullis.yaml, when there)")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"));
  addTerminalFlags(addStoreFlags(command))
    .addHelpText("after", help)
    .action(async (_destination: string, flags: SendFlags) => {
      process.exitCode = await send(flags);
    });
}

async function send(flags: SendFlags): Promise<0 | 3> {
  const given = placeOf(flags);
  checkEach("--account", flags.account, isAccount);
  checkEach("--region", flags.region, isRegion);
  const config = loadConfig(flags.config ?? "portcullis.yaml", flags.config !== undefined);
  const { endpointUrl = null, roleName = null } = flags;
  const output = createOutput({ color: flags.color, progress: flags.progress, quiet: flags.quiet ?? false });
  const store = await openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir: dataDirOf(flags, config) });
  try {
    const { client, region } = await openSecurityHub({ endpointUrl, roleName });
    try {
      const result = await deliver(pagesOf(store), {
        ...{ client, log: store, version: packageVersion(), pause, progress: output.progress },
        place: { account: given.account, region: given.region ?? region },
        ...{ accounts: flags.account ?? [], regions: flags.region ?? [], all: flags.all ?? false },
        now: () => systemClock.now(),
      });
      await noteSent(store, result);
      await output.result(flags.format === "json" ? JSON.stringify(result, null, 2) : asLines(result), null);
      return result.failed.length === 0 ? 0 : 3;
    } finally {
      client.close();
    }
  } finally {
    await store.close();
  }
}

async function noteSent(store: Store, result: DeliveryResult): Promise<void> {
  const { sent, unchanged, withoutPlace, failed } = result;
  await store.audit.append({
    ...{ at: systemClock.now().toISOString(), kind: "findings.sent", ...(await store.audit.caller()) },
    ...{ subject: "security-hub", decision: null },
    details: { sent, unchanged, withoutPlace, failed: failed.length },
  });
}

function checkEach(flag: string, values: readonly string[] = [], isGood: (value: string) => boolean): void {
  const wrong = values.find((value) => !isGood(value));
  if (wrong === undefined) return;
  const expected = flag === "--account" ? "12 digits" : "a region such as eu-west-1";
  throw new PortcullisError("usage", `${flag} ${wrong}: expected ${expected}`);
}

async function* pagesOf(store: Store): AsyncGenerator<readonly Finding[]> {
  let after: string | null = null;
  do {
    const page = await store.listFindings({ status: "all", limit: 1_000, ...(after === null ? {} : { after }) });
    yield page.findings;
    after = page.next;
  } while (after !== null);
}

/** Between half a second and 8 seconds, longer each time, and not at the same moment as others. */
function pause(attempt: number): Promise<void> {
  return sleep(Math.min(8_000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2));
}

const shownFailures = 50;

function asLines({ sent, unchanged, neverSent, withoutPlace, failed }: DeliveryResult): string {
  const counts = [
    `${sent} findings sent, ${failed.length} not`,
    `${unchanged} unchanged since they were sent`,
    ...(neverSent === 0 ? [] : [`${neverSent} resolved before they were ever sent`]),
    ...(withoutPlace === 0
      ? []
      : [`${withoutPlace} left out: no AWS account or region (--default-account, --default-region)`]),
  ];
  const failures = failed
    .slice(0, shownFailures)
    .map((one) => `NOT SENT ${one.fingerprint.slice(0, 12)} ${one.account} ${one.region} ${one.code}: ${one.message}`);
  const more = failed.length > shownFailures ? [`and ${failed.length - shownFailures} more; see --format json`] : [];
  return [...counts, ...failures, ...more].map(printable).join("\n");
}
