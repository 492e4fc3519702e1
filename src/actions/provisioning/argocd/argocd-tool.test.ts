import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../json.js";
import type { Stack, StackContext, StackTool } from "../stack-tool.js";
import { createArgocdClient } from "./argocd-client.js";
import { createArgocdTool } from "./argocd-tool.js";
import { ArgocdFake, type FakeApplication, type Manifest } from "./testing/argocd-fake.js";

const token = ["argo", "token", "of", "tests"].join("-");
const [one, two] = ["1".repeat(40), "2".repeat(40)];
const data = mkdtempSync(join(tmpdir(), "portcullis-argocd-"));
const said: string[] = [];
const context: StackContext = { data, say: (text) => said.push(text), signal: new AbortController().signal };
let fake: ArgocdFake;
let server: string;
let tool: StackTool;
let application: FakeApplication;

function stack(variables: JsonObject = {}): Stack {
  return {
    ...{ environment: "paper", name: "orders", colour: null, tool: "argocd", content: "0".repeat(64) },
    ...{ template: data, folder: ".", workspace: "orders", secrets: new Set<string>(), unknown: [] },
    variables: { revision: two, ...variables },
  };
}

function manifest(kind: string, name: string, rest: JsonObject = {}): Manifest {
  const apiVersion = kind === "Deployment" ? "apps/v1" : "v1";
  return { apiVersion, kind, metadata: { name, namespace: "trading" }, ...rest };
}

const former = [manifest("ConfigMap", "settings", { data: { level: "info" } }), manifest("Service", "old")];
const latter = [
  manifest("ConfigMap", "settings", { data: { level: "debug" } }),
  manifest("Deployment", "orders", { spec: { replicas: 2 } }),
  manifest("Secret", "db", { data: { password: "aHVudGVyMg==" } }),
];

beforeAll(async () => {
  fake = new ArgocdFake(token);
  server = await fake.start();
  tool = createArgocdTool({
    client: createArgocdClient({ server }, { ARGOCD_AUTH_TOKEN: token }),
    applyMs: 20_000,
    pollMs: 1,
  });
});

afterAll(async () => {
  await fake.stop();
  rmSync(data, { recursive: true });
});

beforeEach(async () => {
  application = fake.add("orders", { [one]: former, [two]: latter });
  const first = stack({ revision: one });
  await tool.apply(first, await tool.plan(first, "apply", context), context);
});

const file = new URL("testing/swagger-part.json", import.meta.url);
const document = JSON.parse(readFileSync(file, "utf8")) as {
  paths: Record<string, Record<string, string[]>>;
  definitions: Record<string, JsonObject>;
};
/** Closed, so that a name that the document does not have is found. */
const closed = Object.entries(document.definitions).map(
  ([name, shape]) => [name, "properties" in shape ? { ...shape, additionalProperties: false } : shape] as const,
);
const ajv = new Ajv({ strict: false, logger: false, validateFormats: false });
ajv.addSchema({ $id: "swagger", definitions: Object.fromEntries(closed) });

/** What the published document says of every answer and of every request. */
afterEach(() => {
  const check = (name: string, value: unknown): void => {
    expect(ajv.validate(`swagger#/definitions/${name}`, value), `${name}: ${ajv.errorsText()}`).toBe(true);
  };
  for (const { method, path, query, body, status, answer } of fake.asked.splice(0)) {
    const rest = /^\/api\/v1\/applications\/[^/]+(\/.*)?$/.exec(path)?.[1] ?? "";
    const parameter = rest === "/managed-resources" ? "applicationName" : "name";
    const known = document.paths[`/api/v1/applications/{${parameter}}${rest}`]?.[method.toLowerCase()];
    expect(known, `${method} ${path}`).toBeDefined();
    for (const name of new URLSearchParams(query).keys()) expect(known).toContain(name);
    const bodies: Record<string, string> = {
      "/sync": "applicationApplicationSyncRequest",
      "/rollback": "applicationApplicationRollbackRequest",
    };
    if (bodies[rest] !== undefined) check(bodies[rest], body);
    const shapes: Record<string, string> = {
      "/manifests": "repositoryManifestResponse",
      "/managed-resources": "applicationManagedResourcesResponse",
    };
    if (status !== 200) check("runtimeError", answer);
    else if (method !== "DELETE") check(shapes[rest] ?? "v1alpha1Application", answer);
  }
});

