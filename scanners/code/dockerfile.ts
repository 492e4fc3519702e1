// Dockerfiles, in the form that conftest gives its policies: a list of commands, comments among them. BuildKit's own parser reads them.
import { z } from "zod";
import { compilerCall } from "../../src/compiler/compiler.js";
import { parsePointer } from "../../src/inventory/pointer.js";
import type { Location } from "../../src/inventory/resource.js";
import type { ScanItem } from "../../src/inventory/scan-item.js";
import type { Json } from "../../src/json.js";
import { problemAt } from "./files.js";
import { suppressionReader } from "./suppression.js";

/** Far more than people write; BuildKit's parser is to be done with it in a second. */
const longest = 1024 * 1024;
const mostLines = 20_000;

const answer = z.object({
  commands: z.array(z.custom<Json>()).nullable(),
  lines: z.array(z.number()).nullable(),
  comments: z.array(z.object({ line: z.number(), column: z.number(), text: z.string() })).nullable(),
  problem: z.object({ line: z.number(), message: z.string() }).nullable(),
});

/** One document, or the problem that BuildKit has with the text. Throws only when the compiler module fails. */
export async function readDockerfile(uri: string, text: string): Promise<ScanItem> {
  if (text.length > longest) return problemAt(uri, "unreadable", "it is larger than 1 MiB, the limit for a Dockerfile");
  if (text.split("\n", mostLines + 2).length > mostLines + 1)
    return problemAt(uri, "unreadable", "it has more than 20,000 lines, the limit for a Dockerfile");
  const { commands, lines, comments, problem } = answer.parse(await compilerCall("dockerfile.parse", { text }));
  if (problem !== null) return problemAt(uri, "unreadable", problem.message, { line: problem.line, column: null });
  if (commands === null || lines === null) return problemAt(uri, "unreadable", "it has no instructions");
  const read = suppressionReader();
  const suppressions = (comments ?? []).flatMap(({ line, column, text: comment }) =>
    read({ text: comment, location: { file: uri, line, column } }),
  );
  return {
    kind: "document",
    uri,
    index: 0,
    value: commands,
    locate: (pointer) => locate(uri, lines, pointer),
    ...(suppressions.length === 0 ? {} : { suppressions }),
  };
}

/** `/3` is the fourth command; the document itself is where its first one stands. */
function locate(file: string, lines: readonly number[], pointer: string): Location {
  const [command = ""] = parsePointer(pointer);
  const line = /^\d{1,9}$/.test(command) ? lines[Number(command)] : undefined;
  return { file, line: line ?? lines[0] ?? 1, column: 1 };
}
