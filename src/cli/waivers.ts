// `portcullis waivers`: asks for, approves, ends and lists exceptions of the store.
import { Option, type Command } from "commander";
import type { z } from "zod";
import { readCode } from "../../scanners/code/index.js";
import type { Caller } from "../audit/trail.js";
import { openConfiguredStore } from "../compose.js";
import { documentContent } from "../compliance/excuses.js";
import { configHash, stateOf, type WaiverScope, type WaiverState } from "../compliance/waiver.js";
import { hashText, instantText, scopePattern, scopeTag, waiverId, waiverText } from "../compliance/waiver-file.js";
import { loadConfig } from "../config.js";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import type { Store } from "../store/store.js";
import type { StoredWaiver, WaiverRequest } from "../store/waivers.js";
import { dataDirOf } from "./data-dir.js";
import { addStoreFlags, collect } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";

interface WaiverFlags {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly format: "table" | "json";
}

interface RequestFlags extends WaiverFlags {
  readonly id?: string;
  readonly policyId?: readonly string[];
  readonly control?: readonly string[];
  readonly resource?: readonly string[];
  readonly tag?: readonly string[];
  readonly account?: readonly string[];
  readonly reason: string;
  readonly ticket?: string;
  readonly start?: string;
  readonly expires: string;
  readonly endsOnChange?: boolean;
  readonly configHash?: string;
}

interface ListFlags extends WaiverFlags {
  readonly status: WaiverState | "all";
  readonly limit: string;
}

const states = ["all", "requested", "waiting", "in-force", "expired", "rejected", "revoked"] as const;
const maximumLimit = 10_000;

export function addWaiversCommand(program: Command): void {
  const waivers = program.command("waivers").description("approved, expiring exceptions");
  addRequestCommand(waivers, "request", "ask for an exception; somebody else approves it", false);
  addRequestCommand(waivers, "add", "ask for an exception, and approve it where the store has one user", true);
  addListCommand(waivers);
  withFlags(waivers.command("show"))
    .description("one waiver")
    .argument("<id>")
    .action((id: string, flags: WaiverFlags) => run(flags, (store) => show(store, id, flags)));
  withFlags(waivers.command("approve"))
    .description("approve what somebody else asked for")
    .argument("<id>")
    .action((id: string, flags: WaiverFlags) => change(flags, (store, caller) => store.waivers.approve(id, caller)));
  addEndCommand(waivers, "reject", "refuse a request");
  addEndCommand(waivers, "revoke", "end a waiver before it expires, or take a request back");
  addHashCommand(waivers);
}

function addRequestCommand(waivers: Command, name: string, description: string, isApproved: boolean): void {
  withFlags(waivers.command(name))
    .description(description)
    .option("--id <id>", "what to call it (default: made up)")
    .option("--policy-id <id>", "the policies, * for any text (repeatable)", collect)
    .option("--control <baseline/control>", "or the controls, such as soc2/CC6.1 (repeatable)", collect)
    .option("--resource <id>", "resources by id, * for any text (repeatable)", collect)
    .option("--tag <key=value>", "only resources with the tag (repeatable: all of them)", collect)
    .option("--account <id>", "only resources of the account (repeatable)", collect)
    .requiredOption("--reason <text>", "why")
    .option("--ticket <id>", "where it is discussed")
    .option("--start <time>", "a day or a time, UTC (default: now)")
    .requiredOption("--expires <time>", "a day or a time, at most 366 days after the start")
    .option("--ends-on-change", "end for a resource when it changes")
    .option("--config-hash <hash>", "end when the resource is not as this says: see waivers hash")
    .addHelpText("after", requestExample(name))
    .action((flags: RequestFlags) =>
      change(flags, async (store, caller) => {
        const requested = await store.waivers.request(requestOf(flags), caller);
        return isApproved && store.waivers.hasOneUser ? store.waivers.approve(requested.id, caller) : requested;
      }),
    );
}

const requestExample = (name: string): string => `
Example:
  portcullis waivers ${name} --policy-id aws-s3-block-public-access --resource 'arn:aws:s3:::site-*' \\
    --reason "the public web site" --ticket SEC-12 --expires 2027-06-30`;

function addListCommand(waivers: Command): void {
  withFlags(waivers.command("list"))
    .description("waivers of the store, the latest first")
    .addOption(new Option("--status <state>").choices(states).default("all"))
    .option("--limit <n>", "at most so many", "100")
    .action((flags: ListFlags) => run(flags, (store) => list(store, flags)));
}

function addEndCommand(waivers: Command, name: "reject" | "revoke", description: string): void {
  withFlags(waivers.command(name))
    .description(description)
    .argument("<id>")
    .requiredOption("--reason <text>", "why")
    .action((id: string, flags: WaiverFlags & { readonly reason: string }) =>
      change(flags, (store, caller) =>
        store.waivers[name](id, checked(waiverText(2_000), "--reason", flags.reason), caller),
      ),
    );
}

function addHashCommand(waivers: Command): void {
  addStoreFlags(waivers.command("hash"))
    .description("the configHash of a resource as the code has it, or as the last scan saw it")
    .argument("<resource>", "its id")
    .argument("[path...]", "files or folders with code")
    .action(async (id: string, paths: string[], flags: WaiverFlags) => {
      const hash = paths.length > 0 ? await hashInCode(id, paths) : await run(flags, (store) => hashInStore(store, id));
      await output().result(hash, null);
    });
}

function withFlags(command: Command): Command {
  return addStoreFlags(command).addOption(new Option("--format <name>").choices(["table", "json"]).default("table"));
}

function output(): ReturnType<typeof createOutput> {
  return createOutput({ color: true, progress: false, quiet: false });
}

