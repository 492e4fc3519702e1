// `portcullis actions`: asks the gate for a change, approves it, runs it, undoes it, and shows what became of it.
import { Option, type Command } from "commander";
import { actionStates, type Actions, type ActionState, type StoredAction } from "../actions/actions.js";
import { listedAction, shownAction, shownKind } from "../actions/shown-action.js";
import type { Caller } from "../audit/trail.js";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import { actionParameters, type ParameterFlags } from "./action-parameters.js";
import { actionColumns, actionRow, actionText, exitCodeOfAction, nextLine } from "./action-text.js";
import { withActions, type ActionFlags } from "./actions-command.js";
import { addPolicyFlags, addStoreFlags, collect } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";

interface RequestFlags extends ActionFlags, ParameterFlags {
  readonly reason: string;
  readonly id?: string;
  readonly run?: boolean;
}

interface ListFlags extends ActionFlags {
  readonly state: ActionState | "all";
  readonly kind?: string;
  readonly target?: string;
  readonly limit: string;
}

interface ApproveFlags extends ActionFlags {
  readonly decision?: string;
  readonly planHash?: string;
}

type ReasonFlags = ActionFlags & { readonly reason: string };

const examples = `
Examples:
  portcullis actions kinds
  portcullis actions request remediation.apply --parameter finding=4f0c1f5b --reason "SEC-12"
                                           the plan and the decision; nothing changes
  portcullis actions approve ACTION --decision DECISION --plan-hash HASH
  portcullis actions run ACTION
  portcullis actions rollback ACTION --reason "the site is down"
  portcullis actions stop --reason "something is wrong"       nothing starts, and nothing goes on, until: actions release

Exit codes: 0 allowed or done, 1 denied or needs an approval or was rolled back, 2 wrong usage,
3 something could not be read or judged, or the action stands between before and after.`;

const maximumLimit = 10_000;

export function addActionsCommand(program: Command): void {
  const actions = program
    .command("actions")
    .description("changes to infrastructure, each through the gate")
    .addHelpText("after", examples);
  addReading(actions);
  addRequest(actions);
  addDeciding(actions);
  addRunning(actions);
  addStopping(actions);
}

function addReading(actions: Command): void {
  withFlags(actions.command("kinds"))
    .description("what can be asked for, with its parameters and the permissions that it needs")
    .argument("[kind]", "one of them, with the schema of its parameters")
    .action((kind: string | undefined, flags: ActionFlags) =>
      withActions(flags, ({ actions }) => kinds(actions, kind, flags)),
    );
  withFlags(actions.command("list"))
    .description("actions, the latest first")
    .addOption(new Option("--state <state>").choices(["all", ...actionStates]).default("all"))
    .option("--kind <kind>", "of one kind")
    .option("--target <key>", "on one target, such as environment:staging")
    .option("--limit <n>", "at most so many", "50")
    .action((flags: ListFlags) => withActions(flags, ({ actions }) => list(actions, flags)));
  withFlags(actions.command("show"))
    .description("an action: its plan, the decision, the steps")
    .argument("<id>")
    .action((id: string, flags: ActionFlags) =>
      withActions(flags, async ({ actions }) => {
        await print(await existing(actions, id), flags);
      }),
    );
}

function addRequest(actions: Command): void {
  withFlags(actions.command("request"))
    .description("plan a change and have it decided; nothing changes without run")
    .argument("<kind>", "see: portcullis actions kinds")
    .option("--parameter <key=value>", "a parameter; for a list, once for each element (repeatable)", collect)
    .option("--parameters <file>", "the parameters, JSON or YAML; - is standard input, JSON")
    .requiredOption("--reason <text>", "why")
    .option("--id <id>", "what to call it: the same request with the same id is done once")
    .option("--run", "run it where it is allowed")
    .action((kind: string, flags: RequestFlags) =>
      withActions(flags, async ({ actions, caller }) => {
        const { parameters: schema } = kindNamed(actions, kind);
        const parameters = await actionParameters(flags, schema);
        const request = { kind, parameters, reason: flags.reason };
        const requester = { ...caller.actor, roles: [] };
        const action = await actions.request(request, requester, caller, flags.id);
        if (flags.run !== true || action.state !== "ready") return outcome(action, flags);
        output().note(actionText(action));
        return outcome(await actions.run(action.id, caller), flags);
      }),
    );
}

function addDeciding(actions: Command): void {
  withFlags(actions.command("approve"))
    .description("approve what somebody else asked for: of exactly this decision and this plan")
    .argument("<id>")
    .option("--decision <id>", "as it was shown to you (default: the one that is shown now)")
    .option("--plan-hash <hash>", "as it was shown to you (default: the one that is shown now)")
    .action((id: string, flags: ApproveFlags) => withActions(flags, (given) => approve(given, id, flags)));
  withFlags(actions.command("reject"))
    .description("refuse an action that waits")
    .argument("<id>")
    .requiredOption("--reason <text>", "why")
    .action((id: string, flags: ReasonFlags) =>
      withActions(flags, async ({ actions, caller }) => {
        await print(await actions.reject(id, flags.reason, caller), flags);
      }),
    );
}

