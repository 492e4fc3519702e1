import { Option, type Command } from "commander";
import { systemClock } from "../clock.js";
import { linksOf } from "../compliance/links.js";
import { severities, type Severity } from "../engine/policy.js";
import { PortcullisError } from "../errors.js";
import { findingSorts, type FindingQuery, type FindingSort } from "../store/finding-query.js";
import type { Finding } from "../store/findings.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";
import { timeOf } from "./time.js";

interface ListFlags extends StoreFlags {
  readonly status: FindingQuery["status"];
  readonly severity?: Severity;
  readonly verdict?: "fail" | "unknown";
  readonly policyId?: string;
  readonly resource?: string;
  readonly provider?: string;
  readonly type?: string;
  readonly account?: string;
  readonly region?: string;
  readonly owner?: string;
  readonly baseline?: string;
  readonly control?: string;
  readonly waiver?: string;
  readonly text?: string;
  readonly firstSeenAfter?: string;
  readonly firstSeenBefore?: string;
  readonly lastSeenAfter?: string;
  readonly lastSeenBefore?: string;
  readonly resolvedAfter?: string;
  readonly resolvedBefore?: string;
  readonly reopened?: string;
  readonly sort?: FindingSort;
  readonly descending?: boolean;
  readonly limit: string;
  readonly after?: string;
}

const maximumLimit = 10_000;

const examples = `
Times are days (2026-01-31), RFC 3339 times, or how long ago (30d).

Examples:
  portcullis findings list --severity high --format json
  portcullis findings list --first-seen-before 30d --owner payments      what a team has left open for a month
  portcullis findings list --baseline pci-dss-4.0.1 --control 1.4.4 --status unresolved
  portcullis findings list --status resolved --resolved-after 7d --sort resolved --descending`;

export function addFindingsListCommand(findings: Command): void {
  const command = addStoreFlags(findings.command("list"))
    .description("findings, the most severe first")
    .addOption(
      new Option("--status <status>", "unresolved is open and waived")
        .choices(["open", "waived", "resolved", "unresolved", "all"])
        .default("open"),
    )
    .addOption(new Option("--severity <level>", "this severe, or more").choices(severities))
    .addOption(new Option("--verdict <verdict>").choices(["fail", "unknown"]))
    .option("--policy-id <id>", "of one policy")
    .option("--resource <id>", "of one resource")
    .option("--provider <name>", "of one provider")
    .option("--type <type>", "of one type of resource, such as AWS::S3::Bucket")
    .option("--account <id>", "of one account")
    .option("--region <name>", "of one region")
    .option("--owner <name>", 'of one owner; "" is without an owner')
    .option("--baseline <id>", "that bear on a baseline")
    .option("--control <id>", "that bear on a control of the baseline")
    .option("--waiver <id>", "that a waiver excuses")
    .option("--text <words>", "with these words in the title, the message or the resource")
    .option("--first-seen-after <time>")
    .option("--first-seen-before <time>")
    .option("--last-seen-after <time>")
    .option("--last-seen-before <time>")
    .option("--resolved-after <time>")
    .option("--resolved-before <time>")
    .option("--reopened <times>", "that came back at least so often")
    .addOption(new Option("--sort <by>", "default: severity, then first-seen").choices(findingSorts))
    .option("--descending", "the other way round")
    .option("--limit <n>", "at most so many", "100")
    .option("--after <cursor>", "the next page, as the page before names it")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"));
  command.addHelpText("after", examples).action(list);
}

async function list(flags: ListFlags): Promise<void> {
  const query = queryOf(flags);
  await withStore(flags, async (store, { links }) => {
    const { findings, next } = await store.listFindings(query);
    const output = createOutput({ color: true, progress: false, quiet: false });
    const linked = findings.map((finding) => ({ ...finding, links: linksOf(finding, links ?? {}) }));
    await output.result(flags.format === "json" ? JSON.stringify(linked, null, 2) : asTable(findings), null);
    if (next !== null) output.note(`there are more: --after ${next}, or --limit up to ${maximumLimit}`);
  });
}

/** Throws `usage` for what makes no sense. */
function queryOf(flags: ListFlags): FindingQuery {
  const { policyId, limit, reopened, format: _format, dataDir: _dataDir, databaseUrl: _url, ...same } = flags;
  if (flags.control !== undefined && flags.baseline === undefined)
    throw new PortcullisError("usage", "--control needs --baseline: which baseline's control is meant");
  return {
    ...same,
    ...timesOf(flags),
    ...(policyId === undefined ? {} : { policy: policyId }),
    ...(reopened === undefined ? {} : { reopened: whole("--reopened", reopened, 1_000_000) }),
    limit: whole("--limit", limit, maximumLimit),
  };
}

const timeFlags = {
  firstSeenAfter: "--first-seen-after",
  firstSeenBefore: "--first-seen-before",
  lastSeenAfter: "--last-seen-after",
  lastSeenBefore: "--last-seen-before",
  resolvedAfter: "--resolved-after",
  resolvedBefore: "--resolved-before",
} as const;

function timesOf(flags: ListFlags): Partial<Record<keyof typeof timeFlags, string>> {
  const now = systemClock.now();
  const names = Object.keys(timeFlags) as (keyof typeof timeFlags)[];
  const given = names.flatMap((name) => {
    const text = flags[name];
    return text === undefined ? [] : [[name, timeOf(timeFlags[name], text, now)] as const];
  });
  return Object.fromEntries(given);
}

function whole(flag: string, text: string, maximum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= maximum) return value;
  throw new PortcullisError("usage", `${flag} ${text}: expected a whole number from 1 to ${maximum}`);
}

function asTable(findings: readonly Finding[]): string {
  const rows = findings.map((one) => [
    one.fingerprint.slice(0, 12),
    one.severity,
    one.status,
    one.policy,
    one.resource.id,
    one.owner ?? "",
    one.firstSeen.slice(0, 16),
  ]);
  return renderRows(["finding", "severity", "status", "policy", "resource", "owner", "first seen"], rows);
}