async function run<T>(flags: WaiverFlags, work: (store: Store) => Promise<T>): Promise<T> {
  const config = loadConfig("portcullis.yaml", false);
  const store = await openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir: dataDirOf(flags, config) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Who changes it is who the operating system or the database says, whatever the environment holds. */
function change(flags: WaiverFlags, work: (store: Store, caller: Caller) => Promise<StoredWaiver>): Promise<void> {
  return run(flags, async (store) => {
    const waiver = await work(store, await store.audit.caller());
    await output().result(flags.format === "json" ? asJson(waiver) : asLines(waiver), null);
    if (waiver.status === "requested")
      output().note(`somebody else has to approve it: portcullis waivers approve ${waiver.id}`);
    if (waiver.status === "approved" && waiver.selfApproved)
      output().note("approved by the one who asked, since this store has one user; reports say so");
  });
}

async function show(store: Store, id: string, flags: WaiverFlags): Promise<void> {
  const waiver = await store.waivers.get(id);
  if (waiver === null) throw new PortcullisError("usage", `there is no waiver ${id}; see: portcullis waivers list`);
  await output().result(flags.format === "json" ? asJson(waiver) : asLines(waiver), null);
}

async function list(store: Store, { status, limit: text, format }: ListFlags): Promise<void> {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > maximumLimit)
    throw new PortcullisError("usage", `--limit ${text}: expected a whole number from 1 to ${maximumLimit}`);
  const waivers = await store.waivers.list({ state: status, limit });
  await output().result(format === "json" ? JSON.stringify(waivers.map(plain), null, 2) : asTable(waivers), null);
  if (waivers.length === limit) output().note(`there may be more; --limit shows up to ${maximumLimit}`);
}

function requestOf(flags: RequestFlags): WaiverRequest {
  const { id, ticket, start, configHash: hash } = flags;
  const optional = <T>(type: z.ZodType<T>, flag: string, value: string | undefined): T | null =>
    value === undefined ? null : checked(type, flag, value);
  return {
    id: optional(waiverId, "--id", id),
    scope: scopeOf(flags),
    reason: checked(waiverText(2_000), "--reason", flags.reason),
    ticket: optional(waiverText(200), "--ticket", ticket),
    start: optional(instantText, "--start", start) ?? new Date().toISOString(),
    expires: checked(instantText, "--expires", flags.expires),
    endsOnChange: flags.endsOnChange === true || hash !== undefined,
    configHash: optional(hashText, "--config-hash", hash),
  };
}

function scopeOf({ policyId = [], control = [], resource = [], tag = [], account = [] }: RequestFlags): WaiverScope {
  return {
    policies: policyId.map((value) => checked(scopePattern, "--policy-id", value)),
    controls: control.map((value) => checked(scopePattern, "--control", value)),
    resources: resource.map((value) => checked(scopePattern, "--resource", value)),
    tags: tag.map((value) => checked(scopeTag, "--tag", value)),
    accounts: account.map((value) => checked(scopePattern, "--account", value)),
  };
}

function checked<T>(type: z.ZodType<T>, flag: string, value: string): T {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  throw new PortcullisError("usage", `${flag} ${value}: ${result.error.issues[0]?.message ?? "cannot be used"}`);
}

async function hashInCode(id: string, paths: readonly string[]): Promise<string> {
  const hashes = new Set<string>();
  const options = { documents: true, varFiles: [], variables: {}, parameters: {}, region: null, stdin: process.stdin };
  for await (const item of readCode(paths, options)) {
    if (item.kind === "resource" && item.resource.id === id) hashes.add(configHash(item.resource));
    if (item.kind === "document" && item.uri === id) hashes.add(configHash(documentContent(item)));
  }
  const [hash, ...others] = hashes;
  if (hash === undefined) throw new PortcullisError("usage", `there is no resource ${id} in ${paths.join(", ")}`);
  if (others.length > 0)
    throw new PortcullisError("usage", `there are several resources ${id}, which are not the same; name fewer files`);
  return hash;
}

async function hashInStore(store: Store, id: string): Promise<string> {
  let after: string | undefined;
  do {
    const page = await store.resources({ limit: 1_000, ...(after === undefined ? {} : { after }) });
    const found = page.resources.find((resource) => resource.id === id);
    if (found?.config != null) return configHash(found);
    after = page.next ?? undefined;
  } while (after !== undefined);
  throw new PortcullisError(
    "usage",
    `no scan saw the resource ${id}; for code, say in which files: portcullis waivers hash ${id} PATH`,
  );
}

function plain({ file: _, bound, ...waiver }: StoredWaiver): object {
  return { ...waiver, state: stateOf(waiver, new Date()), bound: Object.fromEntries(bound) };
}

function asJson(waiver: StoredWaiver): string {
  return JSON.stringify(plain(waiver), null, 2);
}

function asLines(waiver: StoredWaiver): string {
  return Object.entries(plain(waiver))
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key.padEnd(16)} ${printable(typeof value === "string" ? value : JSON.stringify(value))}`)
    .join("\n");
}

function asTable(waivers: readonly StoredWaiver[]): string {
  const now = new Date();
  const rows = waivers.map((waiver) => [
    waiver.id,
    stateOf(waiver, now),
    [...waiver.scope.policies, ...waiver.scope.controls].join(" "),
    [...waiver.scope.resources, ...waiver.scope.tags, ...waiver.scope.accounts].join(" "),
    waiver.expires.slice(0, 16),
    waiver.requester,
    waiver.selfApproved ? `${waiver.approver ?? ""} (self)` : (waiver.approver ?? ""),
  ]);
  return renderRows(["waiver", "state", "of", "on", "expires", "requested by", "approved by"], rows);
}
