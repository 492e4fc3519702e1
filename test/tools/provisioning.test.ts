// Environments with the real OpenTofu: its plans, its state, its lock, and files that are really there.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toolPath } from "../../scripts/setup-tools.mjs";
import type { ActionKind } from "../../src/actions/action.js";
import type { EnvironmentDefinition } from "../../src/actions/provisioning/environment-settings.js";
import type { Environments } from "../../src/actions/provisioning/environments.js";
import { provisioningKinds } from "../../src/actions/provisioning/provisioning-kinds.js";
import { drive, finish, quietContext } from "../../src/actions/provisioning/testing/drive.js";
import { createTofuTool } from "../../src/actions/provisioning/tofu/tofu-tool.js";
import { planHash } from "../../src/actions/plan-hash.js";
import { createActions } from "../../src/actions/create-actions.js";
import { by, testGate, token } from "../../src/actions/testing/test-gate.js";
import { systemClock, type Clock } from "../../src/clock.js";
import type { JsonObject } from "../../src/json.js";
import type { Database } from "../../src/store/database.js";
import { createEnvironments } from "../../src/store/environments.js";
import { migrate } from "../../src/store/migrate.js";
import { openPglite } from "../../src/store/pglite.js";
import { createStore } from "../../src/store/store.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-provisioning-"));
const now = new Date("2026-06-01T12:00:00.000Z");
const clock: Clock = { now: () => now, newId: () => "x" };
let database: Database;
let environments: Environments;
let server: Server;
let status = 200;
let kinds: ReadonlyMap<string, ActionKind>;

beforeAll(async () => {
  database = await openPglite(join(root, "db"));
  await migrate(database);
  environments = createEnvironments(database, clock);
  server = createServer((_, answer) => answer.writeHead(status).end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  kinds = new Map(
    provisioningKinds({
      ...{ environments, clock, configured: [], templates: [root] },
      places: {
        tools: new Map([["tofu", tofu(1)]]),
        data: join(root, "data"),
        secrets: { names: new Set(["DB_PASSWORD"]), values: { DB_PASSWORD: "correct horse battery" } },
        parallel: 2,
      },
    }).map((kind) => [kind.kind, kind]),
  );
});
afterAll(async () => {
  server.close();
  await database.close();
  rmSync(root, { recursive: true, force: true });
});

/** A mirror with the one provider that there is. */
function plugins(): string {
  const folder = join(
    root,
    "plugins",
    "terraform.local",
    "portcullis",
    "local",
    "1.4.0",
    `linux_${process.arch === "x64" ? "amd64" : "arm64"}`,
  );
  const file = join(folder, "terraform-provider-local_v1.4.0");
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(toolPath("terraform-provider-local"), file);
    chmodSync(file, 0o755);
  }
  return join(root, "plugins");
}

function tofu(lockSeconds: number) {
  return createTofuTool({
    ...{ program: toolPath("tofu"), environment: { PATH: "/usr/bin:/bin" }, plugins: plugins(), cliConfig: null },
    ...{ planMs: 120_000, applyMs: 120_000, lockSeconds },
  });
}

const kindOf = (name: string): ActionKind => {
  const kind = kinds.get(name);
  if (kind === undefined) throw new Error(name);
  return kind;
};
const asParameters = (wanted: EnvironmentDefinition): JsonObject => ({
  environment: wanted.name,
  definition: wanted as unknown as JsonObject,
});
const apply = (wanted: EnvironmentDefinition) =>
  drive(kindOf("provisioning.apply"), asParameters(wanted), quietContext("a-1"));
const fileOf = (environment: string, name: string): string | null => {
  const path = join(root, "world", environment, name);
  return existsSync(path) ? readFileSync(path, "utf8") : null;
};

const header = `terraform {
  required_providers {
    local = { source = "terraform.local/portcullis/local" }
  }
}
variable "world" { type = string }
variable "colour" {
  type    = string
  default = ""
}
`;

