// Bodies of OPA's routes: taken as text whatever their type says, and parsed once, straight into the engine's values.
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { parseValue } from "../../engine/rego/data-files.js";
import { isObjectValue, objectEntries, objectGet, parseJson, type Value } from "../../engine/rego/js/values.js";
import { messageOf } from "../../errors.js";
import { troubleWith, type JsonLimits } from "../json-body.js";
import type { Api } from "../server.js";
import { OpaProblem } from "./opa-problem.js";

const unzip = promisify(gunzip);

/** The body is its text, unzipped. */
export function takeBodiesAsText(api: Api, bodyLimit: number): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("*", { parseAs: "buffer" }, (request: FastifyRequest, body: Buffer, done) => {
    if (request.headers["content-encoding"] !== "gzip") {
      done(null, body.toString("utf8"));
      return;
    }
    unzip(body, { maxOutputLength: bodyLimit }).then(
      (text) => {
        done(null, text.toString("utf8"));
      },
      (error: unknown) => {
        done(malformed(messageOf(error)));
      },
    );
  });
}

export interface BodyReader {
  readonly limits: JsonLimits;
}

/** The value of a body; undefined where there is none. */
export function valueOf(request: FastifyRequest, { limits }: BodyReader): Value | undefined {
  const text = request.body as string | undefined;
  if (text === undefined || text.trim() === "") return undefined;
  return (request.headers["content-type"] ?? "").includes("yaml") ? yamlValue(text, limits) : jsonValue(text, limits);
}

/** `input` of a body such as `{"input": ...}`. Null is none, as in OPA. */
export function inputOf(request: FastifyRequest, reader: BodyReader): Value | undefined {
  const body = valueOf(request, reader) ?? null;
  if (body === null) return undefined;
  if (!isObjectValue(body)) throw malformed('expected an object such as {"input": ...}');
  return objectGet(body, "input") ?? undefined;
}

export function jsonValue(text: string, limits: JsonLimits): Value {
  const trouble = troubleWith(text, limits);
  if (trouble !== null) throw malformed(`it ${trouble}`);
  try {
    return parseJson(text);
  } catch (error) {
    throw malformed(messageOf(error));
  }
}

/** As JSON again, so that the same limits hold for it. */
function yamlValue(text: string, limits: JsonLimits): Value {
  let value: Value;
  try {
    value = parseValue("body", text);
  } catch (error) {
    throw malformed(messageOf(error));
  }
  checkLimits(value, limits);
  return value;
}

function checkLimits(root: Value, { depth, members }: JsonLimits): void {
  let left = members;
  const check = (value: Value, level: number): void => {
    if (typeof value !== "object" || value === null) return;
    if (level > depth) throw malformed(`it is nested deeper than ${depth}`);
    const inner = isObjectValue(value) ? [...valuesOf(value)] : Array.isArray(value) ? (value as readonly Value[]) : [];
    if ((left -= inner.length) < 0) throw malformed(`it has more than ${members} members`);
    for (const one of inner) check(one, level + 1);
  };
  check(root, 1);
}

function* valuesOf(value: Value): Generator<Value> {
  if (!isObjectValue(value)) return;
  for (const [, item] of objectEntries(value)) yield item;
}

function malformed(reason: string): OpaProblem {
  return new OpaProblem(400, "invalid_parameter", `body contains malformed input document: ${reason}`);
}
