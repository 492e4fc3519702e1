// One decision, from the request to its answer: found, evaluated, counted, logged, written once.
import { hostname } from "node:os";
import type { FastifyReply, FastifyRequest } from "fastify";
import { RegoError } from "../../engine/rego/engine.js";
import { numberToText } from "../../engine/rego/js/numbers.js";
import { prettyJson } from "../../engine/rego/js/pretty.js";
import { isNumber, parseJson, toJsonText, type Value } from "../../engine/rego/js/values.js";
import type { Services } from "../services.js";
import { documentAt } from "./document-path.js";
import type { Opa, Snapshot } from "./opa.js";
import { OpaProblem } from "./opa-problem.js";
import { isOn, type QueryFlags } from "./query-flags.js";

export interface Question {
  /** As it stands in the address. */
  readonly path: string;
  readonly input: Value | undefined;
  /** When the request was taken up, and how long its input took to read; nanoseconds. */
  readonly started: bigint;
  readonly parsed: bigint;
  readonly flags: QueryFlags;
  /** Without an input the answer warns. */
  readonly expectsInput: boolean;
}

export interface Outcome {
  readonly result: Value | undefined;
  /** Undefined where decisions are not logged. */
  readonly id: string | undefined;
  readonly metrics: Readonly<Record<string, number>>;
  readonly snapshot: Snapshot;
}

export interface Answering {
  readonly opa: Opa;
  readonly services: Pick<Services, "metrics" | "clock" | "run">;
}

/** Evaluates and logs. Throws RegoError, OpaProblem, and PortcullisError where the log cannot be written. */
export function decide(answering: Answering, question: Question, request: FastifyRequest): Outcome | Promise<Outcome> {
  const { opa, services } = answering;
  const snapshot = opa.now();
  let result: Value | undefined;
  let failure: RegoError | null = null;
  const begun = process.hrtime.bigint();
  try {
    result = evaluate(snapshot, question);
  } catch (error) {
    if (!(error instanceof RegoError)) throw error;
    failure = error;
  }
  const now = process.hrtime.bigint();
  observerOf(services)(Number(now - question.started) / 1e9);
  const metrics = {
    counter_server_query_cache_hit: 1,
    timer_rego_external_resolve_ns: 0,
    timer_rego_input_parse_ns: Number(question.parsed - question.started),
    timer_rego_query_eval_ns: Number(now - begun),
    timer_server_handler_ns: Number(now - question.started),
  };
  const outcome: Outcome = { result, metrics, snapshot, id: undefined };
  if (opa.recorder !== null) return record(answering, { ...outcome, question, failure }, request);
  if (failure !== null) throw failure;
  return outcome;
}

function evaluate(snapshot: Snapshot, { path, input, flags }: Question): Value | undefined {
  if (!isOn(flags, "strict-builtin-errors")) return documentAt(snapshot.documents, path, snapshot.found).read(input);
  return documentAt(snapshot.documents.strict(), path, new Map()).read(input);
}

/** No answer leaves before its record is kept. */
async function record(
  { opa, services }: Answering,
  { question, failure, ...outcome }: Outcome & { readonly question: Question; readonly failure: RegoError | null },
  request: FastifyRequest,
): Promise<Outcome> {
  const id = services.clock.newId();
  const { path, input } = question;
  const { result, metrics, snapshot } = outcome;
  await opa.recorder?.record({
    ...{ id, input, result, metrics, error: failure, bundles: snapshot.bundles, at: services.clock.now() },
    path: path
      .split("/")
      .filter((segment) => segment !== "")
      .join("/"),
    requestedBy: `${request.ip}:${request.socket.remotePort ?? 0}`,
    caller: request.identity?.actor.name ?? null,
  });
  if (failure !== null) throw failure;
  return { ...outcome, id };
}

const observers = new WeakMap<object, (seconds: number) => void>();

/** Finding a labelled histogram by its labels costs more than counting in it. */
function observerOf({ metrics }: Answering["services"]): (seconds: number) => void {
  let observe = observers.get(metrics);
  if (observe === undefined) {
    const histogram = metrics.decisionSeconds.labels("data");
    observe = (seconds) => {
      histogram.observe(seconds);
    };
    observers.set(metrics, observe);
  }
  return observe;
}

/** The answer of the Data API, as text. */
export function answerText({ result, id, metrics, snapshot }: Outcome, question: Question, version: string): string {
  const { flags, input } = question;
  const parts: string[] = [];
  if (id !== undefined) parts.push(`"decision_id":${JSON.stringify(id)}`);
  if (isOn(flags, "provenance")) parts.push(`"provenance":${JSON.stringify(provenance(snapshot, version))}`);
  if (isOn(flags, "metrics") || isOn(flags, "instrument")) parts.push(`"metrics":${JSON.stringify(metrics)}`);
  if (result !== undefined) parts.push(`"result":${jsonText(result)}`);
  if (input === undefined && question.expectsInput) parts.push(missingInput);
  return laidOut(`{${parts.join(",")}}`, flags);
}

const missingInput = `"warning":${JSON.stringify({ code: "api_usage_warning", message: "'input' key missing from the request" })}`;

function provenance({ bundles }: Snapshot, version: string): object {
  return { version, build_commit: "", build_timestamp: "", build_host: hostname(), bundles };
}

/** Most results are scalars. */
function jsonText(value: Value): string {
  if (value === true) return "true";
  if (value === false) return "false";
  return isNumber(value) ? numberToText(value) : toJsonText(value);
}

export function resultText(result: Value, flags: QueryFlags): string {
  return laidOut(jsonText(result), flags);
}

function laidOut(text: string, flags: QueryFlags): string {
  return isOn(flags, "pretty") ? `${prettyJson(parseJson(text))}\n` : `${text}\n`;
}

export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", "application/json").send(text);
}

export function undefinedDocument(path: string): OpaProblem {
  return new OpaProblem(
    404,
    "undefined_document",
    `document missing or undefined: data.${path.replaceAll("/", ".").slice(0, 200)}`,
  );
}
