// The manifest: an in-toto Statement v1 whose subjects are the package's files, with a predicate of ours that is described by
// `evidence-predicate.schema.json`.
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { JsonObject } from "../../json.js";
import { packageFile } from "../../package-root.js";
import { canonicalJson } from "../canonical-json.js";
import { parseCanonical } from "./lines.js";
import type { Counts, Outcome } from "./outcome.js";
import { Damage, isProperName, type PackedFile, type StoredFile } from "./package.js";

export const statementType = "https://in-toto.io/Statement/v1";
export const predicateType = "urn:portcullis:evidence:1";
export const schemaPath = ["src", "audit", "evidence", "evidence-predicate.schema.json"] as const;

export interface Predicate {
  readonly tool: { readonly name: "portcullis"; readonly version: string };
  readonly createdAt: string;
  readonly baseline: { readonly id: string; readonly title: string; readonly version: string; readonly source: string };
  readonly period: { readonly from: string; readonly to: string };
  readonly sampling: { readonly seed: string; readonly size: number };
  /** A time without a scan that is longer than this is a gap. */
  readonly maximumGapHours: number;
  /** The public key: DER (SubjectPublicKeyInfo) in base64. */
  readonly signer: { readonly keyid: string; readonly spki: string };
  /** The last checkpoint of the audit trail when the package was made: it covers the entries up to `seq`. */
  readonly audit: { readonly trail: string; readonly seq: number; readonly checkpoint: string } | null;
  readonly form: "zip" | "folder";
  /** How each file lies in the zip file, in the order of the subjects; null for a folder. */
  readonly stored: readonly StoredFile[] | null;
  readonly counts: PackageCounts;
  readonly controls: readonly ControlSummary[];
}

/** Rows of the package's lists. */
export interface PackageCounts {
  readonly configurations: number;
  readonly scans: number;
  readonly gaps: number;
  readonly problems: number;
  readonly scheduleRuns: number;
  readonly findingEvents: number;
  readonly waivers: number;
  readonly changes: number;
  readonly policyVersions: number;
  readonly auditEntries: number;
  /** Values that were replaced because they looked like secrets, beyond those that the store had replaced. */
  readonly redactions: number;
}

export interface ControlSummary {
  readonly id: string;
  /** The control's folder in the package. */
  readonly folder: string;
  readonly outcome: Outcome;
  readonly counts: Counts;
  readonly population: number;
  readonly sample: number;
  readonly exceptions: number;
}

export interface Statement {
  readonly files: readonly (Omit<PackedFile, "stored"> & { readonly stored: StoredFile | null })[];
  readonly predicate: Predicate;
}

export function statementText(files: readonly PackedFile[], predicate: Omit<Predicate, "stored">): string {
  const stored = files.flatMap((file) => (file.stored === null ? [] : [file.stored]));
  const statement = {
    _type: statementType,
    subject: files.map(({ name, sha256, bytes }) => ({ name, digest: { sha256 }, annotations: { bytes } })),
    predicateType,
    predicate: { ...predicate, stored: predicate.form === "zip" ? stored : null },
  };
  return canonicalJson(statement as unknown as JsonObject);
}

interface RawStatement {
  readonly subject: readonly {
    readonly name: string;
    readonly digest: { readonly sha256: string };
    readonly annotations: { readonly bytes: number };
  }[];
  readonly predicate: Predicate;
}

/** Throws Damage for what is not exactly a statement as `statementText` writes it. */
export function parseStatement(payload: string): Statement {
  const value = parseCanonical("the manifest's statement", payload);
  const validate = statementSchema();
  if (!validate(value)) {
    const fault = validate.errors?.[0];
    throw new Damage(`the manifest is not as its schema has it: ${fault?.instancePath ?? ""} ${fault?.message ?? ""}`);
  }
  const { subject, predicate } = value as unknown as RawStatement;
  checkNames(subject.map(({ name }) => name));
  const { stored, form } = predicate;
  if ((form === "zip") !== (stored !== null) || (stored !== null && stored.length !== subject.length))
    throw new Damage("the manifest does not say of each file how it lies in the zip file");
  const files = subject.map(({ name, digest, annotations }, at) => ({
    name,
    bytes: annotations.bytes,
    sha256: digest.sha256,
    stored: stored?.[at] ?? null,
  }));
  return { files, predicate };
}

function checkNames(names: readonly string[]): void {
  if (new Set(names.map((name) => name.toLowerCase())).size !== names.length)
    throw new Damage("the manifest names a file twice");
  const improper = names.find((name) => !isProperName(name));
  if (improper !== undefined) throw new Damage(`${JSON.stringify(improper)} is no name for a file of a package`);
}

let compiled: ValidateFunction | null = null;

function statementSchema(): ValidateFunction {
  if (compiled !== null) return compiled;
  const predicate = JSON.parse(readFileSync(packageFile(...schemaPath), "utf8")) as JsonObject & { $id: string };
  const ajv = new Ajv2020({ strict: true, schemas: [predicate] });
  const digest = { type: "object", required: ["sha256"], additionalProperties: false, properties: { sha256: hex } };
  const bytes = { type: "integer", minimum: 0 };
  const annotations = { type: "object", required: ["bytes"], additionalProperties: false, properties: { bytes } };
  compiled = ajv.compile({
    type: "object",
    required: ["_type", "subject", "predicateType", "predicate"],
    additionalProperties: false,
    properties: {
      _type: { const: statementType },
      predicateType: { const: predicateType },
      predicate: { $ref: predicate.$id },
      subject: {
        type: "array",
        items: {
          type: "object",
          required: ["name", "digest", "annotations"],
          additionalProperties: false,
          properties: { name: { type: "string" }, digest, annotations },
        },
      },
    },
  });
  return compiled;
}

const hex = { type: "string", pattern: "^[0-9a-f]{64}$" };
