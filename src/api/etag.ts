// Entity tags: what did not change is not sent again. A route that knows a cheaper tag sets its own.
import { createHash } from "node:crypto";
import type { onSendHookHandler } from "fastify";
import type { Api } from "./server.js";

export function answerWithEtags(api: Api): void {
  api.addHook("onRoute", (route) => {
    const isRead = [route.method].flat().some((method) => method === "GET" || method === "HEAD");
    if (isRead) route.onSend = [addEtag, route.onSend ?? []].flat(); // before the body of an answer to HEAD goes
  });
}

const addEtag: onSendHookHandler = (request, reply, payload, done) => {
  const tag = reply.statusCode === 200 ? (reply.getHeader("etag") ?? tagOf(payload)) : undefined;
  if (typeof tag !== "string") {
    done(null, payload);
    return;
  }
  void reply.header("etag", tag);
  if (!matches(request.headers["if-none-match"], tag)) done(null, payload);
  else {
    void reply.code(304).removeHeader("content-length").removeHeader("content-type");
    done(null, null);
  }
};

/** Undefined of a stream, whose content is not known. */
function tagOf(payload: unknown): string | undefined {
  if (typeof payload !== "string" && !(payload instanceof Uint8Array)) return undefined;
  return `"${createHash("sha256").update(payload).digest("base64url").slice(0, 27)}"`;
}

/** RFC 9110, 13.1.2: weak comparison with any of a list. */
export function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  const wanted = opaque(tag);
  return [...header.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, given]) => given === wanted);
}

function opaque(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}
