import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../json.js";
import { componentDefinition } from "./oscal-component.js";
import { type OscalException, type OscalInput, maxExceptions } from "./oscal-input.js";
import { uuid } from "./oscal-pieces.js";
import { assessmentResults } from "./oscal-results.js";
import { controlToken, instant, markup, parseControlToken, plain, relativeHref, webHref } from "./oscal-text.js";
import { control, failure, quarter, waiver } from "./testing/oscal-sample.js";

const ajv = new Ajv.default({ strict: false });
addFormats.default(ajv);
const schema = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(`test/fixtures/oscal/${name}-1.2.1.json`, "utf8")) as object);
const validate = { results: schema("assessment-results"), component: schema("component-definition") };

function invalid(input: OscalInput): unknown[] {
  validate.results(assessmentResults(input));
  const results = validate.results.errors ?? [];
  validate.component(componentDefinition(input));
  return [...results, ...(validate.component.errors ?? [])];
}

/** Everything that a UUID names, and everything that refers to one. */
function uuidsOf(document: JsonObject): { readonly named: string[]; readonly referred: string[] } {
  const named: string[] = [];
  const referred: string[] = [];
  JSON.stringify(document, (key, value: unknown) => {
    if (key === "uuid") named.push(String(value));
    else if (key === "party-uuids") referred.push(...(value as string[]));
    else if (key.endsWith("-uuid")) referred.push(String(value));
    else if (key === "href" && /^#./.test(String(value))) referred.push(String(value).slice(1));
    return value;
  });
  return { named, referred };
}

/** What is named twice, or referred to and not there. */
function dangling(input: OscalInput): string[] {
  return [assessmentResults(input), componentDefinition(input)].flatMap((document) => {
    const { named, referred } = uuidsOf(document);
    const twice = named.filter((name, at) => named.indexOf(name) !== at);
    return [...twice, ...referred.filter((reference) => !named.includes(reference))];
  });
}

interface Results {
  readonly observations: readonly { readonly title: string; readonly description: string; readonly props: Props }[];
  readonly risks: readonly {
    readonly status: string;
    readonly characterizations: unknown;
    readonly "risk-log": unknown;
  }[];
  readonly findings: readonly { readonly target: { readonly status: JsonObject }; readonly props: Props }[];
  readonly description: string;
}
type Props = readonly { readonly name: string; readonly value: string }[];

function resultOf(input: OscalInput): Results {
  const document = assessmentResults(input) as unknown as { "assessment-results": { results: [Results] } };
  return document["assessment-results"].results[0];
}

describe("documents", () => {
  test("are as the golden files have them, and valid by NIST's schemas", async () => {
    expect(invalid(quarter)).toEqual([]);
    const written = (document: JsonObject): string => `${JSON.stringify(document, null, 2)}\n`;
    await expect(written(assessmentResults(quarter))).toMatchFileSnapshot("testing/assessment-results.golden");
    await expect(written(componentDefinition(quarter))).toMatchFileSnapshot("testing/component-definition.golden");
  });

  test.each([
    [
      "nothing at all",
      { baselines: [], policies: [], exceptions: [], waivers: [], files: [], problems: [], targets: [] },
    ],
    ["a period that goes on", { period: { from: quarter.period.from, to: null }, componentDefinition: null }],
    ["a baseline without controls", { baselines: [{ id: "x", title: "", source: null, controls: [] }] }],
    ["policies that nobody listed", { policies: [] }],
    ["times that are none", { generatedAt: "", period: { from: "soon", to: "+275760-09-13T00:00:00Z" } }],
    [
      "the same finding and policy twice",
      { exceptions: [failure, failure], policies: [...quarter.policies, ...quarter.policies] },
    ],
  ])("of %s are valid, and refer to what is there", (_, change) => {
    const input = { ...quarter, ...change };
    expect(invalid(input)).toEqual([]);
    expect(dangling(input)).toEqual([]);
  });

  test("stay small for any population", () => {
    const many: OscalException[] = Array.from({ length: maxExceptions + 2_000 }, (_, at) => ({
      ...failure,
      fingerprint: String(at),
      resource: { ...failure.resource, id: `arn:aws:s3:::bucket-${at}` },
    }));
    const result = resultOf({ ...quarter, exceptions: many });
    expect(result.observations.length).toBe(maxExceptions + quarter.policies.length);
    expect(result.description).toContain("2000 more exceptions are left out");
    expect(JSON.stringify(result.risks)).toContain("failed 12000 times");
    const size = JSON.stringify(assessmentResults({ ...quarter, exceptions: many.slice(0, 5_000) })).length;
    expect(size).toBeLessThan(10 * 2 ** 20);
  });
});

describe("a control is satisfied only when policies prove it", () => {
  const none = { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0 };
  test.each([
    [control("a", "pass", { counts: { ...none, pass: 3 } }), "satisfied", "pass"],
    [control("a", "pass", { counts: { ...none, pass: 3 }, kind: "partly", manual: "m" }), "not-satisfied", "other"],
    [control("a", "pass", { counts: { ...none, pass: 3, waived: 1 } }), "not-satisfied", "other"],
    [control("a", "pass", { counts: { ...none, waived: 1 } }), "not-satisfied", "other"],
    [control("a", "pass", { counts: none }), "not-satisfied", "other"],
    [control("a", "pass", { counts: { ...none, pass: 3 }, policies: [failure.policy] }), "not-satisfied", "other"],
    [control("a", "fail", { counts: { ...none, fail: 1 } }), "not-satisfied", "fail"],
    [control("a", "pass", { counts: { ...none, pass: 1, fail: 1 } }), "not-satisfied", "fail"],
    [control("a", "unknown", { counts: { ...none, pass: 1, unknown: 1 } }), "not-satisfied", "other"],
    [control("a", "error", { counts: { ...none, pass: 1, error: 1 } }), "not-satisfied", "other"],
    [control("a", "not-assessed", { kind: "manual" }), "not-satisfied", "other"],
  ])("%#: %j", (assessed, state, reason) => {
    const { findings } = resultOf({
      ...quarter,
      baselines: [{ id: "b", title: "B", source: null, controls: [assessed] }],
    });
    expect(findings.map(({ target }) => target.status)).toMatchObject([{ state, reason }]);
  });
});

describe("a waiver is a deviation with its approver and its end", () => {
  const excused: OscalException = { ...failure, verdict: "waived", resolvedAt: null, waiver: "W-7" };
  test.each([
    ["approved", excused, waiver, "deviation-approved"],
    ["approved by nobody", excused, { ...waiver, approver: null }, "deviation-requested"],
    ["approved by its requester", excused, { ...waiver, approver: "alice" }, "deviation-requested"],
    ["expired", excused, { ...waiver, expires: "2026-10-01T00:00:00Z" }, "open"],
    ["revoked", excused, { ...waiver, revokedAt: "2026-10-01T00:00:00Z" }, "open"],
    ["not listed", { ...excused, waiver: "W-8" }, waiver, "deviation-requested"],
    ["of what is resolved", { ...excused, resolvedAt: excused.lastSeen }, waiver, "closed"],
    ["of something else", { ...failure, resolvedAt: null }, waiver, "open"],
  ] as const)("%s", (_, exception, given, status) => {
    const { risks } = resultOf({ ...quarter, exceptions: [exception], waivers: [given] });
    expect(risks.map((risk) => risk.status)).toEqual([status]);
  });

  test("says who, why and until when", () => {
    const [risk] = resultOf({ ...quarter, exceptions: [excused] }).risks;
    const facets = JSON.stringify(risk?.characterizations);
    for (const value of ["bob", "alice", "SEC-12", "2027-01-31T00:00:00.000Z"]) expect(facets).toContain(`"${value}"`);
    expect(JSON.stringify(risk?.["risk-log"])).toContain("deviation-approved");
  });
});

const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom(
    "",
    " ",
    "\ud800",
    "__proto__",
    "constructor",
    "a\nb",
    "\u2028x\u0085",
    "{{ insert: param, ac-1 }}",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "../../etc/passwd",
    "\u0000\u202e",
    "1. x",
    "# x",
    "x".repeat(5_000),
  ),
);

