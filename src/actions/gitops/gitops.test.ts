import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../../test/servers/postgres.js";
import { estateKind } from "../../../test/testing/estate-kind.mjs";
import { bareRepository, commit, headOf, moveBranch, type Content } from "../../../test/testing/git-commits.js";
import { systemClock } from "../../clock.js";
import { PortcullisError } from "../../errors.js";
import type { Json } from "../../json.js";
import { createLogger } from "../../observability/log.js";
import type { Database } from "../../store/database.js";
import { openPostgres } from "../../store/postgres.js";
import { createStore, type Store } from "../../store/store.js";
import { createActions, type OpenedActions } from "../create-actions.js";
import type { Answer, Gate } from "../decision.js";
import { planHash } from "../plan-hash.js";
import { GitopsPart } from "./gitops-part.js";
import { gitopsSettings, type RepositorySettings } from "./gitops-settings.js";

let isLate = true;

/** The value that is asked for says what this gate answers. */
function wordGate(): Gate {
  const answerOf = (parameters: unknown): Answer => {
    const { value } = parameters as { value: string };
    if (value === "later") return isLate ? "allow" : "deny";
    return value.startsWith("no") ? "deny" : value.startsWith("ask") ? "needs-approval" : "allow";
  };
  return {
    decide({ kind, parameters, plan }) {
      const answer = answerOf(parameters);
      return Promise.resolve({
        ...{ id: systemClock.newId(), answer, reasons: [`the test says ${answer}`] },
        planHash: planHash(kind, parameters as Json, plan),
        ...{ violations: [], existing: [], resolved: [], undecided: [], actionVerdicts: [] },
        approval: answer === "needs-approval" ? { roles: ["approver"], count: 1 } : null,
        decidedAt: new Date(Date.now() - 1_000).toISOString(),
        expiresAt: new Date(Date.now() + 600_000).toISOString(),
        policies: "0".repeat(64),
      });
    },
    judge: () => Promise.resolve([]),
  };
}

interface Posted {
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Record<string, string>;
}

/** Takes commit statuses; says no as often as it is told to. A fake: GitHub and GitLab do not run here. */
async function fakeGitServer(): Promise<{ url: string; posted: Posted[]; refuse: number; server: Server }> {
  const state = { url: "", posted: [] as Posted[], refuse: 0, server: createServer() };
  state.server.on("request", (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (state.refuse-- > 0) return response.writeHead(503, { "retry-after": "0" }).end();
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, string>;
      state.posted.push({ path: request.url ?? "", headers: request.headers, body });
      return response.writeHead(201).end("{}");
    });
  });
  await new Promise<void>((resolve) => state.server.listen(0, "127.0.0.1", resolve));
  state.url = `http://127.0.0.1:${(state.server.address() as AddressInfo).port}`;
  return state;
}

const top = mkdtempSync(join(tmpdir(), "portcullis-gitops-"));
afterAll(() => {
  rmSync(top, { recursive: true });
});

