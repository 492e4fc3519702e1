// A scan that remembers the last one decides as a scan that does not.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ScannedResource } from "../inventory/scan-item.js";
import type { Json, JsonObject } from "../json.js";
import { Evaluation, type PolicySet } from "./evaluation.js";
import { JsEngine } from "./rego/js/js-engine.js";
import { loadUserPolicies } from "./rego/load-policies.js";
import type { Verdict } from "./verdict.js";

const metadata = (name: string): string => `# METADATA
# title: ${name}
# custom:
#   severity: low
#   types: [T]
#   fix: none
package ${name}
`;

const policies = {
  own: `deny contains {"message": "open", "path": "/config/open"} if input.config.open == true`,
  other: `deny contains {"message": sprintf("%s is open", [id]), "path": ""} if {
  some id, resource in data.inventory.resources
  id != input.id
  resource.config.open == true
}`,
  referred: `deny contains {"message": "referred to", "path": ""} if count(data.inventory.referrers[input.id]) > 0`,
  timed: `deny contains {"message": "late", "path": ""} if time.now_ns() > input.config.until`,
};

const folder = mkdtempSync(join(tmpdir(), "portcullis-memory-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let now = 1_000;
let set: PolicySet;
let again: PolicySet;
beforeAll(async () => {
  for (const [name, text] of Object.entries(policies))
    writeFileSync(join(folder, `${name}.rego`), metadata(name) + text);
  const options = { regoVersion: "v1", namespaces: [], defaultPolicies: false, cache: null } as const;
  const { policies: loaded, unit } = await loadUserPolicies([folder], options);
  const clock = { now: () => new Date(now), newId: () => "id" };
  const load = async (): Promise<PolicySet> => ({
    policies: loaded,
    documentPolicies: [],
    evaluator: await new JsEngine({ clock }).load(unit),
  });
  [set, again] = [await load(), await load()];
});

interface Thing {
  readonly id: string;
  readonly open: Json;
  readonly until: number;
  readonly tags: Record<string, string>;
  readonly references: readonly string[];
  readonly unknown: boolean;
  readonly line: number;
}

function resourceOf({ id, open, until, tags, references, unknown, line }: Thing): ScannedResource {
  const config: JsonObject = unknown ? { until } : { open, until };
  const source = { scanner: "test", uri: "a.tf", line, column: null, capturedAt: null };
  return {
    kind: "resource",
    resource: {
      ...{ id, provider: "p", type: "T", name: id, account: null, region: null, raw: null, source },
      tags,
      config,
      unknown: unknown ? ["/config/open"] : [],
    },
    locate: () => ({ file: "a.tf", line }),
    references,
    failures: [],
  };
}

const ids = ["a", "b", "c", "d"];
const thing = fc.record({
  id: fc.constantFrom(...ids),
  open: fc.constantFrom<Json>(true, false, { __proto__: null }, [true]),
  until: fc.constantFrom(1_000_000_000, 3_000_000_000),
  tags: fc.dictionary(fc.constantFrom("x", "__proto__"), fc.constantFrom("1", "2"), { maxKeys: 1 }),
  references: fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 2 }),
  unknown: fc.boolean(),
  line: fc.integer({ min: 1, max: 3 }),
});
const scan = fc.uniqueArray(thing, { selector: ({ id }) => id, maxLength: 4 });

function judged(evaluation: Evaluation, items: readonly ScannedResource[]): Verdict[] {
  evaluation.begin(items, []);
  return items.flatMap((item) => [...evaluation.judge(item)]);
}

test("whatever changes between scans", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(scan, fc.constantFrom(500, 2_000)), { minLength: 2, maxLength: 5 }), (scans) => {
      const remembering = new Evaluation([set], { parameters: {}, controls: new Map(), incremental: true });
      for (const [things, time] of scans) {
        now = time;
        const items = things.map(resourceOf);
        const fresh = new Evaluation([again], { parameters: {}, controls: new Map() });
        expect(judged(remembering, items)).toEqual(judged(fresh, items));
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("what has not changed is not decided again", () => {
  const evaluation = new Evaluation([set], { parameters: {}, controls: new Map(), incremental: true });
  const item = (id: string, open: boolean): ScannedResource =>
    resourceOf({ id, open, until: 1, tags: {}, references: [], unknown: false, line: 1 });
  const first = judged(evaluation, [item("a", false), item("b", false)]);
  const second = judged(evaluation, [item("a", false), item("b", false)]);
  const isSame = (at: number): boolean => first[at] === second[at];
  expect(first.map(({ policy, resource }, at) => [policy, resource.id, isSame(at)])).toEqual(
    ["a", "b"].flatMap((id) => [
      ["other", id, true],
      ["own", id, true],
      ["referred", id, true],
      ["timed", id, false],
    ]),
  );
});
