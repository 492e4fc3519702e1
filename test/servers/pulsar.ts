// A real Apache Pulsar broker for tests: standalone, on free ports of 127.0.0.1, in a temporary folder, with authentication by
// token and authorization. It is stopped, and its folder removed, also when the test process dies: a shell that waits for
// the end of its input sees to that. It takes 7 to 40 s to start and some 300 MB: share one among the tests of a file.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SignJWT } from "jose";
import { freePort } from "./free-port.mjs";
import { setupPulsar } from "../../scripts/setup-pulsar.mjs";

export interface PulsarServer {
  /** `ws://127.0.0.1:PORT`. */
  readonly webSocketUrl: string;
  /** `pulsar://127.0.0.1:PORT`, for native clients. */
  readonly serviceUrl: string;
  /** `http://127.0.0.1:PORT`. */
  readonly adminUrl: string;
  /** Of the superuser. */
  readonly adminToken: string;
  /** A token of any other role, which may do nothing but what it is permitted. */
  tokenFor(role: string): Promise<string>;
  /** A new namespace, in which one role may produce and consume. */
  createNamespace(): Promise<PulsarNamespace>;
  /** Ends it as a loss of power does; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and ports. */
  restart(): Promise<void>;
  /** Stops the broker and removes its data. */
  stop(): Promise<void>;
}

export interface PulsarNamespace {
  readonly tenant: string;
  readonly namespace: string;
  readonly role: string;
  readonly token: string;
}

interface Cluster {
  readonly folder: string;
  readonly key: Uint8Array;
  readonly ports: Readonly<Record<"broker" | "web" | "bookie", number>>;
  readonly adminUrl: string;
  readonly adminToken: string;
}

export async function startPulsar(): Promise<PulsarServer> {
  const home = setupPulsar();
  const cluster = await createCluster(home);
  const { adminUrl, adminToken, ports, key } = cluster;
  let running = await start(home, cluster);
  return {
    ...{ adminUrl, adminToken },
    webSocketUrl: `ws://127.0.0.1:${ports.web}`,
    serviceUrl: `pulsar://127.0.0.1:${ports.broker}`,
    tokenFor: (role) => tokenOf(key, role),
    createNamespace: () => createNamespace(cluster),
    async kill() {
      process.kill(running.pid, "SIGKILL");
      await until(() => Promise.resolve(!isAlive(running.pid)), "the end of Pulsar");
    },
    async restart() {
      running = await start(home, cluster, running.shell);
    },
    async stop() {
      await end(running.shell);
    },
  };
}

function tokenOf(key: Uint8Array, role: string): Promise<string> {
  return new SignJWT({ sub: role }).setProtectedHeader({ alg: "HS256" }).sign(key);
}

async function createCluster(home: string): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-pulsar-"));
  const key = randomBytes(32);
  writeFileSync(join(folder, "secret.key"), key, { mode: 0o600 });
  const adminToken = await tokenOf(key, "admin");
  const [broker, web, bookie] = [await freePort(), await freePort(), await freePort()];
  const cluster = { folder, key, ports: { broker, web, bookie }, adminUrl: `http://127.0.0.1:${web}`, adminToken };
  writeFileSync(join(folder, "standalone.conf"), configuration(home, cluster), { mode: 0o600 });
  return cluster;
}

/** Pulsar's own configuration, with ours in place of what it says. */
function configuration(home: string, { folder, ports, adminToken }: Cluster): string {
  const ours: Record<string, string> = {
    ...{ bindAddress: "127.0.0.1", advertisedAddress: "127.0.0.1", allowLoopback: "true" },
    ...{ brokerServicePort: String(ports.broker), webServicePort: String(ports.web) },
    ...{ webSocketServiceEnabled: "true", authenticationEnabled: "true", authorizationEnabled: "true" },
    authenticationProviders: "org.apache.pulsar.broker.authentication.AuthenticationProviderToken",
    ...{ tokenSecretKey: `file://${folder}/secret.key`, superUserRoles: "admin" },
    brokerClientAuthenticationPlugin: "org.apache.pulsar.client.impl.auth.AuthenticationToken",
    brokerClientAuthenticationParameters: JSON.stringify({ token: adminToken }),
    // What was acknowledged must be there after a loss of power.
    ...{ journalSyncData: "true", journalDirectory: `${folder}/journal` },
    // A machine of two cores that does other things too.
    ...{ managedLedgerCacheSizeMB: "32", dbStorage_writeCacheMaxSizeMb: "32", dbStorage_readAheadCacheMaxSizeMb: "16" },
    ...{ dbStorage_rocksDB_blockCacheSize: "8388608", numIOThreads: "2", numHttpServerThreads: "8" },
    ...{ webSocketNumIoThreads: "2", webSocketConnectionsPerBroker: "2", loadBalancerEnabled: "false" },
    ...{ defaultNumberOfNamespaceBundles: "1", topicLevelPoliciesEnabled: "false", systemTopicEnabled: "false" },
  };
  const shipped = readFileSync(join(home, "conf", "standalone.conf"), "utf8").split("\n");
  const kept = shipped.filter((line) => !Object.hasOwn(ours, line.split("=")[0] ?? ""));
  return [...kept, ...Object.entries(ours).map(([name, value]) => `${name}=${value}`), ""].join("\n");
}

