// What `data-api.mjs` measures: the real server with its hooks and checks of access, or a route that only parses and answers.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { fastify } from "fastify";
import { openOpa } from "../dist/src/api/opa/open-opa.js";
import { opaDataRoutes } from "../dist/src/api/opa/data-routes.js";
import { createServer } from "../dist/src/api/server.js";
import { systemClock } from "../dist/src/clock.js";
import { openStore } from "../dist/src/store/store.js";
import { createMetrics } from "../dist/src/observability/metrics.js";

const [kind, port, folder] = process.argv.slice(2);
const listen = { host: "127.0.0.1", port: Number(port) };

function bareServer() {
  const api = fastify({ logger: false });
  api.post("/v1/data/*", (request) => ({ result: request.body.input !== undefined }));
  return api;
}

async function ourServer() {
  const isShipped = kind === "shipped";
  const own = {
    defaultPolicies: isShipped,
    policy: isShipped ? [] : [folder],
    regoVersion: "v1",
    data: isShipped ? [] : [folder],
    parameters: {},
  };
  const identity = { actor: { name: "bench", source: "token" }, roles: ["viewer"] };
  const services = {
    store: await openStore({
      databaseUrl: null,
      dataDir: mkdtempSync(join(tmpdir(), "portcullis-bench-")),
      clock: systemClock,
    }),
    opa: await openOpa({
      config: {},
      own,
      clock: systemClock,
      log: pino({ level: "silent" }),
      decisions: null,
      dataDir: folder,
      version: "bench",
    }),
    log: pino({ level: "silent" }),
    metrics: createMetrics(),
    config: {},
    clock: systemClock,
    run: { version: "bench" },
    parts: [],
    authenticator: { authenticate: async () => identity },
  };
  return createServer(services, [opaDataRoutes]);
}

const api = kind === "bare" ? bareServer() : await ourServer();
process.once("SIGINT", () => process.exit());
await api.listen(listen);
