// The end of environments: once, however many look, and again where it failed; through the real journal.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Caller } from "../../audit/trail.js";
import type { Clock } from "../../clock.js";
import type { Json, JsonObject } from "../../json.js";
import { createLogger } from "../../observability/log.js";
import { createMetrics } from "../../observability/metrics.js";
import { openStore, type Store } from "../../store/store.js";
import { createActions, type OpenedActions } from "../create-actions.js";
import type { Answer, Gate } from "../decision.js";
import { planHash } from "../plan-hash.js";
import { createExpiryPart, expireDue, type ExpireOptions, type Tries } from "./expiry-part.js";
import { provisioningKinds } from "./provisioning-kinds.js";
import { createFileStackTool } from "./testing/file-stack.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-expiry-"));
const ada: Caller = { actor: { name: "ada", source: "os-user" }, origin: "here" };
let later = 0;
const clock: Clock = { now: () => new Date(Date.now() + later), newId: () => crypto.randomUUID() };
let answer: Answer = "allow";
let breaks: (() => void) | null = null;
let touched: string[] = [];
let store: Store;
let actions: OpenedActions;
let said: string[] = [];
const log = createLogger({
  ...{ level: "info", version: "0.0.0" },
  destination: { write: (line: string) => void said.push(line) },
});

const gate: Gate = {
  decide: ({ kind, parameters, plan }) =>
    Promise.resolve({
      ...{ id: clock.newId(), answer: kind === "provisioning.expire" ? answer : "allow", reasons: [`it is ${answer}`] },
      planHash: planHash(kind, parameters as Json, plan),
      ...{ violations: [], existing: [], resolved: [], undecided: [], actionVerdicts: [] },
      approval: answer === "needs-approval" ? { roles: ["approver"], count: 1 } : null,
      decidedAt: new Date(Date.now() - 1_000).toISOString(),
      expiresAt: new Date(Date.now() + 600_000).toISOString(),
      policies: "0".repeat(64),
    }),
  judge: () => Promise.resolve([]),
};

beforeAll(async () => {
  store = await openStore({ databaseUrl: null, dataDir: join(root, "db"), clock });
  const tool = createFileStackTool({
    world: join(root, "world"),
    before: (stack, path) => {
      touched.push(`${stack.environment}/${path}`);
      breaks?.();
    },
  });
  const kinds = provisioningKinds({
    ...{ environments: store.environments, clock, configured: [], templates: [root] },
    places: {
      tools: new Map([["tofu", tool]]),
      ...{ data: join(root, "data"), secrets: { names: new Set<string>(), values: {} }, parallel: 2 },
    },
  });
  actions = createActions({
    ...{ journal: store.actions, gate, kinds: new Map(kinds.map((kind) => [kind.kind, kind])), clock },
    ...{ settings: { limits: { canary: 100, breaker: 1_000 } }, eventsOf: () => [] },
  });
});
afterAll(async () => {
  await actions.close();
  await store.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  [later, answer, breaks, touched, said] = [0, "allow", null, [], []];
});

async function create(name: string): Promise<void> {
  mkdirSync(join(root, "template"), { recursive: true });
  writeFileSync(join(root, "template", "stack.json"), JSON.stringify({ files: { "a.txt": "a", "b.txt": "b" } }));
  const definition = {
    name,
    template: join(root, "template"),
    stacks: [{ name: "site", tool: "tofu" }],
    timeToLive: "1m",
  };
  const parameters = { environment: name, definition } as JsonObject;
  const request = { kind: "provisioning.apply", parameters, reason: "a test" };
  const made = await actions.request(request, { ...ada.actor, roles: [] }, ada);
  expect((await actions.run(made.id, ada)).state).toBe("succeeded");
  touched = [];
}

const options = (tries = new Map<string, Tries>()): ExpireOptions => ({
  ...{ actions, environments: store.environments, clock, log, origin: "here", tries },
  run: async (id, by) => {
    await actions.run(id, by);
  },
});
const look = (given = options()): Promise<number> => expireDue(given, new AbortController().signal);
const attempts = async (name: string): Promise<string[]> => {
  const found = await actions.list({
    state: "all",
    kind: "provisioning.expire",
    target: `environment:${name}`,
    limit: 50,
  });
  return found.actions.map(({ id, state }) => `${id.slice(`expire-${name}-`.length)} ${state}`).sort();
};
const isThere = (name: string): boolean => existsSync(join(root, "world", name, "site", "a.txt"));

