// One baseline file: from text to a Baseline, or to an error that names the file, the line and what was expected.
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { isNode, LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { messageOf, PortcullisError } from "../errors.js";
import type { Baseline, Control } from "./baseline.js";

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
type Path = readonly PropertyKey[];

const maximumBytes = 4 * 1024 * 1024;

/** Reads a baseline and checks it on its own and against the policies that exist. Throws `baseline-invalid` with every fault. */
export async function readBaseline(file: string, isPolicy: (id: string) => boolean): Promise<Baseline> {
  const source = await readText(file);
  const lines = new LineCounter();
  const document = parsed(file, source, lines);
  const faults = new Faults(file, document, lines);
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

/** All faults of a file at once, so that a person puts them right in one go. */
class Faults {
  readonly #file: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #found: { readonly line: number; readonly message: string }[] = [];

  constructor(file: string, document: Document.Parsed, lines: LineCounter) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
  }

  /** At the value at the path, or at the nearest thing that holds it. */
  add(path: Path, message: string): void {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) {
        const key = path.slice(length).map(String).join(".");
        this.addAt(node.range[0], key === "" ? message : `${key}: ${message}`);
        return;
      }
    }
    this.addAt(0, message);
  }

  addAt(offset: number, message: string): void {
    this.#found.push({ line: Math.max(1, this.#lines.linePos(offset).line), message });
  }

  throwIfAny(): void {
    if (this.#found.length > 0) throw this.error();
  }

  error(): PortcullisError {
    const shown = this.#found.slice(0, 20).map(({ line, message }) => `  ${this.#file}:${line}: ${message}`);
    const more = this.#found.length > shown.length ? [`  and ${this.#found.length - shown.length} more`] : [];
    const message = [`the baseline ${this.#file} is not valid:`, ...shown, ...more].join("\n");
    const places = this.#found.map(({ line }) => ({ file: this.#file, line }));
    return new PortcullisError("baseline-invalid", message, { places });
  }
}