const names = (plan: Awaited<ReturnType<StackTool["plan"]>>): string[] =>
  plan.changes.map(
    ({ before, after }) =>
      `${before === null ? "+" : after === null ? "-" : "~"} ${(before ?? after)?.resource.id ?? ""}`,
  );

describe("a sync", () => {
  test("is planned as the objects before and after, and does exactly that", async () => {
    const plan = await tool.plan(stack({ prune: true }), "apply", context);
    expect(plan.problems).toEqual([]);
    expect(names(plan)).toEqual([
      "+ paper/orders/apps/v1/Deployment/trading/orders",
      "~ paper/orders/v1/ConfigMap/trading/settings",
      "+ paper/orders/v1/Secret/trading/db",
      "- paper/orders/v1/Service/trading/old",
    ]);
    expect(plan.state).toBe(`deployment 0 of ${one}`);
    const [, settings] = plan.changes;
    expect(settings?.before?.resource.config).toEqual(former[0]);
    expect(settings?.after?.resource.config).toEqual(latter[0]);
    await tool.apply(stack({ prune: true }), plan, context);
    expect([...application.live.values()]).toEqual([latter[0], latter[1], latter[2]]);
    const again = await tool.plan(stack({ prune: true }), "apply", context);
    expect(again).toMatchObject({ changes: [], differs: false, state: `deployment 1 of ${two}` });
    expect((await tool.outputs(stack(), context)).get("revision")).toEqual({ value: two, sensitive: false });
  });

  test("the same world has the same digest, and without prune nothing is removed", async () => {
    const [plan, again] = [await tool.plan(stack(), "apply", context), await tool.plan(stack(), "apply", context)];
    expect(again).toEqual(plan);
    expect(names(plan).filter((name) => name.startsWith("-"))).toEqual([]);
    expect(plan.resources.map(({ resource }) => resource.name).sort()).toEqual(["db", "old", "orders", "settings"]);
  });

  test("the data of a Secret is unknown", async () => {
    const { changes } = await tool.plan(stack(), "apply", context);
    const secret = changes.find(({ after }) => after?.resource.type === "v1/Secret")?.after?.resource;
    expect(secret?.unknown).toEqual(["/config/data/password", "/raw/data/password"]);
    expect(JSON.stringify(secret)).not.toContain("aHVudGVy");
  });

  test.each([
    ["the commit renders to something else", () => application.commits.set(two, former)],
    [
      "somebody changed an object",
      () =>
        application.live.set(
          "ConfigMap/trading/settings",
          manifest("ConfigMap", "settings", { data: { level: "error" } }),
        ),
    ],
    [
      "the application has another source",
      () => (application.spec = { ...application.spec, source: { repoURL: "https://evil.example" } }),
    ],
    ["it is synced by itself now", () => (application.spec = { ...application.spec, syncPolicy: { automated: {} } })],
  ])("is refused where, since it was planned, %s", async (_, change) => {
    const plan = await tool.plan(stack(), "apply", context);
    change();
    await expect(tool.apply(stack(), plan, context)).rejects.toMatchObject({ code: "usage" });
    expect(fake.asked.filter(({ path, body }) => path.endsWith("/sync") && JSON.stringify(body).includes(two))).toEqual(
      [],
    );
  });

  test("is stopped where the source was changed at the last moment", async () => {
    const plan = await tool.plan(stack(), "apply", context);
    application.beforeSync = () => {
      application.spec = { ...application.spec, source: { repoURL: "https://evil.example", path: "orders" } };
    };
    await expect(tool.apply(stack(), plan, context)).rejects.toThrow("was given another source");
    expect(application.operation).toBeNull();
    expect([...application.live.values()]).toEqual(former);
  });

  test.each([
    ["fails", { ends: "Failed" }, "one or more objects failed"],
    ["leaves it degraded", { health: "Degraded" }, "is degraded"],
  ] as const)("that %s is an error", async (_, how, message) => {
    const plan = await tool.plan(stack(), "apply", context);
    Object.assign(application, how);
    await expect(tool.apply(stack(), plan, context)).rejects.toThrow(message);
  });

  test("waits no longer than it may, and not where this process stops", async () => {
    const plan = await tool.plan(stack(), "apply", context);
    application.looks = 1_000_000;
    const client = createArgocdClient({ server }, { ARGOCD_AUTH_TOKEN: token });
    const impatient = createArgocdTool({ client, applyMs: 1, pollMs: 1 });
    await expect(impatient.apply(stack(), plan, context)).rejects.toThrow("has not ended within");
    // It is still under way: another one waits for its end.
    expect((await tool.facts(stack(), context)).lock).toContain(`a sync to ${two}`);
    await expect(tool.apply(stack(), plan, context)).rejects.toThrow("is locked by a sync to");
  });

  test("a rollback brings back exactly the former deployment", async () => {
    const { state } = await tool.facts(stack(), context);
    await tool.apply(stack({ prune: true }), await tool.plan(stack({ prune: true }), "apply", context), context);
    application.spec = { ...application.spec, source: { repoURL: "https://git.example/elsewhere.git" } };
    await tool.restore?.(stack(), state ?? "", context);
    expect([...application.live.values()].map(({ metadata }) => metadata.name).sort()).toEqual(["old", "settings"]);
    expect(application.history.at(-1)).toMatchObject({ revision: one, source: { path: "orders" } });
    await expect(tool.restore?.(stack(), "something", context)).rejects.toThrow("no deployment");
  });

  test("removes the application with what it manages", async () => {
    const plan = await tool.plan(stack(), "destroy", context);
    expect(names(plan)).toEqual([
      "- paper/orders/v1/ConfigMap/trading/settings",
      "- paper/orders/v1/Service/trading/old",
    ]);
    await tool.apply(stack(), plan, context);
    expect(await tool.facts(stack(), context)).toEqual({ exists: false, state: null, lock: null });
    expect(await tool.plan(stack(), "destroy", context)).toMatchObject({ differs: false, problems: [] });
  });

  test("keeps what there was", async () => {
    const backup = await tool.backupState(stack(), context);
    expect(JSON.parse(readFileSync(backup?.file ?? "", "utf8"))).toMatchObject({ history: [{ id: 0, revision: one }] });
  });
});

