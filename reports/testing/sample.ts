import type { Verdict } from "../../src/engine/verdict.js";
import type { Report } from "../../src/report.js";

/** What input can hold to mislead the reader of a report. */
export const hostile = "<script>alert(1)</script>\u001b[31m|`x`@someone\u202e https://evil.example --> ]]>";

const failing: Verdict = {
  policy: "aws-s3-block-public-access",
  title: "S3 buckets block public access",
  severity: "high",
  verdict: "fail",
  resource: {
    id: "aws_s3_bucket.logs",
    provider: "aws",
    type: "AWS::S3::Bucket",
    name: "logs",
    account: null,
    region: "us-east-1",
  },
  reasons: [
    {
      message: "BlockPublicAcls is not true",
      path: "/config/PublicAccessBlockConfiguration/BlockPublicAcls",
      location: { file: "infra/main.tf", line: 12, column: 3 },
    },
    {
      message: "BlockPublicPolicy is not true",
      path: "/config/PublicAccessBlockConfiguration/BlockPublicPolicy",
      location: { file: "infra/main.tf", line: 13 },
    },
  ],
  unknown: [],
  controls: [{ baseline: "pci-dss-4.0.1", control: "1.4.4" }],
  fingerprint: "a".repeat(64),
  remediation: null,
  explanation: {
    rules: [
      {
        rule: "data.aws.s3.block_public_access.deny",
        location: { file: "policies/aws/s3/block_public_access/policy.rego", line: 25, column: 1 },
      },
    ],
    reads: [
      {
        resource: null,
        path: "/config/PublicAccessBlockConfiguration/BlockPublicAcls",
        value: false,
        state: "present",
        location: { file: "infra/main.tf", line: 12 },
      },
      { resource: null, path: "/config/AccessControl", value: null, state: "absent", location: null },
      { resource: "other", path: "/config/Key", value: null, state: "unknown", location: null },
    ],
  },
};

const strange: Verdict = {
  ...failing,
  policy: "main.deny",
  title: `deny of main ${hostile}`,
  severity: "medium",
  resource: {
    id: `__proto__ ${hostile}`,
    provider: "document",
    type: "Document",
    name: hostile,
    account: null,
    region: null,
  },
  reasons: [{ message: hostile, path: null, location: { file: `dir/${hostile}.json`, line: 1 } }],
  controls: [],
  fingerprint: "b".repeat(64),
};

const undecided: Verdict = {
  ...failing,
  policy: "aws-kms-rotation-enabled",
  title: "KMS keys rotate",
  verdict: "unknown",
  reasons: [
    {
      message: "/config/EnableKeyRotation is not known before apply",
      path: "/config/EnableKeyRotation",
      location: null,
    },
  ],
  unknown: ["/config/EnableKeyRotation"],
  fingerprint: "c".repeat(64),
};

const broken: Verdict = {
  ...failing,
  verdict: "error",
  reasons: [{ message: "s3:GetBucketPolicy was refused", path: null, location: null }],
  fingerprint: "d".repeat(64),
};
const excused: Verdict = {
  ...failing,
  severity: "low",
  verdict: "waived",
  fingerprint: "e".repeat(64),
  waiver: {
    kind: "waiver",
    id: "W-7",
    reason: `moves to the new account ${hostile}`,
    ticket: "SEC-12",
    requester: "ada",
    approver: "ben",
    expires: "2026-12-31T00:00:00.000Z",
    would: "fail",
  },
};
const ignored: Verdict = {
  ...undecided,
  severity: "low",
  verdict: "waived",
  fingerprint: "f".repeat(64),
  waiver: {
    kind: "suppression",
    id: "infra/main.tf:11",
    reason: "the key comes from another stack",
    ticket: null,
    requester: null,
    approver: null,
    expires: null,
    would: "unknown",
  },
};

/** One of everything. */
export const sample: Report = {
  tool: { name: "portcullis", version: "0.1.0" },
  startedAt: "2026-11-23T10:00:00.000Z",
  command: "check",
  targets: ["infra", hostile],
  summary: { resources: 5, pass: 7, fail: 2, unknown: 1, error: 1, waived: 2, durationMs: 1234 },
  results: [failing, undecided, broken, strange, excused, ignored],
  errors: [
    { file: "broken.tf", line: 3, message: `expected a closing brace ${hostile}` },
    { file: "s3:ListBuckets", line: null, message: "access was refused" },
  ],
  policies: [
    {
      id: "aws-s3-block-public-access",
      title: "S3 buckets block public access",
      description: "A public bucket leaks.",
      severity: "high",
      engine: "rego",
      types: ["AWS::S3::Bucket"],
      provider: "aws",
      aliases: [],
      fix: "Turn on all four settings.",
      remediation: null,
      relatedResources: [
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
      ],
      source: { file: "policies/aws/s3/block_public_access/policy.rego", line: 11 },
    },
  ],
  baselines: [
    {
      id: "pci-dss-4.0.1",
      title: "PCI DSS 4.0.1",
      controls: [
        {
          baseline: "pci-dss-4.0.1",
          control: "1.4.4",
          title: `No direct access ${hostile}`,
          kind: "partly",
          status: "fail",
          counts: { pass: 0, fail: 1, unknown: 0, error: 0, waived: 0 },
          policies: ["aws-s3-block-public-access"],
          manual: "Network diagrams",
        },
        {
          baseline: "pci-dss-4.0.1",
          control: "12.1.1",
          title: "A policy exists",
          kind: "manual",
          status: "not-assessed",
          counts: { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0 },
          policies: [],
          manual: "The policy",
        },
      ],
    },
  ],
  failOn: "low",
};

/** Nothing found at all. */
export const clean: Report = {
  ...sample,
  targets: ["infra"],
  summary: { resources: 1, pass: 1, fail: 0, unknown: 0, error: 0, waived: 0, durationMs: 10 },
  results: [],
  errors: [],
  baselines: [],
};
