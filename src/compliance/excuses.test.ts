import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resource, verdict } from "../../test/testing/store.js";
import { verdictKinds, type Verdict } from "../engine/verdict.js";
import type { Policy } from "../engine/policy.js";
import type { Resource } from "../inventory/resource.js";
import type { ScannedDocument, ScannedResource, Suppression } from "../inventory/scan-item.js";
import { createExcuses, type Excuses, type Judged } from "./excuses.js";
import type { SuppressionMode } from "./suppressions.js";
import { configHash, type Waiver, type WaiverScope } from "./waiver.js";

const at = (time: string): Date => new Date(time);
const june = at("2026-06-15T00:00:00.000Z");
const policy = (id: string, aliases: readonly string[] = []): Policy => ({
  ...{ id, aliases, title: id, description: "", severity: "high", engine: "rego", types: [], provider: "aws", fix: "" },
  ...{ remediation: null, relatedResources: [], source: { file: "p.rego", line: 1 } },
});
const policies = [policy("aws-s3-rule", ["aws-s3-old"]), policy("other")];

const waiver = (scope: Partial<WaiverScope>, change: Partial<Waiver> = {}): Waiver => ({
  ...{ id: "W-1", reason: "why", ticket: "T-1", requester: "ada", approver: "ben", status: "approved" },
  scope: { policies: [], controls: [], resources: [], tags: [], accounts: [], ...scope },
  ...{ start: "2026-06-01T00:00:00.000Z", expires: "2026-08-01T00:00:00.000Z" },
  ...{ endsOnChange: false, configHash: null, file: "w.yaml:2", bound: new Map<string, string>() },
  ...change,
});
const onA = { policies: ["aws-s3-rule"], resources: ["a"] };

const scanned = (of: Resource, suppressions?: readonly Suppression[]): ScannedResource => ({
  ...{ kind: "resource", resource: of, locate: () => null, references: [], failures: [] },
  ...(suppressions === undefined ? {} : { suppressions }),
});
const suppression = (change: Partial<Suppression> = {}): Suppression => ({
  ...{ policy: "aws-s3-rule", reason: "because", until: null, location: { file: "main.tf", line: 3 } },
  ...change,
});

interface Given {
  readonly waivers?: readonly Waiver[];
  readonly mode?: SuppressionMode;
  readonly now?: Date;
  readonly isComplete?: boolean;
}
function excuses({ waivers = [], mode = "allow", now = june, isComplete = false }: Given): Excuses {
  return createExcuses({ waivers, suppressions: mode, policies, isComplete, clock: { now: () => now } });
}
const a = resource("a", { account: "1", tags: { env: "dev" } });
const failed: Verdict = { ...verdict(a, "fail"), controls: [{ baseline: "soc2", control: "CC6.1" }] };

function judge(
  given: Given,
  judged: Verdict = failed,
  items: readonly Judged[] = [scanned(a)],
): [string, readonly string[]] {
  const applied = excuses(given);
  for (const item of items) applied.see(item);
  const result = applied.apply(judged, items);
  return [
    result.waiver === undefined ? result.verdict : `${result.verdict} by ${result.waiver.id}`,
    applied.warnings(),
  ];
}

const matchless = "waiver W-1 (w.yaml:2) excuses nothing: no failed or unknown verdict is in its scope";

