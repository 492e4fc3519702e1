import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { verdictKinds, type AppliedWaiver, type Verdict } from "../src/engine/verdict.js";
import type { Report } from "../src/report.js";
import { ocsf } from "./ocsf.js";
import { clean, sample } from "./testing/sample.js";

interface Event {
  readonly metadata: { readonly profiles: readonly string[] };
  readonly [name: string]: unknown;
}
const options = { color: false, width: 80, explain: true };
const eventsOf = (report: Report): Event[] => JSON.parse(ocsf.render(report, options)) as Event[];

const schema = JSON.parse(readFileSync("test/fixtures/ocsf-1.8.0-compliance-finding.json", "utf8")) as {
  readonly required: readonly string[];
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const inCloud = ajv.compile(schema);
/** Without the cloud profile, the class does without `cloud`. */
const elsewhere = ajv.compile({
  ...schema,
  $id: "elsewhere",
  required: schema.required.filter((name) => name !== "cloud"),
  not: { required: ["cloud"] },
});

function problemsOf(events: readonly Event[]): unknown[] {
  return events.flatMap((event) => {
    const validate = event.metadata.profiles.includes("cloud") ? inCloud : elsewhere;
    validate(event);
    return validate.errors ?? [];
  });
}

const [failing] = sample.results as [Verdict];
const waiver: AppliedWaiver = {
  ...{
    kind: "waiver" as const,
    id: "w-1",
    reason: "a test system",
    ticket: "SEC-1",
    requester: "ann",
    approver: "bob",
  },
  ...{ expires: "2026-12-31T00:00:00.000Z", would: "unknown" as const },
};
const every: Verdict[] = verdictKinds.map((kind) => ({
  ...failing,
  ...{ verdict: kind, fingerprint: kind, owner: "team-a" },
  ...(kind === "waived" ? { waiver } : {}),
  ...(kind === "pass" || kind === "not-applicable" ? { reasons: [] } : {}),
}));

test("every event is valid by the published schema", () => {
  const others = ["aws", "azure", "gcp", "kubernetes", "document"].map((provider) => ({
    ...failing,
    resource: { ...failing.resource, provider, account: "111122223333", region: null, name: null },
  }));
  const events = eventsOf({ ...sample, results: [...sample.results, ...every, ...others] });
  expect(problemsOf(events)).toEqual([]);
  expect(events).toHaveLength(sample.errors.length + sample.results.length + every.length + others.length);
  expect(eventsOf(clean)).toEqual([]);
});

test("the schema is not one that takes everything", () => {
  const [event] = eventsOf({ ...sample, errors: [] });
  const { compliance: _, ...without } = event!;
  expect(problemsOf([without])).not.toEqual([]);
  expect(problemsOf([{ ...event!, severity_id: 7 }])).not.toEqual([]);
  expect(problemsOf([{ ...event!, nobodyKnowsThis: 1 }])).not.toEqual([]);
});

test("only a pass is a pass", () => {
  const outcomes = eventsOf({ ...sample, errors: [], results: every }).map(
    ({ activity_name: activity, type_uid: type, status, compliance }) => {
      const { status: check, status_id: id, status_code: code } = compliance as Record<string, unknown>;
      return [code, activity, type, status, check, id];
    },
  );
  expect(outcomes).toEqual([
    ["pass", "Close", 200303, "Resolved", "Pass", 1],
    ["fail", "Create", 200301, "New", "Fail", 3],
    ["unknown", "Create", 200301, "New", "Unknown", 0],
    ["error", "Create", 200301, "Not evaluated", "Error", 99],
    ["waived", "Update", 200302, "Suppressed", "Unknown", 0],
    ["not-applicable", "Close", 200303, "Not applicable", "Not applicable", 99],
  ]);
});

test("what a receiver needs is in it", () => {
  const [event] = eventsOf({ ...sample, errors: [], results: every.filter(({ verdict }) => verdict === "waived") });
  expect(event).toMatchObject({
    ...{ severity: "High", severity_id: 4, time: Date.parse(sample.startedAt) },
    status_detail: "waiver w-1: a test system (until 2026-12-31T00:00:00.000Z)",
    finding_info: { uid: "waived", analytic: { uid: "aws-s3-block-public-access", type: "Rule" } },
    compliance: { standards: ["pci-dss-4.0.1"], requirements: ["pci-dss-4.0.1 1.4.4"], control: "pci-dss-4.0.1 1.4.4" },
    cloud: { provider: "AWS", region: "us-east-1" },
    resources: [{ uid: "aws_s3_bucket.logs", type: "AWS::S3::Bucket", name: "logs", owner: { name: "team-a" } }],
    remediation: { desc: "Turn on all four settings." },
    unmapped: { waiver: { approver: "bob" } },
  });
});

test("input that could not be read is an event", () => {
  const events = eventsOf({ ...clean, errors: sample.errors });
  expect(events.map(({ status, severity }) => [status, severity])).toEqual([
    ["Not evaluated", "Unknown"],
    ["Not evaluated", "Unknown"],
  ]);
});
