// The limits, as a client sees them: the real server, over real sockets where the address is a proxy's word.
import { pino } from "pino";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../clock.js";
import { openStore, type Store } from "../../store/store.js";
import { createTestApi, as, type TestApi } from "../testing/test-api.js";
import type { Routes } from "../server.js";
import type { Config } from "../../config.js";
import { Problem } from "../problem.js";

const log = pino({ level: "silent" });
const routes: Routes = (api) => {
  api.get("/v1/findings", ({ ip }) => ({ ip }));
  api.get("/healthz", ({ ip }) => ({ ip }));
  api.get("/v1/data", { config: { decision: true } }, ({ ip }) => ({ ip }));
};
const rarely = { perSecond: 0.01, burst: 3 };

// The limits keep nothing in the store: one does for all.
const dataDir = mkdtempSync(join(tmpdir(), "portcullis-gate-"));
let store: Store;
let it: TestApi;
beforeAll(async () => {
  store = await openStore({ databaseUrl: null, dataDir, clock: systemClock });
});
afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});
afterEach(() => it.api.close());

async function open(config: Config, services: Parameters<typeof createTestApi>[0]["services"] = {}): Promise<void> {
  it = await createTestApi({ routes: [routes], config, store, services: { log, ...services } });
}

async function ask(headers: Record<string, string> = {}, remoteAddress = "10.0.0.1", url = "/v1/findings") {
  const { statusCode: status, headers: answered, body } = await it.api.inject({ url, headers, remoteAddress });
  return { status, headers: answered, body: JSON.parse(body) as Record<string, unknown> };
}

describe("of one identity", () => {
  test("it is told what is left, then to wait; another identity and the same one elsewhere are told their own", async () => {
    await open({ identity: { limits: { identity: rarely } } });
    const ada = as("viewer", "ada");
    for (const left of ["2", "1", "0"]) {
      const { status, headers } = await ask(ada);
      expect([status, headers["ratelimit-limit"], headers["ratelimit-remaining"]]).toEqual([200, "3", left]);
      expect(Number(headers["ratelimit-reset"])).toBeGreaterThan(0);
    }
    const { status, headers, body } = await ask(ada, "10.0.0.9");
    expect(status).toBe(429);
    expect(body).toMatchObject({
      code: "too-many-requests",
      detail: expect.stringMatching(/come again in \d+ s/) as string,
    });
    expect(Number(headers["retry-after"])).toBeGreaterThan(90);
    expect(headers["content-type"]).toBe("application/problem+json");
    expect((await ask(as("viewer", "ben"))).status).toBe(200);
  });
});

describe("of one address", () => {
  test("before it is known who asks, and also where nobody is asked", async () => {
    await open({ identity: { limits: { address: rarely } } });
    for (const url of ["/healthz", "/nothing", "/v1/findings"])
      expect((await ask({}, "10.0.0.1", url)).status).not.toBe(429);
    expect(await ask({}, "10.0.0.1", "/healthz")).toMatchObject({ status: 429 });
    expect(await ask(as("viewer"))).toMatchObject({ status: 429 });
    expect(await ask(as("viewer"), "10.0.0.2")).toMatchObject({ status: 200 });
  });

  test("a network of IPv6 is one", async () => {
    await open({ identity: { limits: { address: rarely } } });
    for (const last of ["1", "2", "3"]) expect((await ask(as("viewer"), `2001:db8::${last}`)).status).toBe(200);
    expect((await ask(as("viewer"), "2001:db8::ffff")).status).toBe(429);
    expect((await ask(as("viewer"), "2001:db8:0:1::1")).status).toBe(200);
  });
});