/** Network, whose id is only known when it is there; web, which needs it; cache, which needs nothing. */
function template(name: string, version: string): string {
  const stacks = {
    network: `${header}
variable "password" {
  type      = string
  sensitive = true
}
resource "terraform_data" "vpc" {
  input = "${version}"
}
resource "terraform_data" "database" {
  input = { user = "app", password = var.password }
}
output "vpc" { value = terraform_data.vpc.id }
output "password" {
  value     = var.password
  sensitive = true
}
`,
    web: `${header}
variable "vpc" { type = string }
resource "local_file" "web" {
  filename = "\${var.world}/web\${var.colour}.txt"
  content  = "${version} in \${var.vpc}"
}
output "endpoints" { value = { web = "https://web-${version}.example.com" } }
`,
    cache: `${header}
resource "local_file" "cache" {
  filename = "\${var.world}/cache\${var.colour}.txt"
  content  = "${version}"
}
`,
  };
  const folder = join(root, "templates", name);
  for (const [stack, code] of Object.entries(stacks)) {
    mkdirSync(join(folder, stack), { recursive: true });
    writeFileSync(join(folder, stack, "main.tf"), code);
  }
  return folder;
}

function definition(name: string, more: Partial<EnvironmentDefinition> = {}): EnvironmentDefinition {
  return {
    ...{ name, template: join(root, "templates", name), variables: { world: join(root, "world", name) } },
    stacks: [
      { name: "web", tool: "tofu", folder: "web", inputs: { vpc: "network.vpc" } },
      { name: "network", tool: "tofu", folder: "network", variables: { password: { fromEnvironment: "DB_PASSWORD" } } },
      { name: "cache", tool: "tofu", folder: "cache" },
    ],
    ...more,
  };
}

test("create, nothing to do, update, drift, a plan that is not so any more, destroy", async () => {
  template("paper", "v1");
  const wanted = definition("paper");
  const made = await apply(wanted);
  expect([made.state, made.message]).toEqual(["succeeded", null]);
  const web = fileOf("paper", "web.txt");
  expect(web).toMatch(/^v1 in [0-9a-f-]{36}$/);
  expect(made.plan.changes.map(({ before, after }) => [before, after?.resource.id])).toEqual([
    [null, "environment/paper"],
    [null, "paper/cache/local_file.cache"],
    [null, "paper/network/terraform_data.database"],
    [null, "paper/network/terraform_data.vpc"],
    [null, "paper/web/local_file.web"],
  ]);
  const record = await environments.get("paper");
  expect(record?.outputs["network"]).toEqual({ vpc: web?.slice("v1 in ".length) });
  expect(JSON.stringify([made, record])).not.toContain("correct horse");

  const kind = kindOf("provisioning.apply");
  const plan = await kind.plan(asParameters(wanted), quietContext("p"));
  expect([plan.steps, plan.changes]).toEqual([[], []]);

  template("paper", "v2");
  const update = await kind.plan(asParameters(wanted), quietContext("p"));
  const again = await kind.plan(asParameters(wanted), quietContext("p"));
  expect(planHash("k", {}, again)).toBe(planHash("k", {}, update));
  expect(update.steps.map(({ id, apply }) => [id, apply["exact"]])).toEqual([
    ["apply-network", true],
    ["apply-cache", true],
    ["apply-web", true],
    ["record", undefined],
  ]);
  writeFileSync(join(root, "world", "paper", "cache.txt"), "by hand");
  expect(await finish(kind, update, quietContext("u"))).toMatchObject({
    state: "failed",
    message: "apply-cache is another",
  });
  expect(await apply(wanted)).toMatchObject({ state: "succeeded" });
  expect([fileOf("paper", "web.txt"), fileOf("paper", "cache.txt")]).toEqual([web?.replace("v1", "v2"), "v2"]);

  writeFileSync(join(root, "world", "paper", "cache.txt"), "drifted");
  const drift = await kind.plan(asParameters(wanted), quietContext("d"));
  expect(drift.steps.map(({ id, rollback }) => [id, rollback === null])).toEqual([
    ["apply-cache", true],
    ["record", false],
  ]);
  expect(await finish(kind, drift, quietContext("d"))).toMatchObject({ state: "succeeded" });
  expect(fileOf("paper", "cache.txt")).toBe("v2");

  const backups = join(root, "data", "stacks", "paper", "cache", "backups");
  expect(readdirSync(backups).length).toBeGreaterThan(1);
  expect(await drive(kindOf("provisioning.destroy"), { environment: "paper" }, quietContext("x"))).toMatchObject({
    state: "succeeded",
  });
  expect([fileOf("paper", "web.txt"), fileOf("paper", "cache.txt")]).toEqual([null, null]);
});

