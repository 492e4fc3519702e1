// `portcullis environments`: what is provisioned, and changes of it through the gate. Nothing changes without --apply.
import type { Command } from "commander";
import { shownAction } from "../actions/shown-action.js";
import type { StoredAction } from "../actions/actions.js";
import type { EnvironmentRecord } from "../actions/provisioning/environments.js";
import { PortcullisError } from "../errors.js";
import type { JsonObject } from "../json.js";
import { printable } from "../printable.js";
import { actionText, exitCodeOfAction } from "./action-text.js";
import { withActions, type ActionFlags, type OpenedForCommand } from "./actions-command.js";
import { addPolicyFlags, addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";

interface ChangeFlags extends ActionFlags {
  readonly reason?: string;
  readonly apply?: boolean;
}

const examples = `
Environments and how their tools are run stand under environments and provisioning in portcullis.yaml.

Examples:
  portcullis environments plan paper              what would change, and what the gate says of it
  portcullis environments apply paper --reason "OPS-7" --apply
  portcullis environments promote paper staging --reason "release 12" --apply
  portcullis environments expire --reason "nightly" --apply      all that is past its time

Exit codes: 0 allowed or done, 1 denied or needs an approval or was rolled back, 2 wrong usage,
3 something could not be read or judged, or the action stands between before and after.`;

export function addEnvironmentsCommand(program: Command): void {
  const environments = program
    .command("environments")
    .description("what is provisioned: created, changed, promoted and destroyed through the gate")
    .addHelpText("after", examples);
  withFlags(environments.command("list"))
    .description("what was recorded of each")
    .action((flags: ActionFlags) =>
      withActions(flags, ({ store }) => list(store.environments.list({ limit: 1_000 }), flags)),
    );
  withFlags(environments.command("show"))
    .description("one of them, its stacks and what they put out")
    .argument("<name>")
    .action((name: string, flags: ActionFlags) => withActions(flags, (opened) => show(opened, name, flags)));
  withFlags(environments.command("plan"))
    .description("what apply would do; keeps nothing but the entry in the audit trail")
    .argument("<name>")
    .action((name: string, flags: ActionFlags) => withActions(flags, (opened) => plan(opened, name, flags)));
  addChange(environments, "apply", "<name>", "create it, or make it what its definition says");
  addChange(environments, "promote", "<from> <name>", "bring the version of one to another one");
  addChange(environments, "destroy", "<name>", "destroy it");
  addChange(environments, "expire", "[name]", "destroy what is past its time: one, or all");
}

function addChange(
  environments: Command,
  verb: "apply" | "promote" | "destroy" | "expire",
  args: string,
  description: string,
): void {
  withFlags(environments.command(verb))
    .description(description)
    .arguments(args)
    .requiredOption("--reason <text>", "why")
    .option("--apply", "do it where it is allowed (default: the plan and the decision)")
    .action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      await withActions(command.opts<ChangeFlags & { format: "table" }>(), async (opened) => {
        for (const parameters of await parametersOf(verb, command.args, opened))
          await change(opened, `provisioning.${verb}`, parameters, command.opts());
      });
    });
}

async function parametersOf(
  verb: string,
  args: readonly string[],
  { store }: OpenedForCommand,
): Promise<readonly JsonObject[]> {
  const [first, second] = args;
  if (verb === "promote") return [{ from: first ?? "", environment: second ?? "" }];
  if (first !== undefined) return [{ environment: first }];
  const due = await store.environments.expired(new Date(), 100);
  return due.map(({ name }) => ({ environment: name }));
}

function withFlags(command: Command): Command {
  return addPolicyFlags(addStoreFlags(command)).option("--format <name>", "table or json", "table");
}

function output(): ReturnType<typeof createOutput> {
  return createOutput({ color: true, progress: true, quiet: false });
}

async function list(found: Promise<readonly EnvironmentRecord[]>, flags: ActionFlags): Promise<void> {
  const records = await found;
  const head = ["environment", "state", "version", "colour", "stacks", "expires", "recorded at", "by action"];
  const rows = records.map((one) =>
    [
      one.name,
      one.state,
      String(one.version),
      one.colour ?? "",
      String(one.stacks.length),
      one.expiresAt ?? "never",
      one.recordedAt,
      one.action,
    ].map(printable),
  );
  await output().result(flags.format === "json" ? JSON.stringify(records, null, 2) : renderRows(head, rows), null);
}

async function show({ store }: OpenedForCommand, name: string, flags: ActionFlags): Promise<void> {
  const record = await store.environments.get(name);
  if (record === null)
    throw new PortcullisError("usage", `there is no environment ${name}; see: portcullis environments list`);
  const head = ["stack", "colour", "tool", "content", "outputs"];
  const rows = record.stacks.map((one) =>
    [
      one.name,
      one.colour ?? "",
      one.tool,
      one.content.slice(0, 12),
      Object.keys(record.outputs[one.name] ?? {}).join(", "),
    ].map(printable),
  );
  const title = `${record.name} is ${record.state}, version ${record.version}, by action ${record.action}\n`;
  await output().result(
    flags.format === "json" ? JSON.stringify(record, null, 2) : printable(title.trim()) + "\n" + renderRows(head, rows),
    null,
  );
}

async function plan({ actions, caller }: OpenedForCommand, name: string, flags: ActionFlags): Promise<void> {
  const request = { kind: "provisioning.apply", parameters: { environment: name }, reason: null };
  const { plan: planned, decision } = await actions.decide(request, { ...caller.actor, roles: [] }, caller);
  const lines = [
    ...planned.steps.map(({ title }) => title),
    ...planned.problems,
    `${decision.answer}: ${decision.reasons.join("; ")}`,
  ];
  await output().result(
    flags.format === "json" ? JSON.stringify({ plan: planned, decision }, null, 2) : lines.map(printable).join("\n"),
    null,
  );
  process.exitCode = planned.problems.length > 0 ? 3 : decision.answer === "allow" ? 0 : 1;
}

async function change(
  { actions, caller }: OpenedForCommand,
  kind: string,
  parameters: JsonObject,
  flags: ChangeFlags,
): Promise<void> {
  const requester = { ...caller.actor, roles: [] };
  const asked = await actions.request({ kind, parameters, reason: flags.reason ?? null }, requester, caller);
  const doesRun = flags.apply === true && asked.state === "ready";
  if (doesRun) output().note(actionText(shownAction(asked)));
  await outcome(doesRun ? await actions.run(asked.id, caller) : asked, flags);
}

async function outcome(action: StoredAction, flags: ActionFlags): Promise<void> {
  const shown = shownAction(action);
  await output().result(flags.format === "json" ? JSON.stringify(shown, null, 2) : actionText(shown), null);
  process.exitCode = Math.max(Number(process.exitCode ?? 0), exitCodeOfAction(action));
}
