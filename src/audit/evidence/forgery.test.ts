// A package whose signer lies: signed all the same, every file as the manifest says, and yet the lists contradict each other.
import { createHash } from "node:crypto";
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../json.js";
import type { Database } from "../../store/database.js";
import { migrate } from "../../store/migrate.js";
import { openPglite } from "../../store/pglite.js";
import { canonicalJson } from "../canonical-json.js";
import { event, openAudit } from "../testing/trails.js";
import { parseEnvelope, preAuthenticationEncoding, sealEnvelope } from "./envelope.js";
import { exportEvidence } from "./export.js";
import { csvHead, csvRow, tables, type Table } from "./tables.js";
import { at, newSigningKey, request, somePeriod, sources, temporaryFolder } from "./testing/evidence.js";
import { verifyPackage } from "./verify.js";

const signer = newSigningKey();
const folder = temporaryFolder();
const honest = join(folder, "honest");
const forged = join(folder, "forged");
const stranger = join(folder, "stranger");
let database: Database;
let other: Database;

beforeAll(async () => {
  database = await openPglite(join(folder, "store"));
  await migrate(database);
  const audit = openAudit(database, "forgery");
  for (let day = 1; day <= 5; day++) await audit.append(event({ at: at(day), subject: `W-${day}` }));
  await exportEvidence(request(honest, signer.key), sources(somePeriod(), { audit }));
  other = await openPglite(join(folder, "other"));
  await migrate(other);
  const foreign = openAudit(other, "foreign");
  await foreign.append(event({ at: at(1), kind: "waiver.approved", subject: "W-1" }));
  await exportEvidence(request(stranger, signer.key), sources(somePeriod(), { audit: foreign }));
});
afterAll(async () => {
  await database.close();
  await other.close();
});

interface Subject {
  readonly name: string;
  readonly digest: { sha256: string };
  readonly annotations: { bytes: number };
}
type Change = (statement: { readonly subject: Subject[]; predicate: { [key: string]: unknown } }) => void;
type Row = { [key: string]: unknown };

/** Changes files, and signs what came of it. */
async function wrongOf(change: Change): Promise<string[]> {
  rmSync(forged, { recursive: true, force: true });
  cpSync(honest, forged, { recursive: true });
  const manifest = join(forged, "manifest.dsse.json");
  const statement = JSON.parse(parseEnvelope(readFileSync(manifest)).payload) as {
    subject: Subject[];
    predicate: { [key: string]: unknown };
  };
  change(statement);
  for (const subject of statement.subject) {
    const file = join(forged, subject.name);
    subject.digest.sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
    subject.annotations.bytes = statSync(file).size;
  }
  writeFileSync(manifest, sealEnvelope(canonicalJson(statement as unknown as JsonObject), signer.key));
  const { checks } = await verifyPackage(forged, { key: signer.key.id });
  return checks.filter(({ status }) => status === "wrong").map(({ name, detail }) => `${name}: ${detail}`);
}

function rowsOf(name: string): Row[] {
  const text = readFileSync(join(forged, `${name}.jsonl`), "utf8");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
}

/** Rewrites a list, and its CSV with it. */
function rewrite(name: string, table: Table | null, change: (rows: Row[]) => Row[]): void {
  const rows = change(rowsOf(name)) as JsonObject[];
  writeFileSync(join(forged, `${name}.jsonl`), rows.map((row) => `${canonicalJson(row)}\n`).join(""));
  if (table === null) return;
  writeFileSync(join(forged, `${name}.csv`), [csvHead(table), ...rows.map((row) => csvRow(table, row))].join(""));
}

const control = "controls/A.1";
const waiver = {
  ...Object.fromEntries(tables.waivers.map((column) => [column, null])),
  waiver: "W-1",
  origin: "store",
};
const edit = (change: (row: Row, index: number) => void) => (rows: Row[]) => {
  rows.forEach(change);
  return rows;
};

it("is not wrong where nothing was changed", async () => {
  expect(await wrongOf(() => undefined)).toEqual([]);
});

