// When a schedule is due. node-cron reads the expression and says which local times it means; here instants are walked through,
// so that every hour is seen as often as it happens.
import { createTask, parse, validateDetailed, type ParsedFields } from "node-cron";
import { messageOf, PortcullisError } from "../errors.js";

export interface DueTimes {
  /** The first due time after the instant; null when there is none in eight years (the 29th of February may need that long). */
  next(after: Date): Date | null;
  /** All after `from`, up to and with `to`, in order. */
  between(from: Date, to: Date): Iterable<Date>;
}

const minute = 60_000;
/** Offsets of time zones, and the moments at which they change, are whole quarters of an hour. */
const quarter = 15 * minute;
const day = 24 * 60 * minute;
const horizon = (8 * 366 + 1) * day;

interface Cron {
  readonly zone: Zone;
  readonly seconds: readonly number[];
  /** Of a minute's beginning. */
  readonly isMinute: (instant: number) => boolean;
  /** Of a quarter's beginning: some minute of its hour may be due. */
  readonly isHour: (instant: number) => boolean;
  /** Of a date's beginning, in UTC: the date may have due times. */
  readonly isDate: (instant: number) => boolean;
  /** On the wall clock, where a local time is given as if it were UTC. */
  readonly wall: Cron | null;
}

/** `at` begins the message of what is wrong. Throws `config-invalid`. */
export function createDueTimes(expression: string, timeZone: string, at: string): DueTimes {
  const fields = fieldsOf(expression, at);
  const zone = zoneOf(timeZone, at);
  const fixed = isFixed(fields) && zone.name !== "UTC";
  const cron = cronOf(fields, zone, fixed ? cronOf(fields, zoneOf("UTC", at), null) : null);
  return {
    next(after) {
      for (const instant of instants(cron, after.getTime(), after.getTime() + horizon)) return new Date(instant);
      return null;
    },
    *between(from, to) {
      for (const instant of instants(cron, from.getTime(), to.getTime())) yield new Date(instant);
    },
  };
}

/** Numbers of more than two digits mean nothing in cron, and a range of them would be written out in memory. */
const longNumber = /\d{3}/;

function fieldsOf(expression: string, at: string): ParsedFields {
  const found = problemOf(expression);
  if (found === null) return parse(expression);
  throw new PortcullisError(
    "config-invalid",
    `${at}: cron is ${JSON.stringify(expression)}: ${found}; expected five fields (minute, hour, day of month, month, day of week), with seconds before them where wanted, such as "0 2 * * *"`,
  );
}

function problemOf(expression: string): string | null {
  if (longNumber.test(expression)) return "a number has more than two digits";
  try {
    return validateDetailed(expression).errors[0]?.message ?? null;
  } catch (error) {
    return messageOf(error);
  }
}

/** At most once an hour, and not in every hour: such as daily at two. Others go by the hours as they happen. */
function isFixed({ second, minute, hour }: ParsedFields): boolean {
  return new Set(second).size === 1 && new Set(minute).size === 1 && new Set(hour).size < 24;
}

function cronOf(fields: ParsedFields, zone: Zone, wall: Cron | null): Cron {
  const days = [fields.dayOfMonth, fields.month, fields.dayOfWeek].map((field) => field.join(",")).join(" ");
  const seconds = [...new Set(fields.second)].sort((a, b) => a - b);
  return {
    ...{ zone, seconds, wall },
    isMinute: matcher(`* ${fields.minute.join(",")} ${fields.hour.join(",")} ${days}`, zone),
    isHour: matcher(`* * ${fields.hour.join(",")} ${days}`, zone),
    isDate: remembered(matcher(`* * * ${days}`, { name: "UTC" })),
  };
}

function matcher(expression: string, zone: Pick<Zone, "name">): (instant: number) => boolean {
  const task = createTask(expression, () => undefined, { timezone: zone.name });
  void task.destroy(); // it is never started: only its matcher is used, and the library's list of tasks must not grow
  return (instant) => task.match(new Date(instant));
}

/** The last few answers: neighbouring days ask the same. */
function remembered<T>(ask: (instant: number) => T): (instant: number) => T {
  const answers = new Map<number, T>();
  return (instant) => {
    const known = answers.get(instant);
    if (known !== undefined) return known;
    if (answers.size >= 16) answers.clear();
    const answer = ask(instant);
    answers.set(instant, answer);
    return answer;
  };
}

function* instants(cron: Cron, after: number, until: number): Generator<number> {
  let start = Math.floor(after / quarter) * quarter;
  while (start <= until) {
    const date = Math.floor(start / day) * day;
    // What is this date in UTC is this date, the one before or the one after where the schedule lives.
    if (![date, date - day, date + day].some(cron.isDate)) {
      start = date + day;
      continue;
    }
    for (const instant of instantsOf(cron, { start, date, after })) {
      if (instant > until) return;
      if (instant > after) yield instant;
    }
    start += quarter;
  }
}

interface Quarter {
  readonly start: number;
  readonly date: number;
  readonly after: number;
}

function* instantsOf(cron: Cron, { start, date, after }: Quarter): Generator<number> {
  const { wall, zone } = cron;
  const changing = wall !== null && zone.isChanging(date);
  const gap = changing && isSkippedBefore(wall, zone, start);
  if (gap) yield start;
  if (!cron.isHour(start)) return;
  const first = Math.max(start, Math.floor(after / minute) * minute);
  for (let at = first; at < start + quarter; at += minute) {
    if (!cron.isMinute(at) || (changing && isRepeated(zone, at))) continue;
    for (const second of cron.seconds) {
      const instant = at + second * 1_000;
      if (!gap || instant > start) yield instant;
    }
  }
}

/** The clock was put forward at that moment, and the hour that it left out had a due time: it is due at once instead. */
function isSkippedBefore(wall: Cron, zone: Zone, start: number): boolean {
  const now = zone.wallTime(start);
  const before = zone.wallTime(start - quarter) + quarter;
  if (now <= before) return false;
  for (const _ of instants(wall, before - 1, now - 1)) return true;
  return false;
}

/** The clock was put back, and showed that time before. */
function isRepeated(zone: Zone, instant: number): boolean {
  const now = zone.wallTime(instant);
  return changes.some((change) => zone.wallTime(instant - change) === now);
}

/** By how much clocks are put back: an hour, on Lord Howe half of one, at the poles two. */
const changes = [60 * minute, 30 * minute, 120 * minute];

interface Zone {
  readonly name: string;
  /** What the clock shows, as if it were UTC. */
  readonly wallTime: (instant: number) => number;
  /** The clock is put forward or back on that date in UTC, or was so shortly before. */
  readonly isChanging: (date: number) => boolean;
}

function zoneOf(name: string, at: string): Zone {
  const format = formatOf(name, at);
  const wallTime = (instant: number): number => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  };
  const before = Math.max(...changes) + quarter;
  const isChanging = remembered((date) => wallTime(date + day) - wallTime(date - before) !== day + before);
  return { name, wallTime, isChanging };
}

function formatOf(name: string, at: string): Intl.DateTimeFormat {
  const numeric = "numeric";
  const shown = {
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  } as const;
  try {
    return new Intl.DateTimeFormat("en-US", { ...shown, timeZone: name, hourCycle: "h23" });
  } catch (error) {
    const message = `${at}: timeZone is ${JSON.stringify(name)}: expected one of the IANA database, such as Europe/Berlin or UTC`;
    throw new PortcullisError("config-invalid", message, { cause: error });
  }
}