describe("what cannot be gated is a problem", () => {
  test.each<readonly [string, JsonObject, JsonObject, string]>([
    ["automatic sync", { syncPolicy: { automated: { selfHeal: true } } }, {}, "past the gate"],
    ["a branch", {}, { revision: "main" }, "expected the id of a commit"],
    [
      "a chart without a version",
      { source: { chart: "orders", repoURL: "https://charts.example" } },
      { revision: "1.x" },
      "the version of the chart",
    ],
    ["several sources", { sources: [{ repoURL: "https://git.example/a.git" }] }, {}, "several sources"],
  ])("%s", async (_, spec, variables, problem) => {
    application.spec = { ...application.spec, ...spec };
    application.commits.set("main", latter).set("1.x", latter);
    const { problems } = await tool.plan(stack(variables), "apply", context);
    expect(problems.join("\n")).toContain(problem);
  });

  test("automatic sync that is switched off is none", async () => {
    application.spec = { ...application.spec, syncPolicy: { automated: { enabled: false } } };
    expect((await tool.plan(stack(), "apply", context)).problems).toEqual([]);
  });

  test.each<readonly [string, readonly Manifest[], string]>([
    ["an object twice", [...latter, latter[0]!], "is there twice"],
    [
      "a generated name",
      [{ apiVersion: "v1", kind: "Pod", metadata: { generateName: "x-" } } as unknown as Manifest],
      "generated name",
    ],
    ["no object", [7 as unknown as Manifest], "expected an object"],
    [
      "deep nesting",
      [manifest("ConfigMap", "deep", JSON.parse(`{"a":${"[".repeat(500)}${"]".repeat(500)}}`) as JsonObject)],
      "nested more than",
    ],
  ])("%s", async (_, manifests, problem) => {
    application.commits.set(two, manifests);
    expect((await tool.plan(stack(), "apply", context)).problems.join("\n")).toContain(problem);
  });

  test("no application, and errors that Argo CD reports", async () => {
    const { problems } = await tool.plan({ ...stack(), workspace: null, colour: "blue" }, "apply", context);
    expect(problems).toEqual(["there is no application paper-orders-blue that the token may see"]);
    application.conditions.push({ type: "ComparisonError", message: "repository not accessible" });
    expect((await tool.plan(stack(), "apply", context)).problems.join()).toContain("repository not accessible");
  });

  test.each<readonly [string, JsonObject, string]>([
    ["no revision", { revision: null }, "revision"],
    ["what is not known", { colour: "x" }, "colour"],
    ["a path for a revision", { revision: "../".repeat(50) }, "revision"],
  ])("variables: %s", async (_, variables, message) => {
    await expect(tool.plan(stack(variables), "apply", context)).rejects.toThrow(message);
  });

  test("a variable of a stack that is not there yet", async () => {
    await expect(tool.plan({ ...stack(), unknown: ["revision"] }, "apply", context)).rejects.toThrow(
      "not known before",
    );
  });
});

