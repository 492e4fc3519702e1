import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "./servers/postgres.js";
import { createToken, startService, type ServiceProcess } from "./testing/service.js";

// The service as processes, as it is run: its end, its death, its replicas, its slow clients.
const folder = mkdtempSync(join(tmpdir(), "portcullis-service-"));
let server: PostgresServer;
let token: string;
const replicas: ServiceProcess[] = [];

beforeAll(async () => {
  server = await startPostgres();
  token = createToken({ folder, databaseUrl: server.url }, "admin");
  replicas.push(await start(), await start());
});
afterAll(async () => {
  for (const one of replicas) one.process.kill("SIGKILL");
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(): Promise<ServiceProcess> {
  return startService({ folder, databaseUrl: server.url });
}

const wanted = {
  scope: { policies: ["aws-s3-block-public-access"], resources: ["bucket-1"] },
  reason: "a web site",
  expires: new Date(Date.now() + 86_400_000).toISOString(),
};

function ask({ url }: ServiceProcess, key: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key };
  return fetch(`${url}/v1/waivers`, { method: "POST", headers, body: JSON.stringify(wanted) });
}

async function waivers(of: ServiceProcess): Promise<readonly { id: string }[]> {
  const answer = await fetch(`${of.url}/v1/waivers?limit=1000`, { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as { result: { id: string }[] }).result;
}

/** Asks until the answer is neither a conflict nor a cut connection. */
async function askUntilDone(of: () => ServiceProcess, key: string): Promise<{ id: string }> {
  const deadline = Date.now() + 100_000;
  while (Date.now() < deadline) {
    const answer = await ask(of(), key).catch(() => null);
    if (answer?.status === 201) return (await answer.json()) as { id: string };
    await answer?.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no answer to ${key}`);
}

describe("two replicas on one database", () => {
  test("one Idempotency-Key makes one waiver, whichever replica is asked", async () => {
    const [a, b] = replicas as [ServiceProcess, ServiceProcess];
    const answers = await Promise.all([a, b, a, b, a, b].map((one) => ask(one, "both")));
    expect(answers.map(({ status }) => status).filter((status) => status !== 201 && status !== 409)).toEqual([]);
    const ids = await Promise.all([a, b].map((one) => askUntilDone(() => one, "both")));
    expect(ids[0]!.id).toBe(ids[1]!.id);
    const again = await Promise.all([a, b].map((one) => ask(one, "both")));
    expect(again.map(({ status, headers }) => [status, headers.get("idempotency-replayed")])).toEqual([
      [201, "true"],
      [201, "true"],
    ]);
    expect((await waivers(a)).map(({ id }) => id)).toEqual([ids[0]!.id]);
  });

  test("a process that is killed while it answers: sent again to another, the request is done once", async () => {
    const doomed = await start();
    const before = (await waivers(replicas[0]!)).length;
    const under = Array.from({ length: 8 }, (_, at) => ask(doomed, `killed-${at}`).catch(() => null));
    await Promise.race(under); // the others are somewhere between their beginning and their end
    await doomed.end("SIGKILL");
    await Promise.all(under);
    const ids = await Promise.all(under.map((_, at) => askUntilDone(() => replicas[at % 2]!, `killed-${at}`)));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(8);
    expect(await waivers(replicas[0]!)).toHaveLength(before + 8);
  });
});

test("SIGTERM: what is under way is answered, nothing new is taken, and the process ends with 0", async () => {
  const ending = await start();
  const { hostname, port } = new URL(ending.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const body = JSON.stringify(wanted);
  socket.write(
    `POST /v1/waivers HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`,
  );
  await once(socket, "data"); // 100 Continue: the request is under way
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const closed = once(socket, "close");
  const ended = ending.end("SIGTERM");
  await expect.poll(() => ending.log(), { timeout: 60_000 }).toContain("SIGTERM: stopping");
  await expect
    .poll(
      () =>
        fetch(`${ending.url}/healthz`).then(
          ({ status }) => status,
          () => "refused",
        ),
      { timeout: 60_000 },
    )
    .not.toBe(200);
  socket.write(body);
  await closed;
  expect(text).toMatch(/^HTTP\/1.1 201 /);
  expect(await ended).toBe(0);
  expect(ending.log()).not.toContain("grace time");
});

test("a client that sends its headers slowly is told so and cut off; others are answered meanwhile", async () => {
  const [one] = replicas as [ServiceProcess];
  const { hostname, port } = new URL(one.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write("GET /healthz HTTP/1.1\r\nhost: a\r\n");
  const drip = setInterval(() => socket.write("x-a: b\r\n"), 1_000);
  socket.on("error", () => undefined);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const closed = once(socket, "close");
  expect((await fetch(`${one.url}/healthz`)).status).toBe(200);
  await closed;
  clearInterval(drip);
  expect(text).toMatch(/^HTTP\/1.1 408 /);
  expect(text).toContain('"code":"timeout"');
});

test.each([
  ["headers that are too large", `GET /healthz HTTP/1.1\r\nhost: a\r\nx-a: ${"b".repeat(20_000)}\r\n\r\n`, 431],
  ["what is not HTTP", "\u0000\u0001\r\n\r\n", 400],
])("%s: a problem, and the end of the connection", async (_, bytes, status) => {
  const { hostname, port } = new URL(replicas[0]!.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const closed = once(socket, "close");
  socket.write(bytes);
  await closed;
  expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(text).toContain("application/problem+json");
});
