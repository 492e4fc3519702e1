import { describe, expect, test } from "vitest";
import { keepable } from "../../../src/redact.js";
import { permissions } from "./lambda-permissions.js";

test.each([
  ["STAGE", "production", "production"],
  ["DB_PASSWORD", "correct-horse", "<redacted>"],
  ["API_KEY", "abc", "***"],
  ["API_KEY", "", ""],
  ["AWS_SECRET_ACCESS_KEY", "/JalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYwJ", "<redacted>"],
  ["AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"],
  ["DB_PASSWORD", "arn:aws:secretsmanager:us-east-1:1:secret:db", "arn:aws:secretsmanager:us-east-1:1:secret:db"],
  ["DB_PASSWORD", "/prod/db/password", "/prod/db/password"],
  ["PEM", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "-----BEGIN RSA PRIVATE KEY-----<redacted>"],
  ["DATABASE_URL", "postgres://app:hunter2@db/orders", "postgres://app:<redacted>@db/orders"],
  ["__proto__", "x", "x"],
])("environment %s=%s is kept as %s", (name, value, kept) => {
  expect(keepable(name, value)).toBe(kept);
});

describe("permissions of a function's policy", () => {
  const allow = { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "*" };
  const invoke = { Action: "lambda:InvokeFunction" };

  test.each([
    ["everyone", [{ ...allow, Principal: "*" }], [{ ...invoke, Principal: "*" }]],
    ["everyone, said as AWS", [{ ...allow, Principal: { AWS: "*" } }], [{ ...invoke, Principal: "*" }]],
    [
      "a statement alone",
      { ...allow, Principal: { Service: "s3.amazonaws.com" } },
      [{ ...invoke, Principal: "s3.amazonaws.com" }],
    ],
    [
      "several principals",
      [{ ...allow, Principal: { AWS: ["111122223333", "*"] } }],
      [
        { ...invoke, Principal: "111122223333" },
        { ...invoke, Principal: "*" },
      ],
    ],
    ["all but one are nearly everyone", [{ ...allow, NotPrincipal: { AWS: "1" } }], [{ ...invoke, Principal: "*" }]],
    [
      "narrowed by source",
      [
        {
          ...allow,
          Principal: "*",
          Condition: { ArnLike: { "AWS:SourceArn": "arn:aws:s3:::a" }, StringEquals: { "aws:SourceAccount": "1" } },
        },
      ],
      [{ ...invoke, Principal: "*", SourceArn: "arn:aws:s3:::a", SourceAccount: "1" }],
    ],
    [
      "any source, which narrows nothing",
      [{ ...allow, Principal: "*", Condition: { StringLike: { "aws:SourceArn": "*" } } }],
      [{ ...invoke, Principal: "*" }],
    ],
    [
      "a condition that lets others through",
      [{ ...allow, Principal: "*", Condition: { StringNotEquals: { "aws:SourceAccount": "1" } } }],
      [{ ...invoke, Principal: "*" }],
    ],
    ["a denial allows nothing", [{ ...allow, Effect: "Deny", Principal: "*" }], []],
  ])("%s", (_name, Statement, expected) => {
    expect(permissions({ Statement })).toEqual(expected);
  });
});