describe("the client", () => {
  test.each<readonly [string, Parameters<typeof createArgocdClient>, string]>([
    ["a wrong token", [{ server: "" }, { ARGOCD_AUTH_TOKEN: "wrong" }], "invalid session"],
    ["no token", [{ server: "" }, {}], "ARGOCD_AUTH_TOKEN"],
    ["a token with a line break", [{ server: "", tokenFrom: "T" }, { T: "a\r\nx: y" }], "environment variable T"],
  ])("%s", async (_, [settings, environment], message) => {
    const client = createArgocdClient({ ...settings, server }, environment);
    await expect(client.manifests({ name: "orders" }, one, context.signal)).rejects.toThrow(message);
  });

  test("a token is not sent in the clear to elsewhere", () => {
    expect(() => createArgocdClient({ server: "http://argocd.example" }, {})).toThrow("insecureHttp");
  });

  test.each<readonly [string, (response: import("node:http").ServerResponse) => void, string]>([
    ["no JSON", (response) => response.end("<html>"), "expected JSON"],
    ["another shape", (response) => response.end('{"metadata": 7}'), "what we do not know as an application"],
    ["a redirect", (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(), "redirect"],
    ["an endless answer", (response) => response.write("[" + " ".repeat(51 * 2 ** 20)), "more than"],
    ["a hang-up", (response) => response.destroy(), "Argo CD, GET"],
  ])("a server that answers with %s", async (_, answer, message) => {
    const hostile = createServer((_request, response) => {
      answer(response);
    });
    await new Promise<void>((resolve) => hostile.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
    const client = createArgocdClient({ server: address }, { ARGOCD_AUTH_TOKEN: token });
    try {
      const asking = client.application({ name: "orders" }, context.signal);
      await expect(asking).rejects.toThrow(message);
      await expect(asking).rejects.not.toThrow(token);
    } finally {
      hostile.closeAllConnections();
      hostile.close();
    }
  });
});