interface Running {
  readonly shell: ChildProcess;
  readonly pid: number;
}

const supervise = `
cd "$2"
"$1/bin/pulsar" standalone --no-functions-worker --no-stream-storage -a 127.0.0.1 --bookkeeper-port "$3" \\
  --metadata-dir "$2/metadata" --bookkeeper-dir "$2/bookkeeper" </dev/null >>"$2/log" 2>&1 &
pid=$!
echo $pid
cat >/dev/null
kill -KILL $pid 2>/dev/null
wait $pid
rm -rf "$2"
`;

async function start(home: string, cluster: Cluster, former?: ChildProcess): Promise<Running> {
  const { folder, ports } = cluster;
  former?.kill("SIGKILL"); // it would remove the data
  const env = {
    ...{ PATH: process.env["PATH"], HOME: folder, JAVA_HOME: process.env["JAVA_HOME"] },
    ...{ PULSAR_STANDALONE_CONF: join(folder, "standalone.conf"), PULSAR_LOG_DIR: join(folder, "logs") },
    PULSAR_MEM: "-Xms128m -Xmx512m -XX:MaxDirectMemorySize=512m",
    ...{ PULSAR_GC: "-XX:+UseSerialGC -XX:TieredStopAtLevel=1", PULSAR_GC_LOG: "-Xlog:disable" },
    ...{ PULSAR_LOG_LEVEL: "warn", PULSAR_LOG_ROOT_LEVEL: "warn" },
  };
  const args = ["-c", supervise, "sh", home, folder, String(ports.bookie)];
  const shell = spawn("sh", args, { env, cwd: "/", stdio: ["pipe", "pipe", "ignore"], detached: true });
  const [line] = (await once(shell.stdout, "data")) as [Buffer];
  const running = { shell, pid: Number(line.toString()) };
  await until(() => isHealthy(cluster, running), "Pulsar", 120_000).catch((error: unknown) => {
    const log = spawnSync("tail", ["-n", "30", join(folder, "log")], { encoding: "utf8" }).stdout;
    throw new Error(`Pulsar did not start: ${log}`, { cause: error });
  });
  return running;
}

async function isHealthy({ adminUrl, adminToken }: Cluster, { pid }: Running): Promise<boolean> {
  if (!isAlive(pid)) throw new Error("it has ended");
  const headers = { authorization: `Bearer ${adminToken}` };
  const answer = await fetch(`${adminUrl}/admin/v2/brokers/ready`, { headers }).catch(() => null);
  if (answer?.ok !== true) return false;
  const namespaces = await fetch(`${adminUrl}/admin/v2/namespaces/public`, { headers }).catch(() => null);
  return namespaces?.ok === true;
}

async function createNamespace({ adminUrl, adminToken, key }: Cluster): Promise<PulsarNamespace> {
  const [tenant, namespace, role] = ["public", `t-${randomBytes(4).toString("hex")}`, "portcullis"];
  const call = async (method: string, path: string, body: unknown): Promise<void> => {
    const headers = { authorization: `Bearer ${adminToken}`, "content-type": "application/json" };
    const response = await fetch(`${adminUrl}/admin/v2/namespaces/${path}`, {
      ...{ method, headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  await call("PUT", `${tenant}/${namespace}`, {});
  await call("POST", `${tenant}/${namespace}/permissions/${role}`, ["produce", "consume"]);
  return { tenant, namespace, role, token: await tokenOf(key, role) };
}

async function end(shell: ChildProcess): Promise<void> {
  const exited = shell.exitCode === null && shell.signalCode === null ? once(shell, "exit") : Promise.resolve();
  shell.stdin?.end();
  await exited;
}

/** A zombie, for which its shell has not waited yet, is dead too. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

async function until(condition: () => Promise<boolean>, what: string, ms = 30_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${ms / 1_000} s for ${what}`);
    await sleep(200);
  }
}
