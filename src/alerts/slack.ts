// A digest as Slack's incoming webhooks take it: Block Kit, within its limits. Every text in it is untrusted.
import { severities } from "../engine/policy.js";
import type { JsonObject } from "../json.js";
import { printable } from "../printable.js";
import type { Digest, DigestGroup, Example } from "./digest.js";

const mostBlocks = 50;
const longestSection = 3_000;
const longestHeader = 150;
/** One is the heading, one says what is not shown. */
const shownGroups = mostBlocks - 2;

const words: Readonly<Record<DigestGroup["change"], string>> = {
  opened: "new",
  reopened: "back again",
  resolved: "resolved",
  waived: "waived",
  "waiver-ended": "open again after a waiver",
};

export function slackMessage(digest: Digest): JsonObject {
  const groups = [...digest.groups].sort((a, b) => rankOf(a) - rankOf(b));
  const shown = groups.slice(0, shownGroups);
  const heading = headingOf(digest);
  const blocks: JsonObject[] = [
    { type: "header", text: { type: "plain_text", text: heading.slice(0, longestHeader), emoji: false } },
    ...shown.map((group) => ({ type: "section", text: mrkdwn(sectionOf(group)) })),
  ];
  const hidden = groups.slice(shownGroups).reduce((sum, { count }) => sum + count, digest.more);
  if (hidden > 0) {
    const where = "portcullis findings list --last-seen-after 1d";
    blocks.push({ type: "context", elements: [mrkdwn(`${hidden} more changes are not shown; see: \`${where}\``)] });
  }
  return { text: escaped(heading), blocks };
}

/** What is open first, and the worst of it. */
function rankOf({ change, severity }: DigestGroup): number {
  return (change === "resolved" || change === "waived" ? 10 : 0) + severities.indexOf(severity);
}

function headingOf({ groups, more }: Digest): string {
  const counts = new Map<string, number>();
  for (const { change, count } of groups) counts.set(words[change], (counts.get(words[change]) ?? 0) + count);
  if (more > 0) counts.set("more", more);
  return `Compliance findings: ${[...counts].map(([word, count]) => `${count} ${word}`).join(", ")}`;
}

/** No URL or channel in a text of others becomes a link. */
function mrkdwn(text: string): JsonObject {
  return { type: "mrkdwn", text, verbatim: true };
}

function sectionOf({ change, policy, title, severity, account, count, examples }: DigestGroup): string {
  const place = account === null ? "" : ` in ${escaped(account, 200)}`;
  const lines = [
    `*${count} ${words[change]}* · ${severity} · ${escaped(title, 200)} (${escaped(policy, 200)})${place}`,
  ];
  for (const example of examples) {
    const line = lineOf(example);
    if ([...lines, line].join("\n").length < longestSection - 300) lines.push(line);
  }
  const hidden = count - (lines.length - 1);
  const where = `portcullis findings list --policy-id ${/^[\w.-]{1,150}$/.test(policy) ? policy : "ID"}`;
  if (hidden > 0) lines.push(`… and ${hidden} more; see: \`${where}\``);
  return lines.join("\n");
}

function lineOf({ resource, region, message, link }: Example): string {
  const name = escaped(resource, 150);
  const linked = link === null || link.length > 1_000 ? name : `<${addressOf(link)}|${name.replaceAll("|", "/")}>`;
  return `• ${linked}${region === null ? "" : ` (${escaped(region, 60)})`}: ${escaped(message, 200)}`;
}

function addressOf(link: string): string {
  return link.replace(/[<>|\s]/g, (character) => encodeURIComponent(character)).replaceAll("&", "&amp;");
}

/** Cut before it is escaped, so that no escape is cut. */
function escaped(text: string, limit = 1_000): string {
  const line = printable(text.replace(/\s+/g, " "));
  const short = line.length <= limit ? line : `${line.slice(0, limit - 1)}…`.toWellFormed();
  return short.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
