// `portcullis drift list` and `show`: what the last looks of schedules found.
import { Option, type Command } from "commander";
import { loadConfig, type Config } from "../config.js";
import { PortcullisError } from "../errors.js";
import { driftSchedules } from "../schedules/schedule-settings.js";
import type { DriftDifference, DriftState } from "../store/drift-checks.js";
import type { Store } from "../store/store.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";

interface ListFlags extends StoreFlags {
  readonly config?: string;
}

export function addDriftListCommands(drift: Command): void {
  withFlags(drift.command("list"))
    .description("what the last look of each schedule found")
    .action((_: unknown, command: Command) => list(command.optsWithGlobals()));
  withFlags(drift.command("show"))
    .description("what differs, as far as the looks of one schedule know")
    .argument("<schedule>")
    .action((name: string, _: unknown, command: Command) => show(name, command.optsWithGlobals()));
}

/** `drift` has flags of the same names, and takes them wherever they stand. */
function withFlags(command: Command): Command {
  return addStoreFlags(command)
    .option("--config <file>", "configuration (default: portcullis.yaml, when there)")
    .addOption(new Option("--format <name>", "table or json").choices(["table", "json"]).default("table"));
}

function configOf({ config }: ListFlags): Config {
  return loadConfig(config ?? "portcullis.yaml", config !== undefined);
}

function list(flags: ListFlags): Promise<void> {
  const schedules = driftSchedules(configOf(flags).schedules);
  return withStore(flags, async (store) => {
    const states = await store.driftChecks.states(schedules);
    const head = ["schedule", "found", "differences", "looked", "message"];
    const rows = states.map(rowOf);
    await print(flags.format === "json" ? JSON.stringify(states, null, 2) : renderRows(head, rows));
  });
}

function rowOf({ schedule, status, differences, endedAt, message }: DriftState): string[] {
  return [schedule, status, String(differences), endedAt?.slice(0, 16) ?? "", message ?? ""];
}

function show(name: string, flags: ListFlags): Promise<void> {
  const schedules = driftSchedules(configOf(flags).schedules);
  if (!schedules.includes(name))
    throw new PortcullisError("usage", `no schedule ${name} that looks for drift; see: portcullis drift list`);
  return withStore(flags, async (store) => {
    const [state] = await store.driftChecks.states([name]);
    const differences = await allOf(store, name);
    if (flags.format === "json") {
      await print(JSON.stringify({ ...state, result: differences }, null, 2));
      return;
    }
    const head = ["what", "resource", "since", "where"];
    await print(renderRows(head, differences.map(differenceRow)));
    createOutput({ color: false, progress: false, quiet: false }).note(
      `${name}: ${state?.status ?? "never"}${state?.message == null ? "" : `: ${state.message}`}`,
    );
  });
}

const pageSize = 1_000;
/** More are for the API, which pages. */
const mostShown = 10_000;

async function allOf(store: Store, schedule: string): Promise<readonly DriftDifference[]> {
  const all: DriftDifference[] = [];
  for (let after: string | null = ""; after !== null && all.length < mostShown;) {
    const page = await store.driftChecks.differences(schedule, { limit: pageSize, ...(after === "" ? {} : { after }) });
    all.push(...page.differences);
    after = page.next;
  }
  return all;
}

function differenceRow({ kind, resource, since, detail }: DriftDifference): string[] {
  const changes = Array.isArray(detail["changes"]) ? (detail["changes"] as readonly { readonly path?: unknown }[]) : [];
  const paths = changes.map(({ path }) => String(path));
  return [kind, resource, since.slice(0, 16), paths.join(" ").slice(0, 500)];
}

function print(text: string): Promise<void> {
  return createOutput({ color: false, progress: false, quiet: false }).result(text, null);
}
