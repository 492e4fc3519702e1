// Kills processes that put AWS resources right (at moto), provision an environment, and revert its drift (with OpenTofu), at one point
// after another, and has new processes take over. Prints where, and what came of it: node bench/kind-kills.mjs [--every N]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { createActions } from "../dist/src/actions/create-actions.js";
import { openKinds } from "../dist/src/actions/kinds.js";
import { systemClock } from "../dist/src/clock.js";
import { openPostgres } from "../dist/src/store/postgres.js";
import { createStore } from "../dist/src/store/store.js";
import { toolPath } from "../scripts/setup-tools.mjs";
import { allowingGate } from "../test/testing/allowing-gate.mjs";
import { loadTestServer } from "./test-server.mjs";
import { withPostgres } from "./postgres.mjs";

const { values: flags } = parseArgs({
  options: {
    every: { type: "string", default: "1" },
    users: { type: "string", default: "remediation,provisioning,drift" },
  },
});
const runner = fileURLToPath(new URL("../test/testing/kind-runner.mjs", import.meta.url));
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const root = mkdtempSync(join(tmpdir(), "portcullis-kills-"));
const { awsEnvironment } = await loadTestServer("aws-environment");
awsEnvironment();
const { startMoto } = await loadTestServer("moto");
const moto = await startMoto();
const s3 = new S3Client({ endpoint: moto.endpoint, region: "us-east-1", forcePathStyle: true });

const config = {
  dataDir: join(root, "data"),
  provisioning: { programs: { tofu: toolPath("tofu") }, plugins: plugins(), templates: [root] },
};

function plugins() {
  const platform = `linux_${process.arch === "x64" ? "amd64" : "arm64"}`;
  const folder = join(root, "plugins", "terraform.local", "portcullis", "local", "1.4.0", platform);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "terraform-provider-local_v1.4.0");
  copyFileSync(toolPath("terraform-provider-local"), file);
  chmodSync(file, 0o755);
  return join(root, "plugins");
}

function environment(name, version) {
  for (const stack of ["first", "second", "third"]) {
    const folder = join(root, name, stack);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "main.tf"),
      `terraform {
  required_providers {
    local = { source = "terraform.local/portcullis/local" }
  }
}
resource "local_file" "it" {
  filename = "${join(root, name, `${stack}.txt`)}"
  content  = "${version}"
}
`,
    );
  }
  const stacks = [
    { name: "first", tool: "tofu", folder: "first" },
    // These two run at once.
    { name: "second", tool: "tofu", folder: "second", dependsOn: ["first"] },
    { name: "third", tool: "tofu", folder: "third", dependsOn: ["first"] },
  ];
  const definition = { name, template: join(root, name), stacks };
  return { kind: "provisioning.apply", parameters: { environment: name, definition }, reason: null };
}

/** What each user asks for, in a new world. */
const users = {
  async remediation(number) {
    const names = ["a", "b", "c"].map((name) => `kill-${number}-${name}`);
    for (const Bucket of names) await s3.send(new CreateBucketCommand({ Bucket }));
    const resources = names.map((name) => ({ id: `arn:aws:s3:::${name}`, type: "AWS::S3::Bucket" }));
    const parameters = {
      remediation: "aws-s3-block-public-access",
      account: "123456789012",
      region: "us-east-1",
      resources,
    };
    return { kind: "remediation.apply", parameters, reason: null };
  },
  async provisioning(number) {
    return environment(`new-${number}`, "v1");
  },
  async drift(number, ask) {
    const name = `drift-${number}`;
    await ask(environment(name, "v1"), true);
    for (const stack of ["first", "second", "third"]) writeFileSync(join(root, name, `${stack}.txt`), "by hand");
    return environment(name, "v1");
  },
};

