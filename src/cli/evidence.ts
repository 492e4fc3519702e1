// `portcullis evidence`: packages for auditors, and their verification.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Option, type Command } from "commander";
import type { EvidenceSources, ExportRequest } from "../audit/evidence/sources.js";
import type { Check, Verification } from "../audit/evidence/verification.js";
import { trailKey } from "../audit/evidence/trail-key.js";
import { publicKeyId, readSigningKey } from "../audit/signing-key.js";
import { systemClock } from "../clock.js";
import { loadSummaryRenderer, openConfiguredStore, packageVersion, prepareRun } from "../compose.js";
import { messageOf, PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import { dataDirOf } from "./data-dir.js";
import type { ExitCode } from "./exit-code.js";
import { addPolicyFlags, addStoreFlags, addTerminalFlags, settingsOf, type CommonFlags } from "./options.js";
import { createOutput } from "./output.js";
import { timeOf } from "./time.js";

interface ExportFlags extends Omit<CommonFlags, "baseline" | "output"> {
  readonly baseline: string;
  readonly output: string;
  readonly from?: string;
  readonly to?: string;
  readonly sample: string;
  readonly seed?: string;
  readonly maxGap: string;
  readonly signingKey?: string;
}

interface VerifyFlags {
  readonly key?: string;
  readonly format: "table" | "json";
}

export function addEvidenceCommand(program: Command): void {
  const evidence = program.command("evidence").description("packages that prove results to an auditor");
  const exporting = evidence.command("export").description("everything that is known of a baseline over a period");
  addTerminalFlags(addStoreFlags(addPolicyFlags(exporting)))
    .requiredOption("--baseline <id>", "the baseline")
    .option("--from <time>", "from this time on: 2026-01-01, RFC 3339, or how long ago (default: 90 days before --to)")
    .option("--to <time>", "before this time (default: now)")
    .requiredOption("--output <file>", "a file that ends in .zip, or a folder; it must not be there yet")
    .option("--sample <n>", "items of each population for the auditor to look at", "25")
    .option("--seed <text>", "what the samples are chosen by (default: derived from the audit trail)")
    .option("--max-gap <hours>", "a longer time without a scan is a gap", "36")
    .option("--signing-key <file>", "Ed25519 private key, PEM (default: the key of the audit trail)")
    .addHelpText("after", exportHelp)
    .action(exportPackage);
  evidence
    .command("verify")
    .description("prove a package, without any store: exit 0 proved, 1 wrong, 3 not proved")
    .argument("<package>", "a zip file or a folder")
    .option("--key <key>", "the signer's public key: a PEM file, or its SHA-256; without it the signer is anyone")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .addHelpText("after", "\nExample:\n  portcullis evidence verify soc2.zip --key signer.pem")
    .action(verify);
}

const exportHelp = `
Example:
  portcullis evidence export --baseline soc2 --from 2026-01-01 --to 2026-04-01 --output soc2.zip
Give the auditor the package, and by another way the public key:
  portcullis audit keys list`;

async function exportPackage(flags: ExportFlags): Promise<void> {
  const { baseline: baselineId, output: file, ...common } = flags;
  const settings = settingsOf({ ...common, baseline: [baselineId] });
  const output = createOutput({ color: false, progress: flags.progress, quiet: flags.quiet ?? false });
  const period = periodOf(flags, systemClock.now());
  const [sampleSize, maximumGapHours] = [
    numberOf("--sample", flags.sample, 10_000),
    numberOf("--max-gap", flags.maxGap, 8_784),
  ];
  const named = flags.signingKey === undefined ? null : readSigningKey(flags.signingKey);
  const run = await prepareRun(settings);
  await run.packs?.close();
  const [baseline] = run.baselines;
  if (baseline === undefined) throw new PortcullisError("usage", `--baseline ${baselineId}: there is no such baseline`);
  const dataDir = dataDirOf(flags, settings.config);
  const store = await openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir });
  try {
    const { storeSources } = await import("../audit/evidence/store-sources.js");
    const sources = storeSources({ store, policies: run.policies, renderer: await loadSummaryRenderer() });
    const request: ExportRequest = {
      ...{ baseline, period, output: file, sampleSize, maximumGapHours, progress: output.progress },
      form: file.endsWith(".zip") ? "zip" : "folder",
      seed: seedOf(flags.seed),
      version: packageVersion(),
      createdAt: systemClock.now().toISOString(),
      signingKey: named ?? (await trailKey(store.audit, join(dataDir, "audit"))),
      exporter: await store.audit.caller(),
    };
    await exportAndTell(request, sources, output.note);
  } finally {
    await store.close();
  }
}