test("an apply that fails in the second stack is rolled back, in the tool's state too", async () => {
  template("half", "v1");
  const wanted = definition("half");
  await apply(wanted);
  const web = fileOf("half", "web.txt");
  template("half", "v2");
  const code = join(root, "templates", "half", "web", "main.tf");
  writeFileSync(code, readFileSync(code, "utf8").replace("\${var.world}/web", "/proc/nowhere/web"));
  const failed = await apply(wanted);
  expect(failed).toMatchObject({ state: "rolled-back", message: expect.stringContaining("apply failed") as string });
  expect([fileOf("half", "web.txt"), fileOf("half", "cache.txt")]).toEqual([web, "v1"]);
  expect(await environments.get("half")).toMatchObject({ version: 1 });
});

test("blue-green whose new colour is not healthy", async () => {
  template("shop", "v1");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const wanted = definition("shop", {
    strategy: "blue-green",
    health: [{ http: url, healthy: 1, interval: 0.05, within: 0.2 }],
  });
  expect(await apply(wanted)).toMatchObject({ state: "succeeded" });
  template("shop", "v2");
  status = 503;
  const failed = await apply(wanted);
  status = 200;
  expect(failed).toMatchObject({ state: "rolled-back", message: expect.stringContaining("answered 503") as string });
  expect([fileOf("shop", "webblue.txt")?.slice(0, 2), fileOf("shop", "webgreen.txt")]).toEqual(["v1", null]);
  expect(await apply(wanted)).toMatchObject({ state: "succeeded" });
  expect([fileOf("shop", "webblue.txt")?.slice(0, 2), fileOf("shop", "webgreen.txt")?.slice(0, 2)]).toEqual([
    "v1",
    "v2",
  ]);
  expect(await environments.get("shop")).toMatchObject({
    colour: "green",
    retired: [{ colour: "blue" }, { colour: "blue" }, { colour: "blue" }],
  });
});

