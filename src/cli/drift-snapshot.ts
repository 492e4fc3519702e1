// `portcullis drift snapshot`: inventories that somebody else approved, to compare with later.
import { Option, type Command } from "commander";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import { unknownSnapshot, type StoredSnapshot } from "../store/drift.js";
import type { Store } from "../store/store.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export function addDriftSnapshotCommand(drift: Command): void {
  const snapshot = drift.command("snapshot").description("approved snapshots of the inventory that was scanned");
  withFlags(snapshot.command("save"))
    .description("keep what the last scans saw; somebody else approves it")
    .argument("<name>")
    .requiredOption("--reason <text>", "why this is how it should be")
    .action((name: string, own: { readonly reason: string }, command: Command) =>
      one(flagsOf(command), async (store) =>
        store.drift.save({ name: checked(name), reason: own.reason }, await store.audit.caller()),
      ),
    );
  withFlags(snapshot.command("approve"))
    .description("approve what somebody else saved")
    .argument("<name>")
    .action((name: string, _: unknown, command: Command) =>
      one(flagsOf(command), async (store) => store.drift.approve(name, await store.audit.caller())),
    );
  withFlags(snapshot.command("show"))
    .description("one snapshot")
    .argument("<name>")
    .action((name: string, _: unknown, command: Command) =>
      one(flagsOf(command), async (store) => {
        const found = await store.drift.get(name);
        if (found === null) throw unknownSnapshot(name);
        return found;
      }),
    );
  withFlags(snapshot.command("list"))
    .description("all snapshots")
    .action((_: unknown, command: Command) => list(flagsOf(command)));
}

function withFlags(command: Command): Command {
  return addStoreFlags(command).addOption(
    new Option("--format <name>", "table or json").choices(["table", "json"]).default("table"),
  );
}

/** `drift` has flags of the same names, and takes them wherever they stand. */
function flagsOf(command: Command): StoreFlags {
  return command.optsWithGlobals();
}

function checked(name: string): string {
  if (namePattern.test(name)) return name;
  throw new PortcullisError(
    "usage",
    `${printable(name)}: expected letters, digits, dots, dashes and underscores, at most 100`,
  );
}

const output = () => createOutput({ color: false, progress: false, quiet: false });

function one(flags: StoreFlags, work: (store: Store) => Promise<StoredSnapshot>): Promise<void> {
  return withStore(flags, async (store) => {
    const snapshot = await work(store);
    const text =
      flags.format === "json"
        ? JSON.stringify(snapshot, null, 2)
        : Object.entries(snapshot)
            .filter(([, value]) => value !== null)
            .map(([key, value]) => `${key.padEnd(16)} ${printable(String(value))}`)
            .join("\n");
    await output().result(text, null);
    if (snapshot.status === "requested")
      output().note(`somebody else has to approve it: portcullis drift snapshot approve ${snapshot.name}`);
  });
}

function list(flags: StoreFlags): Promise<void> {
  return withStore(flags, async (store) => {
    const all = await store.drift.list();
    const rows = all.map(({ name, status, resources, requester, approver, requestedAt }) => [
      ...[name, status, String(resources), requester, approver ?? "", requestedAt.slice(0, 16)],
    ]);
    const head = ["snapshot", "state", "resources", "saved by", "approved by", "saved"];
    await output().result(flags.format === "json" ? JSON.stringify(all, null, 2) : renderRows(head, rows), null);
  });
}
