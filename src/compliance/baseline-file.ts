// One baseline file: from text to a Baseline, or to an error that names the file, the line and what was expected.
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { messageOf, PortcullisError } from "../errors.js";
import type { Baseline, Control } from "./baseline.js";
import { Faults } from "./yaml-faults.js";

const text = z.string().trim().min(1, "expected some text");

const schema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, "expected lower-case letters, digits, dots and dashes"),
  title: text,
  version: text,
  source: z.url("expected the address of the standard"),
  controls: z
    .array(
      z.strictObject({
        id: text,
        title: text,
        policies: z.array(text).optional(),
        manual: text.optional(),
      }),
    )
    .min(1, "expected at least one control"),
});

type Content = z.infer<typeof schema>;

const maximumBytes = 4 * 1024 * 1024;

/** Reads a baseline and checks it on its own and against the policies that exist. Throws `baseline-invalid` with every fault. */
export async function readBaseline(file: string, isPolicy: (id: string) => boolean): Promise<Baseline> {
  const source = await readText(file);
  const lines = new LineCounter();
  const document = parsed(file, source, lines);
  const faults = new Faults({ file, what: "baseline", code: "baseline-invalid" }, document, lines);
  for (const error of document.errors) faults.addAt(error.pos[0], error.message.split("\n")[0] ?? "cannot be parsed");
  faults.throwIfAny();
  const content = contentOf(document, faults);
  checkControls(content, isPolicy, faults);
  checkName(content, file, faults);
  faults.throwIfAny();
  return { ...content, controls: content.controls.map(asControl) };
}

async function readText(file: string): Promise<string> {
  const places = [{ file }];
  try {
    const { size } = await stat(file);
    if (size <= maximumBytes) return await readFile(file, "utf8");
  } catch (error) {
    throw new PortcullisError("baseline-invalid", `the baseline ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
      places,
    });
  }
  throw new PortcullisError("baseline-invalid", `the baseline ${file} is larger than 4 MiB`, { places });
}

/** Syntax faults are in the document's own list; only what is nested too deep is thrown. */
function parsed(file: string, source: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(source, { lineCounter });
  } catch (error) {
    throw new PortcullisError("baseline-invalid", `the baseline ${file} cannot be parsed: ${messageOf(error)}`, {
      cause: error,
      places: [{ file }],
    });
  }
}

function contentOf(document: Document.Parsed, faults: Faults): Content {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    faults.add([], messageOf(error));
    faults.throwIfAny();
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) faults.add(issue.path, issue.message);
  throw faults.error();
}

function checkControls(content: Content, isPolicy: (id: string) => boolean, faults: Faults): void {
  const seen = new Set<string>();
  for (const [at, { id, policies = [], manual }] of content.controls.entries()) {
    const path = ["controls", at];
    if (seen.has(id)) faults.add([...path, "id"], `the control ${id} is there twice; expected each id once`);
    seen.add(id);
    if (policies.length === 0 && manual === undefined) {
      faults.add(path, `the control ${id} is silent; expected "policies", or in "manual" what a person must show`);
    }
    for (const [index, policy] of policies.entries()) {
      const where = [...path, "policies", index];
      if (!isPolicy(policy)) {
        faults.add(
          where,
          `the control ${id} names the policy ${policy}, which does not exist; see: portcullis policies list`,
        );
      } else if (policies.indexOf(policy) !== index) {
        faults.add(where, `the control ${id} names the policy ${policy} twice`);
      }
    }
  }
}

function checkName({ id }: Content, file: string, faults: Faults): void {
  const name = basename(file).replace(/\.ya?ml$/, "");
  if (name !== id) faults.add(["id"], `the baseline is called ${id} in a file called ${name}; expected the same name`);
}

function asControl({ id, title, policies = [], manual }: Content["controls"][number]): Control {
  return { id, title, policies, manual: manual ?? null };
}