test("three that look at once destroy it once", async () => {
  await create("raced");
  expect([await look(), isThere("raced")]).toEqual([0, true]);
  later = 61_000;
  await Promise.all([look(), look(), look()]);
  expect([await attempts("raced"), isThere("raced")]).toEqual([["1-environment succeeded"], false]);
  expect(touched.sort()).toEqual(["raced/a.txt", "raced/b.txt"]);
  expect((await store.environments.get("raced"))?.state).toBe("destroyed");
  expect(await look()).toBe(0);
});

test("what failed in the middle is seen, and tried again after a pause that grows", async () => {
  await create("broken");
  later = 61_000;
  breaks = () => {
    if (touched.at(-1) === "broken/b.txt") throw new Error("no permission");
  };
  expect(await look()).toBe(0);
  const [first] = await attempts("broken");
  expect(first).toMatch(/^1-environment (failed|paused)$/);
  expect([await look(), (await attempts("broken")).length]).toEqual([1, 1]);
  later += 5 * 60_000;
  await look();
  expect((await attempts("broken")).map((one) => one.split(" ")[0])).toEqual(["1-environment", "1-environment-2"]);
  later += 5 * 60_000;
  expect([await look(), (await attempts("broken")).length]).toEqual([1, 2]);
  breaks = null;
  later += 5 * 60_000;
  await look();
  // The second attempt had changed nothing, and was paused: it goes on.
  expect([(await attempts("broken")).at(-1), await look()]).toEqual(["1-environment-2 succeeded", 0]);
  expect(isThere("broken")).toBe(false);
});

test("what was denied is asked for again later, and what a person rejected is not", async () => {
  await create("frozen");
  later = 61_000;
  answer = "deny";
  await look();
  answer = "needs-approval";
  later += 5 * 60_000;
  expect([await look(), await attempts("frozen")]).toEqual([
    ...[1, ["1-environment denied", "1-environment-2 needs-approval"]],
  ]);
  const [waiting] = (await actions.list({ state: "needs-approval", limit: 10 })).actions;
  await actions.reject(waiting?.id ?? "", "it is still needed", ada);
  later += 30 * 86_400_000;
  expect([await look(), (await attempts("frozen")).length, isThere("frozen")]).toEqual([1, 2, true]);
});

test("a process that dies between asking and running: the next look runs it; what cannot begin waits its turn", async () => {
  await create("left");
  later = 61_000;
  await look({ ...options(), run: () => Promise.reject(new Error("the process is gone")) });
  expect(await attempts("left")).toEqual(["1-environment ready"]);
  let begun = 0;
  const refusing = {
    ...options(),
    run: () => {
      begun++;
      return Promise.reject(new Error("another action runs on it"));
    },
  };
  for (let at = 0; at < 3; at++) await look(refusing);
  expect([begun, said.filter((line) => line.includes("another action runs on it")).length]).toEqual([1, 1]);
  await look();
  expect([await attempts("left"), isThere("left")]).toEqual([["1-environment succeeded"], false]);
});

test("what is stuck keeps none of the others from being ended", async () => {
  await create("zz-last");
  const body = (await store.environments.get("zz-last"))?.stacks ?? [];
  for (let at = 0; at < 25; at++) {
    const name = `stuck-${at}`;
    const definition = { name, template: root, stacks: [{ name: "site", tool: "tofu" as const }] };
    const stacks = body.map((stack) => ({ ...stack, content: "0".repeat(64) }));
    await store.environments.record({
      ...{
        name,
        previous: null,
        digest: String(at).padStart(64, "0"),
        action: "a",
        state: "ready",
        retiredUntil: null,
        services: [],
      },
      expiresAt: new Date(0).toISOString(),
      body: { definition, colour: null, stacks, retired: [], outputs: {} },
    });
  }
  later = 61_000;
  const given = options();
  const counts = [await look(given), await look(given), await look(given)];
  expect(isThere("zz-last")).toBe(false);
  expect(counts[0]).toBeGreaterThanOrEqual(20);
});

test("two parts: one of them ends it, and metrics say what is past its time", async () => {
  await create("parted");
  later = 61_000;
  const metrics = createMetrics();
  const { leases } = store.outbox;
  const parts = ["one", "two"].map((origin) =>
    createExpiryPart({ ...options(), origin, leases, metrics, everyMs: 50, actions }),
  );
  for (const part of parts) await part.start();
  await vi.waitFor(
    async () => {
      expect((await store.environments.get("parted"))?.state).toBe("destroyed");
    },
    { timeout: 20_000, interval: 50 },
  );
  for (const part of parts) await part.stop(5_000);
  expect(await attempts("parted")).toEqual(["1-environment succeeded"]);
  const [shown] = (await metrics.environmentsOverdue.get()).values;
  expect(shown?.value).toBeGreaterThan(0);
});
