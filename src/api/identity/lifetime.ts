// How long a token lives, as a person writes it: `90d`.
import { PortcullisError } from "../../errors.js";

const units: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, y: 365 * 86_400_000 };
const longest = 365 * 86_400_000;

export const defaultLifetime = "90d";

/** Milliseconds. `where` is the flag or the property, for the message. */
export function lifetimeOf(where: string, text: string): number {
  const [, count, unit] = /^(\d{1,4})([hdwy])$/.exec(text) ?? [];
  const time = Number(count) * (units[unit ?? ""] ?? Number.NaN);
  if (time > 0 && time <= longest) return time;
  const hint = text === "never" ? "tokens always expire; " : "";
  throw new PortcullisError(
    "usage",
    `${where} ${text}: ${hint}expected hours, days, weeks or one year, such as 12h, 30d or 1y (at most)`,
  );
}
