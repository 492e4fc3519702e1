// The HTTP server: what holds for every route. Routes are in files of their own.
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import {
  fastify,
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  type RawServerDefault,
} from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import { guardRoutes } from "./authorize.js";
import { replyToBrokenRequest } from "./client-error.js";
import { answerWithEtags } from "./etag.js";
import { followCertificate, readCertificate, type Certificate } from "./identity/certificate.js";
import { Gate } from "./identity/gate.js";
import { rememberAnswers } from "./idempotency.js";
import { addJsonParser } from "./json-body.js";
import { refuseOtherMethods } from "./methods.js";
import { describeApi } from "./openapi.js";
import { Problem } from "./problem.js";
import { replyWithProblem } from "./problem-reply.js";
import { RequestLog } from "./request-log.js";
import { addRequestIds, requestId } from "./request-id.js";
import { observeRequests } from "./request-telemetry.js";
import { completeSchemas } from "./route-schemas.js";
import {
  completeSettings,
  maximumAddressLength,
  maximumHeaderBytes,
  type CompleteServerSettings,
} from "./server-settings.js";
import type { Services } from "./services.js";
import { limitTime } from "./time-limit.js";
import { createValidatorCompiler } from "./validation.js";

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A file of routes. Its hooks and parsers are its own. */
export type Routes = (api: Api, services: Services) => void;

/** Routes can be asked for after `ready()`, which throws when one is not in the table of access. */
export function createServer(services: Services, routes: readonly Routes[]): Api {
  const settings = completeSettings(services.config.server);
  const certificate = settings.tls === undefined ? null : readCertificate(settings.tls);
  const api: Api = fastify(optionsOf(settings, services, certificate)).withTypeProvider<TypeBoxTypeProvider>();
  api.server.maxConnections = settings.connections;
  api.setValidatorCompiler(createValidatorCompiler());
  api.setErrorHandler(replyWithProblem);
  api.setNotFoundHandler((request) => {
    throw new Problem(404, "not-found", `there is no ${request.url.split("?")[0]?.slice(0, 200) ?? ""} here`);
  });
  addJsonParser(api, { depth: settings.jsonDepth, members: settings.jsonKeys });
  observeRequests(api, services.metrics);
  limitTime(api, settings.handlerTimeout);
  addRequestIds(api);
  addSecurityHeaders(api);
  refuseLongAddresses(api);
  if (settings.tls !== undefined && certificate !== null)
    followCertificate(api, { files: settings.tls, current: certificate, log: services.log });
  const { authenticator, config } = services;
  guardRoutes(api, new Gate({ authenticator, limits: config.identity?.limits }));
  completeSchemas(api);
  describeApi(api, services);
  rememberAnswers(api, services);
  answerWithEtags(api);
  void api.register(async (scope) => {
    const refuseOthers = refuseOtherMethods(scope);
    for (const add of routes) {
      await scope.register((own: Api, _, done) => {
        done(
          troubleOf(() => {
            add(own, services);
          }),
        );
      });
    }
    refuseOthers();
  });
  return api;
}

/** What a plug-in throws by itself would end the process. */
function troubleOf(work: () => void): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function optionsOf(
  settings: CompleteServerSettings,
  { log, config }: Services,
  certificate: Certificate | null,
): FastifyHttpOptions<RawServerDefault> {
  const http = {
    headersTimeout: Math.min(settings.headersTimeout, settings.requestTimeout),
    maxHeaderSize: maximumHeaderBytes,
    connectionsCheckingInterval: 1_000,
  };
  return {
    loggerInstance: log,
    logController: new RequestLog(config.telemetry?.logs?.requests ?? "all"),
    genReqId: requestId,
    bodyLimit: settings.bodyLimit,
    requestTimeout: settings.requestTimeout,
    connectionTimeout: settings.idleTimeout,
    keepAliveTimeout: Math.min(settings.idleTimeout, 72_000),
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 2_048 },
    clientErrorHandler: replyToBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...securityHeaders, "x-request-id": request.id }); // no hook has run
      void replyWithProblem(error, request, reply);
    },
    trustProxy: settings.trustedProxies === undefined ? false : [...settings.trustedProxies],
    // Fastify's types tell the two servers apart; nothing here does.
    ...(certificate === null ? { http } : ({ https: { ...http, ...certificate.options } } as object)),
  };
}

const securityHeaders = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
} as const;

function addSecurityHeaders(api: Api): void {
  api.addHook("onRequest", (_request, reply, done) => {
    reply.headers(securityHeaders);
    done();
  });
}

function refuseLongAddresses(api: Api): void {
  api.addHook("onRequest", (request, _reply, done) => {
    if (request.url.length <= maximumAddressLength) done();
    else done(new Problem(414, "invalid-request", `the address is longer than ${maximumAddressLength} characters`));
  });
}