function addRunning(actions: Command): void {
  withFlags(actions.command("run"))
    .description("run an action that is allowed, to its end; one that is paused goes on")
    .argument("<id>")
    .action((id: string, flags: ActionFlags) =>
      withActions(flags, async ({ actions, caller }) => outcome(await actions.run(id, caller), flags)),
    );
  withFlags(actions.command("rollback"))
    .description("bring the former state back; the gate decides on it too")
    .argument("<id>")
    .requiredOption("--reason <text>", "why")
    .action((id: string, flags: ReasonFlags) =>
      withActions(flags, async ({ actions, caller }) => {
        const action = await actions.rollback(id, flags.reason, caller);
        await outcome(action, flags);
        if (action.state === "rolled-back") process.exitCode = 0; // it is what was asked for
      }),
    );
  withFlags(actions.command("recover"))
    .description("take over what processes that are gone left unfinished")
    .action((flags: ActionFlags) =>
      withActions(flags, async ({ actions }) => {
        const recovered = await actions.recover();
        const text = flags.format === "json" ? JSON.stringify({ recovered }) : `${recovered} taken over`;
        await output().result(text, null);
      }),
    );
}

function addStopping(actions: Command): void {
  withFlags(actions.command("stop"))
    .description("the stop button: what runs pauses after its step, and nothing starts")
    .requiredOption("--reason <text>", "why")
    .action((flags: ReasonFlags) =>
      withActions(flags, async ({ actions, caller }) => {
        await actions.stop(flags.reason, caller);
        await showStop(actions, flags);
      }),
    );
  withFlags(actions.command("release"))
    .description("let actions start again")
    .action((flags: ActionFlags) =>
      withActions(flags, async ({ actions, caller }) => {
        await actions.release(caller);
        await showStop(actions, flags);
      }),
    );
}

function withFlags(command: Command): Command {
  command.option("--endpoint-url <url>", "another address of the provider's API, such as a local server");
  return addStoreFlags(addPolicyFlags(command)).addOption(
    new Option("--format <name>").choices(["table", "json"]).default("table"),
  );
}

function output(): ReturnType<typeof createOutput> {
  return createOutput({ color: true, progress: false, quiet: false });
}

function kindNamed(actions: Actions, name: string): NonNullable<ReturnType<Actions["kinds"]["get"]>> {
  const kind = actions.kinds.get(name);
  if (kind !== undefined) return kind;
  throw new PortcullisError("usage", `there is no kind of action ${name}; see: portcullis actions kinds`);
}

async function existing(actions: Actions, id: string): Promise<StoredAction> {
  const action = await actions.get(id);
  if (action !== null) return action;
  throw new PortcullisError("usage", `there is no action ${id}; see: portcullis actions list`);
}

async function kinds(actions: Actions, name: string | undefined, { format }: ActionFlags): Promise<void> {
  const all = name === undefined ? [...actions.kinds.values()] : [kindNamed(actions, name)];
  const shown = all.map(shownKind);
  if (format === "json" || name !== undefined) {
    await output().result(JSON.stringify(name === undefined ? shown : shown[0], null, 2), null);
    return;
  }
  const rows = shown.map(({ kind, title, onFailure, parameters }) => [
    kind,
    title,
    parameterNames(parameters),
    onFailure,
  ]);
  await output().result(renderRows(["kind", "does", "parameters", "when a step fails"], rows), null);
}

/** Those that may be left out in brackets. */
function parameterNames(schema: object): string {
  const { properties = {}, required = [] } = schema as { properties?: object; required?: readonly string[] };
  return Object.keys(properties)
    .map((name) => (required.includes(name) ? name : `[${name}]`))
    .join(" ");
}

async function list(actions: Actions, { state, kind, target, limit: text, format }: ListFlags): Promise<void> {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > maximumLimit)
    throw new PortcullisError("usage", `--limit ${text}: expected a whole number from 1 to ${maximumLimit}`);
  const query = { state, ...(kind === undefined ? {} : { kind }), ...(target === undefined ? {} : { target }) };
  const found: StoredAction[] = [];
  let after: string | null = null;
  do {
    const page = await actions.list({
      ...query,
      limit: Math.min(100, limit - found.length),
      ...(after === null ? {} : { after }),
    });
    found.push(...page.actions);
    after = page.next;
  } while (after !== null && found.length < limit);
  const json = (): string => JSON.stringify(found.map(listedAction), null, 2);
  await output().result(format === "json" ? json() : renderRows(actionColumns, found.map(actionRow)), null);
  const stop = await actions.stopped();
  if (stop !== null)
    output().note(printable(`the stop button is pressed, by ${stop.by} at ${stop.at}: ${stop.reason}`));
  if (after !== null) output().note(`there are more; --limit shows up to ${maximumLimit}`);
}

async function approve(
  { actions, caller }: { readonly actions: Actions; readonly caller: Caller },
  id: string,
  flags: ApproveFlags,
): Promise<void> {
  const now = await existing(actions, id);
  if ((flags.decision === undefined) !== (flags.planHash === undefined))
    throw new PortcullisError("usage", "--decision and --plan-hash go together: what was shown to you");
  const shown = { decision: flags.decision ?? now.decision.id, planHash: flags.planHash ?? now.decision.planHash };
  // Whoever approves without naming what they saw is shown at least what it was.
  if (flags.decision === undefined) output().note(actionText(now));
  await print(await actions.approve(id, shown, { ...caller.actor, roles: [] }, caller), flags);
}

async function outcome(action: StoredAction, flags: ActionFlags): Promise<void> {
  await print(action, flags);
  process.exitCode = exitCodeOfAction(action);
}

async function print(action: StoredAction, { format }: ActionFlags): Promise<void> {
  const json = (): string => JSON.stringify(shownAction(action), null, 2);
  await output().result(format === "json" ? json() : actionText(action), null);
  const next = nextLine(action);
  if (next !== null) output().note(printable(next));
}

async function showStop(actions: Actions, { format }: ActionFlags): Promise<void> {
  const stop = await actions.stopped();
  const text = stop === null ? "actions may run" : `stopped by ${stop.by} at ${stop.at}: ${stop.reason}`;
  await output().result(format === "json" ? JSON.stringify({ stop }) : printable(text), null);
}
