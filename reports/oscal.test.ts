import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { oscal } from "./oscal.js";
import { clean, hostile, sample } from "./testing/sample.js";

const options = { color: false, width: 120, explain: false };
const ajv = new Ajv.default({ strict: false });
addFormats.default(ajv);
const validate = ajv.compile(
  JSON.parse(readFileSync("test/fixtures/oscal/assessment-results-1.2.1.json", "utf8")) as object,
);

test.each([
  ["one of everything", sample],
  ["nothing found", clean],
  ["times that are none", { ...clean, startedAt: hostile }],
  ["no baseline", { ...sample, baselines: [] }],
])("a report of %s is valid by NIST's schema", (_, report) => {
  validate(JSON.parse(oscal.render(report, options)));
  expect(validate.errors ?? []).toEqual([]);
});

test("what is in doubt is not satisfied, and a waiver is a deviation", () => {
  const text = oscal.render(sample, options);
  expect(text).not.toContain('"state": "satisfied"');
  expect(JSON.parse(text)).toMatchObject({
    "assessment-results": {
      results: [
        {
          findings: [
            { target: { "target-id": "pci-dss-4.0.1_1.4.4_obj", status: { state: "not-satisfied", reason: "fail" } } },
            {
              target: { "target-id": "pci-dss-4.0.1_12.1.1_obj", status: { state: "not-satisfied", reason: "other" } },
            },
          ],
        },
      ],
    },
  });
  expect(text.match(/"status": "(open|closed|deviation-[a-z]+)"/g)).toEqual([
    '"status": "open"',
    '"status": "open"',
    '"status": "deviation-approved"',
    '"status": "deviation-requested"',
  ]);
});
