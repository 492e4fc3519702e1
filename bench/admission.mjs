// How long a Kubernetes API server waits for POST /v1/admission: a Deployment of realistic size, 16 connections, all shipped
// policies. `node bench/admission.mjs [SECONDS]`; the program has to be built. The server is a process of its own.
import autocannon from "autocannon";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const self = fileURLToPath(import.meta.url);

/** As an API server sends it: defaulted, with managed fields. */
function deployment(containers, isBad) {
  const probe = { httpGet: { path: "/healthz", port: 8080, scheme: "HTTP" }, timeoutSeconds: 1, periodSeconds: 10 };
  const fields = Object.fromEntries(
    Array.from({ length: 120 }, (_, at) => [`f:field-${at}`, { "f:value": {}, ".": {} }]),
  );
  return {
    ...{ apiVersion: "apps/v1", kind: "Deployment" },
    metadata: {
      ...{ name: "shop", namespace: "web", uid: "5f1c", generation: 3, resourceVersion: "4711" },
      labels: { app: "shop", team: "web", "app.kubernetes.io/part-of": "shop" },
      managedFields: [{ manager: "kubectl", operation: "Apply", apiVersion: "apps/v1", fieldsV1: fields }],
    },
    spec: {
      ...{ replicas: 3, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
      selector: { matchLabels: { app: "shop" } },
      template: {
        metadata: { labels: { app: "shop" } },
        spec: {
          ...{ serviceAccountName: "shop", automountServiceAccountToken: false, dnsPolicy: "ClusterFirst" },
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          volumes: [
            { name: "tmp", emptyDir: {} },
            { name: "conf", configMap: { name: "shop", defaultMode: 420 } },
          ],
          containers: Array.from({ length: containers }, (_, at) => ({
            name: `c${at}`,
            image: `registry.example/shop/c${at}@sha256:${"ab".repeat(32)}`,
            env: Array.from({ length: 15 }, (_e, name) => ({ name: `SETTING_${name}`, value: `value ${name}` })),
            ports: [{ containerPort: 8080 + at, protocol: "TCP" }],
            resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m", memory: "256Mi" } },
            ...{ livenessProbe: probe, readinessProbe: probe, terminationMessagePolicy: "File" },
            volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            securityContext: {
              ...{ allowPrivilegeEscalation: isBad, privileged: isBad, readOnlyRootFilesystem: true },
              capabilities: { drop: ["ALL"] },
            },
          })),
        },
      },
    },
  };
}

function review(object) {
  return JSON.stringify({
    ...{ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" },
    request: {
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      kind: { group: "apps", version: "v1", kind: "Deployment" },
      ...{ name: "shop", namespace: "web", operation: "UPDATE", dryRun: false, object, oldObject: object },
      userInfo: { username: "ci", groups: ["system:authenticated"] },
    },
  });
}

async function serve() {
  const dist = (path) => import(new URL(`../dist/src/${path}`, import.meta.url).href);
  const [
    { prepareRun },
    { defaultSettings },
    { createServer },
    { admissionRoutes },
    { createMetrics },
    { createLogger },
  ] = await Promise.all([
    ...["compose.js", "settings.js", "api/server.js", "api/hooks/admission-routes.js"].map(dist),
    ...["observability/metrics.js", "observability/log.js"].map(dist),
  ]);
  const run = await prepareRun(defaultSettings);
  const services = {
    ...{ run, config: {}, metrics: createMetrics(), log: createLogger({ level: "warn", version: "0" }), parts: [] },
    store: { waivers: { approved: async () => [], bind: async () => undefined } },
    authenticator: { authenticate: async () => ({ actor: { name: "bench", source: "token" }, roles: ["viewer"] }) },
  };
  const api = createServer(services, [admissionRoutes({ run, waivers: [] })]);
  process.send({ url: await api.listen({ host: "127.0.0.1", port: 0 }) });
  process.once("disconnect", () => process.exit(0));
}

async function measure(url, name, body, seconds) {
  const options = { url: `${url}/v1/admission?timeout=10s`, method: "POST", connections: 16, body };
  const headers = { "content-type": "application/json", authorization: "Bearer bench" };
  await autocannon({ ...options, headers, duration: 2 }); // warm
  const { requests, latency, non2xx, errors } = await autocannon({ ...options, headers, duration: seconds });
  const { p50, p99, max } = latency;
  console.log(
    `${name}: ${Math.round(requests.average)} a second, p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms, ` +
      `${(body.length / 1024).toFixed(1)} KiB a request, ${non2xx + errors} not answered with 200`,
  );
}

if (process.argv.includes("--serve")) await serve();
else {
  const seconds = Number(process.argv[2] ?? 10);
  const server = fork(self, ["--serve"], { stdio: "inherit" });
  const [{ url }] = await once(server, "message");
  const one = await (
    await fetch(`${url}/v1/admission`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: review(deployment(2, true)),
    })
  ).json();
  console.log(`a bad one is denied: ${one.response.allowed === false}`);
  await measure(url, "a Deployment that is in order", review(deployment(2, false)), seconds);
  await measure(url, "one with violations", review(deployment(2, true)), seconds);
  await measure(url, "one with 20 containers", review(deployment(20, true)), seconds);
  server.disconnect();
}
