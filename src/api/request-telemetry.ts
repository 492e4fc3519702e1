// Each request as a span and in the metrics, by the template of its route: an address as it came would make a metric of every
// id that anybody asks for.
import { context, propagation, SpanKind, SpanStatusCode, trace, type Context, type Span } from "@opentelemetry/api";
import type { FastifyRequest } from "fastify";
import type { Metrics } from "../observability/metrics.js";
import type { Api } from "./server.js";

interface Traced {
  readonly span: Span;
  readonly context: Context;
}

const open = new WeakMap<object, Traced>();

/** For what is logged of a request when its context is gone. */
export function traceOf(request: FastifyRequest): { readonly "trace.id"?: string; readonly "span.id"?: string } {
  const found = open.get(request)?.span.spanContext();
  return found === undefined ? {} : { "trace.id": found.traceId, "span.id": found.spanId };
}

/** Before every other hook: what they turn away is seen too. */
export function observeRequests(api: Api, metrics: Metrics): void {
  const timer = requestTimers(metrics);
  api.addHook("onRequest", (request, _reply, done) => {
    const traced = openSpan(request);
    if (traced === null) {
      done();
      return;
    }
    open.set(request, traced);
    context.with(traced.context, done);
  });
  // The body comes in events of its own, which know nothing of the context.
  api.addHook("preValidation", (request, _reply, done) => {
    const traced = open.get(request);
    if (traced === undefined) done();
    else context.with(traced.context, done);
  });
  api.addHook("onResponse", (request, reply, done) => {
    const [route, status] = [routeOf(request), reply.statusCode];
    timer(request.method, route, status).observe(reply.elapsedTime / 1_000);
    const reason = denials.get(status);
    if (reason !== undefined) metrics.requestsDenied.inc({ reason });
    const span = open.get(request)?.span.setAttributes({ "http.response.status_code": status });
    if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}

interface Timer {
  observe(seconds: number): void;
}

/** Finding a histogram by its labels costs more than counting in it. */
function requestTimers(metrics: Metrics): (method: string, route: string, status: number) => Timer {
  const timers = new Map<string, Timer>();
  return (method, route, status) => {
    const name = `${status} ${method} ${route}`;
    let timer = timers.get(name);
    if (timer === undefined) {
      timer = metrics.requestSeconds.labels({ method, route, status: String(status) });
      timers.set(name, timer);
    }
    return timer;
  };
}

const denials = new Map([
  [401, "unauthenticated"],
  [403, "forbidden"],
  [429, "rate-limited"],
]);

/** `(none)` for what is no route: whatever was asked for. */
function routeOf(request: FastifyRequest): string {
  return request.is404 ? "(none)" : (request.routeOptions.url ?? "(none)");
}

/** As a part of the caller's trace where it says one. Null where nothing is recorded. */
function openSpan(request: FastifyRequest): Traced | null {
  if (propagation.fields().length === 0) return null; // no tracing was started
  const { traceparent } = request.headers;
  const carrier = typeof traceparent === "string" && traceparent.length <= 55 ? { traceparent } : {};
  const parent = propagation.extract(context.active(), carrier);
  const route = routeOf(request);
  const attributes = { "http.request.method": request.method, "http.route": route, "http.request.id": request.id };
  const options = { kind: SpanKind.SERVER, attributes };
  const span = trace.getTracer("portcullis").startSpan(`${request.method} ${route}`, options, parent);
  const carried = span.isRecording() || span.spanContext().traceId !== noTrace;
  return carried ? { span, context: trace.setSpan(parent, span) } : null;
}

const noTrace = "0".repeat(32);
