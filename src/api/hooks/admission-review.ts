// Kubernetes' AdmissionReview v1: what the API server asks, and the answer in its form.
import { Type, type Static } from "@sinclair/typebox";
import { printable } from "../../printable.js";
import type { Json } from "../../json.js";

const text = (longest: number) => Type.String({ maxLength: longest });
const anyObject = Type.Optional(Type.Unsafe<Json>({ description: "the object as the API has it, or null" }));

export const operations = ["CREATE", "UPDATE", "DELETE", "CONNECT"] as const;

const request = Type.Object({
  uid: Type.String({ minLength: 1, maxLength: 256 }),
  kind: Type.Object({ group: text(253), version: text(63), kind: Type.String({ minLength: 1, maxLength: 253 }) }),
  operation: Type.Union(operations.map((operation) => Type.Literal(operation))),
  name: Type.Optional(text(1_024)),
  namespace: Type.Optional(text(253)),
  subResource: Type.Optional(text(253)),
  object: anyObject,
  oldObject: anyObject,
  dryRun: Type.Optional(Type.Boolean()),
});

export const admissionReview = Type.Object(
  { apiVersion: Type.Literal("admission.k8s.io/v1"), kind: Type.Literal("AdmissionReview"), request },
  { description: "Kubernetes AdmissionReview v1, as the API server sends it" },
);

export type AdmissionRequest = Static<typeof request>;

const response = Type.Object({
  uid: Type.String(),
  allowed: Type.Boolean(),
  status: Type.Optional(Type.Object({ code: Type.Integer(), message: Type.String() })),
  warnings: Type.Optional(Type.Array(Type.String())),
  auditAnnotations: Type.Optional(Type.Record(Type.String(), Type.String())),
});

export const admissionAnswer = Type.Object({
  apiVersion: Type.Literal("admission.k8s.io/v1"),
  kind: Type.Literal("AdmissionReview"),
  response,
});

export type AdmissionAnswer = Static<typeof admissionAnswer>;

export interface Decision {
  /** Null where it is allowed. */
  readonly denial: { readonly code: 400 | 403 | 500; readonly reasons: readonly string[] } | null;
  readonly warnings: readonly string[];
  /** For the cluster's audit log. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the API server keeps of a warning, of all of them, and what fits an audit log. */
const [longestWarning, longestWarnings, longestAnnotation, longestMessage] = [256, 4_096, 2_048, 4_096];

export function answerOf(uid: string, { denial, warnings, annotations }: Decision): AdmissionAnswer {
  const shown = fitting(warnings);
  const noted = Object.entries(annotations).map(([key, value]) => [key, cut(value, longestAnnotation)] as const);
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: {
      uid,
      allowed: denial === null,
      ...(denial === null ? {} : { status: { code: denial.code, message: messageOf(denial.reasons) } }),
      ...(shown.length === 0 ? {} : { warnings: shown }),
      ...(noted.length === 0 ? {} : { auditAnnotations: Object.fromEntries(noted) }),
    },
  };
}

const shownReasons = 10;

function messageOf(reasons: readonly string[]): string {
  const more = reasons.length > shownReasons ? [`and ${reasons.length - shownReasons} more`] : [];
  return cut(`portcullis: ${[...reasons.slice(0, shownReasons), ...more].join("; ")}`, longestMessage);
}

/** As many as the API server passes on; the last one says how many are left out. */
function fitting(warnings: readonly string[]): string[] {
  const short = warnings.map((warning) => cut(warning, longestWarning));
  const shown: string[] = [];
  let room = longestWarnings - longestWarning;
  for (const warning of short) {
    room -= characters(warning);
    if (room < 0) return [...shown, `and ${short.length - shown.length} more warnings`];
    shown.push(warning);
  }
  return shown;
}

/** On one line, without control characters; an ellipsis where something is missing. */
function cut(value: string, longest: number): string {
  const clean = Array.from(printable(value.slice(0, 4 * longest).toWellFormed()));
  return clean.length <= longest ? clean.join("") : `${clean.slice(0, longest - 1).join("")}…`;
}

function characters(value: string): number {
  return Array.from(value).length;
}

/** Of Go's durations, such as `10s` or `1m30s`, in milliseconds. Null for what is none. */
export function goDuration(value: string): number | null {
  const units = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
  if (!/^(\d{1,6}(\.\d{1,9})?(h|ms|m|s))+$/.test(value) || value.length > 40) return null;
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit as keyof typeof units], 0);
}