describe("GitOps", () => {
  let server: PostgresServer;
  let database: Database;
  let store: Store;
  let fake: Awaited<ReturnType<typeof fakeGitServer>>;
  let number = 0;
  let own: string;
  let repository: string;
  let written: { [path: string]: Content } = {};
  let actions: OpenedActions;
  let settings: RepositorySettings;
  const log = createLogger({ level: "silent", version: "0.0.0" });

  beforeAll(async () => {
    server = await startPostgres();
    database = await openPostgres(server.url);
    store = await createStore(database, systemClock);
    await database.query("insert into waiver_delegates values (session_user)");
    fake = await fakeGitServer();
  });
  afterAll(async () => {
    await store.close();
    fake.server.close();
    await server.stop();
  });
  beforeEach(() => {
    own = join(top, String(++number));
    repository = join(own, "remote.git");
    mkdirSync(join(own, "estate"), { recursive: true });
    bareRepository(repository);
    written = {};
    const kind = estateKind(join(own, "estate"), { kind: "remediation.estate" });
    actions = createActions({
      ...{ journal: store.actions, gate: wordGate(), kinds: new Map([[kind.kind, kind]]), clock: systemClock },
      ...{ settings: { limits: { canary: 100, breaker: 1_000 } }, eventsOf: () => [] },
    });
    fake.posted.length = 0;
    fake.refuse = 0;
    [settings] = gitopsSettings.parse({
      repositories: [
        {
          ...{ name: `repository-${number}`, url: `file://${repository}`, allowFile: true, drift: 0.000_001 },
          previews: ["feature/*"],
          status: {
            ...{ format: "github", api: fake.url, repository: "acme/environments", token: { env: "STATUS_TOKEN" } },
            ...{ url: "https://portcullis.example", insecureHttp: true },
          },
        },
      ],
    }).repositories as [RepositorySettings];
    return () => actions.close();
  });

  const desired = (one: string, value: string): string =>
    `kind: remediation.estate\nparameters: {names: [${one}], value: ${value}}\nremoval:\n  kind: remediation.estate\n  parameters: {names: [${one}], value: ask-gone}\n`;
  const write = (path: string, text: Content): void => {
    written[path] = text;
  };
  const push = (branch = "main", parent?: string | null): string => {
    const files = written;
    written = {};
    return commit(repository, files, parent === undefined ? { branch } : { branch, parent });
  };
  const part = (over: Partial<Pick<OpenedActions, "request">> = {}, others: RepositorySettings[] = []): GitopsPart =>
    new GitopsPart({
      ...{ repositories: [settings, ...others], store, log, cache: join(own, "cache"), holder: systemClock.newId() },
      actions: {
        ...{ kinds: actions.kinds, decide: actions.decide.bind(actions), get: actions.get.bind(actions) },
        ...{ request: actions.request.bind(actions), reject: actions.reject.bind(actions), ...over },
      },
      environment: { STATUS_TOKEN: "a-token-for-statuses" },
      run: async (id, caller) => {
        await actions.run(id, caller);
      },
    });
  const look = async (): Promise<Record<string, string>> => Object.fromEntries(await part().once());
  const value = (one: string): string | null => {
    const file = join(own, "estate", `${one}.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { value: string }).value : null;
  };
  const mine = async () => {
    const { actions: all } = await actions.list({ state: "all", limit: 500 });
    return all.filter(({ requester }) => requester.name === `gitops:${settings.name}`);
  };
  const last = (commit: string, path: string): string | undefined =>
    fake.posted
      .filter((one) => one.path.endsWith(commit) && one.body["context"] === `portcullis/${path}`)
      .map(({ body }) => `${body["state"] ?? ""} ${body["description"] ?? ""}`)
      .at(-1);
  const approve = async (): Promise<void> => {
    const [waiting] = (await mine()).filter(({ state }) => state === "needs-approval");
    if (waiting === undefined) throw new Error("nothing waits");
    const carol = { name: "token:carol0000000", source: "token", roles: ["approver"] } as const;
    const shown = { decision: waiting.decision.id, planHash: waiting.decision.planHash };
    await actions.approve(waiting.id, shown, carol, { actor: carol, origin: "test" });
  };

  test("what the main branch says is applied once, and shown beside the commit as GitHub has it", async () => {
    write("environments/a.yaml", desired("a", "one"));
    write("environments/b.yaml", desired("b", "one"));
    const commit = push();
    expect(await look()).toEqual({});
    expect([value("a"), value("b")]).toEqual(["one", "one"]);
    const asked = await mine();
    expect(asked.map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
    const { path, headers, body } = fake.posted[0] as Posted;
    expect(path).toBe(`/repos/acme/environments/statuses/${commit}`);
    expect(headers).toMatchObject({
      ...{ authorization: "Bearer a-token-for-statuses", accept: "application/vnd.github+json" },
      "x-github-api-version": "2022-11-28",
    });
    expect(body).toEqual({
      ...{ state: "success", description: "applied and verified", context: "portcullis/environments/a.yaml" },
      target_url: expect.stringMatching(/^https:\/\/portcullis\.example\/v1\/actions\/G-[0-9a-f]{40}$/) as string,
    });
    await look();
    expect([(await mine()).length, fake.posted.length]).toEqual([2, 2]);
    write("environments/a.yaml", desired("a", "two"));
    push();
    await look();
    expect([value("a"), (await mine()).length]).toEqual(["two", 3]);
    write("environments/a.yaml", desired("a", "one"));
    push();
    await look();
    expect([value("a"), (await mine()).length]).toEqual(["one", 4]);
  });

  test("what needs approval waits and goes on; a denied one fails; a later commit ends what waits", async () => {
    write("environments/a.yaml", desired("a", "ask-one"));
    write("environments/b.yaml", desired("b", "nope"));
    const first = push();
    await look();
    expect([last(first, "environments/a.yaml"), last(first, "environments/b.yaml")]).toEqual([
      ...["pending needs approval: approver", "failure denied: the test says deny"],
    ]);
    expect([value("a"), value("b")]).toEqual([null, null]);
    await approve();
    await look();
    expect([value("a"), last(first, "environments/a.yaml")]).toEqual(["ask-one", "success applied and verified"]);
    write("environments/a.yaml", desired("a", "ask-two"));
    const second = push();
    await look();
    write("environments/a.yaml", desired("a", "three"));
    push();
    await look();
    expect([value("a"), last(second, "environments/a.yaml")?.startsWith("error commit")]).toEqual(["three", true]);
    expect((await mine()).filter(({ state }) => state === "needs-approval")).toEqual([]);
  });

  test("a file that goes is asked for, and is destroyed when that was approved; an empty folder destroys nothing", async () => {
    write("environments/a.yaml", desired("a", "one"));
    write("environments/b.yaml", desired("b", "one"));
    push();
    await look();
    write("environments/a.yaml", null);
    const removed = push();
    await look();
    expect([value("a"), last(removed, "environments/a.yaml")]).toEqual(["one", "pending needs approval: approver"]);
    await approve();
    await look();
    await look();
    expect([value("a"), (await mine()).length]).toEqual(["ask-gone", 3]);
    write("environments/b.yaml", null);
    const empty = push();
    await look();
    expect([value("b"), (await mine()).length]).toEqual(["one", 3]);
    expect(last(empty, "environments")).toContain("error environments is empty");
  });

  test("drift is brought back without a commit, as an action of its own", async () => {
    write("environments/a.yaml", desired("a", "one"));
    push();
    await look();
    writeFileSync(join(own, "estate", "a.json"), '{"value":"by hand"}');
    await look();
    expect([value("a"), (await mine()).map(({ reason }) => reason?.includes("drifted"))]).toEqual([
      "one",
      expect.arrayContaining([true, false]) as boolean[],
    ]);
    await look();
    expect((await mine()).length).toBe(2);
  });

  test("what is wrong with a file is said with its line, and nothing of it runs", async () => {
    write("environments/syntax.yaml", "kind: remediation.estate\nkind: remediation.estate\n");
    write("environments/kind.yaml", "# no kind\nparameters: {}\nkind: '../x'\n");
    write("environments/unknown.yaml", "kind: nothing.here\nparameters: {}\n");
    write("environments/parameters.yaml", "kind: remediation.estate\nparameters: {names: ['../../x'], value: a}\n");
    write("environments/sub/deep.yaml", desired("d", "one"));
    write("environments/a b.yaml", desired("d", "one"));
    write("environments/link.yaml", { mode: "120000", data: "/etc/passwd" });
    write("environments/ok.yaml", desired("ok", "one"));
    const commit = push();
    expect(await look()).toEqual({});
    const said = (file: string): string | undefined => last(commit, `environments/${file}`);
    expect(said("syntax.yaml")).toMatch(/^error environments\/syntax\.yaml:2: it is not YAML/);
    expect(said("kind.yaml")).toContain("error environments/kind.yaml:3: kind: expected the kind of an action");
    expect(said("unknown.yaml")).toContain("there is no kind of action nothing.here");
    expect(said("parameters.yaml")).toContain("the parameters of remediation.estate are not as they have to be");
    for (const file of ["sub/deep.yaml", "a b.yaml"]) expect(said(file)).toContain("expected a file NAME.yaml");
    expect(said("link.yaml")).toContain("expected a file and no link");
    expect([value("ok"), value("d"), (await mine()).length]).toEqual(["one", null, 1]);
  });

  test("a branch is decided on and never applied; its end changes nothing", async () => {
    write("environments/a.yaml", desired("a", "one"));
    push();
    write("environments/b.yaml", desired("b", "one"));
    write("environments/c.yaml", desired("c", "nope"));
    const commit = push("feature/x", headOf(repository));
    await look();
    expect([value("a"), value("b"), (await mine()).length]).toEqual(["one", null, 1]);
    expect([last(commit, "environments/b.yaml"), last(commit, "environments/c.yaml")]).toEqual([
      "success 1 steps; allow: the test says allow",
      "failure 1 steps; deny: the test says deny",
    ]);
    expect(last(commit, "environments/a.yaml")).toBeUndefined();
    moveBranch(repository, "feature/x", null);
    await look();
    expect(await store.gitops.branches(settings.name)).toEqual(["main"]);
  });

  test("a force-push is a commit like any other; without the main branch nothing happens, and that is said", async () => {
    write("environments/a.yaml", desired("a", "one"));
    push();
    await look();
    write("environments/a.yaml", desired("a", "forced"));
    push("main", null);
    await look();
    expect(value("a")).toBe("forced");
    renameSync(join(repository, "refs"), join(repository, "old-refs"));
    mkdirSync(join(repository, "refs", "heads"), { recursive: true });
    expect(Object.values(await look())[0]).toContain("has no branch main");
    expect([value("a"), (await mine()).length]).toEqual(["forced", 2]);
  });

  test("a process that dies between asking and the note of it asks for nothing twice; nor do two at once", async () => {
    for (const one of ["a", "b", "c"]) write(`environments/${one}.yaml`, desired(one, "ask-one"));
    push();
    const dying = part({
      request: async (...asked) => {
        await actions.request(...asked);
        throw new PortcullisError("store-unavailable", "the process is gone");
      },
    });
    expect(Object.values(Object.fromEntries(await dying.once()))).toEqual(["the process is gone"]);
    await Promise.all([part().once(), part().once(), part().once()]);
    await look();
    expect((await mine()).length).toBe(3);
    write("environments/a.yaml", desired("a", "two"));
    push();
    await Promise.all([part().once(), part().once()]);
    await look();
    expect([value("a"), (await mine()).length]).toEqual(["two", 4]);
  });

  test("a status that is not taken is sent again; one that GitLab takes has its form", async () => {
    settings = {
      ...settings,
      status: { ...(settings.status as object), format: "gitlab", repository: "g/sub/p" } as never,
    };
    write("environments/a.yaml", desired("a", "nope"));
    const commit = push();
    fake.refuse = 2;
    await look();
    expect(fake.posted).toEqual([]);
    await look();
    await look();
    const [{ path, headers, body } = {} as Posted] = fake.posted;
    expect(path).toBe(`/projects/g%2Fsub%2Fp/statuses/${commit}`);
    expect(headers["private-token"]).toBe("a-token-for-statuses");
    expect(body).toMatchObject({ state: "failed", name: "portcullis/environments/a.yaml" });
  });

  test("more than 10,000 files are not looked at; a repository that is not there is said without secrets", async () => {
    for (let at = 0; at <= 10_000; at++) write(`environments/f${at}.yaml`, "x");
    const commit = push();
    await look();
    expect(last(commit, "environments")).toBe("error environments holds 10001 files; expected at most 10000");
    expect([await mine(), await store.gitops.head(settings.name, "main")]).toEqual([[], null]);
    settings = { ...settings, name: `${settings.name}-gone`, url: `file://${repository}x` };
    expect(Object.values(await look())[0]).toMatch(/^gitops: listing branches of .* failed: .*does not/s);
  });

  test("a branch that is forced back to an earlier commit is applied again, and not taken for done", async () => {
    write("environments/a.yaml", desired("a", "one"));
    const first = push();
    await look();
    write("environments/a.yaml", desired("a", "two"));
    push();
    await look();
    moveBranch(repository, "main", first);
    expect([value("a"), await look()]).toEqual(["two", {}]);
    expect([value("a"), (await mine()).map(({ state }) => state)]).toEqual(["one", Array(3).fill("succeeded")]);
  });

  test("a file that only got another name destroys nothing; two files for one thing are refused", async () => {
    write("environments/a.yaml", desired("a", "one"));
    push();
    await look();
    write("environments/z.yaml", desired("a", "one"));
    const both = push();
    await look();
    expect(last(both, "environments/z.yaml")).toContain("it asks for the same as environments/a.yaml");
    write("environments/a.yaml", null);
    const moved = push();
    await look();
    expect(last(moved, "environments/a.yaml")).toBe("success environments/z.yaml is there instead");
    expect(last(moved, "environments/z.yaml")).toBe("success applied and verified");
    expect([value("a"), (await mine()).map(({ state }) => state)]).toEqual(["one", ["succeeded", "succeeded"]]);
  });

  test("what one repository asks for no other one gets", async () => {
    write("environments/a.yaml", desired("a", "one"));
    const head = push();
    const twin = { ...settings, name: `twin-${number}` };
    expect(await part({}, [twin]).once()).toEqual(new Map());
    const told = await store.gitops.statuses(twin.name, [head]);
    expect(told.map(({ state, description }) => [state, description])).toEqual([
      [
        "error",
        `environments/a.yaml: it asks for the same as environments/a.yaml of ${settings.name}; expected one file for it`,
      ],
    ]);
    expect(last(head, "environments/a.yaml")).toBeDefined();
    const { actions: all } = await actions.list({ state: "all", limit: 500 });
    expect(all.filter(({ requester }) => requester.name === `gitops:${twin.name}`)).toEqual([]);
    // The one that was first goes on with it.
    write("environments/a.yaml", desired("a", "two"));
    push();
    await part({}, [twin]).once();
    expect([value("a"), (await mine()).map(({ state }) => state)]).toEqual(["two", ["succeeded", "succeeded"]]);
  });

  test("nothing is destroyed while another file cannot be read: it may be what the removed one became", async () => {
    write("environments/a.yaml", desired("a", "one"));
    push();
    await look();
    write("environments/a.yaml", null);
    write("environments/z.yaml", "kind: [");
    const broken = push();
    await look();
    expect(last(broken, "environments/a.yaml")).toContain("while environments/z.yaml cannot be read");
    expect((await mine()).length).toBe(1);
    write("environments/z.yaml", desired("z", "one"));
    const mended = push();
    await look();
    expect([value("z"), last(mended, "environments/a.yaml")]).toEqual(["one", "pending needs approval: approver"]);
  });

  test("drift that could not be asked for is asked for at the next look; what was denied when it may be by now", async () => {
    write("environments/a.yaml", desired("a", "one"));
    write("environments/b.yaml", desired("b", "later"));
    const id = push();
    isLate = false;
    await look();
    expect(last(id, "environments/b.yaml")).toBe("failure denied: the test says deny");
    writeFileSync(join(own, "estate", "a.json"), '{"value":"by hand"}');
    const broken = part({ request: () => Promise.reject(new PortcullisError("store-unavailable", "away")) });
    expect(Object.fromEntries(await broken.once())).toEqual({ [settings.name]: "away" });
    isLate = true;
    expect(await look()).toEqual({});
    expect([value("a"), value("b"), last(id, "environments/b.yaml")]).toEqual([
      ...["one", "later", "success applied and verified"],
    ]);
  });

  test("a process that stood still while another one went on with a later commit applies nothing", async () => {
    write("environments/a.yaml", desired("a", "one"));
    push();
    const slow = part({
      request: async (...asked) => {
        await database.query("delete from leases");
        write("environments/a.yaml", desired("a", "two"));
        push();
        await look();
        return actions.request(...asked);
      },
    });
    expect(Object.values(Object.fromEntries(await slow.once()))[0]).toContain("another process goes on with");
    expect([value("a"), (await mine()).map(({ state }) => state)]).toEqual(["two", ["rejected", "succeeded"]]);
    await look();
    expect([value("a"), (await mine()).length]).toEqual(["two", 2]);
  });

  test("a branch that cannot be fetched, and names that nobody can keep, hold up nothing of the main one", async () => {
    write("environments/a.yaml", desired("a", "ask-one"));
    write(`environments/${"x".repeat(3_000)}.yaml`, "x");
    const id = push();
    await look();
    expect(last(id, "environments")).toBe("error environments: 1 names are longer than 1000 bytes");
    const tree = execFileSync("git", ["mktree"], {
      ...{ cwd: repository, encoding: "utf8" },
      input: `040000 tree ${execFileSync("git", ["rev-parse", "main^{tree}"], { cwd: repository, encoding: "utf8" }).trim()}\t..\n`,
    });
    const author = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    const bad = execFileSync("git", [...author, "commit-tree", "-m", "x", tree.trim()], { cwd: repository });
    moveBranch(repository, "feature/bad", bad.toString().trim());
    await approve();
    expect(Object.values(await look())[0]).toMatch(/fetching feature\/bad .* failed/);
    expect(value("a")).toBe("ask-one");
  });

  test("a repository that another process has is left to it, which is said; nor are its results sent", async () => {
    write("environments/a.yaml", desired("a", "nope"));
    push();
    fake.refuse = 1;
    await look();
    await store.outbox.leases.hold({ name: `gitops:${settings.name}`, holder: "another", ms: 60_000 });
    await database.query("update gitops_statuses set due = now()");
    expect(Object.values(await look())[0]).toContain("another process, such as portcullis serve, has this repository");
    expect(fake.posted).toEqual([]);
  });

  test("a server of statuses that is away is asked once for each look", async () => {
    for (const one of ["a", "b", "c"]) write(`environments/${one}.yaml`, desired(one, "nope"));
    push();
    fake.refuse = 1;
    await look();
    expect([fake.refuse, fake.posted.length]).toEqual([0, 0]);
    await look();
    expect(fake.posted.length).toBeGreaterThan(1);
  });
});

test.each([
  ["file:///srv/x.git", "a file:// address needs allowFile: true"],
  ["https://user:secret@example.org/x.git", "expected https://"],
  ["ext::sh -c id", "expected https://"],
  ["--upload-pack=id", "expected https://"],
  ["git@example.org:x.git", "expected https://"],
])("the address %s is refused", (url, why) => {
  const parsed = gitopsSettings.safeParse({ repositories: [{ name: "x", url }] });
  expect(parsed.error?.issues[0]?.message).toContain(why);
});