describe("a waiver", () => {
  test("makes a verdict waived, which keeps all the rest", () => {
    expect(excuses({ waivers: [waiver(onA)] }).apply(failed, [scanned(a)])).toEqual({
      ...failed,
      verdict: "waived",
      waiver: {
        ...{ kind: "waiver", id: "W-1", reason: "why", ticket: "T-1", requester: "ada", approver: "ben" },
        ...{ expires: "2026-08-01T00:00:00.000Z", would: "fail" },
      },
    });
  });

  const doubtful = { ...failed, verdict: "unknown" } as const;
  const cases: readonly (readonly [string, Partial<WaiverScope>, string, Verdict?, (readonly Judged[])?])[] = [
    ["covers a policy and a resource", onA, "waived by W-1"],
    ["covers an unknown verdict", onA, "waived by W-1", doubtful],
    ["covers a former id", { ...onA, policies: ["aws-s3-old"] }, "waived by W-1"],
    ["covers a pattern of ids", { ...onA, policies: ["aws-s3-*"] }, "waived by W-1"],
    ["covers a control", { controls: ["soc2/CC6.1"], resources: ["a"] }, "waived by W-1"],
    ["covers a tag", { policies: ["*"], tags: ["env=dev"] }, "waived by W-1"],
    ["covers an account", { policies: ["*"], accounts: ["1"] }, "waived by W-1"],
    ["does not cover another policy", { ...onA, policies: ["aws-s3-rul"] }, "fail"],
    ["does not cover another control", { controls: ["soc2/CC6.2"], resources: ["a"] }, "fail"],
    ["does not cover the policy outside of the control", { ...onA, controls: ["soc2/CC6.2"] }, "fail"],
    ["does not cover another resource", { ...onA, resources: ["A", "aa", ""] }, "fail"],
    ["does not cover an error", onA, "error", { ...failed, verdict: "error" }],
    ["does not change a pass", onA, "pass", { ...failed, verdict: "pass" }],
    ["covers a verdict about no resource by its id", onA, "waived by W-1", failed, []],
    ["covers no tag of a verdict about no resource", { policies: ["*"], tags: ["env=dev"] }, "fail", failed, []],
    [
      "covers two resources of one id only if both fit",
      { policies: ["*"], tags: ["env=dev"] },
      "fail",
      failed,
      [scanned(a), scanned(resource("a"))],
    ],
  ];
  test.each(cases.map((one) => ({ name: one[0], one })))("$name", ({ one: [, scope, expected, judged, items] }) => {
    expect(judge({ waivers: [waiver(scope)] }, judged, items)[0]).toBe(expected);
  });

  test("covers a document", () => {
    const document: ScannedDocument = { kind: "document", uri: "d.yaml", index: 0, value: {}, locate: () => null };
    const judged = { ...failed, policy: "main.deny", resource: { ...failed.resource, id: "d.yaml" } };
    const [result, warnings] = judge(
      { waivers: [waiver({ policies: ["main.deny"], resources: ["*.yaml"] })] },
      judged,
      [document],
    );
    expect([result, warnings]).toEqual(["waived by W-1", []]);
  });

  test("of two, the one that holds longer", () => {
    const longer = waiver(onA, { id: "W-2", expires: "2026-09-01T00:00:00.000Z" });
    expect(judge({ waivers: [waiver(onA), longer] })[0]).toBe("waived by W-2");
    expect(judge({ waivers: [waiver(onA, { id: "W-3" }), waiver(onA)] })[0]).toBe("waived by W-1");
  });

  test.each([
    ["before its start", "2026-05-31T23:59:59.999Z", "fail", []],
    ["at its start", "2026-06-01T00:00:00.000Z", "waived by W-1", []],
    ["more than 14 days before its end", "2026-07-17T23:59:59.999Z", "waived by W-1", []],
    [
      "14 days before its end",
      "2026-07-18T00:00:00.000Z",
      "waived by W-1",
      ["waiver W-1 (w.yaml:2) expires at 2026-08-01T00:00:00.000Z: 1 verdict that it excuses will count again"],
    ],
    [
      "at its end",
      "2026-08-01T00:00:00.000Z",
      "fail",
      ["waiver W-1 (w.yaml:2) expired at 2026-08-01T00:00:00.000Z: 1 verdict that it excused count again"],
    ],
  ])("%s", (_name, time, expected, warnings) => {
    expect(judge({ waivers: [waiver(onA)], now: at(time) })).toEqual([expected, warnings]);
  });

  test.each(["requested", "rejected", "revoked"] as const)("that is %s excuses nothing", (status) => {
    expect(judge({ waivers: [waiver(onA, { status })] })).toEqual(["fail", []]);
  });

  test.each([
    ["of a file that matches nothing", [waiver({ ...onA, resources: ["z"] })], false, [matchless]],
    ["of the store that matches nothing in a check", [waiver({ ...onA, resources: ["z"] }, { file: null })], false, []],
    [
      "of the store that matches nothing in a scan",
      [waiver({ ...onA, resources: ["z"] }, { file: null })],
      true,
      ["waiver W-1 excuses nothing: no failed or unknown verdict is in its scope"],
    ],
    [
      "of a file that expired and matches nothing",
      [waiver({ ...onA, resources: ["z"] }, { expires: "2026-06-02T00:00:00.000Z" })],
      false,
      ["waiver W-1 (w.yaml:2) expired at 2026-06-02T00:00:00.000Z: it can be removed"],
    ],
    [
      "about a policy that does not exist",
      [waiver({ ...onA, policies: ["aws-s3-rule", "aws-s4-rule"] })],
      false,
      ["waiver W-1 (w.yaml:2) names the policy aws-s4-rule, which does not exist; see: portcullis policies list"],
    ],
  ])("%s is worth a word, or not", (_name, waivers, isComplete, warnings) => {
    expect(judge({ waivers, isComplete })[1]).toEqual(warnings);
  });
});

