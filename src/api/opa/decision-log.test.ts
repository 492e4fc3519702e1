import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Config } from "../../config.js";
import { openStore, type Store } from "../../store/store.js";
import { systemClock } from "../../clock.js";
import { as, createTestApi, type TestApi } from "../testing/test-api.js";
import { opaRoutes } from "./opa-routes.js";
import { openOpa, type OpenedOpa } from "./open-opa.js";
import type { DecisionLogSettings } from "./opa-settings.js";
import { openOptions } from "./testing/open-options.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-decisions-"));
const policy = `package app
allow if input.user == "alice"
clash := 1
clash := 2 if input.clash
`;
const mask = `package system.log
mask contains "/input/pin" if input.path == "app/allow"
mask contains {"op": "upsert", "path": "/input/user", "value": "someone"}
`;
interface Opened {
  readonly opa: OpenedOpa;
  readonly server: TestApi;
}
let store: Store;
const opened: Opened[] = [];

async function open(decisionLog: DecisionLogSettings): Promise<Opened> {
  const config: Config = { opa: { decisionLog } };
  const own = { defaultPolicies: false, policy: [folder], regoVersion: "v1" as const, data: [], parameters: {} };
  const opa = await openOpa({ config, own, ...openOptions(folder), decisions: store.decisions });
  for (const part of opa.parts) await part.start();
  const server = await createTestApi({ routes: opaRoutes, config, store, services: { opa } });
  opened.push({ opa, server });
  return { opa, server };
}

const ask = (
  { server }: Opened,
  path = "app/allow",
  input: object = { user: "alice", pin: 1234, password: "hunter2hunter2" },
) =>
  server.api.inject({
    method: "POST",
    url: `/v1/data/${path}`,
    headers: { ...as("viewer"), "content-type": "application/json" },
    payload: JSON.stringify({ input }),
  });

beforeAll(async () => {
  writeFileSync(join(folder, "policy.rego"), policy);
  writeFileSync(join(folder, "mask.rego"), mask);
  store = await openStore({ databaseUrl: null, dataDir: join(folder, "data"), clock: systemClock });
}, 120_000);
afterAll(async () => {
  for (const { opa, server } of opened) {
    for (const part of opa.parts) await part.stop(1_000);
    await server.api.close();
  }
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the decision log", () => {
  test("has each decision, masked, before its answer leaves", async () => {
    const it = await open({ to: "store", mask: ["/result"] });
    const id = (await ask(it)).json<{ decision_id: string; result: boolean }>();
    expect(id.result).toBe(true);
    const failed = await ask(it, "app/clash", { clash: true });
    expect(failed.statusCode).toBe(500);
    const list = await it.server.api.inject({ url: "/v1/decision-logs", headers: as("auditor") });
    const { result } = list.json<{ result: Record<string, unknown>[] }>();
    expect(result).toMatchObject([
      { path: "app/clash", error: { code: "eval_conflict_error" }, input: { clash: true } },
      {
        ...{
          decision_id: id.decision_id,
          path: "app/allow",
          input: { user: "someone" },
          bundles: {},
          labels: { app: "portcullis" },
        },
        ...{
          erased: ["/result", "/input/pin"],
          masked: ["/input/user", "/input/password"],
          custom: { caller: "viewer" },
        },
      },
    ]);
    expect(result[1]).not.toHaveProperty("result");
    expect(list.body).not.toMatch(/hunter2|1234|alice/);
    expect((await it.server.api.inject({ url: "/v1/decision-logs", headers: as("viewer") })).statusCode).toBe(403);
  }, 120_000);

  test("is a file of JSON lines; where it cannot be written there is no decision", async () => {
    const file = join(folder, "decisions.jsonl");
    const it = await open({ to: "file", file });
    await Promise.all([ask(it), ask(it), ask(it)]);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toEqual([
      "app/allow",
      "app/allow",
      "app/allow",
    ]);
    const broken = await open({ to: "file", file: join(folder, "nowhere", "decisions.jsonl") });
    const answer = await ask(broken);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([503, "unavailable"]);
    expect(answer.body).not.toContain('"result"');
  }, 120_000);

  test("is sent to a service as OPA does, and kept while that is away", async () => {
    let isAway = true;
    const received: unknown[] = [];
    const service = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (!isAway)
          received.push([
            request.url,
            request.headers["content-encoding"],
            JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()),
          ]);
        response.writeHead(isAway ? 503 : 200).end();
      });
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(service.address() as { port: number }).port}`;
    try {
      const it = await open({ to: "service", service: { url, maxBytes: 1_024 } });
      const ids = (await Promise.all([ask(it), ask(it), ask(it)])).map(
        (answer) => answer.json<{ decision_id: string }>().decision_id,
      );
      expect((await store.decisions.pending(10)).map(({ id }) => id).sort()).toEqual([...ids].sort());
      isAway = false;
      await vi.waitFor(
        async () => {
          expect(await store.decisions.pending(10)).toEqual([]);
        },
        { timeout: 60_000 },
      );
      const events = received as [string, string, { decision_id: string }[]][];
      expect(events.every(([path, encoding]) => path === "/logs" && encoding === "gzip")).toBe(true);
      expect(events.flatMap(([, , batch]) => batch.map((event) => event.decision_id)).sort()).toEqual([...ids].sort());
      expect(events.length).toBeGreaterThan(1);
    } finally {
      service.closeAllConnections();
      service.close();
    }
  }, 120_000);
});
