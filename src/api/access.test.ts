// The table of access, as it holds: every row by every role, by nobody, and by those who are nobody any more; and every way to
// write a path and a method that might go round it. The authenticator and the store of tokens are the real ones.
import { createConnection, type AddressInfo } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { access, roles, type Role } from "./access.js";
import { createAuthenticator } from "./identity/authenticator.js";
import { issueToken } from "./identity/issue-token.js";
import { newServiceToken } from "./identity/service-token.js";
import { createServer, type Api, type Routes } from "./server.js";
import { createTestApi, type TestApi } from "./testing/test-api.js";
import type { Services } from "./services.js";
import { openStore, type Store } from "../store/store.js";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let now = new Date();
const clock = { now: () => now, newId: () => globalThis.crypto.randomUUID() };
const log = pino({ level: "silent" });
const folder = mkdtempSync(join(tmpdir(), "portcullis-access-"));
const reached: string[] = [];

/** Every row of the table, with a handler that only says that it was reached. */
const everyRow: Routes = (api) => {
  for (const name of Object.keys(access)) {
    const [method = "", url = ""] = name.split(" ");
    api.route({ method, url, handler: () => ({ reached: reached[reached.push(name) - 1] }) });
  }
};

let store: Store;
let it: TestApi;
let port: number;
const tokens = new Map<string, string>();

beforeAll(async () => {
  store = await openStore({ databaseUrl: null, dataDir: folder, clock });
  const unlimited = { perSecond: 1_000_000, burst: 1_000_000 };
  const limits = { failures: unlimited, identity: unlimited, address: unlimited };
  const authenticator = createAuthenticator({ tokens: store.tokens, settings: {}, clock, log });
  it = await createTestApi({
    routes: [everyRow],
    store,
    clock,
    config: { identity: { limits } },
    services: { authenticator },
  });
  const caller = { actor: { name: "test", source: "os-user" }, origin: "here" } as const;
  const issue = (own: readonly Role[], lifetimeMs: number) =>
    issueToken({ name: null, roles: own, lifetimeMs }, { tokens: store.tokens, clock, caller });
  for (const role of roles) tokens.set(role, (await issue([role], 86_400_000)).token);
  const revoked = await issue(roles, 86_400_000);
  await store.tokens.revoke(revoked.stored.id, caller);
  const short = await issue(roles, 3_600_000);
  now = new Date(now.getTime() + 3_600_000);
  tokens.set("expired", short.token).set("revoked", revoked.token);
  tokens.set("garbage", "x".repeat(40)).set("well formed, of nobody", newServiceToken().token);
  const other = newServiceToken();
  tokens.set("a known id with another secret", other.token.replace(other.id, short.stored.id));
  await it.api.listen({ port: 0, host: "127.0.0.1" });
  port = (it.api.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await it.close();
  rmSync(folder, { recursive: true, force: true });
});

const nobodies = ["expired", "revoked", "garbage", "well formed, of nobody", "a known id with another secret"];

describe.each(Object.entries(access))("%s", (name, allowed) => {
  const [method = "", path = ""] = name.split(" ");
  const url = path.replace(/:\w+/g, "0123456789ab").replace("*", "a/b");
  const ask = async (headers: Record<string, string>, as = method) => {
    reached.length = 0;
    const answer = await it.api.inject({ method: as as "GET", url, headers });
    return { ...answer, headers: answer.headers, status: answer.statusCode, reached: [...reached] };
  };
  const bearer = (who: string) => ({ authorization: `Bearer ${tokens.get(who) ?? ""}` });
  const isOpen = typeof allowed === "string";

  test.each(roles)("as %s", async (role) => {
    const answer = await ask(bearer(role));
    if (isOpen || allowed.includes(role)) expect(answer).toMatchObject({ status: 200, reached: [name] });
    else {
      expect(answer).toMatchObject({ status: 403, reached: [] });
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="portcullis", error="insufficient_scope"');
    }
  });

  test.each(["nobody", ...nobodies])("as %s", async (who) => {
    const answer = await ask(who === "nobody" ? {} : bearer(who));
    if (isOpen) {
      expect(answer).toMatchObject({ status: 200, reached: [name] });
      return;
    }
    expect(answer).toMatchObject({ status: 401, reached: [] });
    const error = who === "nobody" ? "" : ', error="invalid_token"';
    expect(answer.headers["www-authenticate"]).toBe(`Bearer realm="portcullis"${error}`);
  });

  if (method !== "GET") return;
  test("by HEAD it is as by GET", async () => {
    expect((await ask({}, "HEAD")).status).toBe(isOpen ? 200 : 401);
    for (const role of roles)
      expect((await ask(bearer(role), "HEAD")).status).toBe(isOpen || allowed.includes(role) ? 200 : 403);
  });
});

test("admin is named wherever anybody is", () => {
  const without = Object.entries(access).filter(
    ([, allowed]) => typeof allowed !== "string" && !allowed.includes("admin"),
  );
  expect(without).toEqual([]);
});

describe("a route that the table does not allow stops the start", () => {
  const added: readonly (readonly [string, Routes, RegExp])[] = [
    ["one that is not in it", (api) => api.get("/v1/secret", () => 1), /GET \/v1\/secret is not in the table/],
    ["one of another method", (api) => api.put("/v1/scans", () => 1), /PUT \/v1\/scans is not in the table/],
    ["one with a name of every object", (api) => api.get("/constructor", () => 1), /is not in the table/],
    [
      "one for two methods that not the same people may use",
      (api) => api.route({ method: ["GET", "POST"], url: "/v1/waivers", handler: () => 1 }),
      /are not the same in the table/,
    ],
  ];
  test.each(added)("%s", async (_name, add, message) => {
    await expect(createTestApi({ routes: [add], store })).rejects.toThrow(message);
  });
});

/** What the server says, from its first byte to the end of the connection, or to the end of a whole answer. */
function raw(text: string): Promise<{ readonly status: number; readonly text: string; readonly ended: boolean }> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, "127.0.0.1", () => socket.write(text));
    let got = "";
    const done = (ended: boolean): void => {
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(got)?.[1]), text: got, ended });
    };
    socket.on("data", (chunk: Buffer) => {
      got += chunk.toString("latin1");
      const isWhole = /\r\n\r\n/.test(got) && !/^connection: close/im.test(got);
      if (isWhole) setImmediate(done, false);
    });
    socket.on("end", () => {
      done(true);
    });
    socket.on("error", reject);
  });
}

