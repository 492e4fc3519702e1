import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import fc from "fast-check";
import { expect, test } from "vitest";
import { verdictKinds, type Verdict } from "../src/engine/verdict.js";
import type { AsffFinding } from "../src/integrations/security-hub/asff.js";
import { resourceTypeOf } from "../src/integrations/security-hub/resource-type.js";
import type { Report } from "../src/report.js";
import { asff } from "./asff.js";
import { sample } from "./testing/sample.js";

const place = { account: "111122223333", region: "eu-west-1" };
const options = { color: false, width: 80, explain: false, place };
// The SDK takes what we make: checked by the compiler.
const findingsOf = (report: Report): (AsffFinding & AwsSecurityFinding)[] =>
  JSON.parse(asff.render(report, options)) as AsffFinding[] satisfies AwsSecurityFinding[];
const [failing] = sample.results as [Verdict];

test("only a pass is PASSED", () => {
  const results = verdictKinds.map((kind) => ({ ...failing, verdict: kind }));
  expect(
    findingsOf({ ...sample, results }).map(({ Compliance, Workflow, RecordState }, at) => [
      ...[verdictKinds[at], Compliance.Status, Workflow.Status, RecordState],
    ]),
  ).toEqual([
    ["pass", "PASSED", "RESOLVED", "ACTIVE"],
    ["fail", "FAILED", "NEW", "ACTIVE"],
    ["unknown", "WARNING", "NEW", "ACTIVE"],
    ["error", "NOT_AVAILABLE", "NEW", "ACTIVE"],
    ["waived", "FAILED", "SUPPRESSED", "ACTIVE"],
    ["not-applicable", "NOT_AVAILABLE", "RESOLVED", "ACTIVE"],
  ]);
});

test("what has no account or region is left out, and that is said", () => {
  const none = { ...options, place: { account: null, region: null } };
  expect(JSON.parse(asff.render(sample, none))).toEqual([]);
  expect(asff.leftOut?.(sample, none)).toBe(
    `${sample.results.length} of ${sample.results.length} verdicts, whose resources have no AWS account or region: give --default-account and --default-region; 2 inputs that could not be evaluated`,
  );
  expect(asff.leftOut?.({ ...sample, errors: [] }, options)).toBeNull();
  const abroad = { ...failing, resource: { ...failing.resource, account: "my-subscription", region: "westeurope" } };
  expect(findingsOf({ ...sample, results: [abroad] })).toEqual([]);
});

test.each([
  ["AWS::S3::Bucket", "AwsS3Bucket"],
  ["AWS::EC2::VPC", "AwsEc2Vpc"],
  ["AWS::RDS::DBInstance", "AwsRdsDbInstance"],
  ["AWS::IAM::ManagedPolicy", "AwsIamPolicy"],
  ["AWS::ElasticLoadBalancingV2::LoadBalancer", "AwsElbv2LoadBalancer"],
  ["AWS::SecretsManager::Secret", "AwsSecretsManagerSecret"],
  ["AWS::IAM::AccountSummary", "Other"],
  ["v1/Service", "Other"],
  ["constructor", "Other"],
  ["AWS::S3::Bucket::More", "Other"],
])("%s is %s", (type, expected) => {
  expect(resourceTypeOf(type)).toBe(expected);
});

test("every text is within the bounds of Security Hub, whatever it is made of", () => {
  const hostile = fc.string({ unit: "binary", maxLength: 1_500, size: "max" });
  const verdict = fc.record({
    id: hostile,
    name: hostile,
    type: hostile,
    message: hostile,
    title: hostile,
    owner: hostile,
  });
  fc.assert(
    fc.property(verdict, ({ id, name, type, message, title, owner }) => {
      const results: Verdict[] = [
        {
          ...failing,
          ...{ title, owner, policy: `${title}${id}`, resource: { ...failing.resource, id, name, type } },
          reasons: [{ message, path: id, location: { file: name, line: 1 } }],
          controls: Array.from({ length: 40 }, (_, at) => ({ baseline: title, control: `${at}${message}` })),
        },
      ];
      const [one] = findingsOf({ ...sample, results }) as [AsffFinding];
      const texts: [string, number][] = [
        [one.Title, 256],
        [one.Description, 1024],
        [one.GeneratorId, 512],
        [one.Id, 512],
        ...one.Resources.map(({ Id }): [string, number] => [Id, 512]),
        ...(one.Compliance.RelatedRequirements ?? []).map((text): [string, number] => [text, 64]),
        ...Object.values(one.ProductFields).map((text): [string, number] => [text, 2048]),
        ...Object.values(one.Resources[0]!.Details.Other).map((text): [string, number] => [text, 1024]),
      ];
      const wrong = texts.filter(
        ([text, longest]) => Buffer.byteLength(text) > longest || !/\S/.test(text) || !text.isWellFormed(),
      );
      expect(wrong).toEqual([]);
      expect(one.Compliance.RelatedRequirements?.length ?? 0).toBeLessThanOrEqual(32);
      expect(Buffer.byteLength(JSON.stringify(one))).toBeLessThan(240_000);
    }),
    { numRuns: 40 },
  );
});