test("hostile names give valid documents", () => {
  const nullable = fc.option(hostileText);
  const texts = fc.record({ a: hostileText, b: hostileText, c: hostileText, d: nullable, e: nullable });
  const verdict = fc.constantFrom("fail", "unknown", "error", "waived" as const);
  fc.assert(
    fc.property(texts, verdict, ({ a, b, c, d, e }, kind) => {
      const policy = {
        ...quarter.policies[0]!,
        id: a,
        title: b,
        description: c,
        provider: b,
        fix: a,
        population: c,
        hash: d,
      };
      const resource = { id: b, provider: a, type: c, name: d, account: e, region: d };
      const input: OscalInput = {
        ...quarter,
        id: c,
        title: a,
        tool: { name: b, version: c },
        generatedAt: a,
        period: { from: b, to: d },
        targets: [a, b],
        baselines: [
          { id: a, title: c, source: b, controls: [control(b, "fail", { title: a, policies: [a, c], manual: d })] },
        ],
        policies: [policy, { ...policy, id: c }],
        exceptions: [
          {
            ...failure,
            policy: a,
            resource,
            verdict: kind,
            message: c,
            owner: e,
            firstSeen: a,
            resolvedAt: d,
            waiver: e,
          },
        ],
        waivers: [
          {
            id: e ?? a,
            scope: a,
            reason: b,
            ticket: d,
            requester: e,
            approver: d,
            approvedAt: a,
            starts: b,
            expires: c,
            revokedAt: d,
          },
        ],
        files: [{ path: c, title: a, mediaType: b, sha256: c }],
        componentDefinition: a,
        problems: [c],
      };
      expect([...invalid(input), ...dangling(input)]).toEqual([]);
      expect(assessmentResults(input)).toEqual(assessmentResults(structuredClone(input)));
    }),
    { numRuns: 150 },
  );
});

