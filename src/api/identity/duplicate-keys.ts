// JSON in which a name stands twice says one thing to one reader and another to the next. Nothing that is signed may.
import { visit } from "jsonc-parser";

export function hasDuplicateKeys(json: string): boolean {
  const open: Set<string>[] = [];
  let found = false;
  visit(json, {
    onObjectBegin: () => void open.push(new Set()),
    onObjectEnd: () => void open.pop(),
    onObjectProperty: (name) => {
      const names = open.at(-1);
      found ||= names?.has(name) === true;
      names?.add(name);
    },
  });
  return found;
}
