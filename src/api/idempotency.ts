// Requests with an Idempotency-Key: sent again, they are not done again, on whichever replica they arrive and whichever died.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest, onSendAsyncHookHandler, preHandlerAsyncHookHandler } from "fastify";
import { canonicalJson } from "../audit/canonical-json.js";
import type { Json } from "../json.js";
import type { IdempotencyKeys, KeptAnswer, KeyedRequest } from "../store/idempotency.js";
import { callerOf } from "./authorize.js";
import { Problem } from "./problem.js";
import type { Api } from "./server.js";
import type { Services } from "./services.js";

/** What a request creates. */
export interface Creation {
  /** For its id: the same when the request is done again after a process died. */
  readonly id: string;
  /** It was begun before: what it creates may be there, and is the answer then. */
  readonly again: boolean;
}

interface Held {
  readonly request: KeyedRequest;
  readonly attempt: string;
  readonly renewal: NodeJS.Timeout;
}

declare module "fastify" {
  interface FastifyRequest {
    creation: Creation;
    held: Held | null;
  }
  interface FastifyContextConfig {
    /** Takes an Idempotency-Key. */
    idempotent?: boolean;
  }
}

export const keyHeader = "idempotency-key";
export const keyPattern = "^[\\x21-\\x7e]{1,255}$";
/** Headers of an answer that are kept with it. */
const keptHeaders = ["content-type", "location"] as const;
/** An answer does not wait longer until it is kept. */
const patienceMs = 5_000;

export function rememberAnswers(api: Api, { store, clock, log }: Pick<Services, "store" | "clock" | "log">): void {
  const keys = store.idempotency;
  api.decorateRequest("creation");
  api.decorateRequest("held", null);
  const before: preHandlerAsyncHookHandler = async (request, reply) => {
    request.creation = { id: clock.newId(), again: false };
    const key = request.headers[keyHeader];
    if (typeof key === "string") await begin(keys, { request, reply, keyed: keyedRequest(request, key) });
  };
  const after: onSendAsyncHookHandler = async (request, reply, payload) => {
    const { held } = request;
    if (held === null) return;
    clearInterval(held.renewal);
    // What took too long may still be going on: its lease runs out by itself.
    if (request.isGivenUp) return;
    const ended = end(keys, held, answerOf(reply, payload)).catch((err: unknown) => {
      log.warn({ err }, "the answer to a request with an Idempotency-Key could not be kept");
    });
    await Promise.race([ended, sleep(patienceMs, undefined, { ref: false })]);
  };
  api.addHook("onRoute", (route) => {
    if (route.config?.idempotent !== true) return;
    route.preHandler = [before, route.preHandler ?? []].flat();
    route.onSend = [route.onSend ?? [], after].flat();
  });
  api.addHook("onResponse", ({ held }, _reply, done) => {
    clearInterval(held?.renewal);
    done();
  });
}

function keyedRequest(request: FastifyRequest, key: string): KeyedRequest {
  const { actor } = callerOf(request);
  const asked = canonicalJson([request.method, request.url, (request.body ?? null) as Json]);
  return { identity: `${actor.source}:${actor.name}`, key, hash: createHash("sha256").update(asked).digest("hex") };
}

interface Beginning {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly keyed: KeyedRequest;
}

async function begin(keys: IdempotencyKeys, { request, reply, keyed }: Beginning): Promise<void> {
  const state = await keys.begin(keyed);
  switch (state.kind) {
    case "begun": {
      const { attempt, creates: id, again } = state;
      const renewal = setInterval(() => void keys.renew(keyed, attempt).catch(() => undefined), keys.leaseMs / 3);
      request.creation = { id, again };
      request.held = { request: keyed, attempt, renewal: renewal.unref() };
      return;
    }
    case "answered": {
      const { status, headers, body } = state.answer;
      await reply.code(status).headers(headers).header("idempotency-replayed", "true").serializer(String).send(body);
      return;
    }
    case "running":
      void reply.header("retry-after", "1");
      throw new Problem(409, "conflict", "a request with this Idempotency-Key is being answered: ask again later");
    case "other":
      throw new Problem(
        422,
        "invalid-request",
        "this Idempotency-Key was used for another request: expected a new one",
      );
  }
}

/** Null of what may go another way the next time. */
function answerOf(reply: FastifyReply, payload: unknown): KeptAnswer | null {
  const { statusCode: status } = reply;
  if (status >= 500 || status === 408 || status === 429 || typeof payload !== "string") return null;
  const headers = keptHeaders.flatMap((name) => {
    const value = reply.getHeader(name);
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return { status, headers: Object.fromEntries(headers), body: payload };
}

async function end(keys: IdempotencyKeys, { request, attempt }: Held, answer: KeptAnswer | null): Promise<void> {
  if (answer === null) await keys.release(request, attempt);
  else await keys.finish(request, attempt, answer);
}
