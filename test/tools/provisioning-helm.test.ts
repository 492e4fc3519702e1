// Helm and a real Kubernetes API server as a stack tool: releases are planned, installed, upgraded, cut in the middle and brought back.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { toolPath } from "../../scripts/setup-tools.mjs";
import { createHelmTool } from "../../src/actions/provisioning/helm/helm-tool.js";
import type { Stack, StackContext, StackPlan, StackTool } from "../../src/actions/provisioning/stack-tool.js";
import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import { startKubeApi, type KubeApi } from "../servers/kube-apiserver.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-helm-stack-"));
const data = join(root, "data");
const secret = ["hunter", "two", "long"].join("-");
const said: string[] = [];
const context: StackContext = { data, say: (text) => said.push(text), signal: new AbortController().signal };
let api: KubeApi;

vi.setConfig({ testTimeout: 900_000 });
let tool: StackTool;
let controller: NodeJS.Timeout;
let namespace: string;
let template: string;
let count = 0;

const templates = {
  "settings.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-settings}
data: {level: {{ .Values.level | quote }}}
`,
  "secret.yaml": `apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}-db}
stringData: {password: {{ .Values.password | quote }}}
`,
  "web.yaml": `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: {{ .Release.Name }}-web}
spec:
  replicas: 1
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: {{ .Values.image | quote }}
          resources: {limits: {memory: 64Mi, cpu: 100m}}