test("text is neither markup nor more than one line", () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(plain(text)).toMatch(/^\S(.*\S)?$/);
      const written = markup(text);
      expect(written).toMatch(/^[^\n]+$/);
      expect(written.replace(/\\[!-/:-@[-`{-~]/g, "")).not.toMatch(/[<>[\]{}*_`#|~^&$@]|:\/\/|^[-+=]|^\d+[.)]/);
    }),
  );
  expect(markup("see https://evil.example, www.evil.example <b>{{ insert: param, x }}</b> -- a@b.c")).toBe(
    "see https\\://evil.example, www\\.evil.example \\<b\\>\\{\\{ insert: param, x \\}\\}\\</b\\> \\-\\- a\\@b.c",
  );
});

test("tokens of controls can be read back", () => {
  const token = /^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$/u;
  fc.assert(
    fc.property(hostileText, hostileText, (baseline, id) => {
      const written = controlToken(baseline, id);
      expect(written).toMatch(token);
      expect(parseControlToken(written)).toEqual({ baseline, control: id });
    }),
  );
  expect([controlToken("soc2", "CC6.1"), controlToken("gdpr", "32(1)")]).toEqual(["soc2_CC6.1", "gdpr_32__28_1__29_"]);
  expect(["soc2", "a_b_c", ""].map(parseControlToken)).toEqual([null, null, null]);
});

test("times, references and UUIDs", () => {
  expect(["2026-01-01T01:00:00+01:00", "x", null, "0001-01-01T00:00:00Z"].map(instant)).toEqual([
    "2026-01-01T00:00:00.000Z",
    null,
    null,
    null,
  ]);
  expect(relativeHref("populations/a b#?:é'.csv")).toBe("populations/a%20b%23%3F%3A%C3%A9%27.csv");
  expect(["javascript:alert(1)", "https://a.example/x y", "file:///etc/passwd", null].map(webHref)).toEqual([
    null,
    "https://a.example/x%20y",
    null,
    null,
  ]);
  expect(uuid("a", "b", null)).toBe(uuid("a", "b", null));
  expect(uuid("a", "b")).not.toBe(uuid("ab"));
  expect(uuid("a")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