test("stacks that do not need each other overlap, one that needs them begins after them, and a failure beside them takes all back", async () => {
  const folder = join(root, "templates", "wide");
  const slow = (stack: string, more: string, command = "sleep 1"): void => {
    mkdirSync(join(folder, stack), { recursive: true });
    const made = `resource "local_file" "it" {
  filename = "\${var.world}/${stack}.txt"
  content  = ${more === "" ? '"v1"' : "var.needs"}
  provisioner "local-exec" { command = "${command}" }
}
output "name" { value = local_file.it.filename }
`;
    writeFileSync(join(folder, stack, "main.tf"), `${header}${more}${made}`);
  };
  for (const stack of ["base", "left", "right"]) slow(stack, "");
  slow("top", 'variable "needs" { type = string }\n');
  const wanted: EnvironmentDefinition = {
    ...{ name: "wide", template: folder, variables: { world: join(root, "world", "wide") } },
    stacks: [
      ...["base", "left", "right"].map((name) => ({ name, tool: "tofu" as const, folder: name })),
      { name: "top", tool: "tofu", folder: "top", inputs: { needs: "left.name" }, dependsOn: ["right"] },
    ],
  };
  const store = await createStore(database, systemClock);
  const kind = kindOf("provisioning.apply");
  const actions = createActions({
    ...{ journal: store.actions, gate: testGate(), kinds: new Map([[kind.kind, kind]]), clock: systemClock },
    ...{ settings: undefined, eventsOf: () => [] },
  });
  const asker = token("alice0000000");
  const run = async (): Promise<{ readonly id: string; readonly state: string; readonly message: string | null }> => {
    const asked = await actions.request(
      { kind: kind.kind, parameters: asParameters(wanted), reason: null },
      asker,
      by(asker),
    );
    return actions.run(asked.id, by(asker));
  };
  /** When the journal says that steps began, were applied and were verified. */
  const times = async (id: string, verb: string): Promise<ReadonlyMap<string, number>> => {
    const found = new Map<string, number>();
    for await (const { event } of store.audit.entries({ from: null, to: null, kinds: ["action."] }))
      if (event.subject === id && event.kind === `action.step-${verb}`)
        found.set(event.details["step"] as string, Date.parse(event.at));
    return found;
  };
  slow("right", "", "false");
  const failed = await run();
  expect([failed.state, failed.message]).toEqual(["rolled-back", expect.stringContaining("apply failed")]);
  expect(["base", "left", "right", "top"].map((name) => fileOf("wide", `${name}.txt`))).toEqual([
    null,
    null,
    null,
    null,
  ]);
  expect((await times(failed.id, "applying")).has("apply-top")).toBe(false);

  slow("right", "");
  const done = await run();
  expect([done.state, done.message]).toEqual(["succeeded", null]);
  const [began, ended, verified] = [
    await times(done.id, "applying"),
    await times(done.id, "applied"),
    await times(done.id, "verified"),
  ];
  const [left, right] = ["apply-left", "apply-right"];
  expect(began.get(left)).toBeLessThan(ended.get(right) ?? 0);
  expect(began.get(right)).toBeLessThan(ended.get(left) ?? 0);
  expect(began.get("apply-top")).toBeGreaterThanOrEqual(Math.max(verified.get(left) ?? 0, verified.get(right) ?? 0));
  expect(began.get(left)).toBeGreaterThanOrEqual(verified.get("apply-base") ?? Infinity);
  expect(fileOf("wide", "top.txt")).toBe(join(root, "world", "wide", "left.txt"));
  await actions.close();
});

test("without a mirror nothing is downloaded, and the tool sees no environment but its own", async () => {
  template("bare", "v1");
  const bare = createTofuTool({
    ...{ program: toolPath("tofu"), environment: { PATH: "/usr/bin:/bin" }, plugins: null, cliConfig: null },
    ...{ planMs: 60_000, applyMs: 60_000, lockSeconds: 1 },
  });
  const kind = provisioningKinds({
    ...{ environments, clock, configured: [], templates: [root] },
    places: {
      tools: new Map([["tofu", bare]]),
      data: join(root, "bare"),
      secrets: { names: new Set(), values: {} },
      parallel: 1,
    },
  })[0];
  const cacheOnly = definition("bare", { stacks: [{ name: "cache", tool: "tofu", folder: "cache" }] });
  await expect(kind?.plan(asParameters(cacheOnly), quietContext("p"))).rejects.toThrow(/init failed/);
  const greedy = definition("bare", {
    stacks: [
      { name: "network", tool: "tofu", folder: "network", variables: { password: { fromEnvironment: "PATH" } } },
    ],
  });
  await expect(kind?.plan(asParameters(greedy), quietContext("p"))).rejects.toThrow(
    "provisioning.environment does not list",
  );
  expect(execFileSync(toolPath("tofu"), ["version"], { encoding: "utf8" })).toContain("OpenTofu");
});
