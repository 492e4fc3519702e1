import type { ControlResult, ControlStatus } from "../../../compliance/baseline.js";
import type { OscalException, OscalInput, OscalPolicy, OscalWaiver } from "../oscal-input.js";

const none = { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0 };

export function control(id: string, status: ControlStatus, more: Partial<ControlResult> = {}): ControlResult {
  return {
    baseline: "soc2",
    control: id,
    title: `Title of ${id}`,
    kind: "automated",
    status,
    counts: none,
    policies: [],
    manual: null,
    ...more,
  };
}

const publicAccess: OscalPolicy = {
  id: "aws-s3-block-public-access",
  title: "S3 buckets block public access",
  description: "A public bucket leaks.",
  severity: "high",
  engine: "rego",
  provider: "aws",
  hash: "1".repeat(64),
  fix: "Turn on all four settings.",
  tally: { pass: 96, fail: 1, unknown: 1, error: 1, waived: 1 },
  population: "populations/aws-s3-block-public-access.csv",
};

const rotation: OscalPolicy = {
  ...publicAccess,
  id: "aws-kms-rotation-enabled",
  title: "KMS keys rotate",
  tally: { ...none, pass: 4 },
  population: null,
};

export const failure: OscalException = {
  fingerprint: "a".repeat(64),
  policy: publicAccess.id,
  resource: {
    id: "arn:aws:s3:::logs",
    provider: "aws",
    type: "AWS::S3::Bucket",
    name: "logs",
    account: "111122223333",
    region: "eu-west-1",
  },
  severity: "high",
  verdict: "fail",
  message: "BlockPublicAcls is not true",
  owner: "payments",
  firstSeen: "2026-09-01T10:00:00Z",
  lastSeen: "2026-09-20T10:00:00Z",
  resolvedAt: "2026-09-20T11:00:00Z",
  waiver: null,
};

const bucket = (name: string): OscalException["resource"] => ({
  ...failure.resource,
  id: `arn:aws:s3:::${name}`,
  name,
});

export const waiver: OscalWaiver = {
  id: "W-7",
  scope: "policy aws-s3-block-public-access, resource arn:aws:s3:::site",
  reason: "The site's bucket is public on purpose",
  ticket: "SEC-12",
  requester: "alice",
  approver: "bob",
  approvedAt: "2026-08-02T09:00:00Z",
  starts: "2026-08-02T00:00:00Z",
  expires: "2027-01-31T00:00:00Z",
  revokedAt: null,
};

const exceptions: readonly OscalException[] = [
  failure,
  {
    ...failure,
    resource: bucket("site"),
    verdict: "waived",
    fingerprint: "b".repeat(64),
    resolvedAt: null,
    waiver: "W-7",
  },
  { ...failure, resource: bucket("new"), verdict: "unknown", fingerprint: "c".repeat(64), resolvedAt: null },
  { ...failure, resource: bucket("shut"), verdict: "error", fingerprint: "d".repeat(64), owner: null },
];

/** A quarter of SOC 2 in which one of everything happened. */
export const quarter: OscalInput = {
  id: "soc2 2026-08-01T00:00:00Z/2026-11-01T00:00:00Z",
  title: "SOC 2, August to October 2026",
  tool: { name: "portcullis", version: "0.1.0" },
  generatedAt: "2026-11-02T08:00:00Z",
  period: { from: "2026-08-01T00:00:00Z", to: "2026-11-01T00:00:00Z" },
  targets: ["aws 111122223333"],
  baselines: [
    {
      id: "soc2",
      title: "SOC 2",
      source: "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria",
      controls: [
        control("CC6.1", "fail", {
          counts: { pass: 96, fail: 1, unknown: 1, error: 1, waived: 1 },
          policies: [publicAccess.id, rotation.id],
          kind: "partly",
          manual: "Reviews of access",
        }),
        control("CC6.7", "pass", { counts: { ...none, pass: 4 }, policies: [rotation.id] }),
        control("CC1.1", "not-assessed", { kind: "manual", manual: "Code of conduct" }),
      ],
    },
  ],
  policies: [publicAccess, rotation],
  exceptions,
  waivers: [waiver],
  files: [
    {
      path: "populations/aws-s3-block-public-access.csv",
      title: "Population of aws-s3-block-public-access",
      mediaType: "text/csv",
      sha256: "2".repeat(64),
    },
    {
      path: "component-definition.json",
      title: "Component definition",
      mediaType: "application/json",
      sha256: "3".repeat(64),
    },
  ],
  componentDefinition: "component-definition.json",
  problems: ["The run of schedule nightly at 2026-09-03T02:00:00Z was missed"],
};
