import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareRun, type Run } from "../../compose.js";
import type { Waiver } from "../../compliance/waiver.js";
import type { Json, JsonObject } from "../../json.js";
import { createLogger } from "../../observability/log.js";
import { createMetrics } from "../../observability/metrics.js";
import { defaultSettings } from "../../settings.js";
import { createServer, type Api } from "../server.js";
import type { Services } from "../services.js";
import { admissionRoutes } from "./admission-routes.js";
import type { AdmissionAnswer } from "./admission-review.js";
import type { AdmissionSettings } from "./hook-settings.js";

let run: Run;
const apis: Api[] = [];

beforeAll(async () => {
  run = await prepareRun(defaultSettings);
});

afterAll(async () => {
  await Promise.all(apis.map((api) => api.close()));
});

interface Given {
  readonly settings?: AdmissionSettings;
  readonly waivers?: readonly Waiver[];
  readonly run?: Run;
}

/** The real server and policies; the store has nothing but waivers. */
function hook({ settings = {}, waivers = [], run: own }: Given = {}) {
  const bound: unknown[] = [];
  const stored = {
    approved: () => Promise.resolve(waivers),
    bind: (bindings: readonly unknown[]) => {
      bound.push(...bindings);
      return Promise.resolve();
    },
  };
  const services = {
    store: { waivers: stored },
    run: own ?? run,
    config: { hooks: { admission: settings } },
    log: createLogger({ level: "silent", version: "0" }),
    metrics: createMetrics(),
    authenticator: {
      authenticate: () =>
        Promise.resolve({ actor: { name: "cluster", source: "token" as const }, roles: ["viewer" as const] }),
    },
    parts: [],
  } as unknown as Services;
  const api = createServer(services, [admissionRoutes({ run: own ?? run, waivers: [] })]);
  apis.push(api);
  const send = (body: string | Json, url = "/v1/admission") =>
    api.inject({
      ...{ method: "POST", url, headers: { "content-type": "application/json" } },
      payload: typeof body === "string" ? body : JSON.stringify(body),
    });
  const ask = async (request: JsonObject, url?: string) => {
    const answer = await send(review(request), url);
    expect(answer.statusCode, answer.body).toBe(200);
    const { apiVersion, kind, response } = answer.json<AdmissionAnswer>();
    expect([apiVersion, kind, response.uid]).toEqual(["admission.k8s.io/v1", "AdmissionReview", "u-1"]);
    return response;
  };
  return { api, ask, send, bound, metrics: services.metrics };
}

const review = (request: JsonObject): JsonObject => ({
  ...{ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" },
  request: { uid: "u-1", ...request },
});

const podKind = { group: "", version: "v1", kind: "Pod" };

const container = (name: string, privileged: boolean): JsonObject => ({
  name,
  image: `registry.example/${name}@sha256:${"a".repeat(64)}`,
  securityContext: {
    privileged,
    ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true },
    ...{ capabilities: { drop: ["ALL"] }, seccompProfile: { type: "RuntimeDefault" } },
  },
  resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } },
  ...{ livenessProbe: { httpGet: { port: 80 } }, readinessProbe: { httpGet: { port: 80 } } },
});

const pod = (containers: readonly JsonObject[], metadata: JsonObject = { name: "web" }): JsonObject => ({
  ...{ apiVersion: "v1", kind: "Pod" },
  metadata: {
    namespace: "shop",
    uid: "123",
    resourceVersion: "7",
    managedFields: [{ manager: "kubectl" }],
    ...metadata,
  },
  spec: { serviceAccountName: "runner", automountServiceAccountToken: false, containers },
});

const create = (object: Json, change: JsonObject = {}): JsonObject => ({
  ...{ kind: podKind, operation: "CREATE", namespace: "shop", name: "web", object, oldObject: null, dryRun: false },
  ...change,
});
const update = (object: Json, oldObject: Json): JsonObject => create(object, { operation: "UPDATE", oldObject });

