// Whatever the names of resources, files and policies hold: no report lets it out of its place. One check for each format.
import { execFileSync } from "node:child_process";
import { parse as parseCsv } from "csv-parse/sync";
import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { parse as parseHtml, type DefaultTreeAdapterTypes } from "parse5";
import { create } from "xmlbuilder2";
import { expect, test } from "vitest";
import type { AppliedWaiver, Verdict } from "../src/engine/verdict.js";
import type { Report } from "../src/report.js";
import { cellText } from "./csv.js";
import { formats } from "./index.js";
import { sample } from "./testing/sample.js";

const place = { account: "111122223333", region: "eu-west-1" };
const options = { color: false, width: 100, explain: true, place };

const fragments = [
  ...["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style>", "<!--", "-->", "]]>", "&lt;", "'\"`"],
  ...["[a](http://evil.example)", "![i](http://evil.example/i)", "http://evil.example", "www.evil.example", "@someone"],
  ...["a@evil.example", "|", "\\", "```", "# h", "* l", "\n\n", "::error file=a::b", "\r\n::warning::c", "%0A::stop::"],
  ...['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\uff1d1", " =1", ";", ","],
  ...[
    "\u001b[31m",
    "\u009b31m",
    "\u0000",
    "\u202e",
    "\u2028",
    "\ud800",
    "\udfff",
    "\ufeff",
    "__proto__",
    "javascript:x",
  ],
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: "binary", maxLength: 5 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(""))
  .filter((text) => /\S/.test(text));

/** A report in which every text is the given one. */
function reportOf(text: string): Report {
  const [base] = sample.results as [Verdict];
  const location = { file: text, line: 3 };
  const waiver: AppliedWaiver = {
    ...{
      kind: "waiver" as const,
      id: text,
      reason: text,
      ticket: text,
      requester: text,
      approver: text,
      expires: text,
    },
    would: "fail",
  };
  const one: Verdict = {
    ...base,
    ...{ policy: text, title: text, owner: text, unknown: [text], controls: [{ baseline: text, control: text }] },
    resource: { id: text, provider: text, type: text, name: text, account: text, region: text },
    reasons: [{ message: text, path: text, location }],
    explanation: {
      rules: [{ rule: text, location }],
      reads: [{ resource: text, path: text, value: text, state: "present", location }],
    },
  };
  const resource = { ...one.resource, ...place, provider: "aws" };
  const kinds = ["fail", "unknown", "error", "waived"] as const;
  const control = { baseline: text, control: text, title: text, policies: [text], manual: text };
  const counts = { pass: 0, fail: 1, unknown: 0, error: 0, waived: 0 };
  return {
    ...sample,
    targets: [text],
    results: kinds.map((verdict) => ({ ...one, resource, verdict, ...(verdict === "waived" ? { waiver } : {}) })),
    errors: [{ file: text, line: 1, message: text }],
    policies: sample.policies.map((policy) => ({ ...policy, id: text, title: text, description: text, fix: text })),
    baselines: [{ id: text, title: text, controls: [{ ...control, kind: "partly", status: "fail", counts }] }],
    warnings: [text],
  };
}

type Check = (rendered: string, report: Report, text: string) => void;

const plain = reportOf("plain");
const unprintable = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const checks: Readonly<Record<string, Check>> = {
  json: (rendered, _report, text) => {
    const { results } = JSON.parse(rendered) as { results: { message: string; resource: { id: string } }[] };
    expect(results.map(({ message, resource }) => [message, resource.id])).toEqual(results.map(() => [text, text]));
  },
  sarif: (rendered, _report, text) => {
    const { runs } = JSON.parse(rendered) as { runs: { results: { ruleId: string; message: { text: string } }[] }[] };
    const found = runs[0]!.results.map(({ ruleId, message }) => [ruleId, message.text]);
    expect(found).toEqual(found.map(() => [text, `${text}: ${text}`]));
  },
  ocsf: (rendered, _report, text) => {
    const events = JSON.parse(rendered) as { finding_info: { desc: string }; resources: { uid: string }[] }[];
    expect(events.map((event) => [event.finding_info.desc, event.resources[0]!.uid])).toEqual(
      events.map(() => [text, text]),
    );
  },
  asff: (rendered) => {
    expect(JSON.parse(rendered)).toHaveLength(4);
    for (const value of stringsOf(JSON.parse(rendered))) expect(value).not.toMatch(unprintable);
  },
  oscal: (rendered) => {
    expect(stringsOf(JSON.parse(rendered)).length).toBeGreaterThan(0);
  },
  junit: (rendered) => {
    const names = [...rendered.matchAll(/<\/?([\w!?-]+)/g)].map(([, name]) => name);
    const known = [
      "?xml",
      "testsuites",
      "testsuite",
      "testcase",
      "failure",
      "error",
      "skipped",
      "properties",
      "property",
    ];
    expect(names.filter((name) => !known.includes(name!))).toEqual([]);
    expect(() => create(rendered)).not.toThrow();
    expect(rendered).not.toMatch(unprintable);
  },
  html: (rendered) => {
    const [skeleton, expected] = [rendered, renderText("html", plain)].map((page) => skeletonOf(parseHtml(page)));
    expect(skeleton).toEqual(expected);
    expect(rendered).not.toMatch(unprintable);
  },
  markdown: (rendered) => {
    const markdown = new MarkdownIt({ html: true, linkify: true });
    markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false }); // looser than GitHub; looked for below
    const tokens = markdown.parse(rendered, {});
    const inline = tokens.flatMap(({ children }) => children ?? []);
    const types = new Set([...tokens, ...inline].map(({ type }) => type));
    for (const wrong of ["html_block", "html_inline", "link_open", "image", "fence", "code_block"])
      expect(types).not.toContain(wrong);
    const words = inline.filter(({ type }) => type === "text").map(({ content }) => content);
    expect(words.filter((word) => /@\w/.test(word))).toEqual([]);
    // GitHub links these as they stand in the source.
    expect(rendered.replace(/`[^`]*`/g, "")).not.toMatch(/www\.|https?:\/\//i);
    const shape = (text: string): string[] => markdown.parse(text, {}).map(({ type }) => type);
    expect(shape(rendered)).toEqual(shape(renderText("markdown", plain)));
  },
  csv: (rendered, report) => {
    const rows = parseCsv<Record<string, string>>(rendered, { columns: true, record_delimiter: "\r\n" });
    const [first, ...rest] = rows;
    const { message, file } = report.errors[0]!;
    expect(first).toMatchObject({ verdict: "not-evaluated", message: cellText(message), file: cellText(file) });
    expect(
      rest.map(({ policy, title, resource_id: id, owner, message: why }) => [policy, title, id, owner, why]),
    ).toEqual(
      report.results.map(({ policy, title, resource, owner, reasons }) =>
        [policy, title, resource.id, owner, reasons[0]!.message].map(cellText),
      ),
    );
    for (const cell of rows.flatMap((row) => Object.values(row))) {
      expect(cell).not.toMatch(/^\s*[=+\-@\uff0b\uff0d\uff1d\uff20]/u);
      expect(cell).not.toMatch(unprintable);
    }
  },
  github: (rendered, report) => {
    const lines = rendered.split("\n");
    expect(lines).toHaveLength(report.errors.length + report.results.length + (report.warnings?.length ?? 0) + 1);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^::(error|warning|notice) [^\r\n]*$/);
    expect(rendered).not.toMatch(unprintable);
  },
  table: (rendered) => {
    expect(rendered).not.toMatch(unprintable);
  },
};

/** Formats of bytes have their tests beside them. */
const binaryFormats = ["pdf"];

function renderText(name: string, report: Report): string {
  const format = formats.find((candidate) => candidate.name === name);
  if (format === undefined || format.binary === true) throw new Error(`no format of text ${name}`);
  return format.render(report, options);
}

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

/** Elements and the names of their attributes, without what stands in them. */
function skeletonOf(node: DefaultTreeAdapterTypes.Node): unknown {
  if (node.nodeName === "#comment") return "comment";
  const children = "childNodes" in node ? node.childNodes.filter((child) => child.nodeName !== "#text") : [];
  const attributes = "attrs" in node ? node.attrs.map(({ name }) => name) : [];
  return [node.nodeName, attributes, children.map(skeletonOf)];
}

test("every format has its check", () => {
  const named = formats.map(({ name, binary }) => (binary === true ? `${name} (bytes)` : name)).sort();
  const checked = [...Object.keys(checks), ...binaryFormats.map((name) => `${name} (bytes)`)];
  expect(named.filter((name) => !checked.includes(name))).toEqual([]);
});

test.each(formats.filter(({ binary }) => binary !== true).map(({ name }) => name))("%s", (name) => {
  fc.assert(
    fc.property(hostile, (text) => {
      const report = reportOf(text);
      checks[name]?.(renderText(name, report), report, text);
    }),
    { numRuns: 60, examples: fragments.filter((text) => /\S/.test(text)).map((text) => [text]) },
  );
});

test("another reader of CSV, Python's, sees the same cells", () => {
  const report = { ...plain, results: fragments.flatMap((text) => reportOf(text).results) };
  const script = "import csv, json, sys; print(json.dumps(list(csv.DictReader(sys.stdin, strict=True))))";
  const output = execFileSync("python3", ["-X", "utf8", "-c", script], { input: renderText("csv", report) });
  const rows = JSON.parse(output.toString()) as Record<string, string>[];
  expect(rows.slice(1).map((row) => row["title"])).toEqual(report.results.map(({ title }) => cellText(title)));
});
