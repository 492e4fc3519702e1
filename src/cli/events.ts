// `portcullis events`: what others told us, and the messages that could not be used.
import { Option, type Command } from "commander";
import { openBus } from "../compose.js";
import type { Config } from "../config.js";
import { PortcullisError } from "../errors.js";
import type { EventBus } from "../events/bus.js";
import { incomingTypes } from "../events/cloud-event.js";
import { replayDeadLetter } from "../events/replay.js";
import type { DeadLetter } from "../store/inbox-dead-letters.js";
import type { ReceivedEvent } from "../store/inbox-received.js";
import type { Store } from "../store/store.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";

interface ListFlags extends StoreFlags {
  readonly type?: string;
  readonly waiting?: boolean;
  readonly limit: string;
}

interface ReplayFlags extends StoreFlags {
  readonly all?: boolean;
}

const examples = `
Examples:
  portcullis events list --type HealthStatusEvent
  portcullis events dead-letters list --waiting
  portcullis events dead-letters replay --all       publish again what was not replayed yet`;

export function addEventsCommand(program: Command): void {
  const events = program.command("events").description("events from others").addHelpText("after", examples);
  withFlags(events.command("list"))
    .description("what was received, the latest first")
    .addOption(new Option("--type <type>", "only events of the type").choices(incomingTypes))
    .option("--limit <n>", "at most so many", "100")
    .action((flags: ListFlags) => withStore(flags, (store) => listEvents(store, flags)));
  const letters = events.command("dead-letters").description("messages that could not be used");
  withFlags(letters.command("list"))
    .description("the latest first")
    .option("--waiting", "only those that were not replayed")
    .option("--limit <n>", "at most so many", "100")
    .action((flags: ListFlags) => withStore(flags, (store) => listLetters(store, flags)));
  withFlags(letters.command("show"))
    .description("one, with what it held")
    .argument("<id>")
    .action((id: string, flags: StoreFlags) => withStore(flags, (store) => showLetter(store, id, flags)));
  withFlags(letters.command("replay"))
    .description("publish again, as it came; events that were taken already do nothing")
    .argument("[id...]")
    .option("--all", "all that were not replayed")
    .action((ids: string[], flags: ReplayFlags) =>
      withStore(flags, (store, config) => replay(store, config, { ids, flags })),
    );
}

function withFlags(command: Command): Command {
  return addStoreFlags(command).addOption(new Option("--format <name>").choices(["table", "json"]).default("table"));
}

function output(): ReturnType<typeof createOutput> {
  return createOutput({ color: true, progress: false, quiet: false });
}

const maximumLimit = 10_000;

function limitOf({ limit: text }: ListFlags): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= maximumLimit) return limit;
  throw new PortcullisError("usage", `--limit ${text}: expected a whole number from 1 to ${maximumLimit}`);
}

async function listEvents(store: Store, flags: ListFlags): Promise<void> {
  const { type } = flags;
  const { events } = await store.inbox.received({ limit: limitOf(flags), ...(type === undefined ? {} : { type }) });
  const text = flags.format === "json" ? JSON.stringify(events, null, 2) : eventTable(events);
  await output().result(text, null);
}

function eventTable(events: readonly ReceivedEvent[]): string {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return renderRows(
    ["RECEIVED", "TYPE", "SUBJECT", "SOURCE", "STATUS"],
    events.map(({ received, type, event, status }) => [
      ...[received, type, text(event["subject"]), text(event["source"]), status],
    ]),
  );
}

async function listLetters(store: Store, flags: ListFlags): Promise<void> {
  const query = { limit: limitOf(flags), waiting: flags.waiting === true };
  const { letters } = await store.inbox.deadLetters.list(query);
  const text = flags.format === "json" ? JSON.stringify(letters, null, 2) : letterTable(letters);
  await output().result(text, null);
}

function letterTable(letters: readonly DeadLetter[]): string {
  return renderRows(
    ["ID", "TOPIC", "LAST FAILED", "REPLAYED", "REASON"],
    letters.map(({ id, topic, lastFailed, replayed, reason }) => [id, topic, lastFailed, replayed ?? "", reason]),
  );
}

async function showLetter(store: Store, id: string, { format }: StoreFlags): Promise<void> {
  const letter = await store.inbox.deadLetters.get(id);
  if (letter === null) throw unknownLetter(id);
  const { bytes, ...rest } = letter;
  const body = Buffer.from(bytes);
  if (format === "json") {
    await output().result(JSON.stringify({ ...rest, bodyBase64: body.toString("base64") }, null, 2), null);
    return;
  }
  const rows = Object.entries(rest).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  await output().result(renderRows(["", ""], [...rows, ["body", body.toString("utf8", 0, 10_000)]]), null);
}

interface Replay {
  readonly ids: readonly string[];
  readonly flags: ReplayFlags;
}

async function replay(store: Store, config: Config, { ids, flags }: Replay): Promise<void> {
  if ((ids.length === 0) === (flags.all !== true))
    throw new PortcullisError("usage", "expected the ids of dead letters, or --all");
  const { createLogger } = await import("../observability/log.js");
  const bus = await openBus(config.events, createLogger({ level: "error", version: "" }));
  if (bus.kind === "in-process")
    throw new PortcullisError(
      "usage",
      "expected events.webSocketUrl or events.serviceUrl in portcullis.yaml: there is no broker to publish to",
    );
  try {
    const wanted = flags.all === true ? await waitingLetters(store) : ids;
    const { replayed, problems } = await replayEach(store, bus, wanted);
    const text = flags.format === "json" ? JSON.stringify(replayed) : `replayed ${replayed.length}`;
    await output().result(text, null);
    const [first] = problems;
    if (first !== undefined) throw new PortcullisError(first.code, problems.map(({ message }) => message).join("\n"));
  } finally {
    await bus.close();
  }
}

interface Replayed {
  readonly replayed: readonly string[];
  readonly problems: readonly PortcullisError[];
}

/** One that cannot be sent does not hold up the others; a broker that is away does. */
async function replayEach(store: Store, bus: EventBus, ids: readonly string[]): Promise<Replayed> {
  const caller = await store.audit.caller();
  const [replayed, problems]: [string[], PortcullisError[]] = [[], []];
  for (const id of ids)
    try {
      if (!(await replayDeadLetter({ bus, deadLetters: store.inbox.deadLetters }, id, caller))) throw unknownLetter(id);
      replayed.push(id);
    } catch (error) {
      if (!(error instanceof PortcullisError)) throw error;
      problems.push(error);
      if (error.code !== "usage") break;
    }
  return { replayed, problems };
}

/** As they were when it began, the oldest first: one that fails again is not replayed again. */
async function waitingLetters(store: Store): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const query = { limit: 1_000, waiting: true, ...(after === undefined ? {} : { after }) };
    const page = await store.inbox.deadLetters.list(query);
    ids.push(...page.letters.map(({ id }) => id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return ids.reverse();
}

function unknownLetter(id: string): PortcullisError {
  return new PortcullisError("usage", `there is no dead letter ${id}; see: portcullis events dead-letters list`);
}
