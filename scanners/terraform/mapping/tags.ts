/** Tags: a plain object on the resource, and the provider's own list of Key and Value in its config. */
import { child, follow, isAbsent, isUnknown, items, keys, textOf, type Argument } from "./argument.js";
import { placeOf, type Node } from "./node.js";
import { keyed } from "./read.js";
import type { TypeMapping } from "./shape.js";

export interface Tags {
  readonly tags: Node;
  readonly list: Node | undefined;
}

export function readTags(root: Argument, form: TypeMapping["tags"] = "map"): Tags {
  if (form === "none") return listed(root, new Map());
  return form === "blocks" ? fromBlocks(child(root, "tag")) : fromMap(root);
}

/** tags_all holds the provider's default tags as well, so it wins where it is there. */
function fromMap(root: Argument): Tags {
  const all = follow(root, "tags_all");
  const argument = isAbsent(all) ? follow(root, "tags") : all;
  if (isUnknown(argument)) return unknownTags(argument);
  const found = new Map<string, Node>();
  for (const key of keys(argument)) {
    const node = textNode(child(argument, key));
    if (node !== undefined) found.set(key, node);
  }
  return listed(argument, found);
}

function fromBlocks(argument: Argument): Tags {
  const all = isAbsent(argument) ? [] : items(argument);
  if (all === "unknown") return unknownTags(argument);
  const found = new Map<string, Node>();
  for (const each of all) {
    const key = textOf(child(each, "key"));
    if (key === "unknown") return unknownTags(argument);
    const node = textNode(child(each, "value"));
    if (node !== undefined) found.set(key?.known ?? "", node);
  }
  return listed(argument, found);
}

function textNode(argument: Argument): Node | undefined {
  const at = placeOf(argument);
  if (argument.doubt !== undefined) return { kind: "unknown", at };
  const { value } = argument;
  if (value === undefined) return undefined;
  return { kind: "value", value: typeof value === "string" ? value : JSON.stringify(value), at };
}

function unknownTags(argument: Argument): Tags {
  const node: Node = { kind: "unknown", at: placeOf(argument) };
  return { tags: node, list: node };
}

function listed(argument: Argument, found: ReadonlyMap<string, Node>): Tags {
  const at = placeOf(argument);
  const list = [...found].map(([key, node]) => keyed("Key", key, "Value", node));
  return {
    tags: { kind: "object", fields: found, at },
    list: list.length === 0 ? undefined : { kind: "list", items: list, at },
  };
}
