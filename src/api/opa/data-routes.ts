// OPA's Data API: `POST /v1/data/{path}` and its relatives. See https://www.openpolicyagent.org/docs/rest-api
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Value } from "../../engine/rego/js/values.js";
import { serverDefaults } from "../server-settings.js";
import type { Api, Routes } from "../server.js";
import type { Services } from "../services.js";
import {
  answerText,
  decide,
  resultText,
  sendJson,
  undefinedDocument,
  type Answering,
  type Outcome,
  type Question,
} from "./answer-decision.js";
import { pathBelow } from "./document-path.js";
import type { Opa } from "./opa.js";
import { OpaProblem, replyWithOpaProblem } from "./opa-problem.js";
import { isOn, refuseExplain, type QueryFlags } from "./query-flags.js";
import { inputOf, jsonValue, takeBodiesAsText, valueOf, type BodyReader } from "./request-body.js";
import { dataSchema, healthSchema, rawSchema } from "./schemas.js";

type Handler = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | Promise<FastifyReply>;

export const opaDataRoutes: Routes = (api, services) => {
  const { server = {} } = services.config;
  const limits = {
    depth: server.jsonDepth ?? serverDefaults.jsonDepth,
    members: server.jsonKeys ?? serverDefaults.jsonKeys,
  };
  const reader: BodyReader = { limits };
  asOpa(api, server.bodyLimit ?? serverDefaults.bodyLimit);
  const answering: Answering = {
    services,
    get opa() {
      return opaOf(services);
    },
  };
  const post = dataHandler(answering, (request) => inputOf(request, reader));
  const get = dataHandler(answering, (request) => inputInAddress(request, reader));
  const config = { decision: true };
  api.post("/v1/data", { schema: dataSchema.post, config }, post);
  api.post("/v1/data/*", { schema: dataSchema.postBelow, config }, post);
  api.get("/v1/data", { schema: dataSchema.get, config }, get);
  api.get("/v1/data/*", { schema: dataSchema.getBelow, config }, get);
  const raw = (pathOf: (request: FastifyRequest) => string): Handler => rawHandler(answering, { reader, pathOf });
  api.post(
    "/v0/data",
    { schema: rawSchema.root, config },
    raw(() => ""),
  );
  api.post(
    "/v0/data/*",
    { schema: rawSchema.below, config },
    raw(({ url }) => pathBelow(url, "/v0/data")),
  );
  api.post(
    "/",
    { schema: rawSchema.decision, config },
    raw(() => answering.opa.defaultDecision),
  );
  api.get("/health", { schema: healthSchema }, (request, reply) => health(answering.opa, request, reply));
};

/** What holds for all of OPA's routes: its errors, its bodies, and nothing checked twice. */
export function asOpa(api: Api, bodyLimit: number): void {
  api.setErrorHandler(replyWithOpaProblem);
  takeBodiesAsText(api, bodyLimit);
  api.setValidatorCompiler(() => () => true);
}

export function opaOf({ opa }: Services): Opa {
  if (opa !== undefined) return opa;
  throw new OpaProblem(503, "unavailable", "no policies are served here");
}

function dataHandler(answering: Answering, inputFrom: (request: FastifyRequest) => Value | undefined): Handler {
  const { version } = answering.services.run;
  return (request, reply) => {
    const started = process.hrtime.bigint();
    const flags = request.query as QueryFlags;
    refuseExplain(flags);
    const input = inputFrom(request);
    const path = pathBelow(request.url, "/v1/data");
    const expectsInput = request.method === "POST";
    const question: Question = { path, input, flags, started, parsed: process.hrtime.bigint(), expectsInput };
    const outcome = decide(answering, question, request);
    const send = (decided: Outcome): FastifyReply => sendJson(reply, answerText(decided, question, version));
    return outcome instanceof Promise ? outcome.then(send) : send(outcome);
  };
}

/** Input and result stand alone, without an object around them. */
function rawHandler(
  answering: Answering,
  { reader, pathOf }: { readonly reader: BodyReader; readonly pathOf: (request: FastifyRequest) => string },
): Handler {
  return async (request, reply) => {
    const started = process.hrtime.bigint();
    const flags = request.query as QueryFlags;
    const input = valueOf(request, reader);
    const path = pathOf(request);
    const { result } = await decide(
      answering,
      { path, input, flags, started, parsed: process.hrtime.bigint(), expectsInput: false },
      request,
    );
    if (result === undefined) throw undefinedDocument(path);
    return sendJson(reply, resultText(result, flags));
  };
}

function inputInAddress(request: FastifyRequest, { limits }: BodyReader): Value | undefined {
  const { input } = request.query as QueryFlags;
  const text = [input].flat()[0];
  return text === undefined || text === "" ? undefined : jsonValue(text, limits);
}

/** OPA's clients ask this; `?bundles` also whether all bundles are there. */
function health(opa: Opa, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const flags = request.query as QueryFlags;
  const missing = isOn(flags, "bundles") || isOn(flags, "bundle") ? opa.missing() : [];
  if (missing.length === 0) return sendJson(reply, "{}\n");
  throw new OpaProblem(500, "internal_error", `not activated yet: ${missing.join(", ")}`);
}