const privileged = "kubernetes-pod-no-privileged";

const waiver = (change: Partial<Waiver> = {}): Waiver => ({
  ...{ id: "w-1", status: "approved", reason: "a test", ticket: null, requester: "a", approver: "b" },
  ...{ start: "2020-01-01T00:00:00.000Z", expires: "2999-01-01T00:00:00.000Z", endsOnChange: false },
  ...{ configHash: null, bound: new Map(), file: null },
  scope: { policies: [privileged], controls: [], resources: ["v1/Pod/shop/web"], tags: [], accounts: [] },
  ...change,
});

test("a good pod is allowed and says nothing", async () => {
  expect(await hook().ask(create(pod([container("a", false)])))).toEqual({ uid: "u-1", allowed: true });
});

test("a bad one is denied, with each violation and its place", async () => {
  const { ask, metrics } = hook();
  const answer = await ask(create(pod([container("a", true)])));
  expect(answer).toEqual({
    uid: "u-1",
    allowed: false,
    status: {
      code: 403,
      message: `portcullis: ${privileged} (critical): container a is privileged at /spec/containers/0/securityContext/privileged`,
    },
    auditAnnotations: { violations: privileged },
  });
  expect(await metrics.registry.metrics()).toContain('portcullis_decision_seconds_count{road="admission"} 1');
});

test("below failOn a violation is a warning", async () => {
  const bad = { ...container("a", false), image: "web:latest" };
  const { ask } = hook({ settings: { failOn: "critical" } });
  const answer = await ask(create(pod([bad])));
  expect(answer.allowed).toBe(true);
  expect(answer.warnings).toHaveLength(1);
  expect(answer.warnings?.[0]).toMatch(/^kubernetes-pod-image-pinned \(\w+\): /);
});

test("the id is the one that `check` has, also of a pod that gets its name later", async () => {
  const named = waiver({ scope: { ...waiver().scope, resources: ["v1/Pod/shop/web-*"] } });
  const { ask } = hook({ waivers: [named] });
  const nameless = pod([container("a", true)], { generateName: "web-" });
  expect(await ask(create(nameless, { name: "" }))).toEqual({
    ...{ uid: "u-1", allowed: true },
    auditAnnotations: { waived: `${privileged} by w-1` },
  });
});

test("a waiver that ends on change is bound to the object as it is, but not by a dry run", async () => {
  const { ask, bound } = hook({ waivers: [waiver({ endsOnChange: true })] });
  const bad = pod([container("a", true)]);
  expect((await ask(create(bad, { dryRun: true }))).allowed).toBe(true);
  expect(bound).toEqual([]);
  await ask(create(bad));
  await ask(
    create({ ...bad, metadata: { ...(bad["metadata"] as JsonObject), resourceVersion: "8", uid: "9" }, status: {} }),
  );
  expect(bound).toHaveLength(2);
  expect(bound[0]).toEqual(bound[1]);
});

test.each([
  ["all", false],
  ["new", true],
] as const)("an update of what was bad before, with onUpdate %s: allowed %s", async (onUpdate, allowed) => {
  const { ask } = hook({ settings: { onUpdate } });
  const before = pod([container("a", true)]);
  const after = pod([container("b", false), container("a", true)]);
  const answer = await ask(update(after, before));
  expect(answer.allowed).toBe(allowed);
  expect(answer.auditAnnotations).toEqual({ violations: privileged });
  expect(answer.warnings ?? []).toHaveLength(allowed ? 1 : 0);
});

test("with onUpdate new, what gets worse is denied, and only that is told", async () => {
  const { ask } = hook({ settings: { onUpdate: "new" } });
  const answer = await ask(update(pod([container("a", true), container("b", true)]), pod([container("a", true)])));
  expect(answer.status?.message).toContain("container b is privileged");
  expect(answer.status?.message).not.toContain("container a");
  const first = await ask(create(pod([container("a", true)]), { oldObject: pod([container("a", true)]) }));
  expect(first.allowed).toBe(false);
});

