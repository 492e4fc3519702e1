// Spans, by OpenTelemetry's API: they cost nothing where no exporter is configured.
import { context, propagation, SpanStatusCode, trace, type Attributes } from "@opentelemetry/api";
import { messageOf } from "../errors.js";

/** Does the work in a span of its own, as a child of the one that is open. */
export function traced<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  return trace.getTracer("portcullis").startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The open span as a W3C `traceparent`, for an event or a message; undefined where there is none. */
export function traceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier["traceparent"];
}

/** Does the work as part of the trace that a message or an event belongs to. */
export function inTraceOf<T>(parent: string | undefined, work: () => Promise<T>): Promise<T> {
  const from = parent === undefined ? context.active() : propagation.extract(context.active(), { traceparent: parent });
  return context.with(from, work);
}
