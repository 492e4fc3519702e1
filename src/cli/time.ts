import { PortcullisError } from "../errors.js";

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 };
const day = /^\d{4}-\d\d-\d\d$/;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** A time as a user writes it: a day (UTC), an RFC 3339 time, or how long ago (`30d`). Gives RFC 3339, UTC. */
export function timeOf(flag: string, text: string, now: Date): string {
  const [, count, unit] = /^(\d{1,9})([smhdwy])$/.exec(text) ?? [];
  const ago = Number(count) * (units[unit ?? ""] ?? Number.NaN) * 1_000;
  const time = Number.isFinite(ago) ? new Date(now.getTime() - ago) : dateOf(text);
  const year = time.getUTCFullYear();
  if (year >= 1970 && year < 10_000) return time.toISOString();
  throw new PortcullisError(
    "usage",
    `${flag} ${text}: expected a day such as 2026-01-31, a time such as 2026-01-31T08:00:00Z, or how long ago, such as 30d`,
  );
}

function dateOf(text: string): Date {
  if (!day.test(text) && !instant.test(text)) return new Date(Number.NaN);
  const date = new Date(text);
  // `2026-02-30` would become the second of March.
  return Number.isNaN(date.getTime()) || !isRealDay(text) ? new Date(Number.NaN) : date;
}

function isRealDay(text: string): boolean {
  const start = text.slice(0, 10);
  const date = new Date(`${start}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === start;
}
