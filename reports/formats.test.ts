import { readdirSync, readFileSync } from "node:fs";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";
import { create } from "xmlbuilder2";
import { describe, expect, test } from "vitest";
import type { RenderOptions } from "../src/report.js";
import { formats } from "./index.js";
import { clean, sample } from "./testing/sample.js";

const place = { account: "111122223333", region: "eu-west-1" };
const options: RenderOptions = { color: false, width: 120, explain: true, place };
const texts = formats.filter((format) => format.binary !== true);
const named = (name: string, report = sample): string => {
  const format = texts.find((candidate) => candidate.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return format.render(report, options);
};

/** They hold text as data: whoever shows it escapes it. */
const asJson = new Set(["json", "sarif", "ocsf", "oscal"]);

test("every file of the folder is a format of the index", () => {
  const files = readdirSync("reports").filter((file) => file.endsWith(".ts") && !/test|index|style/.test(file));
  expect(files.map((file) => file.replace(".ts", "")).sort()).toEqual(formats.map(({ name }) => name).sort());
});

describe.each(texts.map((format) => ({ name: format.name, format })))("$name", ({ name, format }) => {
  test("is as the golden file has it", async () => {
    await expect(format.render(sample, options)).toMatchFileSnapshot(`testing/${name}.golden`);
    await expect(format.render(clean, options)).toMatchFileSnapshot(`testing/${name}.clean.golden`);
  });

  test("shows no control character, and no mark that turns the direction of the text", () => {
    if (asJson.has(name)) {
      expect(() => JSON.parse(format.render(sample, options)) as unknown).not.toThrow();
      return;
    }
    // CSV ends its lines with CR LF.
    expect(format.render(sample, options).replaceAll("\r\n", "\n")).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
    );
  });
});

test("SARIF is valid by its schema", () => {
  const schema = JSON.parse(readFileSync("test/fixtures/sarif-2.1.0.json", "utf8")) as object;
  const ajv = new Ajv.default({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  for (const report of [sample, clean]) {
    validate(JSON.parse(named("sarif", report)));
    expect(validate.errors ?? []).toEqual([]);
  }
});

test("JUnit is well-formed, and counts what it holds", () => {
  const parsed = create(named("junit")).end({ format: "object" }) as { testsuites: Record<string, unknown> };
  expect(parsed.testsuites).toMatchObject({ "@tests": "8", "@failures": "2", "@errors": "3" });
});

test("HTML has no markup from input, no script and nothing from a network", () => {
  const page = named("html");
  expect(page).not.toMatch(/<script|<img|<link|src=|url\(|javascript:/i);
  expect(page).toContain("default-src 'none'");
});

test("Markdown mentions nobody, links nowhere and stays within a comment", () => {
  const text = named("markdown");
  const outsideOfCode = text.replaceAll("\\`", "").replace(/`[^`]*`/g, "");
  expect(outsideOfCode).not.toMatch(/@someone|<script|https:\/\/evil/);
  const many = { ...sample, results: Array.from({ length: 5_000 }, () => sample.results[0]!) };
  const long = named("markdown", many);
  expect(long.length).toBeLessThan(65_536);
  expect(long).toMatch(/\d+ more are left out/);
});
