// JSON from outside that means the same to everybody: bounded depth, no name twice in an object, none that is `__proto__`.
import { visit } from "jsonc-parser";
import { messageOf } from "../errors.js";

const maximumDepth = 64;

/** The value. Throws Error with what is wrong. */
export function parseStrictJson(text: string): unknown {
  checkDepth(text); // first: the parsers below recurse
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`expected JSON: ${messageOf(error).slice(0, 200)}`, { cause: error });
  }
  checkNames(text);
  return value;
}

function checkDepth(text: string): void {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isText) {
      if (character === "\\") at++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth > maximumDepth) throw new Error(`expected JSON that is nested at most ${maximumDepth} deep`);
  }
}

function checkNames(text: string): void {
  const open: Set<string>[] = [];
  const faults: string[] = [];
  visit(text, {
    onObjectBegin: () => void open.push(new Set()),
    onObjectEnd: () => void open.pop(),
    onObjectProperty: (name) => {
      if (name === "__proto__") faults.push("the name __proto__ is not taken");
      else if (open.at(-1)?.has(name) === true)
        faults.push(`the name ${JSON.stringify(name.slice(0, 100))} is there twice`);
      open.at(-1)?.add(name);
    },
  });
  if (faults[0] !== undefined) throw new Error(faults[0]);
}
