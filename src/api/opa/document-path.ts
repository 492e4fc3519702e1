// The path of a document as OPA reads it from an address: encoded segments, empty ones do not count.
import type { Document, Documents } from "../../engine/rego/documents.js";
import { OpaProblem } from "./opa-problem.js";

const longestRemembered = 512;
const mostRemembered = 2_000;

/** The document at a path as it stands in the address. `found` remembers a bounded number of them. */
export function documentAt(documents: Documents, encoded: string, found: Map<string, Document>): Document {
  const known = found.get(encoded);
  if (known !== undefined) return known;
  const document = documents.at(segmentsOf(encoded));
  if (encoded.length <= longestRemembered) {
    if (found.size >= mostRemembered) found.clear();
    found.set(encoded, document);
  }
  return document;
}

export function segmentsOf(encoded: string): string[] {
  const segments = encoded
    .split("/")
    .filter((segment) => segment !== "")
    .map(decoded);
  const wrong = segments.find((segment) => segment.includes('"'));
  if (wrong === undefined) return segments;
  throw new OpaProblem(400, "invalid_parameter", `invalid ref term '${wrong.slice(0, 100)}'`);
}

function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** What follows the prefix in an address, up to its query. */
export function pathBelow(url: string, prefix: string): string {
  const end = url.indexOf("?");
  return url.slice(Math.min(prefix.length + 1, url.length), end === -1 ? undefined : end);
}
