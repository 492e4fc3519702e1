// A verdict that was decided although something is unknown never changes, whatever the value turns out to be.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { scanSample } from "../scanners/sample/index.js";
import { evaluationOf, loadPolicies } from "../src/compose.js";
import { systemClock } from "../src/clock.js";
import type { Evaluation } from "../src/engine/evaluation.js";
import type { VerdictKind } from "../src/engine/verdict.js";
import { parsePointer, pointer } from "../src/inventory/pointer.js";
import type { ScannedResource } from "../src/inventory/scan-item.js";
import { isObject, setOwn, type Json, type JsonObject } from "../src/json.js";
import { defaultSettings } from "../src/settings.js";

let evaluation: Evaluation;
const resources: ScannedResource[] = [];

beforeAll(async () => {
  const { sets } = await loadPolicies(defaultSettings);
  evaluation = evaluationOf(sets, defaultSettings, new Map());
  for await (const item of scanSample(systemClock)) if (item.kind === "resource") resources.push(item);
});

/** The verdict of each policy on the resource, among all the others. */
function judge(item: ScannedResource): Map<string, VerdictKind> {
  evaluation.begin(
    resources.map((other) => (other.resource.id === item.resource.id ? item : other)),
    [],
  );
  return new Map([...evaluation.judge(item)].map(({ policy, verdict }) => [policy, verdict]));
}

function pointersIn(value: Json, at: readonly (string | number)[]): string[] {
  if (Array.isArray(value)) {
    return [pointer(at), ...(value as readonly Json[]).flatMap((item, index) => pointersIn(item, [...at, index]))];
  }
  if (!isObject(value)) return [pointer(at)];
  return [pointer(at), ...Object.entries(value).flatMap(([key, item]) => pointersIn(item, [...at, key]))];
}

/** The document with something else, or nothing, at the pointer. */
function replaced(document: Json, path: readonly string[], value: Json | undefined): Json | undefined {
  const [segment, ...rest] = path;
  if (segment === undefined) return value;
  if (Array.isArray(document)) {
    return (document as readonly Json[]).flatMap((item, at) => {
      if (String(at) !== segment) return [item];
      const changed = replaced(item, rest, value);
      return changed === undefined ? [] : [changed];
    });
  }
  const copy: { [key: string]: Json } = {};
  const source = isObject(document) ? document : {};
  for (const [key, item] of Object.entries(source)) if (key !== segment) setOwn(copy, key, item);
  const changed = replaced(source[segment] ?? {}, rest, value);
  if (changed !== undefined) setOwn(copy, segment, changed);
  return copy;
}

/** Without those below others; from the last of a list to the first, since taking one out moves those after it. */
function apart(pointers: readonly string[]): string[] {
  const outer = pointers.filter((each) => !pointers.some((other) => each !== other && each.startsWith(`${other}/`)));
  return outer.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
}

function withConfig(item: ScannedResource, config: Json | undefined, unknown: readonly string[]): ScannedResource {
  return { ...item, resource: { ...item.resource, config: (config ?? {}) as JsonObject, unknown } };
}

const plain = fc.oneof(
  fc.constantFrom<Json>(
    true,
    false,
    null,
    0,
    1,
    7,
    30,
    90,
    443,
    65535,
    "",
    "true",
    "*",
    "0.0.0.0/0",
    "::/0",
    "aws:kms",
  ),
  fc.constantFrom<Json>(
    "Enabled",
    "Private",
    "PublicRead",
    "-1",
    "tcp",
    "TLSv1.2",
    "Allow",
    "arn:aws:kms:eu-west-1:1:key/a",
  ),
  fc.constantFrom<Json>([], {}, ["*"], [{}], [{ Effect: "Allow", Principal: "*", Action: "*" }], { Status: "Enabled" }),
);

test.each([1, 2])("with %i values unknown", (count) => {
  let decided = 0;
  const scenario = fc
    .nat()
    .map((n) => resources[n % resources.length] as ScannedResource)
    .chain((item) =>
      fc.record({
        item: fc.constant(item),
        pointers: fc.uniqueArray(fc.constantFrom(...pointersIn(item.resource.config, [])), {
          maxLength: count,
          minLength: 1,
        }),
        values: fc.array(fc.option(plain, { nil: undefined }), { minLength: 6, maxLength: 6 }),
      }),
    );
  fc.assert(
    fc.property(scenario, ({ item, pointers: drawn, values }) => {
      const pointers = apart(drawn);
      const { config } = item.resource;
      const unknown = pointers.map((each) => `/config${each}`);
      const verdicts = judge(withConfig(item, config, unknown));
      for (const value of [...values, ...pointers.slice(0, 1).map((each) => valueIn(config, each))]) {
        const known = pointers.reduce<Json | undefined>(
          (now, each) => replaced(now ?? {}, parsePointer(each), value),
          config,
        );
        for (const [policy, verdict] of judge(withConfig(item, isObject(known ?? null) ? known : {}, []))) {
          const before = verdicts.get(policy);
          if (before === "unknown") continue;
          decided++;
          expect([item.resource.id, policy, unknown, value, verdict]).toEqual([
            item.resource.id,
            policy,
            unknown,
            value,
            before,
          ]);
        }
      }
    }),
    { numRuns: Number(process.env["PORTCULLIS_FUZZ_RUNS"] ?? 150), seed: 42 },
  );
  expect(decided).toBeGreaterThan(1_000);
});

function valueIn(document: Json, at: string): Json | undefined {
  return parsePointer(at).reduce<Json | undefined>(
    (value, segment) =>
      Array.isArray(value)
        ? (value as readonly Json[])[Number(segment)]
        : isObject(value ?? null)
          ? (value as JsonObject)[segment]
          : undefined,
    document,
  );
}