describe("of decisions", () => {
  const limits = { address: rarely, identity: rarely };

  test("services ask for as many as they need, with a token; without one they are anybody", async () => {
    await open({ identity: { limits } });
    for (let i = 0; i < 20; i++) expect((await ask(as("viewer"), "10.0.0.1", "/v1/data")).status).toBe(200);
    for (let i = 0; i < 3; i++) expect((await ask({}, "10.0.0.1", "/v1/data")).status).toBe(401);
    expect((await ask({}, "10.0.0.1", "/v1/data")).status).toBe(429);
    expect((await ask(as("viewer"), "10.0.0.1", "/v1/data")).status).toBe(200);
  });

  test("they have a limit of their own, and guesses at tokens the usual one", async () => {
    await open({ identity: { limits: { ...limits, decisions: rarely, failures: rarely } } });
    for (let i = 0; i < 3; i++) expect((await ask(as("viewer"), "10.0.0.1", "/v1/data")).status).toBe(200);
    const { status, headers } = await ask(as("viewer"), "10.0.0.1", "/v1/data");
    expect([status, headers["ratelimit-remaining"]]).toEqual([429, "0"]);
    const wrong = { authorization: "Bearer wrong" };
    for (let i = 0; i < 3; i++) expect((await ask(wrong, "10.0.0.3", "/v1/data")).status).toBe(401);
    expect((await ask(wrong, "10.0.0.3", "/v1/data")).status).toBe(429);
  });
});

describe("refused tokens", () => {
  test("after some, the address waits, also with a good one: nobody learns which was good", async () => {
    await open({ identity: { limits: { failures: rarely } } });
    const wrong = { authorization: "Bearer wrong" };
    for (let i = 0; i < 3; i++) expect((await ask(wrong)).status).toBe(401);
    expect((await ask(wrong)).status).toBe(429);
    expect((await ask(as("viewer"))).status).toBe(429);
    expect((await ask(as("viewer"), "10.0.0.2")).status).toBe(200);
  });

  test("requests without a token are no guesses, nor are those of a role that may not", async () => {
    await open({ identity: { limits: { failures: rarely } } });
    for (let i = 0; i < 10; i++) expect((await ask()).status).toBe(401);
    for (let i = 0; i < 10; i++) expect((await ask(as("viewer"), "10.0.0.1", "/nothing")).status).toBe(404);
    expect((await ask(as("viewer"))).status).toBe(200);
  });

  test("nor is it one when it could not be known", async () => {
    const authenticate = () => Promise.reject(new Problem(503, "unavailable", "the issuer is away"));
    await open({ identity: { limits: { failures: rarely } } }, { authenticator: { authenticate } });
    for (let i = 0; i < 5; i++) {
      const { status, headers } = await ask({ authorization: "Bearer x" });
      expect([status, headers["retry-after"]]).toEqual([503, "10"]);
    }
  });
});

describe("whose address counts", () => {
  const forwarded = { "x-forwarded-for": "203.0.113.9" };
  const seen = async (from: string, headers: Record<string, string> = forwarded) =>
    (await ask(headers, from, "/healthz")).body["ip"];

  test("without proxies nobody's word", async () => {
    await open({});
    expect(await seen("127.0.0.1")).toBe("127.0.0.1");
    expect(await seen("10.0.0.1")).toBe("10.0.0.1");
  });

  test("of proxies that are trusted, and of nobody else", async () => {
    await open({ server: { trustedProxies: ["10.1.0.0/16", "fd00::1"] } });
    expect(await seen("10.1.2.3")).toBe("203.0.113.9");
    expect(await seen("fd00::1")).toBe("203.0.113.9");
    expect(await seen("10.2.0.1")).toBe("10.2.0.1");
    expect(await seen("127.0.0.1")).toBe("127.0.0.1");
    // What the client wrote itself stands before what the proxy added.
    expect(await seen("10.1.2.3", { "x-forwarded-for": "1.1.1.1, 203.0.113.9" })).toBe("203.0.113.9");
    expect(await seen("10.1.2.3", { "x-forwarded-for": "203.0.113.9, 10.1.9.9" })).toBe("203.0.113.9");
  });
});
