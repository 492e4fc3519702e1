// From a push to a status: git's own server over HTTPS, signed deliveries to the real API, the gate with its policies, the journal, and
// the APIs of GitHub and GitLab as their references have them (fakes: they do not run here).
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createActionsPart } from "../src/actions/actions-part.js";
import type { OpenedActions } from "../src/actions/create-actions.js";
import { gitopsSettings } from "../src/actions/gitops/gitops-settings.js";
import { openGitops } from "../src/actions/gitops/open-gitops.js";
import { joinKinds } from "../src/actions/kinds.js";
import { createTestApi, type TestApi } from "../src/api/testing/test-api.js";
import { systemClock } from "../src/clock.js";
import { openActions } from "../src/compose.js";
import { createLogger } from "../src/observability/log.js";
import { createMetrics } from "../src/observability/metrics.js";
import type { Part } from "../src/service/part.js";
import { defaultSettings } from "../src/settings.js";
import { openStore, type Store } from "../src/store/store.js";
import { startGitServer, type GitServer } from "./servers/git-server.js";
import { estateKind } from "./testing/estate-kind.mjs";
import { bareRepository, commit } from "./testing/git-commits.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-webhook-"));
const secret = "the secret of the webhooks";
const path = "/v1/integrations/git";
const environment = { GIT_TOKEN: "a-token-of-git-1", STATUS_TOKEN: "a-token-of-statuses-1", HOOK_SECRET: secret };
let git: GitServer;
let forge: Server;
let store: Store;
let actions: OpenedActions;
let api: TestApi;
let parts: readonly Part[] = [];

/** A status as it was taken; what is not as the reference has it is answered as the forge does. */
const taken: {
  readonly commit: string;
  readonly state: string;
  readonly name: string;
  readonly description: string;
}[] = [];
const refused: string[] = [];

type Body = { readonly [key: string]: string | undefined };
type Headers = NodeJS.Dict<string | string[]>;

/** https://docs.github.com/rest/commits/statuses#create-a-commit-status */
function github(url: string, headers: Headers, body: Body): number {
  const [, sha] = /^\/repos\/acme\/environments\/statuses\/([0-9a-f]{40})$/.exec(url) ?? [];
  if (sha === undefined) return 404;
  if (headers["authorization"] !== `Bearer ${environment.STATUS_TOKEN}`) return 401;
  const { state = "", target_url = "", description = "", context = "", ...others } = body;
  const isKnown = ["error", "failure", "pending", "success"].includes(state) && Object.keys(others).length === 0;
  const isBounded = description.length <= 140 && (target_url === "" || target_url.startsWith("https://"));
  const isAsked =
    headers["accept"] === "application/vnd.github+json" && headers["x-github-api-version"] === "2022-11-28";
  if (!isKnown || !isBounded || !isAsked || headers["user-agent"] === undefined) return 422;
  taken.push({ commit: sha, state, name: context, description });
  return 201;
}

/** https://docs.gitlab.com/api/commits/#set-commit-pipeline-status */
function gitlab(url: string, headers: Headers, body: Body): number {
  const [, sha] = /^\/api\/v4\/projects\/acme%2Fplatform%2Fenvironments\/statuses\/([0-9a-f]{40})$/.exec(url) ?? [];
  if (sha === undefined) return 404;
  if (headers["private-token"] !== environment.STATUS_TOKEN) return 401;
  const { state = "", name = "", description = "" } = body;
  if (!["pending", "running", "success", "failed", "canceled", "skipped"].includes(state) || description.length > 255)
    return 400;
  taken.push({ commit: sha, state, name, description });
  return 201;
}

const policy = `# METADATA
# title: Files are closed
# description: An open file is read by everybody.
# custom:
#   severity: high
#   types: [Test::File]
package files.closed

deny contains {"message": "it is open", "path": "/config/value"} if contains(input.config.value, "open")
`;

