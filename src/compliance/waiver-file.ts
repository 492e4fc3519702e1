// Waivers of a reviewed file in the user's repository: from YAML to waivers, or to an error with the lines of what is wrong.
import { readFile, stat } from "node:fs/promises";
import { LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { messageOf, PortcullisError } from "../errors.js";
import { Faults } from "./yaml-faults.js";
import { maximumPattern, maximumStars } from "./glob.js";
import { isSamePerson, periodProblem, scopeProblem, type Waiver, type WaiverScope } from "./waiver.js";

/** Words for people: no control characters, which a terminal or a report would take for something else. */
export const waiverText = (longest: number): z.ZodString =>
  z
    .string("expected some text; quote numbers")
    .trim()
    .min(1, "expected some text")
    .max(longest, `expected at most ${longest} characters`)
    .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "expected text without control characters");

export const waiverId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, "expected letters, digits, dots, dashes, at most 100");
export const scopePattern = waiverText(maximumPattern).refine(
  (pattern) => pattern.split("*").length <= maximumStars + 1,
  `expected at most ${maximumStars} stars`,
);
export const scopeTag = scopePattern.regex(/^[^=]+=/, "expected key=value");
export const hashText = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits; see: portcullis waivers hash");

export const instantText = z
  .union(
    [z.iso.date(), z.iso.datetime({ offset: true })],
    "expected a day such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z",
  )
  .transform(toInstant);

/** A day begins at midnight UTC. */
export function toInstant(text: string): string {
  return new Date(/T/i.test(text) ? text : `${text}T00:00:00Z`).toISOString();
}

const mostNames = 1_000;
const listOf = (item: z.ZodString): z.ZodType<string[]> =>
  z.union([item.transform((one) => [one]), z.array(item).min(1, "expected at least one").max(mostNames)]);

const schema = z.strictObject({
  waivers: z
    .array(
      z.strictObject({
        id: waiverId,
        policy: listOf(scopePattern).optional(),
        control: listOf(scopePattern).optional(),
        resource: listOf(scopePattern).optional(),
        tag: listOf(scopeTag).optional(),
        account: listOf(scopePattern).optional(),
        reason: waiverText(2_000),
        ticket: waiverText(200).optional(),
        requester: waiverText(200),
        approver: waiverText(200),
        start: instantText,
        expires: instantText,
        endsOnChange: z.boolean().optional(),
        configHash: hashText.optional(),
      }),
    )
    .max(10_000, "expected at most 10,000 waivers in a file"),
});

type Content = z.infer<typeof schema>["waivers"][number];

const maximumBytes = 4 * 1024 * 1024;

/** Reads the files, in their order. Throws `config-invalid` with every fault of a file, and for an id that is there twice. */
export async function readWaiverFiles(files: readonly string[]): Promise<Waiver[]> {
  const all = (await Promise.all([...new Set(files)].map(readWaiverFile))).flat();
  const seen = new Map<string, Waiver>();
  for (const waiver of all) {
    const before = seen.get(waiver.id);
    if (before !== undefined) {
      const message = `the waiver ${waiver.id} is there twice: at ${before.file ?? ""} and at ${waiver.file ?? ""}; expected each id once`;
      throw new PortcullisError("config-invalid", message);
    }
    seen.set(waiver.id, waiver);
  }
  return all;
}

async function readWaiverFile(file: string): Promise<Waiver[]> {
  const source = await readText(file);
  const lines = new LineCounter();
  const document = parsed(file, source, lines);
  const faults = new Faults({ file, what: "waiver file", code: "config-invalid" }, document, lines);
  for (const error of document.errors) faults.addAt(error.pos[0], error.message.split("\n")[0] ?? "cannot be parsed");
  faults.throwIfAny();
  const waivers = contentOf(document, faults).map((content, at) => {
    check(content, ["waivers", at], faults);
    return waiverOf(content, `${file}:${faults.lineOf(["waivers", at])}`);
  });
  checkIds(waivers, faults);
  faults.throwIfAny();
  return waivers;
}

async function readText(file: string): Promise<string> {
  const places = [{ file }];
  try {
    const { size } = await stat(file);
    if (size <= maximumBytes) return await readFile(file, "utf8");
  } catch (error) {
    const message = `the waiver file ${file} cannot be read: ${messageOf(error)}`;
    throw new PortcullisError("config-invalid", message, { cause: error, places });
  }
  throw new PortcullisError("config-invalid", `the waiver file ${file} is larger than 4 MiB`, { places });
}

/** Syntax faults are in the document's own list; only what is nested too deep is thrown. */
function parsed(file: string, source: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(source, { lineCounter });
  } catch (error) {
    const message = `the waiver file ${file} cannot be parsed: ${messageOf(error)}`;
    throw new PortcullisError("config-invalid", message, { cause: error, places: [{ file }] });
  }
}

function contentOf(document: Document.Parsed, faults: Faults): readonly Content[] {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    faults.add([], messageOf(error));
    throw faults.error();
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data.waivers;
  for (const issue of result.error.issues) faults.add(issue.path, messageOfIssue(issue));
  throw faults.error();
}

/** Where a name or a list of names is expected, what is wrong with the one that was given says more than that neither fits. */
function messageOfIssue(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union" || issue.message !== "Invalid input") return issue.message;
  const inner = issue.errors.flat().find(({ code }) => code !== "invalid_type");
  return inner?.message ?? "expected a text or a list of texts; quote numbers";
}

function check(content: Content, path: readonly PropertyKey[], faults: Faults): void {
  const { id, requester, approver, start, expires, endsOnChange, configHash } = content;
  const scope = scopeProblem(scopeOf(content));
  if (scope !== null) faults.add(path, `the waiver ${id}: ${scope}`);
  const period = periodProblem(start, expires);
  if (period !== null) faults.add([...path, "expires"], `the waiver ${id}: ${period}`);
  if (isSamePerson(requester, approver))
    faults.add(
      [...path, "approver"],
      `the waiver ${id}: ${approver} requested it; expected another person to approve it`,
    );
  if (endsOnChange === true && configHash === undefined)
    faults.add(
      [...path, "endsOnChange"],
      `the waiver ${id}: expected configHash too; see: portcullis waivers hash RESOURCE PATH`,
    );
  if (endsOnChange === false && configHash !== undefined)
    faults.add([...path, "endsOnChange"], `the waiver ${id}: with a configHash it does end on a change`);
}

function checkIds(waivers: readonly Waiver[], faults: Faults): void {
  const seen = new Set<string>();
  for (const [at, { id }] of waivers.entries()) {
    if (seen.has(id)) faults.add(["waivers", at, "id"], `the waiver ${id} is there twice; expected each id once`);
    seen.add(id);
  }
}

function scopeOf({ policy = [], control = [], resource = [], tag = [], account = [] }: Content): WaiverScope {
  return { policies: policy, controls: control, resources: resource, tags: tag, accounts: account };
}

function waiverOf(content: Content, file: string): Waiver {
  const { id, reason, ticket = null, requester, approver, start, expires, configHash = null } = content;
  return {
    ...{ id, scope: scopeOf(content), reason, ticket, requester, approver, start, expires },
    ...{ endsOnChange: configHash !== null, configHash, status: "approved", file, bound: new Map<string, string>() },
  };
}