describe("other ways to write it", () => {
  const viewerMay = (name: string): boolean => access[name] === "public" || access[name]?.includes("viewer") === true;

  const paths = [
    "/v1/audit",
    "/v1/audit/",
    "//v1/audit",
    "/v1//audit",
    "/V1/AUDIT",
    "/v1/Audit",
    "/v1%2Faudit",
    "/v1%2faudit",
    "/v1/%61udit",
    "/v1/%2561udit",
    "/%76%31/audit",
    "/v1/./audit",
    "/v1/x/../audit",
    "/healthz/../v1/audit",
    "/healthz/%2e%2e/v1/audit",
    "/healthz%2f..%2fv1%2faudit",
    "/healthz;/../v1/audit",
    "/v1/audit;a=b",
    "/v1/audit%00",
    "/v1/audit%20",
    "/v1/audit%3Fx",
    "/v1/audit?",
    "/v1/audit?x=/healthz",
    "/v1/audit#/healthz",
    "\\v1\\audit",
    "/v1\\audit",
    "http://elsewhere/v1/audit",
    "https://elsewhere/v1/audit?x",
    "http://elsewhere//v1/audit",
    "//elsewhere/v1/audit",
    "*",
    "/v1/audit%zz",
    "/v1/audit%c0%af",
    "/v1/audit/%2e%2e/audit",
  ];
  const methods = [
    "GET",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "PROPFIND",
    "PURGE",
    "QUERY",
    "get",
    "GETX",
  ];
  const request = (method: string, path: string, more = ""): string =>
    `${method} ${path} HTTP/1.1\r\nhost: here\r\n${more}content-length: 0\r\n\r\n`;

  test.each(paths)("the path %s", async (path) => {
    for (const method of methods.slice(0, 5)) {
      reached.length = 0;
      const without = await raw(request(method, path));
      expect([400, 401], `${method} by nobody: ${without.text}`).toContain(without.status);
      expect(reached).toEqual([]);
      await raw(request(method, path, `authorization: Bearer ${tokens.get("viewer") ?? ""}\r\n`));
      expect(reached.filter((name) => !viewerMay(name))).toEqual([]);
    }
  });

  test.each(methods)("the method %s", async (method) => {
    reached.length = 0;
    for (const more of [
      "",
      "x-http-method-override: GET\r\n",
      "x-original-url: /healthz\r\nx-rewrite-url: /healthz\r\n",
    ]) {
      expect([400, 401]).toContain((await raw(request(method, "/v1/audit", more))).status);
      const viewer = `authorization: Bearer ${tokens.get("viewer") ?? ""}\r\n${more}`;
      expect([400, 403, 404, 405]).toContain((await raw(request(method, "/v1/audit", viewer))).status);
    }
    expect(reached).toEqual([]);
  });

  test("whoever may, is let in by the same server", async () => {
    const auditor = await raw(request("GET", "/v1/audit", `authorization: bearer ${tokens.get("auditor") ?? ""}\r\n`));
    expect(auditor.status).toBe(200);
  });

  test.each(["Basic", "Token", "Bearer,Bearer", "Bearer:"])("the scheme %s", async (scheme) => {
    const admin = tokens.get("admin") ?? "";
    expect((await raw(request("GET", "/v1/audit", `authorization: ${scheme} ${admin}\r\n`))).status).toBe(401);
  });

  test("a token in the address, a cookie or another header is none", async () => {
    const admin = tokens.get("admin") ?? "";
    expect((await raw(request("GET", `/v1/audit?access_token=${admin}`))).status).toBe(401);
    expect((await raw(request("GET", "/v1/audit", `cookie: authorization=Bearer ${admin}\r\n`))).status).toBe(401);
    expect((await raw(request("GET", "/v1/audit", `proxy-authorization: Bearer ${admin}\r\n`))).status).toBe(401);
  });

  test("of two tokens, the second does not count", async () => {
    const two = `authorization: Bearer x\r\nauthorization: Bearer ${tokens.get("admin") ?? ""}\r\n`;
    expect((await raw(request("GET", "/v1/audit", two))).status).toBe(401);
  });
});

