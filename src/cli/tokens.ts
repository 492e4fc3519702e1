// `portcullis tokens`: service tokens, for machines and for the first admin.
import { Option, type Command } from "commander";
import { roles, type Role } from "../api/access.js";
import { issueToken } from "../api/identity/issue-token.js";
import { defaultLifetime, lifetimeOf } from "../api/identity/lifetime.js";
import { tokenName } from "../api/identity/token-name.js";
import { systemClock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import type { StoredToken } from "../store/tokens.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";

interface CreateFlags extends StoreFlags {
  readonly role: readonly Role[];
  readonly name?: string;
  readonly expires: string;
}

interface ListFlags extends StoreFlags {
  readonly all?: boolean;
}

const examples = `
Examples:
  portcullis tokens create --role admin --name first            the token, once, on standard output
  portcullis tokens create --role viewer,operator --expires 30d > token
  portcullis tokens revoke 0aB1cD2eF3gH`;

export function addTokensCommand(program: Command): void {
  const tokens = program.command("tokens").description("service tokens of the API").addHelpText("after", examples);
  withFlags(tokens.command("create"))
    .description("make one, and print it: it is shown once and kept nowhere")
    .requiredOption("--role <roles>", `what it may do: ${roles.join(", ")} (repeatable, or with commas)`, collectRoles)
    .option("--name <name>", "what it is for, as the audit trail names it")
    .option("--expires <time>", "how long it lives, such as 12h, 30d, at most 1y", defaultLifetime)
    .action(create);
  withFlags(tokens.command("list"))
    .description("those in force, the latest first")
    .option("--all", "those that expired or were revoked too")
    .action(list);
  withFlags(tokens.command("revoke"))
    .description("end one, on every server within a second")
    .argument("<id>", "as tokens list shows it")
    .action(revoke);
}

function withFlags(command: Command): Command {
  return addStoreFlags(command).addOption(new Option("--format <name>").choices(["table", "json"]).default("table"));
}

function collectRoles(value: string, previous: readonly Role[] = []): readonly Role[] {
  const named = value.split(",").map((text) => {
    const role = roles.find((one) => one === text.trim());
    if (role !== undefined) return role;
    throw new PortcullisError("usage", `--role ${value}: expected ${roles.join(", ")}, one or more with commas`);
  });
  return [...new Set([...previous, ...named])];
}

async function create(flags: CreateFlags): Promise<void> {
  const lifetimeMs = lifetimeOf("--expires", flags.expires);
  const name = flags.name === undefined ? null : tokenName("--name", flags.name);
  const { token, stored } = await withStore(flags, async ({ tokens, audit }) =>
    issueToken({ name, roles: flags.role, lifetimeMs }, { tokens, clock: systemClock, caller: await audit.caller() }),
  );
  const out = output();
  await out.result(flags.format === "json" ? JSON.stringify({ token, ...stored }, null, 2) : token, null);
  out.note(`token ${stored.id} (${stored.roles.join(", ")}) expires ${stored.expires}; it is not shown again`);
}

const pageSize = 1_000;
const most = 100_000;

async function list(flags: ListFlags): Promise<void> {
  const found = await withStore(flags, async ({ tokens }) => {
    const all: StoredToken[] = [];
    let after: string | null = null;
    do {
      const page = await tokens.list({
        all: flags.all ?? false,
        limit: pageSize,
        ...(after === null ? {} : { after }),
      });
      all.push(...page.tokens);
      after = page.next;
    } while (after !== null && all.length < most);
    return all;
  });
  await output().result(flags.format === "json" ? JSON.stringify(found, null, 2) : table(found), null);
}

function table(tokens: readonly StoredToken[]): string {
  const rows = tokens.map((token) => [
    token.id,
    token.name ?? "",
    token.roles.join(" "),
    token.revokedAt === null ? token.expires.slice(0, 16) : `revoked ${token.revokedAt.slice(0, 16)}`,
    token.lastUsed?.slice(0, 16) ?? "never",
    token.createdBy,
  ]);
  return renderRows(["token", "name", "roles", "expires", "last used", "made by"], rows);
}

async function revoke(id: string, flags: StoreFlags): Promise<void> {
  const token = await withStore(flags, async ({ tokens, audit }) => tokens.revoke(idOf(id), await audit.caller()));
  if (token === null)
    throw new PortcullisError("usage", `there is no token ${idOf(id)}; see: portcullis tokens list --all`);
  if (flags.format === "json") await output().result(JSON.stringify(token, null, 2), null);
  else output().note(`token ${token.id} is revoked since ${token.revokedAt ?? ""}`);
}

/** Who has the whole token at hand may give it; its secret is not repeated. */
function idOf(text: string): string {
  const id = /^(?:ptc_)?([0-9A-Za-z]{12})(?:_[0-9A-Za-z]*)?$/.exec(text)?.[1];
  if (id !== undefined) return id;
  throw new PortcullisError("usage", "expected the id of a token, 12 letters and digits: see portcullis tokens list");
}

function output(): ReturnType<typeof createOutput> {
  return createOutput({ color: true, progress: false, quiet: false });
}
