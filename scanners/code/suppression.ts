// Reads `portcullis:ignore POLICY[,POLICY] [until=2026-12-31] reason="why"` out of comments that the readers of each format found.
// A comment that says it wrongly excuses nothing, and its suppression says why.
import type { Location } from "../../src/inventory/resource.js";
import type { Suppression } from "../../src/inventory/scan-item.js";

/** A comment as it is written, with what it begins and ends with. */
export interface CodeComment {
  readonly text: string;
  readonly location: Location;
}

export const suppressionMark = "portcullis:ignore";

const mostPerFile = 1_000;
const mostPolicies = 50;
const longestComment = 2_000;
const longestReason = 500;
const longestId = 200;

/** A reader for the comments of one file: what comes after the thousandth suppression does not count. */
export function suppressionReader(): (comment: CodeComment) => readonly Suppression[] {
  let left = mostPerFile;
  return (comment) => {
    if (left < 0 || !comment.text.includes(suppressionMark)) return [];
    const found = directives(comment).flatMap((directive) => read(directive));
    left -= found.length;
    const [first] = found;
    if (left >= 0 || first === undefined) return found;
    const problem = `there are more than 1,000 suppressions in this file; this one and those after it do not count`;
    return [{ policy: first.policy, reason: "", until: null, location: first.location, problem }];
  };
}

interface Directive {
  /** What follows the mark. */
  readonly text: string;
  readonly location: Location;
}

/** Each line of a comment may be one; in a comment of many lines they may begin with `*`. */
function directives({ text, location }: CodeComment): Directive[] {
  if (text.length > longestComment) {
    return /^[#/*\s]{0,20}portcullis:ignore/.test(text.slice(0, 100))
      ? [{ text: " ".repeat(longestComment), location }]
      : [];
  }
  const lines = text.startsWith("/*") ? text.replace(/\*+\/\s*$/, "").split(/\r\n|\n|\r/) : [text];
  return lines.flatMap((line, at) => {
    const match = /^\s*(?:#+|\/\/+|\/\*+|\*)?\s*portcullis:ignore(?![\w-])/.exec(line);
    if (match === null) return [];
    const place = at === 0 ? location : { ...location, line: location.line + at, column: indent(line) };
    return [{ text: line.slice(match[0].length).trimEnd(), location: place }];
  });
}

function indent(line: string): number {
  return line.length - line.trimStart().length + 1;
}

function read({ text, location }: Directive): Suppression[] {
  const listed = /^\s+([^\s,="]+(?:\s*,\s*[^\s,="]+)*)(?=\s|$)/.exec(text);
  const policies = (listed?.[1] ?? "").split(",").map((policy) => policy.trim());
  const said = attributes(text.slice(listed?.[0].length ?? 0));
  const problem = text.length >= longestComment ? tooLong : (faultOf(policies) ?? said.problem);
  return policies.slice(0, mostPolicies).map((policy) => ({
    policy: policy.slice(0, longestId),
    reason: problem === null ? said.reason : "",
    until: said.until,
    location,
    ...(problem === null ? {} : { problem }),
  }));
}

const tooLong = `it is longer than 2,000 characters`;

function faultOf(policies: readonly string[]): string | null {
  if (policies[0] === "") return `it names no policy; expected ${suppressionMark} POLICY reason="why"`;
  if (policies.length > mostPolicies) return `it names more than ${mostPolicies} policies`;
  return policies.some((policy) => policy.length > longestId) ? "it names a policy that is no policy's id" : null;
}

interface Said {
  readonly reason: string;
  readonly until: string | null;
  readonly problem: string | null;
}

function attributes(text: string): Said {
  const given = new Map<string, string>();
  const next = /\s+([A-Za-z][\w-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)/y;
  let end = 0;
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    end = next.lastIndex;
    const [, name = "", value = ""] = match;
    if (given.has(name)) return faulty(`it says ${name} twice`);
    given.set(name, value);
  }
  const rest = text.slice(end).trim();
  if (rest !== "") return faulty(`expected until=YEAR-MONTH-DAY or reason="why", found ${shown(rest)}`);
  return checked(given);
}

function checked(given: ReadonlyMap<string, string>): Said {
  const unknown = [...given.keys()].find((name) => name !== "until" && name !== "reason");
  if (unknown !== undefined) return faulty(`${shown(unknown)} is not known; expected until or reason`);
  const until = given.get("until") ?? null;
  if (until !== null && !isDay(until)) return faulty(`until=${shown(until)} is not a day such as 2026-12-31`);
  const quoted = given.get("reason");
  if (quoted === undefined) return { ...faulty('it gives no reason; expected reason="why"'), until };
  const reason = quoted
    .slice(1, -1)
    .replace(/\\(["\\])/g, "$1")
    .trim();
  if (!/^"[^]*"$/.test(quoted) || reason === "")
    return { ...faulty('it gives no reason; expected reason="why"'), until };
  if (reason.length > longestReason)
    return { ...faulty(`its reason is longer than ${longestReason} characters`), until };
  if (/\p{Cc}/u.test(reason)) return { ...faulty("its reason has control characters in it"), until };
  return { reason, until, problem: null };
}

function faulty(problem: string): Said {
  return { reason: "", until: null, problem };
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

/** A real day of the calendar: 2026-02-30 is none. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text;
}
