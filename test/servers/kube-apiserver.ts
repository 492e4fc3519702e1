// A real Kubernetes API server with etcd, and nothing else: no controllers, no nodes.
import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { etcdPath } from "../../scripts/setup-etcd.mjs";
import { toolPath } from "../../scripts/setup-tools.mjs";
import type { Json, JsonObject } from "../../src/json.js";
import { freePort } from "./free-port.mjs";

export interface KubeApi {
  readonly kubeconfig: string;
  /** Answers with status and body. */
  call(method: string, path: string, body?: Json): Promise<{ readonly status: number; readonly body: JsonObject }>;
  stop(): Promise<void>;
}

const startMs = 240_000;

export async function startKubeApi(): Promise<KubeApi> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-kube-"));
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  const token = "of-the-tests";
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  writeFileSync(join(folder, "sa.key"), privateKey, { mode: 0o600 });
  writeFileSync(join(folder, "tokens.csv"), `${token},tests,tests,system:masters\n`, { mode: 0o600 });
  const [etcdUrl, peerUrl] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  const etcd = run(folder, etcdPath, [
    ...["--data-dir", join(folder, "etcd"), "--listen-client-urls", etcdUrl, "--advertise-client-urls", etcdUrl],
    ...[
      "--listen-peer-urls",
      peerUrl,
      "--initial-advertise-peer-urls",
      peerUrl,
      "--initial-cluster",
      `default=${peerUrl}`,
    ],
  ]);
  const server = run(folder, toolPath("kube-apiserver"), [
    ...[
      `--etcd-servers=${etcdUrl}`,
      `--secure-port=${port}`,
      "--bind-address=127.0.0.1",
      `--cert-dir=${join(folder, "certs")}`,
    ],
    ...["--service-cluster-ip-range=10.0.0.0/24", "--service-account-issuer=https://kubernetes.default.svc"],
    ...[
      `--service-account-key-file=${join(folder, "sa.key")}`,
      `--service-account-signing-key-file=${join(folder, "sa.key")}`,
    ],
    ...[`--token-auth-file=${join(folder, "tokens.csv")}`, "--authorization-mode=AlwaysAllow"],
    "--disable-admission-plugins=ServiceAccount",
  ]);
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, JSON.stringify(configOf(port, token)), { mode: 0o600 });
  const call: KubeApi["call"] = (method, path, body) => ask({ port, token }, { method, path, body });
  const stop = async (): Promise<void> => {
    for (const one of [server, etcd]) await end(one);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(call, [etcd, server], folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig, call, stop };
}

function run(folder: string, program: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(folder, "log"), "a");
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", log, log] });
  closeSync(log);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

function configOf(port: number, token: string): JsonObject {
  return {
    ...{ apiVersion: "v1", kind: "Config", "current-context": "tests" },
    clusters: [{ name: "tests", cluster: { server: `https://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "tests", user: { token } }],
    contexts: [{ name: "tests", context: { cluster: "tests", user: "tests" } }],
  };
}

async function ready(call: KubeApi["call"], children: readonly ChildProcess[], folder: string): Promise<void> {
  const until = Date.now() + startMs;
  for (;;) {
    const answer = await call("GET", "/api/v1/namespaces/default").catch(() => null);
    if (answer?.status === 200) return;
    const isOver = Date.now() > until || children.some(({ exitCode }) => exitCode !== null);
    if (isOver)
      throw new Error(`the API server did not start: ${readFileSync(join(folder, "log"), "utf8").slice(-2_000)}`);
    await wait(200);
  }
}

function ask(
  { port, token }: { readonly port: number; readonly token: string },
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: Json | undefined },
): Promise<{ status: number; body: JsonObject }> {
  return new Promise((resolve, reject) => {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const headers = { authorization: `Bearer ${token}`, "content-type": type, accept: "application/json" };
    // The server made its certificate itself, for this run.
    const asking = request(
      { host: "127.0.0.1", port, method, path, headers, rejectUnauthorized: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          try {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as JsonObject });
          } catch {
            resolve({ status: response.statusCode ?? 0, body: {} });
          }
        });
      },
    );
    asking.on("error", reject);
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
