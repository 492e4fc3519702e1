import { parsePointer } from "../../src/inventory/pointer.js";
import { isObject, type Json, type JsonObject } from "../../src/json.js";
import type { EvaluatedResource } from "../../scanners/terraform/evaluated.js";

/**
 * The plan (`terraform show -json`) that creates what a folder says, in the shape that Terraform gives it: so a case that is written
 * once in HCL goes by the road of plans too. For root modules without data sources.
 */
export function planOf(resources: readonly EvaluatedResource[]): JsonObject {
  const managed = resources.filter(({ mode }) => mode === "managed");
  const region = managed.find((resource) => resource.region !== null)?.region ?? null;
  const heads = new Map(managed.map((resource) => [withoutKey(resource.address), resource]));
  return {
    format_version: "1.2",
    terraform_version: "1.11.4",
    planned_values: { root_module: {} },
    resource_changes: managed.map(changeOf),
    configuration: {
      provider_config: {
        aws: { name: "aws", expressions: region === null ? {} : { region: { constant_value: region } } },
      },
      root_module: {
        resources: [...heads].map(([address, { mode, type, name, references }]) => ({
          ...{ address, mode, type, name, provider_config_key: "aws", schema_version: 0 },
          expressions: expressionsOf(references),
        })),
      },
    },
  };
}

function withoutKey(address: string): string {
  return address.replace(/\[[^\]]*\]$/, "");
}

function changeOf({ address, mode, type, name, values, unknown }: EvaluatedResource): JsonObject {
  const key = /\[(.*)\]$/.exec(address)?.[1];
  const change = {
    actions: ["create"],
    before: null,
    after: values,
    after_unknown: unknownOf(unknown),
    after_sensitive: {},
  };
  return { address, mode, type, name, ...(key === undefined ? {} : { index: JSON.parse(key) as Json }), change };
}

interface Tree {
  [key: string]: Json | Tree;
}

/** Objects and arrays that say `true` where a value is not known. */
function unknownOf(pointers: readonly string[]): Json {
  if (pointers.includes("")) return true;
  const root: Tree = {};
  for (const pointer of pointers) set(root, parsePointer(pointer), true);
  return arrays(root);
}

/** Terraform tells references by argument, and inside of blocks by the argument of the block. */
function expressionsOf(references: ReadonlyMap<string, readonly string[]>): Json {
  const root: Tree = {};
  for (const [pointer, addresses] of references) {
    const segments = parsePointer(pointer);
    const end = segments.findIndex((segment, at) => !/^\d+$/.test(segment) && !/^\d+$/.test(segments[at + 1] ?? ""));
    set(root, segments.slice(0, end < 0 ? undefined : end + 1), { references: [...addresses] });
  }
  return arrays(root);
}

function set(tree: Tree, [first = "", ...rest]: readonly string[], value: Json): void {
  if (rest.length === 0) tree[first] = value;
  else set((tree[first] ??= {}) as Tree, rest, value);
}

/** Objects whose keys are all positions become arrays. */
function arrays(value: Json): Json {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(
    ([key, child]) => [key, key === "references" ? child : arrays(child)] as const,
  );
  if (entries.length === 0 || !entries.every(([key]) => /^\d+$/.test(key))) return Object.fromEntries(entries);
  const list: Json[] = [];
  for (const [key, child] of entries) list[Number(key)] = child;
  return Array.from(list, (child) => child ?? {});
}
