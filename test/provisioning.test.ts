// Environments through everything that guards them: the gate with its policies, the journal, the audit trail, the outbox.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinKinds } from "../src/actions/kinds.js";
import type { OpenedActions } from "../src/actions/create-actions.js";
import type { StoredAction } from "../src/actions/actions.js";
import { expireDue } from "../src/actions/provisioning/expiry-part.js";
import { provisioningEvents } from "../src/actions/provisioning/provisioning-events.js";
import { provisioningKinds } from "../src/actions/provisioning/provisioning-kinds.js";
import { createFileStackTool } from "../src/actions/provisioning/testing/file-stack.js";
import type { Caller } from "../src/audit/trail.js";
import { openActions } from "../src/compose.js";
import { dataFault } from "../src/events/event-schemas.js";
import type { JsonObject } from "../src/json.js";
import { createLogger } from "../src/observability/log.js";
import { defaultSettings } from "../src/settings.js";
import { openStore, type Store } from "../src/store/store.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-gated-"));
const caller: Caller = { actor: { name: "ada", source: "os-user" }, origin: "here" };
const requester = { ...caller.actor, roles: [] };
let later = 0;
const clock = { now: () => new Date(Date.now() + later), newId: () => Math.random().toString(36).slice(2) };
let store: Store;
let actions: OpenedActions;

/** Files must not say that they are open. */
const policy = `# METADATA
# title: Files are closed
# description: An open file is read by everybody.
# custom:
#   severity: high
#   types: [Files::File]
package files.closed

deny contains {"message": "it is open", "path": "/config/content"} if contains(input.config.content, "open")
`;

beforeAll(async () => {
  mkdirSync(join(root, "policies", "files"), { recursive: true });
  writeFileSync(join(root, "policies", "files", "closed.rego"), policy);
  store = await openStore({ databaseUrl: null, dataDir: join(root, "db"), clock });
  const kinds = provisioningKinds({
    ...{ environments: store.environments, clock, configured: [], templates: [root] },
    places: {
      tools: new Map([["tofu", createFileStackTool({ world: join(root, "world") })]]),
      ...{ data: join(root, "data"), secrets: { names: new Set<string>(), values: {} }, parallel: 2 },
    },
  });
  actions = await openActions(
    { ...defaultSettings, policy: [join(root, "policies")] },
    {
      ...{ store, config: {}, waiverFiles: [] },
      kinds: joinKinds([{ kinds, eventsOf: provisioningEvents, close: () => Promise.resolve() }]),
    },
  );
});
afterAll(async () => {
  await actions.close();
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

function definition(name: string, text: string): JsonObject {
  const template = join(root, name);
  mkdirSync(template, { recursive: true });
  const outputs = { services: `[{"name":"site","endpoint":"https://user:pw@site.example.com"}]` };
  writeFileSync(join(template, "stack.json"), JSON.stringify({ files: { "site.txt": text }, outputs }));
  return { name, template, stacks: [{ name: "site", tool: "tofu" }], timeToLive: "30m" };
}

const request = (name: string, text: string) =>
  actions.request(
    {
      kind: "provisioning.apply",
      parameters: { environment: name, definition: definition(name, text) },
      reason: "OPS-7: a new site",
    },
    requester,
    caller,
  );
/** The one user of an embedded store approves what needs it. */
async function carriedOut(name: string, text: string): Promise<StoredAction> {
  const { id, state, decision } = await request(name, text);
  if (state === "needs-approval")
    await actions.approve(id, { decision: decision.id, planHash: decision.planHash }, requester, caller);
  return actions.run(id, caller);
}
const runNow = async (id: string, by: Caller): Promise<void> => {
  await actions.run(id, by);
};
const site = (name: string): string | null => {
  const path = join(root, "world", name, "site", "site.txt");
  return existsSync(path) ? readFileSync(path, "utf8") : null;
};

test("what a policy denies is not begun, and what it allows is run, told and in the audit trail", async () => {
  const denied = await request("sandbox", "open to all");
  expect([denied.state, denied.decision.violations.map((verdict) => verdict.policy)]).toEqual([
    "denied",
    ["files-closed"],
  ]);
  await expect(actions.run(denied.id, caller)).rejects.toThrow("denied");
  expect([site("sandbox"), await store.environments.get("sandbox")]).toEqual([null, null]);

  const asked = await request("sandbox", "shut");
  expect([asked.state, asked.decision.reasons]).toEqual(["ready", asked.decision.reasons]);
  expect(site("sandbox")).toBe(null);
  const done = await actions.run(asked.id, caller);
  expect([done.state, done.message]).toEqual(["succeeded", null]);
  expect(site("sandbox")).toBe("shut");
  const events = provisioningEvents(done);
  expect(events.map(({ event }) => event.type)).toEqual([
    "InfrastructureProvisionedEvent",
    "EnvironmentReadyEvent",
    "ProvisioningMetricsEvent",
  ]);
  for (const { event } of events) expect(dataFault(event.type, event.data)).toBe(null);
  expect(JSON.stringify(events)).not.toContain("pw");
  const kinds: string[] = [];
  for await (const { event } of store.audit.entries({ from: null, to: null, kinds: ["action."] }))
    if (event.subject === asked.id) kinds.push(`${event.kind} ${event.decision === null ? "undecided" : "decided"}`);
  expect(kinds.length).toBeGreaterThan(2);
  expect(kinds.filter((kind) => kind.endsWith("undecided"))).toEqual([]);
});

test("a rollback of what succeeded, and the end of a time to live, go through the gate as well", async () => {
  const made = await carriedOut("brief", "shut");
  expect(made.state).toBe("succeeded");
  const changed = await carriedOut("brief", "locked");
  expect([changed.state, site("brief")]).toEqual(["succeeded", "locked"]);
  const asked = await actions.rollback(changed.id, "it was better before", caller);
  const { decision, planHash } = { decision: asked.decision.id, planHash: asked.decision.planHash };
  const isAsked = asked.decision.answer === "needs-approval";
  if (isAsked) await actions.approve(changed.id, { decision, planHash }, requester, caller);
  const back = isAsked ? await actions.rollback(changed.id, "it was better before", caller) : asked;
  expect([back.state, back.message, site("brief")]).toEqual(["rolled-back", back.message, "shut"]);
  later = 31 * 60_000;
  const quiet = createLogger({ level: "error", version: "test", destination: { write: () => undefined } });
  await expireDue(
    { actions, run: runNow, environments: store.environments, clock, log: quiet, origin: "here" },
    new AbortController().signal,
  );
  const expired = (await actions.list({ state: "all", kind: "provisioning.expire", limit: 10 })).actions;
  expect(expired.map(({ state, decision }) => [state, decision.answer])).toEqual([
    ["needs-approval", "needs-approval"],
    ["needs-approval", "needs-approval"],
  ]);
  expect(site("brief")).toBe("shut");
});