test.each<[string, JsonObject, string]>([
  ["DELETE", { operation: "DELETE", object: null, oldObject: {} }, "DELETE leaves no object to judge"],
  [
    "CONNECT",
    { operation: "CONNECT", subResource: "exec", object: { apiVersion: "v1", kind: "PodExecOptions" } },
    "CONNECT leaves no object to judge",
  ],
  ["status", { operation: "UPDATE", subResource: "status" }, "the status of an object is the controllers' own"],
])("%s is allowed, and the audit log says why", async (_, change, skipped) => {
  const answer = await hook().ask(create(pod([container("a", true)]), change));
  expect(answer).toEqual({ uid: "u-1", allowed: true, auditAnnotations: { skipped } });
});

test("an ephemeral container is judged", async () => {
  const object = pod([container("a", false)]);
  const debugged = {
    ...object,
    spec: { ...(object["spec"] as JsonObject), ephemeralContainers: [container("d", true)] },
  };
  const answer = await hook().ask({ ...update(debugged, object), subResource: "ephemeralcontainers" });
  expect(answer.status?.message).toContain("container d is privileged");
});

test.each<[string, AdmissionSettings["exclude"], boolean]>([
  ["a namespace", { namespaces: ["sh*"] }, true],
  ["another namespace", { namespaces: ["kube-system", "*p-"] }, false],
  ["a kind", { kinds: ["v1/Pod"] }, true],
  ["another kind", { kinds: ["apps/*", "Pod"] }, false],
  ["the policy", { policies: [privileged] }, true],
])("exclusion of %s", async (_, exclude, allowed) => {
  const answer = await hook({ settings: { exclude } }).ask(create(pod([container("a", true)])));
  expect(answer.allowed).toBe(allowed);
});

test("what belongs to no namespace is in none that is excluded", async () => {
  const binding = {
    ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name: "all" } },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "User", name: "eve" }],
  };
  const kind = { group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding" };
  const { namespace: _, ...request } = create(binding, { kind });
  const answer = await hook({ settings: { exclude: { namespaces: ["*"] } } }).ask(request);
  expect(answer.allowed).toBe(false);
});

test("each item of a list is judged", async () => {
  const list = {
    apiVersion: "v1",
    kind: "PodList",
    items: [pod([container("a", false)]), pod([container("x", true)])],
  };
  const answer = await hook().ask(create(list, { kind: { ...podKind, kind: "PodList" } }));
  expect(answer.status?.message).toContain("container x is privileged");
});

test("a custom resource that no policy is about is allowed", async () => {
  const object = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: { privileged: true } };
  const answer = await hook().ask(create(object, { kind: { group: "example.com", version: "v1", kind: "Widget" } }));
  expect(answer).toEqual({ uid: "u-1", allowed: true });
});

test.each<[string, JsonObject]>([
  ["another kind than the request says", create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "web" } })],
  ["no object", create(null)],
  ["a text", create("Pod")],
])("%s is denied, whatever the failure policy", async (_, request) => {
  const answer = await hook({ settings: { failurePolicy: "Ignore" } }).ask(request);
  expect(answer).toMatchObject({ allowed: false, status: { code: 400 } });
});

test.each([
  ["a pod without a name", create(pod([container("a", true)], { name: "" }), { name: "" })],
  ["a pod whose spec is a text", create({ ...pod([]), spec: "privileged: true" })],
  ["containers that are an object", create({ ...pod([]), spec: { containers: { a: container("a", true) } } })],
])("%s is denied", async (_, request) => {
  expect((await hook().ask(request)).allowed).toBe(false);
});

const broken = (evaluation: Partial<Run["evaluation"]>): Run => {
  const whole = { needsInventory: false, hasDocumentPolicies: false, begin: () => undefined, ...evaluation };
  return { ...run, evaluation: whole as unknown as Run["evaluation"] };
};

