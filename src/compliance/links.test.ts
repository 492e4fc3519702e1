import { expect, test } from "vitest";
import type { Finding } from "../store/findings.js";
import { linksOf } from "./links.js";

const finding = {
  fingerprint: "ab12",
  policy: "aws-s3-rule",
  resource: {
    id: "arn:aws:s3:::b?x=1#y",
    provider: "aws",
    type: "AWS::S3::Bucket",
    name: "b",
    account: null,
    region: "r",
  },
  location: { file: "infra/../a b.tf", line: 3 },
} as unknown as Finding;

const none = { finding: null, resource: null, code: null };

test.each([
  [{}, none],
  [{ finding: "https://p.example/f/{fingerprint}" }, { ...none, finding: "https://p.example/f/ab12" }],
  [
    { resource: "https://c.example/go?arn={id}&t={type}" },
    { ...none, resource: "https://c.example/go?arn=arn%3Aaws%3As3%3A%3A%3Ab%3Fx%3D1%23y&t=AWS%3A%3AS3%3A%3ABucket" },
  ],
  [
    { code: "https://g.example/blob/main/{file}#L{line}" },
    { ...none, code: "https://g.example/blob/main/infra/%2E%2E/a%20b.tf#L3" },
  ],
  [{ resource: "https://c.example/{account}/{id}" }, none],
])("%j", (templates, expected) => {
  expect(linksOf(finding, templates)).toEqual(expected);
});

test("a finding without a place has no link to code", () => {
  const elsewhere: Finding = { ...finding, location: null };
  expect(linksOf(elsewhere, { code: "https://g.example/{file}", finding: "https://p.example/{policy}" })).toEqual({
    ...none,
    finding: "https://p.example/aws-s3-rule",
  });
});
