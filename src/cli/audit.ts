// `portcullis audit`: reads, verifies and signs the trail.
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { Option, type Command } from "commander";
import { writeCheckpointFile } from "../audit/anchor.js";
import { parseCheckpointFile } from "../audit/checkpoint.js";
import type { Audit } from "../audit/database-trail.js";
import { publicKeyId } from "../audit/signing-key.js";
import type { AuditEntry, AuditQuery } from "../audit/trail.js";
import type { AuditVerification, KeptCheckpoint } from "../audit/verify-trail.js";
import { systemClock } from "../clock.js";
import { openConfiguredStore } from "../compose.js";
import { loadConfig } from "../config.js";
import { messageOf, PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import { dataDirOf } from "./data-dir.js";
import type { ExitCode } from "./exit-code.js";
import { addStoreFlags, collect } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { timeOf } from "./time.js";

interface AuditFlags {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly format: "table" | "json";
}

interface ListFlags extends AuditFlags {
  readonly kind?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly limit: string;
}

interface VerifyFlags extends AuditFlags {
  readonly checkpoint?: readonly string[];
  readonly key?: string;
}

const maximumLimit = 10_000;

export function addAuditCommand(program: Command): void {
  const audit = program.command("audit").description("who did what: a trail that shows every change to it");
  addList(audit);
  addVerify(audit);
  withFlags(audit.command("show"))
    .description("one entry, by its number")
    .argument("<seq>")
    .action((seq: string, flags: AuditFlags) => run(flags, (trail) => show(trail, seq)));
  withFlags(audit.command("checkpoint"))
    .description("sign what is not signed yet")
    .option("--output <file>", "write the checkpoint, to keep it elsewhere")
    .action((flags: AuditFlags & { readonly output?: string }) => run(flags, (trail) => checkpoint(trail, flags)));
  addKeys(audit.command("keys").description("the keys that sign checkpoints"));
}

function addList(audit: Command): void {
  withFlags(audit.command("list"))
    .description("entries, the newest first")
    .option(
      "--kind <kind>",
      "of this kind, such as waiver.approved, or all that begin so: waiver. (repeatable)",
      collect,
    )
    .option("--from <time>", "from this time on: a day, an RFC 3339 time, or how long ago, such as 30d")
    .option("--to <time>", "before this time")
    .option("--actor <name>", "of one actor")
    .option("--limit <n>", "at most so many", "100")
    .addHelpText(
      "after",
      "\nExample:\n  portcullis audit list --kind waiver. --from 2026-01-01T00:00:00Z --format json",
    )
    .action((flags: ListFlags) => run(flags, (trail) => list(trail, flags)));
}

function addVerify(audit: Command): void {
  withFlags(audit.command("verify"))
    .description("compute the whole trail again: exit 0 proved, 1 tampered with, 3 could not be proved")
    .option("--checkpoint <file>", "compare with a checkpoint that was kept elsewhere (repeatable)", collect)
    .option("--key <key>", "the public key to trust: a PEM file, or its SHA-256 (default: the trail's first)")
    .addHelpText("after", "\nExample:\n  portcullis audit verify --checkpoint kept/checkpoint.json --key audit-key.pub")
    .action((flags: VerifyFlags) => run(flags, (trail) => verify(trail, flags)));
}

function addKeys(keys: Command): void {
  withFlags(keys.command("list"))
    .description("the public keys, oldest first")
    .action((flags: AuditFlags) => run(flags, (trail) => listKeys(trail, flags)));
  withFlags(keys.command("export"))
    .description("the public key in force, as PEM: for whoever verifies")
    .option("--output <file>", "write it to a file")
    .addHelpText("after", "\nExample:\n  portcullis audit keys export --output signer.pem")
    .action((flags: AuditFlags & { readonly output?: string }) => run(flags, exportKey, flags.output));
  withFlags(keys.command("rotate"))
    .description("bring in a new key, which the old one signs")
    .option("--new-key <file>", "an Ed25519 private key (default: one is made)")
    .action((flags: AuditFlags & { readonly newKey?: string }) =>
      run(flags, async (trail) => `the key in force is ${await trail.rotateKey(flags.newKey ?? null)}`),
    );
}

function withFlags(command: Command): Command {
  const format = new Option("--format <name>").choices(["table", "json"]).default("table");
  return addStoreFlags(command).addOption(format);
}

async function run(flags: AuditFlags, work: (audit: Audit) => Promise<string>, file?: string): Promise<void> {
  const config = loadConfig("portcullis.yaml", false);
  const store = await openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir: dataDirOf(flags, config) });
  try {
    await createOutput({ color: true, progress: false, quiet: false }).result(await work(store.audit), file ?? null);
  } finally {
    await store.close();
  }
}

