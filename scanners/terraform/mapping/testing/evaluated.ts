import type { JsonObject } from "../../../../src/json.js";
import type { Location } from "../../../../src/inventory/resource.js";
import type { EvaluatedResource } from "../../evaluated.js";

export interface Made {
  readonly mode?: "managed" | "data";
  readonly region?: string | null;
  readonly unknown?: readonly string[];
  readonly references?: { readonly [pointer: string]: readonly string[] };
  /** Lines by pointer; the block itself is at `line`. */
  readonly lines?: { readonly [pointer: string]: number };
  readonly line?: number;
  readonly instancesUnknown?: boolean;
}

/** An evaluated resource by hand: `evaluated("aws_s3_bucket.logs", {bucket: "my-logs"})`. */
export function evaluated(address: string, values: JsonObject = {}, made: Made = {}): EvaluatedResource {
  const [type = "", name = ""] = address
    .replace(/^(module\.[^.]+\.)*(data\.)?/, "")
    .replace(/\[.*$/, "")
    .split(".");
  return {
    address,
    mode: made.mode ?? "managed",
    type,
    name,
    region: made.region === undefined ? "eu-west-1" : made.region,
    values,
    unknown: made.unknown ?? [],
    references: new Map(Object.entries(made.references ?? {})),
    locate: (pointer) => locate(pointer, made),
    instancesUnknown: made.instancesUnknown ?? false,
  };
}

function locate(pointer: string, made: Made): Location | null {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const line = made.lines?.[at];
    if (line !== undefined) return { file: "main.tf", line };
  }
  return made.line === undefined ? null : { file: "main.tf", line: made.line };
}
