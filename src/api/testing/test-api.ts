// A server for tests of routes: the real one over the real store, without a socket. Requests are made with `api.inject`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { Actions } from "../../actions/actions.js";
import { systemClock, type Clock } from "../../clock.js";
import { prepareRun, type Run } from "../../compose.js";
import type { Config } from "../../config.js";
import type { EventBus } from "../../events/bus.js";
import { createMetrics } from "../../observability/metrics.js";
import type { Part } from "../../service/part.js";
import { defaultSettings } from "../../settings.js";
import { openStore, type Store } from "../../store/store.js";
import { roles, type Role } from "../access.js";
import { UnauthenticatedError, type Authenticator } from "../identity.js";
import { createServer, type Api, type Routes } from "../server.js";
import type { Services } from "../services.js";

export interface TestApi {
  readonly api: Api;
  readonly services: Services;
  readonly store: Store;
  /** Closes the server and the store, and removes the store's folder. */
  close(): Promise<void>;
}

export interface TestApiOptions {
  readonly routes: readonly Routes[];
  readonly config?: Config;
  readonly clock?: Clock;
  readonly parts?: readonly Part[];
  /** Default: the embedded store in a new folder. It is closed with the server. */
  readonly store?: Store;
  /** What else a test needs otherwise than here. */
  readonly services?: Partial<Services>;
}

export async function createTestApi({
  routes,
  config = {},
  clock = systemClock,
  ...more
}: TestApiOptions): Promise<TestApi> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-api-"));
  const store = more.store ?? (await openStore({ databaseUrl: null, dataDir: folder, clock }));
  const services: Services = {
    ...{ store, config, clock, run: await shippedRun() },
    log: pino({ level: "silent" }),
    metrics: createMetrics(),
    bus: noBus,
    actions: noActions,
    authenticator: authenticatorOfRoles,
    parts: more.parts ?? [],
    ...more.services,
  };
  const api = createServer(services, routes);
  await api.ready();
  return {
    ...{ api, services, store },
    async close() {
      await api.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let run: Promise<Run> | null = null;

/** The shipped policies, loaded once for a file of tests. */
export function shippedRun(): Promise<Run> {
  return (run ??= prepareRun(defaultSettings));
}

/** Headers of a caller with these roles. Names tell callers apart. */
export function as(role: Role | readonly Role[], name = [role].flat().join("+")): { authorization: string } {
  return { authorization: `Bearer ${[role].flat().join("+")}/${name}` };
}

/** Believes what `as` makes. */
export const authenticatorOfRoles: Authenticator = {
  authenticate({ authorization }) {
    const [, list = "", name = ""] = /^Bearer ([a-z+]+)\/(.+)$/.exec(authorization ?? "") ?? [];
    const named = roles.filter((role) => list.split("+").includes(role));
    if (named.length === 0) return Promise.reject(new UnauthenticatedError("a token is needed"));
    return Promise.resolve({ actor: { name, source: "token" }, roles: named });
  },
};

const refused = (): Promise<never> => Promise.reject(new Error("this test has no bus: give one in `services`"));

const isRefused = (): Promise<never> => Promise.reject(new Error("this test has no actions: give them in `services`"));

/** Nothing can be changed where a test does not say what there is to change. */
const noActions: Actions = {
  kinds: new Map(),
  ...{ decide: isRefused, request: isRefused, approve: isRefused, reject: isRefused, run: isRefused },
  ...{ rollback: isRefused, get: isRefused, list: isRefused, recover: isRefused, stop: isRefused },
  ...{ release: isRefused, stopped: isRefused },
};

/** Routes put events into the outbox; nothing in them publishes by itself. */
const noBus: EventBus = {
  kind: "in-process",
  ...{ publish: refused, subscribe: refused, check: refused, backlog: () => Promise.resolve(null) },
  close: () => Promise.resolve(),
};