`,
};

beforeAll(async () => {
  mkdirSync(data);
  api = await startKubeApi();
  tool = createHelmTool({
    settings: { kubeconfig: api.kubeconfig },
    ...{ program: toolPath("helm"), environment: {}, planMs: 120_000, applyMs: 100_000 },
  });
  controller = setInterval(() => void roll().catch(() => undefined), 300);
});

afterAll(async () => {
  clearInterval(controller);
  await api.stop();
  rmSync(root, { recursive: true, force: true });
});

/** In place of the controllers, which are no part of the API server: whatever does not use the image `broken` becomes ready. */
async function roll(): Promise<void> {
  const { body } = await api.call("GET", "/apis/apps/v1/statefulsets");
  for (const item of (own(body, "items") ?? []) as JsonObject[]) {
    const metadata = item["metadata"] as JsonObject;
    const isReady = !JSON.stringify(item["spec"]).includes('"broken"');
    const [seen, generation] = [
      own((item["status"] ?? {}) as JsonObject, "observedGeneration"),
      metadata["generation"],
    ];
    if (!isReady || seen === generation) continue;
    const counts = { replicas: 1, readyReplicas: 1, updatedReplicas: 1, currentReplicas: 1, availableReplicas: 1 };
    const status = { ...counts, observedGeneration: generation ?? 0, currentRevision: "a", updateRevision: "a" };
    const path = `/apis/apps/v1/namespaces/${text(metadata["namespace"])}/statefulsets/${text(metadata["name"])}/status`;
    await api.call("PATCH", path, { status });
  }
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

beforeEach(async () => {
  namespace = `paper-${count++}`;
  await api.call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  template = join(root, namespace);
  mkdirSync(join(template, "templates"), { recursive: true });
  writeFileSync(join(template, "Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.2.3\n");
  for (const [name, content] of Object.entries(templates)) writeFileSync(join(template, "templates", name), content);
});

function stack(variables: Record<string, Json> = {}): Stack {
  return {
    ...{
      environment: namespace,
      name: "web",
      colour: null,
      tool: "helm",
      content: "0".repeat(64),
      template,
      folder: ".",
    },
    ...{ workspace: "orders", secrets: new Set(["password"]), unknown: [] },
    variables: { level: "info", image: "web:1", password: secret, ...variables },
  };
}

async function install(variables: Record<string, Json> = {}): Promise<StackPlan> {
  const plan = await tool.plan(stack(variables), "apply", context);
  expect(plan.problems).toEqual([]);
  await tool.apply(stack(variables), plan, context);
  return plan;
}

function names({ changes }: StackPlan): string[] {
  return changes.map(
    ({ before, after }) =>
      `${before === null ? "+" : after === null ? "-" : "~"}${(after ?? before)?.resource.name ?? ""}`,
  );
}

async function level(): Promise<Json> {
  const { body } = await api.call("GET", `/api/v1/namespaces/${namespace}/configmaps/orders-settings`);
  return own((body["data"] ?? {}) as JsonObject, "level") ?? null;
}

test("what was rendered is installed, upgraded, found to be so, and brought back exactly", async () => {
  const plan = await install();
  expect(names(plan).sort()).toEqual(["+orders-db", "+orders-settings", "+orders-web"]);
  expect(plan.state).toBeNull();
  expect(await level()).toBe("info");
  expect(await tool.plan(stack(), "apply", context)).toMatchObject({
    differs: false,
    changes: [],
    problems: [],
    state: "revision 1",
  });
  const upgrade = await install({ level: "debug" });
  expect(names(upgrade)).toEqual(["~orders-settings"]);
  expect(upgrade.changes[0]?.before?.resource.config["data"]).toEqual({ level: "info" });
  expect(await level()).toBe("debug");
  expect(Object.fromEntries(await tool.outputs({ ...stack(), variables: {} }, context))).toMatchObject({
    revision: { value: 2 },
  });
  await tool.restore?.(stack(), "revision 1", context);
  expect(await level()).toBe("info");
  expect(await tool.plan(stack(), "apply", context)).toMatchObject({ differs: false, state: "revision 3" });
  const backup = await tool.backupState(stack(), context);
  expect(readFileSync(backup?.file ?? "", "utf8")).toContain("orders-settings");
  expect(JSON.stringify([plan, upgrade]) + said.join("\n")).not.toContain(secret);
  expect(readdirSync(data)).toEqual(["backups"]);
});

test("drift is a change, and what changed since the plan stops it", async () => {
  await install();
  const planned = await tool.plan(stack({ level: "debug" }), "apply", context);
  await api.call("PATCH", `/api/v1/namespaces/${namespace}/configmaps/orders-settings`, { data: { level: "drifted" } });
  expect(names(await tool.plan(stack(), "apply", context))).toEqual(["~orders-settings"]);
  await expect(tool.apply(stack({ level: "debug" }), planned, context)).rejects.toMatchObject({ code: "usage" });
  expect(await level()).toBe("drifted");
});

test("what does not become ready goes back to what was there by itself", async () => {
  await install();
  const plan = await tool.plan(stack({ image: "broken", level: "debug" }), "apply", context);
  await expect(tool.apply(stack({ image: "broken", level: "debug" }), plan, context)).rejects.toThrow(
    "helm upgrade of orders failed",
  );
  expect(await level()).toBe("info");
  expect(await tool.plan(stack(), "apply", context)).toMatchObject({ differs: false });
});

test("an upgrade that is cut off is a lock, and can be brought back", async () => {
  await install();
  const broken = stack({ image: "broken", level: "debug" });
  const plan = await tool.plan(broken, "apply", context);
  const applying = tool.apply(broken, plan, context).catch((error: unknown) => error);
  await expect
    .poll(async () => (await tool.facts(broken, context)).lock, { timeout: 60_000 })
    .toContain("pending-upgrade");
  await expect.poll(level, { timeout: 60_000 }).toBe("debug");
  for (const pid of upgrading()) process.kill(pid, "SIGKILL");
  expect(await applying).toBeInstanceOf(Error);
  const cut = await tool.plan(broken, "apply", context);
  expect(cut.problems.join()).toContain("locked by a Helm operation (pending-upgrade)");
  await expect(tool.apply(broken, cut, context)).rejects.toThrow("locked by");
  await tool.restore?.(broken, "revision 1", context);
  expect(await level()).toBe("info");
  expect(await tool.facts(stack(), context)).toMatchObject({ exists: true, lock: null });
});

function upgrading(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return line[0] === toolPath("helm") && line.includes("upgrade") && line.includes(namespace);
      } catch {
        return false;
      }
    })
    .map(Number);
}

test("a removal takes everything, and the release can be brought back", async () => {
  await install();
  const removal = await tool.plan(stack(), "destroy", context);
  expect(names(removal).sort()).toEqual(["-orders-db", "-orders-settings", "-orders-web"]);
  await tool.apply(stack(), removal, context);
  expect(await tool.facts(stack(), context)).toEqual({ exists: false, state: null, lock: null });
  expect(await level()).toBeNull();
  await tool.restore?.(stack(), "revision 1", context);
  expect(await level()).toBe("info");
  await tool.apply(stack(), await tool.plan(stack(), "destroy", context), context);
  await install({ level: "again" });
  expect(await level()).toBe("again");
});

test("what belongs to somebody else, random values and broken templates cannot be applied", async () => {
  await api.call("POST", `/api/v1/namespaces/${namespace}/configmaps`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "orders-settings" },
  });
  await expect(tool.plan(stack(), "apply", context)).rejects.toThrow("invalid ownership metadata");
  await api.call("DELETE", `/api/v1/namespaces/${namespace}/configmaps/orders-settings`);
  writeFileSync(
    join(template, "templates", "random.yaml"),
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: r}\ndata: {a: {{ randAlphaNum 9 }}}\n",
  );
  expect((await tool.plan(stack(), "apply", context)).problems.join()).toContain("something else each time");
  writeFileSync(join(template, "templates", "random.yaml"), '{{ fail (printf "password %s" .Values.password) }}');
  const failing = tool.plan(stack(), "apply", context);
  await expect(failing).rejects.toThrow("helm template of orders failed");
  await expect(failing).rejects.not.toThrow(secret);
});

test("templates are not evaluated again, and hooks are gated as what they are", async () => {
  writeFileSync(
    join(template, "templates", "braces.yaml"),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: braces}\ndata: {a: {{ "{{ .Values.password }}" | quote }}}\n',
  );
  writeFileSync(
    join(template, "templates", "hook.yaml"),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hook, annotations: {"helm.sh/hook": pre-install}}\n',
  );
  const plan = await install();
  expect(names(plan)).toContain("+hook");
  const { body } = await api.call("GET", `/api/v1/namespaces/${namespace}/configmaps/braces`);
  expect(body["data"]).toEqual({ a: "{{ .Values.password }}" });
  const hook = await api.call("GET", `/api/v1/namespaces/${namespace}/configmaps/hook`);
  expect(isObject(hook.body) && hook.status).toBe(200);
  expect(await tool.plan(stack(), "apply", context)).toMatchObject({ differs: false, changes: [] });
});