async function exportKey(audit: Audit): Promise<string> {
  await audit.checkpoint(); // the first one makes the key
  const last = (await audit.signers()).at(-1);
  if (last === undefined) throw new PortcullisError("usage", "the audit trail is empty: it has no key yet");
  const key = createPublicKey({ key: Buffer.from(last.statement.spki, "base64"), format: "der", type: "spki" });
  return key.export({ format: "pem", type: "spki" }).toString();
}

async function list(audit: Audit, flags: ListFlags): Promise<string> {
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > maximumLimit)
    throw new PortcullisError("usage", `--limit ${flags.limit}: expected a whole number from 1 to ${maximumLimit}`);
  const now = systemClock.now();
  const time = (flag: string, text: string | undefined): string | null =>
    text === undefined ? null : timeOf(flag, text, now);
  const query: AuditQuery = {
    ...{ from: time("--from", flags.from), to: time("--to", flags.to), kinds: flags.kind ?? [] },
    ...(flags.actor === undefined ? {} : { actor: flags.actor }),
  };
  const entries = await audit.newest(query, limit);
  if (flags.format === "json") return JSON.stringify(entries, null, 2);
  return renderRows(["entry", "at", "kind", "actor", "subject"], entries.map(cellsOf));
}

const cellsOf = ({ seq, event }: AuditEntry): string[] => [
  ...[String(seq), event.at.slice(0, 19), event.kind, event.actor.name, event.subject ?? ""],
];

async function show(audit: Audit, text: string): Promise<string> {
  const seq = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  const entry = seq === 0 ? null : await audit.entry(seq);
  if (entry === null) throw new PortcullisError("usage", `no audit entry ${text}; see: portcullis audit list`);
  return JSON.stringify(entry, null, 2).split("\n").map(printable).join("\n");
}

async function checkpoint(audit: Audit, flags: AuditFlags & { readonly output?: string }): Promise<string> {
  const signed = await audit.checkpoint();
  if (signed === null) return flags.format === "json" ? "null" : "the trail is empty: there is nothing to sign";
  if (flags.output !== undefined) writeCheckpointFile(flags.output, signed);
  if (flags.format === "json") return JSON.stringify(signed, null, 2);
  const { number, seq, signer } = signed.checkpoint;
  return `checkpoint ${number} covers every entry up to ${seq}, signed with the key ${signer}`;
}

async function verify(audit: Audit, flags: VerifyFlags): Promise<string> {
  const kept = (flags.checkpoint ?? []).map(readCheckpoint);
  const result = await audit.verify({ kept, trusted: flags.key === undefined ? null : trustedKey(flags.key) });
  process.exitCode = exitCodes[result.status];
  return flags.format === "json" ? JSON.stringify(result, null, 2) : asText(result);
}

const exitCodes: Readonly<Record<AuditVerification["status"], ExitCode>> = { proved: 0, tampered: 1, unproved: 3 };

function readCheckpoint(file: string): KeptCheckpoint {
  const checkpoint = parseCheckpointFile(readText(file));
  if (checkpoint !== null) return { file, checkpoint };
  throw new PortcullisError(
    "input-unreadable",
    `${file} is not a checkpoint of an audit trail; make one with: portcullis audit checkpoint --output FILE`,
  );
}

function trustedKey(key: string): string {
  return publicKeyId(existsSync(key) ? readText(key) : key, key);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new PortcullisError("input-unreadable", `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function asText({ status, problems, moreProblems, ...found }: AuditVerification): string {
  const lines = problems.map(({ message }) => `- ${printable(message)}`);
  if (moreProblems > 0) lines.push(`- and ${moreProblems} more`);
  const unsigned = found.head.seq - found.covered;
  if (status === "tampered") return ["tampered with: the audit trail is not what it was", ...lines].join("\n");
  if (status === "unproved")
    return `not proved: ${found.entries} entries are chained, and nothing is signed; run: portcullis audit checkpoint`;
  const tail = unsigned > 0 ? `; the last ${unsigned} are chained and not signed yet` : "";
  return `proved: ${found.entries} entries, ${found.checkpoints} checkpoints, ${found.signers.length} keys${tail}`;
}

async function listKeys(audit: Audit, flags: AuditFlags): Promise<string> {
  const signers = await audit.signers();
  const keys = signers.map(({ seq, statement }) => ({ id: statement.signer, since: seq, spki: statement.spki }));
  if (flags.format === "json") return JSON.stringify(keys, null, 2);
  return renderRows(
    ["key", "since entry", "public key (SPKI, base64)"],
    keys.map(({ id, since, spki }) => [id, String(since), spki]),
  );
}