const rows = [];
await withPostgres(async (url) => {
  const database = await openPostgres(url);
  const store = await createStore(database, systemClock);
  const opened = await openKinds({ store, config, clock: systemClock, endpointUrl: moto.endpoint });
  const actions = createActions({
    ...{ journal: store.actions, gate: allowingGate(), kinds: opened.kinds, clock: systemClock },
    ...{ settings: { limits: { breaker: 1_000 } }, eventsOf: () => [] },
  });
  const caller = await store.audit.caller();
  const ask = async (request, isRun) => {
    const asked = await actions.request(request, { ...caller.actor, roles: [] }, caller);
    return isRun ? actions.run(asked.id, caller) : asked;
  };
  const start = async (verb, id, killAt) => {
    const args = [runner, url, JSON.stringify(config), moto.endpoint, verb, id, String(killAt)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let [out, errors] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (errors += data));
    const [code, signal] = await once(child, "close");
    if (signal !== "SIGKILL" && code !== 0) throw new Error(`the process ended with ${code}: ${errors}`);
    return { lines: out.trim().split("\n"), wasKilled: signal === "SIGKILL" };
  };
  const lapse =
    "update actions set lease = clock_timestamp() - interval '1 second' where lease is not null returning 1";

  /** Null where the action is through before the point. */
  async function kill(user, number, killAt) {
    const { id } = await ask(await users[user](number, ask), false);
    const { lines, wasKilled } = await start("run", id, killAt);
    let takeOvers = 0;
    for (; (await database.query(lapse)).length > 0 && takeOvers < 5; takeOvers++) await start("recover", "-", -1);
    const action = await store.actions.get(id);
    return wasKilled
      ? {
          user,
          where: lines.at(-1),
          takeOvers,
          state: action.state,
          message: action.message,
          faults: await faultsOf(action),
        }
      : null;
  }

  /** The world is as before or as planned, nothing is half done, and each step that began has its decision in the trail. */
  async function faultsOf(action) {
    const kind = opened.kinds.get(action.kind);
    const context = { action: action.id, say: () => undefined, signal: new AbortController().signal };
    const states = [];
    for (const { step } of action.steps) states.push(await kind.inspect(step, context));
    const wanted = { ready: "before", "rolled-back": "before", succeeded: "after" }[action.state];
    const faults = wanted === undefined ? [`it ended as ${action.state}`] : [];
    if (wanted !== undefined && states.some((state) => state !== wanted))
      faults.push(`it is ${action.state}, and the world ${states}`);
    const told = new Set();
    for await (const { event } of store.audit.entries({ from: null, to: null, kinds: ["action."] }))
      if (event.subject === action.id && event.decision !== null && event.kind === "action.step-applying")
        told.add(event.details.step);
    for (const { step, startedAt } of action.steps)
      if (startedAt !== null && !told.has(step.id)) faults.push(`${step.id} without a decision in the trail`);
    return faults;
  }

  for (const [index, user] of flags.users.split(",").entries()) {
    for (let at = 0; ; at += Number(flags.every)) {
      const row = await kill(user, index * 10_000 + at, at);
      if (row === null) break;
      rows.push(row);
      console.log(
        `${user}\t${row.where}\t${row.takeOvers}\t${row.state}\t${row.faults.join("; ")}\t${row.faults.length > 0 ? row.message : ""}`,
      );
    }
  }
  await actions.close();
  await opened.close();
  await store.close();
});
await moto.stop();
rmSync(root, { recursive: true });
for (const user of Object.keys(users)) {
  const mine = rows.filter((row) => row.user === user);
  const states = [...new Set(mine.map(({ state }) => state))].map(
    (state) => `${mine.filter((row) => row.state === state).length} ${state}`,
  );
  console.log(`${user}: ${mine.length} kills; ${states.join(", ")}`);
}
const faulty = rows.filter(({ faults }) => faults.length > 0).length;
console.log(`${rows.length} kills, ${faulty} faults`);
process.exitCode = faulty > 0 ? 1 : 0;
