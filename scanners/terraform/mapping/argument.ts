/**
 * A cursor over the values of an evaluated resource that knows, at each step, what is not known. It must not know what
 * the values mean.
 */
import { isObject, own, type Json } from "../../../src/json.js";
import { parsePointer } from "../../../src/inventory/pointer.js";
import type { EvaluatedResource } from "../evaluated.js";

/** The pointers of what is not known, as a tree: `whole` is the value at this very place. */
export interface Doubt {
  whole: boolean;
  readonly children: Map<string, Doubt>;
}

export interface Argument {
  readonly resource: EvaluatedResource;
  readonly pointer: string;
  /** Absent and null are the same in Terraform: both are undefined here. */
  readonly value: Json | undefined;
  readonly doubt: Doubt | undefined;
}

/** An index beyond this that only `unknown` names is hostile, and makes the list unknown instead of long. */
const mostUnknownItems = 10_000;

/** The whole of a resource's arguments. Pointers that `ignored` is true of count as known to be absent. */
export function argumentsOf(
  resource: EvaluatedResource,
  ignored: (pointer: string) => boolean = () => false,
): Argument {
  const doubt: Doubt = { whole: false, children: new Map() };
  for (const text of resource.unknown) if (!ignored(text)) mark(doubt, parsePointer(text));
  return { resource, pointer: "", value: resource.values, doubt: isDoubtful(doubt) ? doubt : undefined };
}

function mark(root: Doubt, segments: readonly string[]): void {
  let at = root;
  for (const segment of segments) {
    let next = at.children.get(segment);
    if (next === undefined) at.children.set(segment, (next = { whole: false, children: new Map() }));
    at = next;
  }
  at.whole = true;
}

function isDoubtful(doubt: Doubt): boolean {
  return doubt.whole || doubt.children.size > 0;
}

export function isAbsent(argument: Argument): boolean {
  return argument.value === undefined && argument.doubt === undefined;
}

/** Nothing at all is known of the value. */
export function isUnknown(argument: Argument): boolean {
  return argument.doubt?.whole === true;
}

export function child(argument: Argument, key: string | number): Argument {
  const { value, doubt } = argument;
  const name = String(key);
  const found = Array.isArray(value)
    ? (value as readonly Json[])[Number(key)]
    : isObject(value)
      ? own(value, name)
      : undefined;
  return {
    resource: argument.resource,
    pointer: `${argument.pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
    value: found ?? undefined,
    doubt: doubt?.whole === true ? doubt : doubt?.children.get(name),
  };
}

/** The elements of a list; a single object counts as a list of one; "unknown" where not even their number is known, or it is no list. */
export function items(argument: Argument): readonly Argument[] | "unknown" {
  if (isUnknown(argument)) return "unknown";
  const { value, doubt } = argument;
  if (isObject(value)) return [argument];
  if (value !== undefined && !Array.isArray(value)) return "unknown";
  const named = [...(doubt?.children.keys() ?? [])];
  if (named.some((key) => !/^(0|[1-9]\d{0,5})$/.test(key))) return value === undefined ? [argument] : "unknown";
  const known = Array.isArray(value) ? value.length : 0;
  const length = named.reduce((most, key) => Math.max(most, Number(key) + 1), known);
  if (length > known + mostUnknownItems) return "unknown";
  return Array.from({ length }, (_, index) => child(argument, index));
}

/** The keys of an object, those of unknown values among them. */
export function keys(argument: Argument): readonly string[] {
  const known = isObject(argument.value) ? Object.keys(argument.value) : [];
  return [...new Set([...known, ...(argument.doubt?.children.keys() ?? [])])];
}

/** Follow `a.b.c` through single blocks (lists of one) to an argument. */
export function follow(block: Argument, path: string): Argument {
  const steps = path.split(".");
  let at = block;
  steps.forEach((step, index) => {
    at = child(at, step);
    if (index < steps.length - 1) at = firstOf(at);
  });
  return at;
}

/** The single block in a list of one; the argument itself where it is no list. */
export function firstOf(argument: Argument): Argument {
  const all = items(argument);
  if (all === "unknown") return { ...argument, value: undefined, doubt: { whole: true, children: new Map() } };
  return all[0] ?? { ...argument, value: undefined, doubt: undefined };
}

/** The text of an argument, "unknown" where it is not known, undefined where it is absent or empty. */
export function textOf(argument: Argument): { readonly known: string } | "unknown" | undefined {
  if (argument.doubt !== undefined) return "unknown";
  const { value } = argument;
  if (typeof value === "number" || typeof value === "boolean") return { known: String(value) };
  return typeof value === "string" && value !== "" ? { known: value } : undefined;
}

/** The addresses that the expression of the argument, or of a part of it, refers to. */
export function referencesOf(argument: Argument): readonly string[] {
  const { resource, pointer } = argument;
  const found = [...resource.references].filter(([at]) => within(pointer, at));
  return [...new Set(found.flatMap(([, addresses]) => addresses.map(addressOf)))];
}

const instance = /^(?:module\.[^.[]+(?:\[[^\]]*\])?\.)*(?:data\.)?[\w-]+\.[\w-]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?/;

/** The address in a reference that may go on to an attribute: `aws_s3_bucket.b[0].id` is at `aws_s3_bucket.b[0]`. */
export function addressOf(reference: string): string {
  return /^module\.[^.]+\.[^.]+$/.test(reference) ? reference : (instance.exec(reference)?.[0] ?? reference);
}

/** Whether the pointer `inner` is `outer` or lies below it. */
export function within(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}
