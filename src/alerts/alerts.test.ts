// Alerts over real stores, with a real Alertmanager and servers that answer as they are told to.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { startAlertmanager, type AlertmanagerServer } from "../../test/servers/alertmanager.js";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { recordScan, resource, verdict, type TestScan } from "../../test/testing/store.js";
import { systemClock } from "../clock.js";
import type { AppliedWaiver } from "../engine/verdict.js";
import { createMetrics } from "../observability/metrics.js";
import type { Part } from "../service/part.js";
import { openPglite } from "../store/pglite.js";
import { openPostgres } from "../store/postgres.js";
import { createStore, type Store } from "../store/store.js";
import type { AlertEvent } from "./alert-event.js";
import { alertSettings, type Destination } from "./alert-settings.js";
import { createAlertsPart } from "./alerts.js";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody else's server. */
class Receiver {
  readonly got: Received[] = [];
  answer: (received: Received) => { status: number; headers?: Record<string, string>; text?: string } = () => ({
    status: 200,
  });
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const received = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      const { status, headers = {}, text = "" } = this.answer(received);
      this.got.push(received);
      response.writeHead(status, headers).end(text);
    });
  });

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks/very-secret-path`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let server: PostgresServer;
let alertmanager: AlertmanagerServer;
beforeAll(async () => {
  [server, alertmanager] = await Promise.all([startPostgres(), startAlertmanager()]);
  return () => Promise.all([server.stop(), alertmanager.stop()]);
});

let store: Store;
let receiver: Receiver;
let url: string;
const parts: Part[] = [];
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const generous = { timeout: 30_000, interval: 50 };
let folder: string;
let schemas = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-alerts-"));
  const name = `alerts_${++schemas}`;
  const admin = await openPostgres(server.url);
  await admin.script(`create schema ${name}`);
  await admin.close();
  const database = await openPostgres(`${server.url}?options=-csearch_path%3D${name}`);
  store = await createStore(database, systemClock, undefined, {
    ...{ broker: false, alerts: true, source: "/test", links: { finding: "https://x.test/f/{fingerprint}?a=1&b=2" } },
  });
  receiver = new Receiver();
  url = await receiver.listen();
});
afterEach(async () => {
  for (const part of parts.splice(0)) await part.stop(5_000);
  receiver.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const destination = (given: Record<string, unknown>): Destination =>
  alertSettings.parse({ destinations: [{ name: "one", allowHttp: true, ...given }] }).destinations![0]!;

async function startPart(destinations: readonly Destination[], logged: string[] = []): Promise<Part> {
  const log = pino({ level: "debug" }, { write: (line) => void logged.push(line) });
  const part = createAlertsPart({
    ...{ store, log, clock: systemClock, metrics: createMetrics(), holder: `test-${Math.random()}` },
    settings: { destinations: [...destinations], group: 0 },
    links: { finding: "https://x.test/f/{fingerprint}?a=1&b=2" },
    environment: { SECRET: secret, URL: url, TOKEN: "token-of-mine" },
    ...{ pollMs: 50, slackMs: 10, leaseMs: 2_000 },
  });
  parts.push(part);
  await part.start();
  return part;
}

const bucket = resource("logs");
const scan = (...verdicts: TestScan["verdicts"]): TestScan => ({
  ...{ resources: [bucket], verdicts, problems: [], complete: true },
});
const failing = verdict(bucket, "fail");
const webhook = (): Destination => destination({ kind: "webhook", url, secret: { env: "SECRET" } });
const eventsOf = ({ body }: Received): AlertEvent[] => JSON.parse(body) as AlertEvent[];
const ended = () => store.alerts.list({ status: null, destination: null, limit: 100 });

test("a webhook is signed as standard-webhooks has it, and an attempt that failed goes again with the same id", async () => {
  receiver.answer = () => ({ status: receiver.got.length === 0 ? 503 : 204 });
  await startPart([webhook()]);
  await recordScan(store, scan(failing));
  await vi.waitFor(async () => {
    expect((await ended())[0]).toMatchObject({ status: "sent", attempts: 2, events: 1 });
  }, generous);
  expect(receiver.got).toHaveLength(2);
  for (const { headers, body } of receiver.got) {
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
    const expected = createHmac("sha256", Buffer.alloc(32, 7)).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
    expect(headers["content-type"]).toBe("application/cloudevents-batch+json; charset=utf-8");
  }
  expect(receiver.got[0]!.headers["webhook-id"]).toBe(receiver.got[1]!.headers["webhook-id"]);
  const [event] = eventsOf(receiver.got[1]!);
  expect(event).toMatchObject({ type: "ComplianceAlertEvent", data: { change: "opened", policy: "aws-s3-rule" } });
});

test("1,000 findings of a scan: a few messages, and none is missing", async () => {
  const many = Array.from({ length: 1_000 }, (_, n) => resource(`r${n}`));
  const verdicts = many.map((one) => verdict(one, "fail"));
  const slack = { ...destination({ kind: "slack", url: { env: "URL" } }), name: "chat" };
  const chat: Received[] = [];
  receiver.answer = (received) => {
    if (received.headers["webhook-id"] === undefined) chat.push(received);
    return { status: 200 };
  };
  await recordScan(store, { resources: many, verdicts, problems: [], complete: true });
  await startPart([webhook(), slack]);
  await vi.waitFor(async () => {
    expect((await ended()).map(({ status }) => status)).toEqual(Array(11).fill("sent"));
  }, generous);
  const batches = receiver.got.filter((one) => !chat.includes(one));
  expect(batches).toHaveLength(10);
  expect(new Set(batches.flatMap(eventsOf).map(({ subject }) => subject)).size).toBe(1_000);
  expect(chat).toHaveLength(1);
  expect(chat[0]!.body).toContain("1000 new");
  expect(chat[0]!.body).toContain("… and 995 more; see: `portcullis findings list --policy-id aws-s3-rule`");
});

test("a destination that is down holds up no other; what is refused is failed, and can be retried", async () => {
  receiver.answer = ({ body }) => ({ status: body.includes("aws-s3-rule") ? 422 : 200, text: `no: ${secret}` });
  const down = {
    ...destination({ kind: "webhook", url: "http://127.0.0.1:9", secret: { env: "SECRET" } }),
    name: "down",
  };
  const logged: string[] = [];
  await startPart([down, webhook()], logged);
  await recordScan(store, scan(failing));
  const states = async () => new Map((await ended()).map((one) => [one.destination, one]));
  await vi.waitFor(async () => {
    const all = await states();
    expect(all.get("one")).toMatchObject({ status: "failed", error: "the server answered 422: no: <redacted>" });
    expect(all.get("down")).toMatchObject({
      status: "pending",
      error: expect.stringMatching(/ECONNREFUSED/) as string,
    });
  }, generous);
  expect(logged.join("")).not.toContain(secret);
  receiver.answer = () => ({ status: 200 });
  expect(await store.alerts.retry({ ids: null, destination: "one" })).toBe(1);
  await vi.waitFor(async () => {
    expect((await states()).get("one")?.status).toBe("sent");
  }, generous);
});

test("what waits for too long is given up, and says why", async () => {
  receiver.answer = () => ({ status: 429, headers: { "retry-after": "1" } });
  const impatient = destination({ kind: "webhook", url, secret: { env: "SECRET" }, giveUp: "1m" });
  await recordScan(store, scan(failing));
  await startPart([impatient]);
  await vi.waitFor(async () => {
    expect((await ended())[0]?.attempts).toBeGreaterThan(0);
  }, generous);
  expect(await store.alerts.giveUp("one", -1, "given up: the server answered 429")).toBe(1);
  expect((await ended())[0]).toMatchObject({ status: "failed", error: "given up: the server answered 429" });
});

const hostile: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ["a redirect is not followed", { status: 302, headers: { location: "http://127.0.0.1:1/" } }, /302 \(redirects/],
  ["an endless answer is cut", { status: 500, text: "x".repeat(3_000_000) }, /^the server answered 500: x{10,}/],
  ["escapes of a terminal are shown", { status: 500, text: "\u001b[31mred" }, /\\u001b\[31mred/],
];
test.each(hostile)("%s", async (_name, answer, error) => {
  receiver.answer = () => answer as { status: number };
  await startPart([webhook()]);
  await recordScan(store, scan(failing));
  await vi.waitFor(async () => {
    expect((await ended())[0]).toMatchObject({ status: "pending", error: expect.stringMatching(error) as string });
  }, generous);
  expect((await ended())[0]!.error!.length).toBeLessThanOrEqual(500);
});

test("messages are counted on from an unsent digest, and a restart loses nothing", async () => {
  const slack = destination({ kind: "slack", url: { env: "URL" } });
  receiver.answer = () => ({ status: 503, headers: { "retry-after": "3600" } });
  await recordScan(store, scan(failing));
  const part = await startPart([slack]);
  await vi.waitFor(async () => {
    expect((await ended())[0]?.attempts).toBe(1);
  }, generous);
  await recordScan(store, scan(verdict(bucket, "pass")));
  await recordScan(store, scan(failing));
  await vi.waitFor(async () => {
    expect((await ended()).map(({ events }) => events)).toEqual([2, 1]);
  }, generous);
  await part.stop(5_000);
  receiver.answer = () => ({ status: 200 });
  await startPart([slack]);
  await vi.waitFor(async () => {
    expect((await ended()).map(({ status }) => status)).toEqual(["sent", "sent"]);
  }, generous);
  expect(receiver.got.at(-1)!.body).toContain("1 resolved, 1 back again");
});

test("filters: severity, policy, account, owner; resolve messages only where they are wanted", async () => {
  const base = { kind: "webhook", url, secret: { env: "SECRET" } };
  const all = [
    { ...base, name: "critical", severity: "critical" },
    { ...base, name: "policies", policies: ["azure-*"] },
    { ...base, name: "accounts", accounts: ["2*"] },
    { ...base, name: "owners", owners: ["payments"] },
    { ...base, name: "quiet", resolved: false, policies: ["aws-s3-*"], accounts: ["1"], severity: "high" },
    { ...base, name: "loud" },
  ];
  const told = async (): Promise<string[]> => (await ended()).map(({ destination }) => destination).toSorted();
  await startPart(all.map((one) => destination(one)));
  await recordScan(store, scan(failing));
  await vi.waitFor(async () => {
    expect(await told()).toEqual(["loud", "quiet"]);
  }, generous);
  await recordScan(store, scan(verdict(bucket, "pass")));
  await vi.waitFor(async () => {
    expect(await told()).toEqual(["loud", "loud", "quiet"]);
  }, generous);
});

test("Alertmanager: fires, is silent while waived, fires when the waiver ends, and is resolved", async () => {
  await startPart([destination({ kind: "alertmanager", url: alertmanager.url, resend: 5, token: { env: "TOKEN" } })]);
  const firing = async () =>
    (await alertmanager.alerts()).filter(({ labels }) => labels["fingerprint"] === failing.fingerprint);
  const becomes = (count: number): Promise<void> =>
    vi.waitFor(async () => {
      expect(await firing()).toHaveLength(count);
    }, generous);
  await recordScan(store, scan(failing));
  await becomes(1);
  const [alert] = await firing();
  expect(alert!.labels).toEqual({
    ...{ alertname: "PortcullisFinding", policy: "aws-s3-rule", severity: "high", verdict: "fail", provider: "aws" },
    ...{ fingerprint: failing.fingerprint, resource_type: "AWS::S3::Bucket", account: "1", region: "us-east-1" },
  });
  expect(alert!.annotations).toEqual({
    ...{ summary: "A rule", description: "/config/A is wrong", resource: "logs", name: "logs" },
  });
  const soon = new Date(Date.now() + 4_000).toISOString();
  const waiver: AppliedWaiver = {
    ...{ kind: "waiver", id: "w-1", reason: "legacy", ticket: null, requester: "a", approver: "b" },
    ...{ expires: soon, would: "fail" },
  };
  await recordScan(store, scan(verdict(bucket, "waived", "/config/A", { waiver })));
  await becomes(0);
  await becomes(1); // the waiver expired, and no scan had to look
  await recordScan(store, scan(verdict(bucket, "pass")));
  await becomes(0);
});

test("the embedded store brings alerts as well, and two parts at once send each once", async () => {
  await store.close();
  const announcing = { broker: false, alerts: true, source: "/test", links: {} };
  store = await createStore(await openPglite(join(folder, "data")), systemClock, undefined, announcing);
  await startPart([webhook()]);
  await startPart([webhook()]);
  await recordScan(store, scan(failing));
  await recordScan(store, scan(verdict(bucket, "pass")));
  await vi.waitFor(async () => {
    expect((await ended()).every(({ status }) => status === "sent")).toBe(true);
    expect(receiver.got.flatMap(eventsOf).map(({ data }) => data.change)).toEqual(["opened", "resolved"]);
  }, generous);
});