test.each([
  ["Fail", false, 500],
  ["Ignore", true, undefined],
] as const)("a defect of ours, with failurePolicy %s", async (failurePolicy, allowed, code) => {
  const failing = broken({
    judge: () => {
      throw new Error("secret detail");
    },
  });
  const answer = await hook({ settings: { failurePolicy }, run: failing }).ask(create(pod([])));
  expect(answer).toMatchObject({ allowed, auditAnnotations: {} });
  expect(answer.status?.code).toBe(code);
  expect(JSON.stringify(answer)).toContain("it could not be decided");
  expect(JSON.stringify(answer)).not.toContain("secret detail");
});

test.each([
  ["Fail", false],
  ["Ignore", true],
] as const)("an error verdict, with failurePolicy %s", async (failurePolicy, allowed) => {
  const real = run.evaluation;
  const erring = broken({
    *judge(item) {
      for (const verdict of real.judge(item)) {
        const reasons = [{ message: "the budget is used up", path: null, location: null }];
        yield verdict.policy === privileged ? { ...verdict, verdict: "error", reasons } : verdict;
      }
    },
  });
  const answer = await hook({ settings: { failurePolicy }, run: erring }).ask(create(pod([container("a", false)])));
  const told = `${privileged} (critical, error): the budget is used up`;
  expect(answer.allowed).toBe(allowed);
  expect(allowed ? answer.warnings : answer.status?.message).toEqual(allowed ? [told] : `portcullis: ${told}`);
  expect(answer.auditAnnotations).toEqual({ errors: privileged });
});

test("the API server's time-out bounds a slow evaluation", async () => {
  const real = run.evaluation;
  const slow = broken({
    *judge(item) {
      for (const verdict of real.judge(item)) {
        const until = performance.now() + 60;
        while (performance.now() < until);
        yield verdict;
      }
    },
  });
  const answer = await hook({ run: slow }).ask(create(pod([container("a", false)])), "/v1/admission?timeout=100ms");
  expect(answer).toMatchObject({ allowed: false, status: { code: 500 } });
  expect(answer.status?.message).toContain("it took too long");
});

test.each<[string, string, number]>([
  ["no JSON", "{", 400],
  ["nothing", "", 400],
  ["nested too deep", `{"request":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 400],
  ["another version", JSON.stringify({ ...review(create(pod([]))), apiVersion: "admission.k8s.io/v1beta1" }), 400],
  ["no uid", JSON.stringify(review({ ...create(pod([])), uid: "" })), 400],
  ["another operation", JSON.stringify(review(create(pod([]), { operation: "PATCH" }))), 400],
  ["more than 8 MiB", JSON.stringify(review(create(pod([]), { pad: "x".repeat(9 * 2 ** 20) }))), 413],
])("%s is a problem, not an answer", async (_, body, status) => {
  const answer = await hook().send(body);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
    status,
    expect.stringContaining("application/problem+json"),
  ]);
});

test("an object of 3 MB, and keys that are names in JavaScript", async () => {
  const data = `{"__proto__":"a","constructor":"b","big":"${"x".repeat(3_000_000)}"}`;
  const object = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"shop"},"data":${data}}`;
  const body = JSON.stringify(review(create("OBJECT", { kind: { ...podKind, kind: "ConfigMap" } })));
  const answer = await hook().send(body.replace('"OBJECT"', () => object));
  expect(answer.json<AdmissionAnswer>().response).toEqual({ uid: "u-1", allowed: true });
});

test("what the object quotes reaches nobody's terminal, and a secret of it no message", async () => {
  const name = "a\u001b[2J\u202e";
  const answer = await hook().ask(create(pod([container(name, true)])));
  expect(answer.status?.message).toContain("container a\\u001b[2J\\u202e is privileged");
});