async function exportAndTell(
  request: ExportRequest,
  sources: EvidenceSources,
  note: (message: string) => void,
): Promise<void> {
  const { exportEvidence } = await import("../audit/evidence/export.js");
  const { predicate, files, bytes, keyid } = await exportEvidence(request, sources);
  const count = (outcome: string): number => predicate.controls.filter((one) => one.outcome === outcome).length;
  const { gaps, scans, redactions } = predicate.counts;
  note(
    [
      `${predicate.controls.length} controls: ${count("no-exceptions")} without exceptions, ${count("exceptions")} with,`,
      `${count("undetermined")} undetermined, ${count("not-assessed")} not assessed;`,
      `${scans} scans, ${gaps} gaps${redactions === 0 ? "" : `; ${redactions} more values redacted`}`,
    ].join(" "),
  );
  note(`evidence written to ${request.output}: ${files} files, ${bytes} bytes, signed by ${keyid}`);
}

function periodOf({ from, to }: ExportFlags, now: Date): ExportRequest["period"] {
  const end = to === undefined ? now : new Date(timeOf("--to", to, now));
  if (end > now) throw new PortcullisError("usage", `--to ${to ?? ""}: expected a time that is past`);
  const start = timeOf("--from", from ?? "90d", from === undefined ? end : now);
  if (start >= end.toISOString())
    throw new PortcullisError("usage", `--from ${start} is not before --to ${end.toISOString()}`);
  return { from: start, to: end.toISOString() };
}

function numberOf(flag: string, text: string, maximum: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= maximum) return value;
  throw new PortcullisError("usage", `${flag} ${text}: expected a whole number from 1 to ${maximum}`);
}

function seedOf(seed: string | undefined): string | null {
  if (seed === undefined) return null;
  if (/^[\x20-\x7e]{1,200}$/.test(seed)) return seed;
  throw new PortcullisError("usage", "--seed: expected 1 to 200 printable characters of ASCII");
}

async function verify(path: string, flags: VerifyFlags): Promise<void> {
  const { verifyPackage } = await import("../audit/evidence/verify.js");
  const found = await verifyPackage(path, { key: flags.key === undefined ? null : keyOf(flags.key) });
  const text = flags.format === "json" ? JSON.stringify(found, null, 2) : asLines(found);
  await createOutput({ color: false, progress: false, quiet: false }).result(text, null);
  process.exitCode = exitCodes[found.verdict];
}

const exitCodes: Readonly<Record<Verification["verdict"], ExitCode>> = { proved: 0, wrong: 1, "not-proved": 3 };

/** A file, or the key's id itself. */
function keyOf(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  try {
    return publicKeyId(readFileSync(text, "utf8"), text);
  } catch (error) {
    if (error instanceof PortcullisError) throw error;
    throw new PortcullisError("usage", `the key ${text} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function asLines({ package: path, verdict, signer, baseline, period, checks, beyond }: Verification): string {
  const words: Readonly<Record<Check["status"], string>> = {
    proved: "proved",
    wrong: "WRONG",
    "not-proved": "not proved",
  };
  const about = period === null ? path : `${path}: ${baseline ?? ""} from ${period.from} to ${period.to}`;
  const who =
    signer?.authenticated === false ? ["The signer is not authenticated: give --key with their public key."] : [];
  return [
    about,
    ...checks.map(({ name, status, detail }) => `  ${words[status].padEnd(11)} ${name.padEnd(15)} ${detail}`),
    ...who,
    "No package can prove:",
    ...beyond.map((text) => `  ${text}`),
    verdict === "proved"
      ? "Everything in it is proved."
      : verdict === "wrong"
        ? "THE PACKAGE IS WRONG."
        : "Not everything is proved.",
  ]
    .map(printable)
    .join("\n");
}
