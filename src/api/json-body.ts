// JSON that comes from outside is looked over before it is parsed: how deep it is nested, and how many members it has.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "./problem.js";

export interface JsonLimits {
  readonly depth: number;
  /** Members of objects and elements of arrays. */
  readonly members: number;
}

/** Also refuses `__proto__`, and a `constructor` with a `prototype`, as Fastify's own parser does. */
export function addJsonParser(api: FastifyInstance, limits: JsonLimits): void {
  const parse = api.getDefaultJsonParser("error", "error");
  api.removeContentTypeParser(["application/json", "text/plain"]);
  api.addContentTypeParser("application/json", { parseAs: "string" }, (request: FastifyRequest, text: string, done) => {
    const trouble = troubleWith(text, limits);
    if (trouble === null) void parse(request, text, done);
    else done(new Problem(400, "invalid-request", trouble, [{ in: "body", pointer: "", detail: trouble }]));
  });
}

/** Null where the text keeps to the limits, whether or not it is JSON. */
export function troubleWith(text: string, { depth, members }: JsonLimits): string | null {
  let [open, count] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 34: // a string: what is in it does not count
        at = endOfString(text, at);
        break;
      case 91: // [
      case 123: // {
        if (++open > depth) return `is nested deeper than ${depth}`;
        break;
      case 93: // ]
      case 125: // }
        open--;
        break;
      case 44: // a comma stands between any two
        if (++count >= members) return `has more than ${members} members`;
    }
  }
  return null;
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 92) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