describe("a waiver that ends when the resource changes", () => {
  const hash = configHash(a);
  const changed = resource("a", { ...a, config: { BucketName: "other" } });

  test("of a file holds while the hash is the same", () => {
    const bound = waiver(onA, { endsOnChange: true, configHash: hash });
    expect(judge({ waivers: [bound] })).toEqual(["waived by W-1", []]);
    expect(judge({ waivers: [bound] }, failed, [scanned(changed)])).toEqual([
      "fail",
      [
        `waiver W-1 (w.yaml:2) does not hold for a any more, which has changed since it was approved; its hash is now ${configHash(changed)}`,
      ],
    ]);
    expect(judge({ waivers: [bound] }, failed, [])[0]).toBe("fail");
  });

  test("of the store is bound at its first match", () => {
    const first = excuses({ waivers: [waiver(onA, { endsOnChange: true, file: null })] });
    expect(first.apply(failed, [scanned(a)]).verdict).toBe("waived");
    expect(first.bindings()).toEqual([{ waiver: "W-1", resource: "a", configHash: hash }]);
    const later = waiver(onA, { endsOnChange: true, file: null, bound: new Map([["a", hash]]) });
    expect(judge({ waivers: [later] })[0]).toBe("waived by W-1");
    expect(judge({ waivers: [later] }, failed, [scanned(changed)])[0]).toBe("fail");
    const again = excuses({ waivers: [later] });
    again.apply(failed, [scanned(a)]);
    expect(again.bindings()).toEqual([]);
  });

  test("of the store is bound to the first of two resources of one id that are not the same", () => {
    const applied = excuses({ waivers: [waiver(onA, { endsOnChange: true, file: null })] });
    const verdicts = [a, changed, a].map((one) => applied.apply(failed, [scanned(one)]).verdict);
    expect(verdicts).toEqual(["waived", "fail", "waived"]);
    expect(applied.bindings()).toEqual([{ waiver: "W-1", resource: "a", configHash: hash }]);
  });
});

