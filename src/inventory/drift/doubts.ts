// What cannot be compared is taken out on both sides, and said: never a difference, and never none.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import { parsePointer, pointer } from "../pointer.js";
import { covers } from "./coverage.js";
import type { Coverage, DesiredResource, LiveResource, Uncompared } from "./drift.js";

export interface Sides {
  readonly desired: JsonObject;
  readonly live: JsonObject;
}

/** `config` and `tags` of both sides, as one object each. */
export function withoutDoubts(
  sides: Sides,
  wanted: DesiredResource,
  observed: LiveResource,
): Sides & { readonly unknown: readonly Uncompared[] } {
  const doubts = [...desiredDoubts(wanted), ...liveDoubts(observed, wanted.coverage)];
  const unknown = [...new Map(doubts.map((doubt) => [doubt.path, doubt])).values()];
  return {
    desired: unknown.reduce((tree, { path }) => without(tree, path), sides.desired),
    live: unknown.reduce((tree, { path }) => without(tree, path), sides.live),
    unknown,
  };
}

function desiredDoubts({ unknown, coverage }: DesiredResource): Uncompared[] {
  // What nobody reads (a password) is compared with nothing.
  return unknown
    .flatMap(compared)
    .filter((path) => covers(coverage, path))
    .map((path) => ({ path, reason: "the desired value is not known" }));
}

/** A part that could not be read, and that nobody can say anything of, is no doubt. */
function liveDoubts({ failures }: LiveResource, coverage: Coverage): Uncompared[] {
  return failures.flatMap(({ pointer: at, message }) =>
    compared(at)
      .filter((path) => covers(coverage, path))
      .map((path) => ({ path, reason: message })),
  );
}

/** A place in a list is one of the whole list, since lists are compared as sets; none of what is not compared at all. */
function compared(at: string): readonly string[] {
  const segments = parsePointer(at);
  if (segments.length === 0) return ["/config", "/tags"];
  if (segments[0] !== "config" && segments[0] !== "tags") return [];
  if (segments[0] === "config" && segments[1] === "Tags") return [];
  const index = segments.findIndex((segment, n) => n > 1 && /^\d+$/.test(segment));
  return [pointer(index < 0 ? segments : segments.slice(0, index))];
}

function without(tree: JsonObject, path: string): JsonObject {
  const cut = remove(tree, parsePointer(path));
  return isObject(cut) ? cut : {};
}

function remove(tree: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined || !isObject(tree) || !Object.hasOwn(tree, key)) return tree;
  const copy: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(tree)) {
    if (name !== key) setOwn(copy, name, value);
    else if (rest.length > 0) setOwn(copy, name, remove(own(tree, key) as Json, rest));
  }
  return copy;
}
