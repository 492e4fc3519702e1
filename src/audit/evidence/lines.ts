// JSON Lines, read with limits: a package may come from anyone.
import { isObject, type JsonObject } from "../../json.js";
import { messageOf } from "../../errors.js";
import { canonicalJson } from "../canonical-json.js";
import { Damage } from "./package.js";

const longestLine = 32 * 1024 * 1024;

/** The lines of a text in UTF-8; each ends in a line feed, the last one too. Throws Damage. */
export async function* linesOf(name: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw new Damage(`${name} is not in UTF-8`);
    }
  };
  let rest = "";
  for await (const chunk of content) {
    const lines = (rest + decode(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) throw new Damage(`${name} has a line of more than 32 MiB`);
    yield* lines;
  }
  if (rest + decode() !== "") throw new Damage(`${name} does not end with a line feed`);
}

/** An object. Throws Damage for another value, and for another way to write it than canonical JSON. */
export function parseCanonical(what: string, text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value) && canonicalJson(value) === text) return value;
  } catch (error) {
    throw new Damage(`${what} is no JSON: ${messageOf(error)}`);
  }
  throw new Damage(`${what} is no object in canonical JSON`);
}

/** The whole of a small file. Throws Damage where it is larger. */
export async function readWhole(name: string, content: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > limit) throw new Damage(`${name} is larger than the ${limit} bytes that are read of such a file`);
  }
  return Buffer.concat(chunks);
}