describe("a suppression", () => {
  const by = (one: Partial<Suppression>, given: Given = {}): [string, readonly string[]] =>
    judge(given, failed, [scanned(a, [suppression(one)])]);
  const said = (what: string): string => `main.tf:3: the suppression of aws-s3-rule ${what}`;
  const ends = "ends after 2026-06-15: what it excuses fails again then";

  const cases: readonly (readonly [string, Partial<Suppression>, Given, string, readonly string[]])[] = [
    ["with a reason", {}, {}, "waived by main.tf:3", []],
    ["by a former id", { policy: "aws-s3-old" }, {}, "waived by main.tf:3", []],
    ["of another policy", { policy: "other" }, {}, "fail", []],
    [
      "by no pattern",
      { policy: "*" },
      {},
      "fail",
      ["main.tf:3: the suppression of * excuses nothing: there is no such policy; see: portcullis policies list"],
    ],
    [
      "without a reason",
      { reason: " " },
      {},
      "fail",
      [said('excuses nothing: it gives no reason; expected reason="why"')],
    ],
    ["with a fault", { reason: "", problem: "it is odd" }, {}, "fail", [said("excuses nothing: it is odd")]],
    ["on its last day", { until: "2026-06-15" }, {}, "waived by main.tf:3", [said(ends)]],
    [
      "at the end of its last day",
      { until: "2026-06-15" },
      { now: at("2026-06-15T23:59:59.999Z") },
      "waived by main.tf:3",
      [said(ends)],
    ],
    [
      "after its last day",
      { until: "2026-06-15" },
      { now: at("2026-06-16T00:00:00.000Z") },
      "fail",
      [said("ended after 2026-06-15: it excuses nothing any more")],
    ],
    [
      "until a day that is none",
      { until: "soon" },
      {},
      "fail",
      [said("excuses nothing: until=soon is not a day such as 2026-12-31")],
    ],
    [
      "that is off",
      {},
      { mode: "off" },
      "fail",
      ["suppressions are off in the configuration: 1 in the code excuse nothing"],
    ],
    [
      "without the end that is required",
      {},
      { mode: "require-expiry" },
      "fail",
      [said("excuses nothing: the configuration requires until=YEAR-MONTH-DAY")],
    ],
    ["with the end that is required", { until: "2027-06-15" }, { mode: "require-expiry" }, "waived by main.tf:3", []],
    [
      "that ends too late",
      { until: "2027-06-16" },
      { mode: "require-expiry" },
      "fail",
      [said("excuses nothing: the configuration requires an end, which may be at most 366 days ahead")],
    ],
    ["beside a waiver", {}, { waivers: [waiver(onA)] }, "waived by W-1", []],
  ];
  test.each(cases)("%s", (_name, one, given, expected, warnings) => {
    expect(by(one, given)).toEqual([expected, warnings]);
  });

  test("says what the report needs, and never covers an error or another of the same id", () => {
    const item = scanned(a, [suppression({ until: "2026-12-31" })]);
    expect(excuses({}).apply({ ...failed, verdict: "unknown" }, [item]).waiver).toEqual({
      ...{ kind: "suppression", id: "main.tf:3", reason: "because", ticket: null, requester: null, approver: null },
      ...{ expires: "2027-01-01T00:00:00.000Z", would: "unknown" },
    });
    expect(judge({}, { ...failed, verdict: "error" }, [item])[0]).toBe("error");
    expect(judge({}, failed, [item, scanned(a)])[0]).toBe("fail");
  });
});

test("whatever the waivers: only fail and unknown become waived, and nothing else changes", () => {
  const pattern = fc.constantFrom(
    "a",
    "b",
    "*",
    "aws-*",
    "aws-s3-rule",
    "other",
    "env=dev",
    "env=*",
    "1",
    "soc2/CC6.1",
    "x",
  );
  const patterns = fc.array(pattern, { maxLength: 2 });
  const scopes = fc.record({
    ...{ policies: patterns, controls: patterns, resources: patterns, tags: patterns, accounts: patterns },
  });
  const waivers = fc.array(
    fc.record({
      scope: scopes,
      status: fc.constantFrom("approved", "requested", "revoked"),
      endsOnChange: fc.boolean(),
    }),
    { maxLength: 4 },
  );
  const comments = fc.array(fc.record({ policy: pattern, reason: fc.constantFrom("", "why") }), { maxLength: 2 });
  const verdicts = fc.array(
    fc.record({
      kind: fc.constantFrom(...verdictKinds),
      id: fc.constantFrom("a", "b"),
      rule: fc.constantFrom("aws-s3-rule", "other"),
    }),
  );
  fc.assert(
    fc.property(waivers, comments, verdicts, (given, said, judged) => {
      const applied = excuses({
        waivers: given.map((one, id) => waiver(one.scope, { ...one, id: `W-${id}` })),
      });
      for (const { kind, id, rule } of judged) {
        const on = resource(id, { tags: { env: "dev" } });
        const before = verdict(on, kind, "/config/A", { policy: rule });
        const { waiver: by, ...after } = applied.apply(before, [scanned(on, said.map(suppression))]);
        const canBe = kind === "fail" || kind === "unknown";
        if (by === undefined || !canBe)
          expect({ ...after, ...(by === undefined ? {} : { waiver: by }) }).toEqual(before);
        else expect([canBe, by.would, { ...after, verdict: kind }]).toEqual([true, kind, before]);
      }
    }),
  );
});