beforeAll(async () => {
  for (const one of ["estate", "policies/files", "repositories"]) mkdirSync(join(root, one), { recursive: true });
  writeFileSync(join(root, "policies/files/closed.rego"), policy);
  for (const one of ["hub", "lab"]) bareRepository(join(root, "repositories", `${one}.git`));
  git = await startGitServer(join(root, "repositories"), root);
  git.authorization = `Basic ${Buffer.from(`x-access-token:${environment.GIT_TOKEN}`).toString("base64")}`;
  forge = await startForge();
  store = await openStore({ databaseUrl: null, dataDir: join(root, "db"), clock: systemClock });
  const kind = estateKind(join(root, "estate"), { kind: "remediation.estate" });
  actions = await openActions(
    { ...defaultSettings, policy: [join(root, "policies")] },
    {
      ...{ store, config: {}, waiverFiles: [] },
      kinds: joinKinds([{ kinds: [kind], eventsOf: () => [], close: () => Promise.resolve() }]),
    },
  );
  const log = createLogger({ level: "silent", version: "0.0.0" });
  const opened = openGitops({
    ...{ settings: settingsOf(), dataDir: join(root, "data"), store, log, actions, clock: systemClock, environment },
    ...{ holder: systemClock.newId(), metrics: createMetrics(), pollMs: 50, soonMs: 200 },
    run: async (action, caller) => {
      await store.actionRuns.ask({ action, verb: "run", reason: null, caller, roles: [] });
    },
  });
  const breaker = { failures: 5, minutes: 60 };
  const running = { actions, store, breaker, log, metrics: createMetrics(), holder: systemClock.newId(), pollMs: 50 };
  parts = [createActionsPart(running), ...opened.parts];
  api = await createTestApi({ routes: opened.routes, store });
  for (const part of parts) await part.start();
});
afterAll(async () => {
  for (const part of [...parts].reverse()) await part.stop(5_000);
  await actions.close();
  await api.close();
  await git.close();
  forge.closeAllConnections();
  forge.close();
  rmSync(root, { recursive: true, force: true });
});

