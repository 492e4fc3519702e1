// A fake of Argo CD's API: it cannot run without a cluster. What it answers has the shapes of the published swagger document, and it
// does what the server's own code (server/application/application.go, v3) does in each case.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isObject, own, type Json, type JsonObject } from "../../../../json.js";

export type Manifest = JsonObject & {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

export interface FakeApplication {
  spec: JsonObject;
  /** What each commit renders to. */
  commits: Map<string, readonly Manifest[]>;
  live: Map<string, Manifest>;
  history: { id: number; revision: string; source: Json }[];
  conditions: { type: string; message: string }[];
  health: string;
  /** How a sync ends. */
  ends: "Succeeded" | "Failed";
  /** Looks until a sync has ended. */
  looks: number;
  /** Called right before a sync is taken. */
  beforeSync: (() => void) | null;
  operation: JsonObject | null;
  state: JsonObject | null;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: Json;
  readonly status: number;
  readonly answer: Json;
}

export class ArgocdFake {
  readonly applications = new Map<string, FakeApplication>();
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #token: string;
  #time = 0;

  constructor(token: string) {
    this.#token = token;
    this.#server = createServer((request, response) => {
      void this.#respond(request).then(({ status, answer }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  add(name: string, commits: { readonly [revision: string]: readonly Manifest[] }): FakeApplication {
    const application: FakeApplication = {
      spec: {
        project: "default",
        destination: { server: "https://kubernetes.default.svc", namespace: "trading" },
        source: { repoURL: "https://git.example/platform.git", path: "orders", targetRevision: "main" },
      },
      ...{ commits: new Map(Object.entries(commits)), live: new Map(), history: [], conditions: [] },
      ...{ health: "Healthy", ends: "Succeeded", looks: 1, beforeSync: null, operation: null, state: null },
    };
    this.applications.set(name, application);
    return application;
  }

  #now(): string {
    return new Date(Date.UTC(2026, 0, 1) + 1_000 * this.#time++).toISOString().replace(/\.\d+Z/, "Z");
  }

  async #respond(request: IncomingMessage): Promise<{ status: number; answer: Json }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const body = text === "" ? null : (JSON.parse(text) as Json);
    const url = new URL(request.url ?? "/", "http://fake");
    const method = request.method ?? "GET";
    const result =
      request.headers.authorization === `Bearer ${this.#token}`
        ? this.#route(method, url, body)
        : failure(401, 16, "invalid session: token is malformed");
    this.asked.push({ method, path: url.pathname, query: url.search, body, ...result });
    return result;
  }

  #route(method: string, url: URL, body: Json): { status: number; answer: Json } {
    const [, encoded = "", rest = ""] = /^\/api\/v1\/applications\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    const name = decodeURIComponent(encoded);
    const application = this.applications.get(name);
    if (application === undefined) return failure(404, 5, `applications.argoproj.io "${name}" not found`);
    switch (`${method} ${rest}`) {
      case "GET ":
        this.#tick(application);
        return ok(this.#shown(name, application));
      case "GET /manifests":
        return this.#manifests(application, url.searchParams.get("revision") ?? "");
      case "GET /managed-resources":
        return ok({ items: this.#managed(application) });
      case "POST /sync":
        return this.#sync(name, application, isObject(body) ? body : {});
      case "POST /rollback":
        return this.#rollback(name, application, isObject(body) ? body : {});
      case "DELETE /operation":
        application.operation = null;
        application.state = { ...application.state, phase: "Failed", message: "operation terminated" };
        return ok({});
      case "DELETE ":
        this.applications.delete(name);
        return ok({});
      default:
        return failure(405, 12, "Method Not Allowed");
    }
  }

  #manifests(application: FakeApplication, revision: string): { status: number; answer: Json } {
    const manifests = application.commits.get(revision);
    if (manifests === undefined)
      return failure(500, 2, `error generating manifests: unable to resolve '${revision}' to a commit SHA`);
    return ok({ manifests: manifests.map((one) => JSON.stringify(withoutData(one))) });
  }

  #managed({ live }: FakeApplication): Json {
    return [...live.values()].map((one) => ({
      ...{ group: "", kind: one.kind, namespace: one.metadata.namespace ?? "trading", name: one.metadata.name },
      liveState: JSON.stringify(withoutData({ ...one, status: { seen: true } })),
    }));
  }

  #sync(name: string, application: FakeApplication, body: JsonObject): { status: number; answer: Json } {
    application.beforeSync?.();
    const { revision = "", prune = false } = body;
    const sync = { revision, prune, source: own(application.spec, "source") ?? null };
    return this.#begin(name, application, sync);
  }

  #rollback(name: string, application: FakeApplication, body: JsonObject): { status: number; answer: Json } {
    if (isAutomated(application)) return failure(400, 9, "rollback cannot be initiated when auto-sync is enabled");
    const found = application.history.find(({ id }) => id === own(body, "id"));
    if (found === undefined) return failure(400, 3, `application ${name} does not have deployment with id`);
    return this.#begin(name, application, {
      revision: found.revision,
      prune: own(body, "prune") ?? false,
      source: found.source,
    });
  }

  #begin(name: string, application: FakeApplication, sync: JsonObject): { status: number; answer: Json } {
    if (application.operation !== null) return failure(400, 9, "another operation is already in progress");
    application.operation = { sync, looks: application.looks };
    return ok(this.#shown(name, application));
  }

  /** What the controller does meanwhile. */
  #tick(application: FakeApplication): void {
    const { operation, state } = application;
    if (operation === null) return;
    const sync = own(operation, "sync") as JsonObject;
    if (state === null || state["phase"] !== "Running") {
      application.state = { phase: "Running", startedAt: this.#now(), operation: { sync } };
      return;
    }
    const looks = Number(operation["looks"]) - 1;
    application.operation = { ...operation, looks };
    if (looks > 0) return;
    application.operation = null;
    const syncResult = { revision: sync["revision"] ?? "", source: sync["source"] ?? null };
    const message = application.ends === "Succeeded" ? "successfully synced" : "one or more objects failed to apply";
    application.state = { ...state, phase: application.ends, message, finishedAt: this.#now(), syncResult };
    if (application.ends === "Succeeded") this.#done(application, sync);
  }

  #done(application: FakeApplication, sync: JsonObject): void {
    const wanted = application.commits.get(revisionOf(sync)) ?? [];
    const keys = new Set(wanted.map(keyOf));
    for (const key of [...application.live.keys()])
      if (sync["prune"] === true && !keys.has(key)) application.live.delete(key);
    for (const one of wanted) application.live.set(keyOf(one), one);
    const id = (application.history.at(-1)?.id ?? -1) + 1;
    application.history.push({ id, revision: revisionOf(sync), source: sync["source"] ?? null });
  }

  #shown(name: string, application: FakeApplication): Json {
    const { spec, operation, state, history, conditions, health } = application;
    const revision = history.at(-1)?.revision ?? "";
    return {
      metadata: { name, namespace: "argocd" },
      spec,
      ...(operation !== null && { operation: { sync: operation["sync"] ?? {} } }),
      status: {
        sync: { status: revision === "" ? "OutOfSync" : "Synced", revision },
        health: { status: health },
        history: history.map((one) => ({ ...one, deployedAt: "2026-01-01T00:00:00Z" })),
        conditions,
        reconciledAt: this.#now(),
        summary: { externalURLs: ["https://orders.example"] },
        ...(state !== null && { operationState: state }),
      },
    };
  }
}

function isAutomated({ spec }: FakeApplication): boolean {
  const policy = own(spec, "syncPolicy");
  return isObject(policy) && isObject(own(policy, "automated"));
}

function keyOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}

function withoutData(manifest: Manifest): JsonObject {
  const { data } = manifest;
  if (manifest.kind !== "Secret" || !isObject(data)) return manifest;
  return { ...manifest, data: Object.fromEntries(Object.keys(data).map((key) => [key, "++++++++"])) };
}

function ok(answer: Json): { status: number; answer: Json } {
  return { status: 200, answer };
}

/** As the gateway writes errors. */
function failure(status: number, code: number, message: string): { status: number; answer: Json } {
  return { status, answer: { error: message, code, message } };
}

function revisionOf(sync: JsonObject): string {
  const revision = own(sync, "revision");
  return typeof revision === "string" ? revision : "";
}