it.each<[string, Change, string]>([
  [
    "a failure is called a pass",
    () => {
      rewrite(
        `${control}/population`,
        "population",
        edit((row) => (row["verdict"] = "pass")),
      );
    },
    "controls: the counts of A.1",
  ],
  [
    "the counts are made to fit",
    ({ predicate }) => {
      const [first] = predicate["controls"] as { counts: Row }[];
      if (first !== undefined) first.counts["fail"] = 0;
    },
    "controls: the counts of A.1",
  ],
  [
    "an item is left out",
    () => {
      rewrite(`${control}/population`, "population", (rows) => rows.filter((_, index) => index !== 4));
    },
    "controls: controls/A.1/population.jsonl leaves out item 5",
  ],
  [
    "the sample is chosen by hand",
    () => {
      rewrite(`${control}/sample`, null, (rows) => rows.reverse());
    },
    "controls: controls/A.1/sample.jsonl is not the sample that the seed gives",
  ],
  [
    "a sample shows another configuration",
    () => {
      rewrite(
        `${control}/sample`,
        null,
        edit((row) => (row["body"] = { config: {}, name: "x", tags: {} })),
      );
    },
    "controls: line 1 of controls/A.1/sample.jsonl has another configuration",
  ],
  [
    "an exception is left out",
    () => {
      rewrite(`${control}/exceptions`, "exceptions", (rows) => rows.slice(0, -1));
    },
    "controls: controls/A.1/exceptions.jsonl leaves out exceptions",
  ],
  [
    "an exception was short",
    () => {
      rewrite(
        `${control}/exceptions`,
        "exceptions",
        edit((row) => (row["hours"] = 1)),
      );
    },
    "controls: exception 1 of controls/A.1",
  ],
  [
    "the outcome is better",
    ({ predicate }) => {
      const [first] = predicate["controls"] as Row[];
      if (first !== undefined) first["outcome"] = "no-exceptions";
    },
    "controls: the outcome of A.1",
  ],
  [
    "the status after a scan is better",
    () => {
      rewrite(
        `${control}/timeline`,
        "timeline",
        edit((row) => (row["status"] = "pass")),
      );
    },
    "controls: the status after a scan in controls/A.1",
  ],
  [
    "the CSV tells another story",
    () => {
      writeFileSync(join(forged, `${control}/exceptions.csv`), csvHead("exceptions"));
    },
    "controls: controls/A.1/exceptions.csv does not say the same",
  ],
  [
    "a configuration is another one",
    () => {
      rewrite(
        "configs/configurations",
        null,
        edit((row) => ((row["body"] as Row)["config"] = { Public: false })),
      );
    },
    "is not the one that its hash says",
  ],
  [
    "a configuration is missing",
    ({ predicate }) => {
      rewrite("configs/configurations", null, (rows) => rows.slice(1));
      (predicate["counts"] as Row)["configurations"] = rowsOf("configs/configurations").length;
    },
    "was judged by a configuration that is not in the package",
  ],
  [
    "a gap is hidden",
    () => {
      rewrite("scans/scans", "scans", (rows) => rows.filter((_, index) => index !== 4));
    },
    "lists: the gaps between scans",
  ],
  [
    "a problem is hidden",
    () => {
      rewrite(
        "scans/scans",
        "scans",
        edit((row) => (row["problems"] = 1)),
      );
    },
    "lists: the problems of the scans",
  ],
  [
    "what was done is another thing",
    () => {
      rewrite(
        "audit/period/entries",
        null,
        edit((row) => ((row["event"] as Row)["subject"] = "W-9")),
      );
    },
    "audit: audit/period: entry 1 is not one of those of which checkpoint",
  ],
  [
    "an entry of the trail is left out",
    () => {
      rewrite("audit/period/entries", null, (rows) => rows.filter((_, index) => index !== 2));
    },
    "audit: ",
  ],
  [
    "OSCAL says that all is well",
    () => {
      const file = join(forged, "oscal/assessment-results.json");
      writeFileSync(file, readFileSync(file, "utf8").replaceAll('"not-satisfied"', '"satisfied"'));
    },
    "oscal: oscal/assessment-results.json says something else of A.1",
  ],
  [
    "a column more",
    () => {
      rewrite("scans/gaps", "gaps", () => [{ target: "", from: "", to: "", hours: 1, more: 1 }]);
    },
    "lists: line 1 of scans/gaps.jsonl does not have the columns",
  ],
  [
    "a scan without targets",
    () => {
      rewrite(
        "scans/scans",
        "scans",
        edit((row) => (row["targets"] = 7)),
      );
    },
    "lists: scans/scans.jsonl has a finished scan without targets or times",
  ],
  [
    "a scan at no time, so that there is no gap",
    () => {
      rewrite(
        "scans/scans",
        "scans",
        edit((row) => (row["finishedAt"] = "soon")),
      );
    },
    "lists: scans/scans.jsonl has a finished scan without targets or times",
  ],
  [
    "problems below zero",
    () => {
      rewrite(
        "scans/scans",
        "scans",
        edit((row, index) => (row["problems"] = [-1, 1][index] ?? 0)),
      );
    },
    "lists: scans/scans.jsonl has a row in which problems is no count",
  ],
  [
    "failures below zero",
    () => {
      rewrite(
        `${control}/timeline`,
        "timeline",
        edit((row) => (row["fail"] = -1)),
      );
    },
    "controls: controls/A.1/timeline.jsonl has a row in which fail is no count",
  ],
  [
    "a scan is left out of a timeline",
    () => {
      rewrite(`${control}/timeline`, "timeline", (rows) => rows.slice(0, -1));
    },
    "controls: controls/A.1/timeline.jsonl leaves out scans that finished",
  ],
  [
    "a timeline of another scan",
    () => {
      rewrite(
        `${control}/timeline`,
        "timeline",
        edit((row) => (row["scan"] = "scan-1")),
      );
    },
    "controls: line 2 of controls/A.1/timeline.jsonl is not of the scan that finished then",
  ],
  [
    "a control is left out",
    ({ predicate }) => (predicate["controls"] = (predicate["controls"] as Row[]).slice(1)),
    "controls: the manifest does not have the controls that baseline.json has",
  ],
  [
    "a control of which only people can tell has a good outcome in its own file",
    () => {
      const file = join(forged, "controls/A.3/control.json");
      writeFileSync(file, readFileSync(file, "utf8").replace('"not-assessed"', '"no-exceptions"'));
    },
    "controls: what controls/A.3/control.json says",
  ],
  [
    "another policy was judged than the control's",
    () => {
      rewrite(
        `${control}/population`,
        "population",
        edit((row) => (row["policy"] = "easy")),
      );
    },
    "controls: item 1 of controls/A.1 is of a policy that is not the control's",
  ],
  [
    "a configuration and its hash are another's",
    () => {
      rewrite(
        "configs/configurations",
        null,
        edit((row) => {
          row["body"] = { config: { Public: false }, name: "x", tags: {} };
          row["sha256"] = createHash("sha256")
            .update(canonicalJson(row["body"] as JsonObject))
            .digest("hex");
        }),
      );
    },
    "is not the one that it is named after",
  ],
  [
    "OSCAL has a second opinion",
    () => {
      const file = join(forged, "oscal/assessment-results.json");
      const document = JSON.parse(readFileSync(file, "utf8")) as {
        "assessment-results": { results: { findings: { target: { status: { state: string } } }[] }[] };
      };
      const [result] = document["assessment-results"].results;
      const [finding] = structuredClone(result?.findings ?? []);
      if (finding === undefined) throw new Error("there is no finding");
      finding.target.status.state = "satisfied";
      result?.findings.unshift(finding);
      writeFileSync(file, `${canonicalJson(document)}\n`);
    },
    "oscal: oscal/assessment-results.json has 5 findings on 4 controls",
  ],
  [
    "a waiver names entries that are not on it",
    ({ predicate }) => {
      rewrite("waivers/waivers", "waivers", () => [{ ...waiver, auditEntries: [2] }]);
      (predicate["counts"] as Row)["waivers"] = 1;
    },
    "audit: waivers/waivers.jsonl names entries for the waiver W-1 that are not on it",
  ],
  [
    "a waiver was approved by somebody else",
    ({ predicate }) => {
      rewrite("waivers/waivers", "waivers", () => [{ ...waiver, approver: "eve", auditEntries: [1] }]);
      (predicate["counts"] as Row)["waivers"] = 1;
    },
    "audit: the waiver W-1 was approved by somebody else than waivers/waivers.jsonl says",
  ],
  [
    "the trail of waivers is another one",
    () => {
      for (const file of ["trail.json", "entries.jsonl", "entries.csv"])
        cpSync(join(stranger, "audit/waivers", file), join(forged, "audit/waivers", file));
    },
    "audit: audit/waivers is not of the same audit trail as audit/period",
  ],
  [
    "a note in a control's folder",
    ({ subject }) => {
      const name = "controls/A.1/note.txt";
      writeFileSync(join(forged, name), "all is well");
      subject.push({ name, digest: { sha256: "" }, annotations: { bytes: 0 } });
    },
    "controls: controls/A.1/note.txt belongs to no control of the manifest",
  ],
  [
    "no predicate of ours",
    ({ predicate }) => (predicate["tool"] = { name: "other" }),
    "signature: the manifest is not as its schema has it",
  ],
  [
    "a list that is none",
    () => {
      writeFileSync(join(forged, "scans/gaps.jsonl"), "[[[");
    },
    "lists: scans/gaps.jsonl does not end",
  ],
  [
    "a list of something else",
    () => {
      writeFileSync(join(forged, "scans/gaps.jsonl"), "[]\n");
    },
    "lists: line 1 of scans/gaps.jsonl is no object",
  ],
  [
    "a list in another encoding",
    () => {
      writeFileSync(join(forged, "scans/gaps.jsonl"), Buffer.from([0xff, 10]));
    },
    "lists: scans/gaps.jsonl is not in UTF-8",
  ],
])("is found out: %s", async (_, change, expected) => {
  expect((await wrongOf(change)).join("\n")).toContain(expected);
});

it("reads a manifest of many megabytes", () => {
  const payload = "x".repeat(8 * 1024 ** 2);
  expect(parseEnvelope(sealEnvelope(payload, signer.key)).payload).toBe(payload);
});

it("encodes what is signed as DSSE's own example does", () => {
  expect(preAuthenticationEncoding("http://example.com/HelloWorld", "hello world")).toBe(
    "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  );
  expect(preAuthenticationEncoding("é", "☃")).toBe("DSSEv1 2 é 3 ☃");
});
