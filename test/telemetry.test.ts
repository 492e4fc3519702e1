// Traces over HTTP to a receiver, and what is measured of requests.
import { Type } from "@sinclair/typebox";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Routes } from "../src/api/server.js";
import { metricRoutes } from "../src/api/routes/metrics.js";
import { healthRoutes } from "../src/api/routes/health.js";
import { as, createTestApi, type TestApi } from "../src/api/testing/test-api.js";
import { createLogger } from "../src/observability/log.js";
import { inTraceOf, traced, traceparent } from "../src/observability/trace.js";
import { startTracing, type Tracing } from "../src/observability/tracing.js";
import { startOtlpReceiver, type OtlpReceiver } from "./servers/otlp.js";

const lines: string[] = [];
const log = createLogger({ level: "info", version: "1", destination: { write: (line) => void lines.push(line) } });
const secret = "hunter2hunter2hunter2";
let receiver: OtlpReceiver;
let tracing: Tracing;
let test_: TestApi;

/** A route that does what ours do: spans of its own, and an event with the trace in it. */
const work: Routes = (api) => {
  const body = Type.Object({ password: Type.String(), fails: Type.Optional(Type.Boolean()) });
  const querystring = Type.Object({ token: Type.String() });
  api.post("/v1/waivers/:id/approve", { schema: { body, querystring } }, ({ body: { fails } }) =>
    traced("inner", { count: 3, at: `postgres://u:${secret}@db/x` }, () => {
      if (fails === true) return Promise.reject(new Error(`no postgres://u:${secret}@db/x`));
      return Promise.resolve({ traceparent: traceparent() });
    }),
  );
};

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  tracing = await startTracing({
    ...{ settings: { endpoint: receiver.endpoint }, environment: {}, version: "1.2.3", process: "serve", log },
  });
  test_ = await createTestApi({ routes: [work, metricRoutes, healthRoutes], services: { log } });
});
afterAll(async () => {
  await test_.close();
  await tracing.stop(5_000);
  await receiver.close();
});

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const call = (payload: object, headers: Record<string, string> = {}, id = "W-1") =>
  test_.api.inject({
    method: "POST",
    url: `/v1/waivers/${id}/approve?token=${secret}`,
    headers: { ...as("admin"), ...headers },
    payload,
  });

test("one trace from the caller over the request and the event to whoever takes the event", async () => {
  const answer = await call({ password: secret }, { traceparent: parent });
  const carried = answer.json<{ traceparent: string }>().traceparent;
  expect(carried).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  await inTraceOf(carried, () => traced("consume", { "messaging.operation.type": "process" }, () => Promise.resolve()));
  await vi.waitFor(
    () => {
      expect(receiver.spans.map(({ name }) => name)).toContain("consume");
    },
    { timeout: 30_000 },
  );
  const [request, inner, consumed] = ["POST /v1/waivers/:id/approve", "inner", "consume"].map((name) =>
    receiver.spans.find((span) => span.name === name),
  );
  expect([request, inner, consumed].map((span) => span?.traceId)).toEqual(Array(3).fill(parent.slice(3, 35)));
  expect([request?.parentId, inner?.parentId, consumed?.parentId]).toEqual([
    "b7ad6b7169203331",
    request?.spanId,
    inner?.spanId,
  ]);
  expect([request?.kind, inner?.kind, consumed?.kind]).toEqual([2, 1, 5]); // SERVER, INTERNAL, CONSUMER
  expect(request?.attributes).toMatchObject({
    "http.route": "/v1/waivers/:id/approve",
    "http.response.status_code": 200,
  });
  expect(request?.resource).toMatchObject({ "service.name": "portcullis", "service.version": "1.2.3" });
  expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
    expect.objectContaining({ message: "request", "trace.id": request?.traceId, "span.id": request?.spanId }),
  );
});

test("a failure is in the trace; secrets, inputs and addresses are neither there nor in the log", async () => {
  expect((await call({ password: secret, fails: true }, {}, "W-2")).statusCode).toBe(500);
  await vi.waitFor(
    () => {
      expect(receiver.spans.filter(({ failed }) => failed)).toHaveLength(2);
    },
    { timeout: 30_000 },
  );
  expect(receiver.spans.find(({ failed, name }) => failed && name === "inner")?.message).toBe(
    "no postgres://u:<redacted>@db/x",
  );
  expect(Buffer.concat(receiver.bytes).includes(secret)).toBe(false);
  expect(lines.join("")).not.toContain(secret);
});

test("requests are measured by the template of their route, and those that are turned away by reason", async () => {
  await test_.api.inject({ url: "/v1/waivers/one", headers: as("admin") });
  for (const id of ["a", "b", "c"]) await test_.api.inject({ url: `/nowhere/${id}`, headers: as("admin") });
  await test_.api.inject({ url: "/metrics" });
  await test_.api.inject({
    method: "POST",
    url: "/v1/waivers/W-9/approve?token=1",
    headers: as("viewer"),
    payload: {},
  });
  const scrape = await test_.api.inject({ url: "/metrics", headers: as("viewer") });
  expect(scrape.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  const counts = scrape.body
    .split("\n")
    .filter((line) => /^portcullis_http_(request_seconds_count|requests_denied)/.test(line));
  expect(counts.sort()).toEqual([
    'portcullis_http_request_seconds_count{method="GET",route="(none)",status="404"} 4',
    'portcullis_http_request_seconds_count{method="GET",route="/metrics",status="401"} 1',
    'portcullis_http_request_seconds_count{method="POST",route="/v1/waivers/:id/approve",status="200"} 1',
    'portcullis_http_request_seconds_count{method="POST",route="/v1/waivers/:id/approve",status="403"} 1',
    'portcullis_http_request_seconds_count{method="POST",route="/v1/waivers/:id/approve",status="500"} 1',
    'portcullis_http_requests_denied_total{reason="forbidden"} 1',
    'portcullis_http_requests_denied_total{reason="unauthenticated"} 1',
  ]);
  expect(scrape.body).toMatch(/^portcullis_store_up 1$/m);
});
