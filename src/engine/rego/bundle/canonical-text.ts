// The text over which OPA hashes JSON: keys in order, nothing between, numbers as they are written.

const token = /\s*(?:([[\]{},:])|("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null))/y;

/** Throws SyntaxError for what is no JSON. */
export function canonicalText(json: string): string {
  JSON.parse(json);
  const tokens = new RegExp(token);
  const next = (): string => {
    const match = tokens.exec(json);
    if (match === null) throw new SyntaxError("expected JSON");
    return match[0].trim();
  };
  return written(next(), next);
}

function written(first: string, next: () => string): string {
  if (first === "[") {
    const items: string[] = [];
    for (let one = next(); one !== "]"; one = next()) if (one !== ",") items.push(written(one, next));
    return `[${items.join(",")}]`;
  }
  return first === "{" ? object(next) : first.startsWith('"') ? text(JSON.parse(first) as string) : first;
}

/** The last of a key that stands twice counts. */
function object(next: () => string): string {
  const members = new Map<string, string>();
  for (let one = next(); one !== "}"; one = next()) {
    if (one === ",") continue;
    next(); // the colon
    members.set(JSON.parse(one) as string, written(next(), next));
  }
  const keys = [...members.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map((key) => `${text(key)}:${members.get(key) ?? ""}`).join(",")}}`;
}

/** As Go writes it: two separators of lines are escaped, what is no character is replaced, control characters are \u00XX. */
function text(value: string): string {
  return JSON.stringify(value.toWellFormed()).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
