/**
 * Renders the data source aws_iam_policy_document as the provider does, so that a policy that is written as one is
 * decided before apply. What is unknown inside it stays unknown in place.
 */
import type { Json } from "../../../src/json.js";
import type { EvaluatedResource } from "../evaluated.js";
import { argumentsOf, child, isAbsent, isUnknown, items, referencesOf, textOf, type Argument } from "./argument.js";
import { placeOf, type Node } from "./node.js";
import { concatenated, readFields } from "./read.js";
import { blocks, custom, text, type CustomRead, type ReadContext, type Shape } from "./shape.js";

const dataType = "aws_iam_policy_document";
/** These merge other documents into it by rules of their own: the result is left unknown. */
const merging = ["source_policy_documents", "override_policy_documents", "source_json", "override_json"];

/** Finds the document that is the whole value of an argument: its only reference, and nothing known beside it. */
export function documentFinder(resources: readonly EvaluatedResource[]): ReadContext["document"] {
  const documents = new Map<string, EvaluatedResource>();
  for (const each of resources) if (each.mode === "data" && each.type === dataType) documents.set(each.address, each);
  return (argument) => {
    const references = referencesOf(argument);
    const found = references.length === 1 ? documents.get(references[0] ?? "") : undefined;
    return found === undefined || !isUnknown(argument) ? undefined : renderDocument(found);
  };
}

export function renderDocument(data: EvaluatedResource): Node | undefined {
  const root = argumentsOf(data);
  const merges = merging.some((name) => !isEmpty(child(root, name)));
  if (isUnknown(root) || merges) return undefined;
  return { kind: "object", fields: readFields(root, documentShape, { document: () => undefined }), at: placeOf(root) };
}

function isEmpty(argument: Argument): boolean {
  if (isAbsent(argument)) return true;
  return (
    argument.doubt === undefined &&
    (argument.value === "" || (Array.isArray(argument.value) && argument.value.length === 0))
  );
}

const strings = (name: string) => custom([name], (block) => oneOrMany(child(block, name)));

const statement: Shape = {
  Sid: text("sid"),
  Effect: { ...text("effect"), otherwise: "Allow" },
  Action: strings("actions"),
  NotAction: strings("not_actions"),
  Resource: strings("resources"),
  NotResource: strings("not_resources"),
  Principal: custom(["principals"], (block) => principals(child(block, "principals"))),
  NotPrincipal: custom(["not_principals"], (block) => principals(child(block, "not_principals"))),
  Condition: custom(["condition"], (block) => conditions(child(block, "condition"))),
};

const documentShape: Shape = {
  Version: { ...text("version"), otherwise: "2012-10-17" },
  Id: text("policy_id"),
  Statement: blocks("statement", statement),
};

/** A list of one is written as its element, as the provider writes it. */
function oneOrMany(argument: Argument): Node | undefined {
  const at = placeOf(argument);
  if (isAbsent(argument)) return undefined;
  const all = typeof argument.value === "string" ? [argument] : items(argument);
  if (all === "unknown") return { kind: "unknown", at };
  const nodes = all.map((item): Node => {
    if (item.doubt !== undefined) return { kind: "unknown", at: placeOf(item) };
    return { kind: "value", value: decoded(item.value ?? null), at: placeOf(item) };
  });
  if (nodes.length === 0) return undefined;
  return nodes.length === 1 ? nodes[0] : { kind: "list", items: nodes, at };
}

/** Policy variables are written `&{...}` in this data source, because `${...}` is Terraform's own. */
function decoded(value: Json): Json {
  return typeof value === "string" ? value.replaceAll("&{", "${") : value;
}

function principals(argument: Argument): Node | undefined {
  const at = placeOf(argument);
  const all = items(argument);
  if (all === "unknown") return { kind: "unknown", at };
  const byType = new Map<string, Node>();
  for (const each of all) {
    const type = textOf(child(each, "type"));
    const identifiers = oneOrMany(child(each, "identifiers"));
    if (type === "unknown" || (type?.known === "*" && all.length > 1)) return { kind: "unknown", at };
    if (type?.known === "*") return identifiers;
    addTo(byType, type?.known ?? "AWS", identifiers);
  }
  return byType.size === 0 ? undefined : { kind: "object", fields: byType, at };
}

const conditions = (argument: Argument): ReturnType<CustomRead> => {
  const at = placeOf(argument);
  const all = items(argument);
  if (all === "unknown") return { kind: "unknown", at };
  const byTest = new Map<string, Map<string, Node>>();
  for (const each of all) {
    const test = textOf(child(each, "test"));
    const variable = textOf(child(each, "variable"));
    if (test === "unknown" || variable === "unknown") return { kind: "unknown", at };
    const variables = byTest.get(test?.known ?? "") ?? new Map<string, Node>();
    addTo(variables, variable?.known ?? "", oneOrMany(child(each, "values")));
    byTest.set(test?.known ?? "", variables);
  }
  const fields = new Map(
    [...byTest].map(([test, variables]): [string, Node] => [test, { kind: "object", fields: variables, at }]),
  );
  return fields.size === 0 ? undefined : { kind: "object", fields, at };
};

/** Two blocks of the same key add up. Doubt about a single element of one of them makes the whole unknown. */
function addTo(fields: Map<string, Node>, key: string, node: Node | undefined): void {
  const before = fields.get(key);
  const after = before === undefined ? node : concatenated([before, node]);
  if (after !== undefined) fields.set(key, after);
}