describe("the body of a request that is refused is not read", () => {
  const head = (who: string, more: string): string =>
    `POST /v1/scans HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\nauthorization: Bearer ${tokens.get(who) ?? ""}\r\n${more}\r\n\r\n`;

  test.each([
    ["garbage", 401],
    ["viewer", 403],
  ])("of %s: it is answered before it came, and the connection ends", async (who, status) => {
    for (const more of ["content-length: 100000", "transfer-encoding: chunked"])
      expect(await raw(head(who, more))).toMatchObject({ status, ended: true });
  });

  test("a small one does not cost the connection", async () => {
    expect(await raw(`${head("viewer", "content-length: 2")}{}`)).toMatchObject({ status: 403, ended: false });
  });
});

test("a token that is revoked counts for no more than a second, also on another server", async () => {
  const caller = { actor: { name: "test", source: "os-user" }, origin: "here" } as const;
  const { token, stored } = await issueToken(
    { name: "ci", roles: ["viewer"], lifetimeMs: 86_400_000 },
    { tokens: store.tokens, clock, caller },
  );
  const servers: Api[] = [];
  for (const _ of [1, 2]) {
    const authenticator = createAuthenticator({ tokens: store.tokens, settings: {}, clock, log });
    const services: Services = { ...it.services, authenticator };
    servers.push(createServer(services, [everyRow]));
  }
  const statuses = async (): Promise<number[]> => {
    const answers = await Promise.all(
      servers.map((api) => api.inject({ url: "/v1/findings", headers: { authorization: `Bearer ${token}` } })),
    );
    return answers.map(({ statusCode }) => statusCode);
  };
  expect(await statuses()).toEqual([200, 200]);
  await store.tokens.revoke(stored.id, caller);
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  expect(await statuses()).toEqual([401, 401]);
  for (const api of servers) await api.close();
  expect((await store.tokens.find(stored.id))?.token.lastUsed).toBe(now.toISOString());
});
