// Spans, by OpenTelemetry's API: they cost nothing where no exporter is configured. What goes into one leaves the machine: names,
// counts and ids, never inputs; texts are looked through for secrets all the same.
import { context, propagation, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from "@opentelemetry/api";
import { messageOf } from "../errors.js";
import { redactText } from "../redact.js";

const maximumText = 256;

/** Does the work in a span of its own, as a child of the one that is open. */
export function traced<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const options = { attributes: safeAttributes(attributes), kind: kindOf(attributes) };
  return trace.getTracer("portcullis").startActiveSpan(safeText(name), options, async (span) => {
    try {
      return await work();
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: safeText(messageOf(error)) });
}

/** OpenTelemetry's own attributes say which way a message goes. */
function kindOf(attributes: Attributes): SpanKind {
  const messaging = attributes["messaging.operation.type"];
  if (messaging === "send") return SpanKind.PRODUCER;
  if (messaging === "process") return SpanKind.CONSUMER;
  return SpanKind.INTERNAL;
}

function safeAttributes(attributes: Attributes): Attributes {
  const safe = Object.entries(attributes).map(([key, value]) => [
    key,
    typeof value === "string" ? safeText(value) : value,
  ]);
  return Object.fromEntries(safe) as Attributes;
}

function safeText(text: string): string {
  return redactText(text.slice(0, 4_096)).slice(0, maximumText);
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