async function startForge(): Promise<Server> {
  const [key, cert] = ["git-key.pem", "git-cert.pem"].map((name) => readFileSync(join(root, name)));
  const server = createServer({ key, cert }, (request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const { url = "", headers, method } = request;
      const body = JSON.parse(text) as Body;
      const isPost = method === "POST" && headers["content-type"] === "application/json";
      const status = !isPost
        ? 415
        : url.startsWith("/api/v4/")
          ? gitlab(url, headers, body)
          : github(url, headers, body);
      if (status !== 201) refused.push(`${status} ${url} ${text}`);
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return server;
}

/** Nothing is polled for: what is seen was told by a delivery. */
function settingsOf() {
  const address = `https://127.0.0.1:${(forge.address() as AddressInfo).port}`;
  const common = {
    ...{ caFile: git.caFile, poll: 86_400, drift: 0, credentials: { token: { env: "GIT_TOKEN" } } },
    webhook: { secret: { env: "HOOK_SECRET" } },
  };
  const status = { token: { env: "STATUS_TOKEN" }, url: "https://portcullis.example" };
  return gitopsSettings.parse({
    repositories: [
      {
        ...{ ...common, name: "hub", url: `${git.url}/hub.git` },
        status: { ...status, format: "github", api: address, repository: "acme/environments" },
      },
      {
        ...{ ...common, name: "lab", url: `${git.url}/lab.git` },
        status: { ...status, format: "gitlab", api: `${address}/api/v4`, repository: "acme/platform/environments" },
      },
    ],
  });
}

const desired = (name: string, value: string): string =>
  `kind: remediation.estate\nparameters: {names: [${name}], value: ${value}}\n`;
const push = (repository: string, name: string, value: string): string =>
  commit(join(root, "repositories", `${repository}.git`), { [`environments/${name}.yaml`]: desired(name, value) });
const valueOf = (name: string): string | null => {
  const file = join(root, "estate", `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { value: string }).value : null;
};
const looks = (repository: string): number =>
  git.requests.filter(({ url }) => url === `/${repository}.git/info/refs?service=git-upload-pack`).length;

let deliveries = 0;
const body = '{"ref":"refs/heads/main"}';
const signatureOf = (text: string, by = secret): string =>
  `sha256=${createHmac("sha256", by).update(text).digest("hex")}`;
const fromGithub = (more: object = {}) => ({
  "x-github-event": "push",
  "x-github-delivery": `d-${++deliveries}`,
  "x-hub-signature-256": signatureOf(body),
  ...more,
});
const deliver = async (headers: object, payload: string | Buffer = body): Promise<number> => {
  const all = { "content-type": "application/json", ...headers };
  return (await api.api.inject({ method: "POST", url: path, headers: all, payload })).statusCode;
};
const told = (id: string, name: string): string | undefined =>
  taken
    .filter((one) => one.commit === id && one.name === `portcullis/environments/${name}.yaml`)
    .map(({ state, description }) => `${state}: ${description}`)
    .at(-1);
const patience = { timeout: 30_000, interval: 50 };

test.each([
  ["hub", "GitHub", () => fromGithub(), ["success", "failure"]],
  [
    ...["lab", "GitLab"],
    () => ({ "x-gitlab-event": "Push Hook", "x-gitlab-token": secret, "idempotency-key": `k-${++deliveries}` }),
    ["success", "failed"],
  ],
] as const)("a push to %s is applied or denied, and %s is told", async (repository, _, headers, [good, bad]) => {
  await vi.waitFor(() => {
    expect(looks(repository)).toBeGreaterThan(0);
  }, patience);
  const allowed = push(repository, `${repository}-a`, "shut");
  expect(await deliver(headers())).toBe(202);
  await vi.waitFor(() => {
    expect(told(allowed, `${repository}-a`)).toBe(`${good}: applied and verified`);
  }, patience);
  expect(valueOf(`${repository}-a`)).toBe("shut");
  const denied = push(repository, `${repository}-b`, "open");
  expect(await deliver(headers())).toBe(202);
  await vi.waitFor(() => {
    expect(told(denied, `${repository}-b`)).toMatch(new RegExp(`^${bad}: denied: .*files-closed`));
  }, patience);
  expect([valueOf(`${repository}-b`), refused]).toEqual([null, []]);
  const entries: string[] = [];
  for await (const { event } of store.audit.entries({ from: null, to: null, kinds: ["action."] }))
    if (event.subject?.startsWith("G-") === true) entries.push(event.kind);
  expect(entries).toContain("action.decided");
});

test("what is not signed, or not by the secret, or not about a push, brings no look", async () => {
  const id = push("hub", "hub-c", "shut");
  const before = looks("hub") + looks("lab");
  const forged = `${body.slice(0, -1)} }`;
  expect(await deliver(fromGithub({ "x-hub-signature-256": signatureOf(body, "another") }))).toBe(401);
  expect(await deliver(fromGithub(), forged)).toBe(401);
  expect(await deliver({ "x-github-event": "push", "x-github-delivery": "unsigned" })).toBe(401);
  expect(await deliver({ "x-gitlab-token": "wrong", "idempotency-key": "k" })).toBe(401);
  expect(await deliver(fromGithub({ "x-github-event": "status" }))).toBe(202);
  expect(await deliver({ "x-gitlab-event": "Pipeline Hook", "x-gitlab-token": secret, "idempotency-key": "p" })).toBe(
    202,
  );
  const large = Buffer.alloc(5 * 2 ** 20 + 1, 32);
  expect(await deliver(fromGithub({ "x-hub-signature-256": signatureOf(large.toString()) }), large)).toBe(413);
  const headers = fromGithub();
  expect(await deliver(headers)).toBe(202);
  await vi.waitFor(() => {
    expect(told(id, "hub-c")).toBe("success: applied and verified");
  }, patience);
  const after = looks("hub") + looks("lab");
  expect([await deliver(headers), await deliver(headers)]).toEqual([202, 202]);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(looks("hub") + looks("lab")).toBe(after);
  expect(after - before).toBeLessThan(12);
});

test("many deliveries at once bring few looks, and what they are about is there afterwards", async () => {
  const before = looks("hub");
  let id = "";
  for (let at = 0; at < 3; at++) {
    id = push("hub", `hub-flood-${at}`, "shut");
    const answers = await Promise.all(Array.from({ length: 15 }, () => deliver(fromGithub())));
    expect(new Set(answers)).toEqual(new Set([202]));
  }
  await vi.waitFor(() => {
    expect(told(id, "hub-flood-2")).toBe("success: applied and verified");
  }, patience);
  expect(looks("hub") - before).toBeLessThan(20);
});
