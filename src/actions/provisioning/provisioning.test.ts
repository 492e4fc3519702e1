import { createServer, type Server } from "node:http";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Clock } from "../../clock.js";
import type { JsonObject } from "../../json.js";
import { createEnvironments, createServiceDirectory } from "../../store/environments.js";
import { migrate } from "../../store/migrate.js";
import { openPglite } from "../../store/pglite.js";
import type { Database } from "../../store/database.js";
import type { ActionKind, Plan } from "../action.js";
import { planHash } from "../plan-hash.js";
import type { EnvironmentDefinition } from "./environment-settings.js";
import type { Environments } from "./environments.js";
import { provisioningKinds, type ProvisioningSources } from "./provisioning-kinds.js";
import type { ServiceDirectory } from "./service-directory.js";
import { createFileStackTool } from "./testing/file-stack.js";
import { drive, finish, quietContext } from "./testing/drive.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-environments-"));
let now = new Date("2026-06-01T12:00:00.000Z");
let ids = 0;
const clock: Clock = { now: () => now, newId: () => `id-${++ids}` };
let database: Database;
let environments: Environments;
let services: ServiceDirectory;
let server: Server;
let status = 200;
let folder = "";
let breaks: (stack: string, path: string) => void = () => undefined;

beforeAll(async () => {
  database = await openPglite(join(root, "db"));
  await migrate(database);
  environments = createEnvironments(database, clock);
  services = createServiceDirectory(database);
  server = createServer((_, answer) => answer.writeHead(status).end()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
});
afterAll(async () => {
  server.close();
  await database.close();
  rmSync(root, { recursive: true, force: true });
});
let round = 0;
beforeEach(() => {
  folder = join(root, `round-${++round}`);
  status = 200;
  breaks = () => undefined;
});

const environment = (): string => `paper-${round}`;
const healthUrl = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const world = (...path: string[]): string => join(folder, "world", environment(), ...path);
const text = (...path: string[]): string | null =>
  existsSync(world(...path)) ? readFileSync(world(...path), "utf8") : null;

/** Network, and web that needs it; cache needs nothing. */
function template(version: string): string {
  const stacks = {
    network: {
      files: { "vpc.txt": `${version} {size}`, "subnet.txt": version },
      outputs: { vpc: `vpc-${version}-{size}`, secret: "s3cret-value" },
    },
    web: {
      files: { "web.txt": `${version} in {vpc} {colour}` },
      outputs: { services: `[{"name":"web","endpoint":"https://web-${version}.example.com","kind":"web"}]` },
    },
    cache: { files: { "cache.txt": version } },
    route: { files: { "route.txt": "{colour} {share}" } },
  };
  for (const [name, stack] of Object.entries(stacks)) {
    mkdirSync(join(folder, "template", name), { recursive: true });
    writeFileSync(join(folder, "template", name, "stack.json"), JSON.stringify(stack));
  }
  return join(folder, "template");
}

function definition(more: Partial<EnvironmentDefinition> = {}): EnvironmentDefinition {
  return {
    ...{ name: environment(), template: join(folder, "template"), variables: { size: 3 } },
    stacks: [
      { name: "web", tool: "tofu", folder: "web", inputs: { vpc: "network.vpc" } },
      { name: "network", tool: "tofu", folder: "network" },
      { name: "cache", tool: "tofu", folder: "cache" },
    ],
    ...more,
  };
}

function kinds(configured: readonly EnvironmentDefinition[] = []): ReadonlyMap<string, ActionKind> {
  const tool = createFileStackTool({
    world: join(folder, "world"),
    before: (stack, path) => {
      breaks(stack.name, path);
    },
  });
  const sources: ProvisioningSources = {
    ...{ environments, clock, configured, templates: [folder] },
    places: {
      tools: new Map([["tofu", tool]]),
      data: join(folder, "data"),
      secrets: { names: new Set(), values: {} },
      parallel: 4,
    },
  };
  return new Map(provisioningKinds(sources).map((kind) => [kind.kind, kind]));
}

const kindOf = (name: string, configured: readonly EnvironmentDefinition[] = []): ActionKind => {
  const kind = kinds(configured).get(name);
  if (kind === undefined) throw new Error(name);
  return kind;
};
const apply = (wanted: EnvironmentDefinition) =>
  drive(
    kindOf("provisioning.apply"),
    { environment: wanted.name, definition: wanted as unknown as JsonObject },
    quietContext(`a-${++ids}`),
  );

test("stacks are made in the order of what they need, and their outputs handed on", async () => {
  template("v1");
  const made = await apply(definition());
  expect(made).toMatchObject({ state: "succeeded", message: null });
  expect(made.plan.steps.map(({ id, wave }) => [id, wave])).toEqual([
    ["apply-network", 0],
    ["apply-cache", 1],
    ["apply-web", 2],
    ["record", 3],
  ]);
  expect([text("web", "web.txt"), text("cache", "cache.txt")]).toEqual(["v1 in vpc-v1-3 ", "v1"]);
  const record = await environments.get(environment());
  expect(record).toMatchObject({
    state: "ready",
    version: 1,
    expiresAt: null,
    outputs: { network: { vpc: "vpc-v1-3" } },
  });
  expect((await services.list({ environment: environment(), limit: 10 })).services).toMatchObject([
    {
      name: "web",
      kind: "web",
      endpoint: "web-v1.example.com",
      port: 443,
      protocol: "https",
      metadata: { stack: "web" },
    },
  ]);
  expect(JSON.stringify([made.plan, record])).not.toContain("s3cret-value");
});

test("the plan of the same world is the same, of another one another, and of nothing to do empty", async () => {
  template("v1");
  const kind = kindOf("provisioning.apply");
  const parameters = { environment: environment(), definition: definition() as unknown as JsonObject };
  const hash = async () => planHash(kind.kind, parameters, await kind.plan(parameters, quietContext("p")));
  const first = await hash();
  expect(await hash()).toBe(first);
  await apply(definition());
  expect(await kind.plan(parameters, quietContext("p"))).toMatchObject({ steps: [], changes: [] });
  writeFileSync(world("cache", "cache.txt"), "drifted");
  const drift = await kind.plan(parameters, quietContext("p"));
  expect(
    drift.changes.map(({ before, after }) => [before?.resource.config["content"], after?.resource.config["content"]]),
  ).toEqual([
    [undefined, undefined],
    ["drifted", "v1"],
  ]);
});

test("an update that fails in the middle of a stack brings back the former version, and what it put out", async () => {
  template("v1");
  await apply(definition());
  template("v2");
  breaks = (stack) => {
    if (stack === "web") throw new Error("no capacity");
  };
  const failed = await apply(definition());
  expect(failed).toMatchObject({ state: "rolled-back", message: "no capacity" });
  expect([text("network", "vpc.txt"), text("web", "web.txt"), text("cache", "cache.txt")]).toEqual([
    "v1 3",
    "v1 in vpc-v1-3 ",
    "v1",
  ]);
  expect(await environments.get(environment())).toMatchObject({ version: 1 });
  breaks = () => undefined;
  expect(await apply(definition())).toMatchObject({ state: "succeeded" });
  expect([text("network", "vpc.txt"), (await environments.get(environment()))?.version]).toEqual(["v2 3", 2]);
});

test("a create that fails leaves nothing", async () => {
  template("v1");
  breaks = (_, path) => {
    if (path === "vpc.txt") throw new Error("quota");
  };
  expect(await apply(definition())).toMatchObject({ state: "rolled-back", message: "quota" });
  expect([text("network", "subnet.txt"), text("cache", "cache.txt"), await environments.get(environment())]).toEqual([
    null,
    null,
    null,
  ]);
});

test("what was cut in the middle goes on, and what somebody else changed since it was planned does not begin", async () => {
  template("v1");
  const kind = kindOf("provisioning.apply");
  const parameters = { environment: environment(), definition: definition() as unknown as JsonObject };
  const plan = await kind.plan(parameters, quietContext("a"));
  const [network] = plan.steps;
  if (network === undefined) throw new Error("no steps");
  breaks = (_, path) => {
    if (path === "vpc.txt") throw new Error("the process is gone");
  };
  await expect(kind.apply(network, quietContext("a"))).rejects.toThrow("gone");
  expect(await kind.inspect(network, quietContext("a"))).toBe("between");
  breaks = () => undefined;
  expect(await finish(kind, plan, quietContext("a"))).toMatchObject({ state: "succeeded" });

  template("v2");
  const update = await kind.plan(parameters, quietContext("b"));
  writeFileSync(world("network", "vpc.txt"), "by hand");
  expect(await finish(kind, update, quietContext("b"))).toMatchObject({
    state: "failed",
    message: "apply-network is another",
  });
  await expect(kind.apply(update.steps[0] ?? network, quietContext("b"))).rejects.toThrow("not what was decided on");
  expect(text("network", "vpc.txt")).toBe("by hand");
});

test("blue-green: the new colour is switched to when it is healthy, else it goes; the old one stays for a time", async () => {
  template("v1");
  const wanted = definition({
    ...{
      strategy: "blue-green",
      keepFormer: "10m",
      timeToLive: "9d",
      health: [{ http: healthUrl(), healthy: 1, interval: 0.01, within: 0.05 }],
    },
    stacks: [
      ...definition().stacks,
      { name: "route", tool: "tofu", folder: "route", pointer: true, dependsOn: ["web"] },
    ],
  });
  expect(await apply(wanted)).toMatchObject({ state: "succeeded" });
  expect([text("web@blue", "web.txt"), text("route", "route.txt")]).toEqual(["v1 in vpc-v1-3 blue", "blue 100"]);
  template("v2");
  status = 503;
  expect(await apply(wanted)).toMatchObject({
    state: "rolled-back",
    message: expect.stringContaining("answered 503, expected 200") as string,
  });
  expect([text("web@green", "web.txt"), text("route", "route.txt")]).toEqual([null, "blue 100"]);
  status = 200;
  expect(await apply(wanted)).toMatchObject({ state: "succeeded" });
  expect([text("web@blue", "web.txt"), text("web@green", "web.txt"), text("route", "route.txt")]).toEqual([
    "v1 in vpc-v1-3 blue",
    "v2 in vpc-v2-3 green",
    "green 100",
  ]);
  template("v3");
  await expect(apply(wanted)).rejects.toThrow("still has its former colour blue");
  const expire = kindOf("provisioning.expire");
  await expect(expire.plan({ environment: environment() }, quietContext("e"))).rejects.toThrow("past its time");
  now = new Date(now.getTime() + 11 * 60_000);
  expect(await environments.expired(now, 10)).toContainEqual({ name: environment(), what: "former-colour" });
  const before = await environments.get(environment());
  expect(await drive(expire, { environment: environment() }, quietContext("e"))).toMatchObject({ state: "succeeded" });
  expect(await environments.get(environment())).toMatchObject({ retired: [], expiresAt: before?.expiresAt });
  expect([text("web@blue", "web.txt"), text("web@green", "web.txt")]).toEqual([null, "v2 in vpc-v2-3 green"]);
});

test("canary: the share rises step by step, and falls back when it is not healthy", async () => {
  template("v1");
  const wanted = definition({
    ...{
      strategy: "canary",
      shares: [10, 100],
      health: [{ http: healthUrl(), healthy: 1, interval: 0.01, within: 0.05 }],
    },
    stacks: [...definition().stacks, { name: "route", tool: "tofu", folder: "route", pointer: true }],
  });
  await apply(wanted);
  template("v2");
  const seen: (string | null)[] = [];
  breaks = (stack) => {
    if (stack === "route") seen.push(text("route", "route.txt"));
    if (seen.length === 2) status = 500;
  };
  const failed = await apply(wanted);
  expect(failed).toMatchObject({ state: "rolled-back" });
  expect(failed.plan.steps.map(({ id }) => id).slice(-3)).toEqual(["apply-route-10", "apply-route-100", "record"]);
  expect(seen.slice(0, 2)).toEqual(["blue 100", "green 10"]);
  expect([text("route", "route.txt"), text("web@green", "web.txt")]).toEqual(["blue 100", null]);
});

test("promote brings the version, not the values; destroy and the end of a time to live; what is protected stays", async () => {
  template("v1");
  await apply(definition());
  template("v2");
  const target = { ...definition({ variables: { size: 9 }, timeToLive: "2h" }), name: `${environment()}-b` };
  const promote = kindOf("provisioning.promote", [target]);
  expect(await drive(promote, { from: environment(), environment: target.name }, quietContext("p"))).toMatchObject({
    state: "succeeded",
  });
  expect(readFileSync(join(folder, "world", target.name, "web", "web.txt"), "utf8")).toBe("v1 in vpc-v1-9 ");
  expect(await environments.expired(now, 10)).toEqual([]);
  now = new Date(now.getTime() + 2 * 3_600_000);
  expect(await environments.expired(now, 10)).toEqual([{ name: target.name, what: "environment" }]);
  const configured = [{ ...target, protected: true }];
  await expect(
    kindOf("provisioning.expire", configured).plan({ environment: target.name }, quietContext("e")),
  ).rejects.toThrow("protected");
  const expired = await drive(kindOf("provisioning.expire", [target]), { environment: target.name }, quietContext("e"));
  expect(expired).toMatchObject({ state: "succeeded" });
  expect(expired.plan.steps.map(({ id, rollback }) => [id, rollback])).toEqual([
    ["destroy-web", null],
    ["destroy-cache", null],
    ["destroy-network", null],
    ["record", null],
  ]);
  expect(existsSync(join(folder, "world", target.name, "web", "web.txt"))).toBe(false);
  expect((await environments.get(target.name))?.state).toBe("destroyed");
  await expect(kindOf("provisioning.destroy").plan({ environment: target.name }, quietContext("d"))).rejects.toThrow(
    "there is no environment",
  );
});

test("a process that dies at any point of an update: another one goes on from what the journal has", async () => {
  template("v1");
  await apply(definition());
  template("v2");
  const kind = kindOf("provisioning.apply");
  const parameters = { environment: environment(), definition: definition() as unknown as JsonObject };
  let deaths = 0;
  let isOver = false;
  for (let point = 0; !isOver; point++) {
    // Another round, back at the first version.
    if (point > 0) {
      template("v1");
      expect(await apply(definition())).toMatchObject({ state: "succeeded" });
      template("v2");
    }
    const plan = await kind.plan(parameters, quietContext(`k-${point}`));
    let left = point;
    const die = (): void => {
      if (left-- === 0) throw new Error("killed");
    };
    breaks = die;
    const ended = await untilDeath(() => runTo(kindOf("provisioning.apply"), plan, die));
    breaks = () => undefined;
    isOver = ended;
    if (!ended) deaths++;
    expect(await finish(kindOf("provisioning.apply"), plan, quietContext(`k-${point}`))).toMatchObject({
      state: "succeeded",
      message: null,
    });
    expect([text("network", "vpc.txt"), text("web", "web.txt"), text("cache", "cache.txt")]).toEqual([
      "v2 3",
      "v2 in vpc-v2-3 ",
      "v2",
    ]);
  }
  expect(deaths).toBeGreaterThan(12);
});

async function untilDeath(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if ((error as Error).message === "killed") return false;
    throw error;
  }
}

/** Dies before and after everything that changes something. */
async function runTo(kind: ActionKind, plan: Plan, die: () => void): Promise<void> {
  for (const step of plan.steps) {
    die();
    if ((await kind.inspect(step, quietContext("k"))) === "after") continue;
    die();
    await kind.apply(step, quietContext("k"));
    die();
  }
}

test("templates outside of the allowed folders, links, and copies that were changed are refused", async () => {
  const outside = mkdtempSync(join(tmpdir(), "portcullis-outside-"));
  cpSync(dirname(join(template("v1"), "x")), outside, { recursive: true });
  await expect(apply(definition({ template: outside }))).rejects.toThrow("outside of the folders");
  rmSync(outside, { recursive: true });
  await apply(definition());
  const content = (await environments.get(environment()))?.stacks[0]?.content ?? "";
  writeFileSync(join(folder, "data", "content", content, "web", "stack.json"), "{}");
  await expect(apply(definition())).rejects.toThrow("was changed");
});
