// That the package speaks of each control of its baseline, once, and of nothing else.
import { isObject, type Json } from "../../json.js";
import { parseCanonical, readWhole } from "./lines.js";
import { Damage } from "./package.js";
import type { Opened } from "./verify-contents.js";

const name = "baseline.json";
const baselineLimit = 64 * 1024 ** 2;

const lists = ["population", "exceptions", "timeline", "sample"];
const controlFiles = ["control.json", ...lists.flatMap((list) => [`${list}.jsonl`, `${list}.csv`])];

/** The ids of each control's policies. Throws Damage. */
export async function verifyBaseline(opened: Opened): Promise<ReadonlyMap<string, readonly string[]>> {
  const { baseline, controls } = opened.predicate;
  const text = (await readWhole(name, opened.open(name), baselineLimit)).toString("utf8");
  const { id, version, controls: described } = parseCanonical(name, text.replace(/\n$/, ""));
  if (id !== baseline.id || version !== baseline.version) throw new Damage(`${name} is of another baseline`);
  const policies = new Map((Array.isArray(described) ? (described as readonly Json[]) : []).map(policiesOf));
  const isSame = policies.size === controls.length && controls.every((control) => policies.has(control.id));
  if (!isSame || new Set(controls.map((control) => control.id)).size !== controls.length)
    throw new Damage(`the manifest does not have the controls that ${name} has`);
  checkFiles(opened);
  return policies;
}

function policiesOf(control: Json): readonly [string, readonly string[]] {
  const { id, policies } = isObject(control) ? control : {};
  const isTexts = Array.isArray(policies) && policies.every((policy) => typeof policy === "string");
  if (typeof id !== "string" || !isTexts) throw new Damage(`${name} has a control that is none`);
  return [id, policies];
}

/** Each control has its own folder, and no folder is without its control: a reader takes a file there for proved. */
function checkFiles({ names, predicate: { controls } }: Opened): void {
  if (new Set(controls.map(({ folder }) => folder)).size !== controls.length)
    throw new Damage("two controls of the manifest have one folder");
  const known = new Set(controls.flatMap(({ folder }) => controlFiles.map((file) => `controls/${folder}/${file}`)));
  const stray = names.find((file) => file.startsWith("controls/") && !known.has(file));
  if (stray !== undefined) throw new Damage(`${stray} belongs to no control of the manifest`);
}
