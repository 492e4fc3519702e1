// Git over HTTPS against git's own server: what servers do wrong, and what hostile repositories hold.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startGitServer, type GitServer } from "../../../test/servers/git-server.js";
import { bareRepository, commit, headOf, moveBranch } from "../../../test/testing/git-commits.js";
import { createGit, type Git, type GitOptions } from "./git.js";
import { gitopsSettings } from "./gitops-settings.js";

const top = mkdtempSync(join(tmpdir(), "portcullis-git-"));
const token = "a-token-that-nobody-may-see-1";
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
let server: GitServer;
let other: GitServer;
let round = 0;
let cache = "";
let repository = "";

beforeAll(async () => {
  mkdirSync(join(top, "other"));
  server = await startGitServer(top, top);
  other = await startGitServer(top, join(top, "other"));
});
afterAll(async () => {
  await server.close();
  await other.close();
  rmSync(top, { recursive: true, force: true });
});
beforeEach(() => {
  round++;
  [cache, repository] = [join(top, `cache-${round}`), join(top, `repository-${round}.git`)];
  bareRepository(repository);
  server.fault = other.fault = null;
  server.authorization = other.authorization = basic("x-access-token", token);
  server.requests.length = other.requests.length = 0;
});

interface More {
  readonly settings?: object;
  readonly token?: string | null;
  readonly signal?: AbortSignal;
}

function over(more: More = {}): Git {
  const url = `${server.url}/repository-${round}.git`;
  const credentials = { token: { env: "GIT_TOKEN" } };
  const given = { name: `r${round}`, url, credentials, caFile: server.caFile, ...more.settings };
  const [settings] = gitopsSettings.parse({ repositories: [given] }).repositories;
  const options = { settings, cache, token: more.token === undefined ? token : more.token };
  return createGit({ ...options, signal: more.signal ?? new AbortController().signal } as GitOptions);
}

const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "nothing failed",
    (error: unknown) => (error as Error).message,
  );
const holdsToken = (text: string): boolean =>
  text.includes(token) || text.includes(basic("x-access-token", token).slice("Basic ".length));
/** Everything that is left on the disk. */
const left = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");

test.each([
  ["Basic", {}, basic("x-access-token", token)],
  ["Basic with a user", { user: "oauth2" }, basic("oauth2", token)],
  ["Bearer", { scheme: "bearer" }, `Bearer ${token}`],
])(
  "branches and files come over HTTPS with credentials by %s, which are nowhere on the disk",
  async (_, more, sent) => {
    server.authorization = sent;
    const id = commit(repository, { "environments/a.yaml": "a: 1\n", "other/b.yaml": "no" });
    const git = over({ settings: { credentials: { token: { env: "GIT_TOKEN" }, ...more } } });
    expect(await git.heads()).toEqual(new Map([["main", id]]));
    expect(await git.fetch("main")).toBe(id);
    const files = await git.files(id, "environments", 10);
    expect(files.map(({ path, mode, size }) => [path, mode, size])).toEqual([["environments/a.yaml", "100644", 5]]);
    expect((await git.read(files[0]?.blob ?? "")).toString()).toBe("a: 1\n");
    expect([holdsToken(left(cache)), existsSync(join(cache, "config"))]).toEqual([false, false]);
    expect(server.requests.every(({ authorization }) => authorization === sent)).toBe(true);
  },
);

describe("a server that does not answer as it should", () => {
  beforeEach(() => {
    commit(repository, { "environments/a.yaml": "a: 1\n" });
  });

  test.each<[string, GitServer["fault"], More, RegExp]>([
    ["500", 500, {}, /returned error: 500/],
    ["wrong credentials", null, { token: "wrong-token-2" }, /wants credentials, and those of its credentials setting/],
    ["no credentials", null, { token: null }, /wants credentials, and none are configured/],
    ["forbidden", 403, {}, /wants credentials.*403/],
    ["not there", 404, {}, /not found/],
    ["no trust in its certificate", null, { settings: { caFile: "/dev/null" } }, /certificate/i],
  ])("%s is said, without the token", async (_, fault, more, why) => {
    server.fault = fault;
    for (const work of [(git: Git) => git.heads(), (git: Git) => git.fetch("main")]) {
      const message = await failure(work(over(more)));
      expect(message).toMatch(/^gitops: (listing branches|fetching main) of r\d+ failed: /);
      expect(message).toMatch(why);
      expect([holdsToken(message), message.includes("wrong-token-2")]).toEqual([false, false]);
    }
  });

  test("a redirect is not followed, so that another host sees neither a request nor the credentials", async () => {
    server.fault = { redirect: other.url };
    expect(await failure(over().heads())).toMatch(/redirect|301/i);
    expect(await failure(over().fetch("main"))).toMatch(/redirect|301/i);
    expect(other.requests).toEqual([]);
  });

  test("one that hangs is left when the time is over or the process ends, by the helper of git too", async () => {
    server.fault = "hang";
    expect(await failure(over({ settings: { limits: { seconds: 1 } } }).heads())).toContain("took longer than 1 s");
    await vi.waitFor(() => {
      expect(server.open()).toBe(0);
    }, 5_000);
    const ending = new AbortController();
    const message = failure(over({ signal: ending.signal }).fetch("main"));
    await vi.waitFor(() => {
      expect(server.open()).toBe(1);
    }, 5_000);
    ending.abort();
    expect(await message).toContain("the process ends");
    await vi.waitFor(() => {
      expect(server.open()).toBe(0);
    }, 5_000);
  });

  test("what was cut off leaves no lock, and the next fetch works", async () => {
    await over().fetch("main");
    writeFileSync(join(cache, "shallow.lock"), "");
    commit(repository, { "environments/a.yaml": "a: 2\n" });
    expect(await failure(over().fetch("main"))).toContain("shallow.lock");
    expect(await over().fetch("main")).toBe(headOf(repository));
  });

  test("a branch that vanishes between two questions is an error; a forced one is the new commit", async () => {
    moveBranch(repository, "gone", headOf(repository));
    expect((await over().heads()).size).toBe(2);
    moveBranch(repository, "gone", null);
    expect(await failure(over().fetch("gone"))).toContain("couldn't find remote ref");
    const before = await over().fetch("main");
    const forced = commit(repository, { "environments/b.yaml": "b: 1\n" }, { parent: null });
    expect([await over().fetch("main"), forced === before]).toEqual([forced, false]);
    expect((await over().files(forced, "environments", 10)).map(({ path }) => path)).toEqual(["environments/b.yaml"]);
  });
});

describe("a hostile repository", () => {
  test("that is too large, or lists too much, is said to be so and leaves nothing", async () => {
    commit(repository, { "environments/a.yaml": "a: 1\n", "big.bin": randomBytes(4) });
    const settings = { limits: { mebibytes: 1 } };
    await expect(over({ settings }).fetch("main")).rejects.toMatchObject({
      ...{ code: "usage", message: expect.stringContaining("larger than 1 MiB") as string },
    });
    expect(existsSync(cache)).toBe(false);
    const id = commit(repository, { "environments/b.yaml": "b", "environments/c.yaml": "c" }, { parent: null });
    await over().fetch("main");
    await expect(over().files(id, "environments", 1)).rejects.toMatchObject({ code: "usage" });
  });

  test("is never checked out, and nothing of it runs or is read from outside: hooks, filters, links, submodules", async () => {
    const evil = join(top, `ran-${round}`);
    const run = `touch ${evil}`;
    const id = commit(repository, {
      ".gitattributes": "* filter=evil diff=evil merge=evil\n",
      ".gitmodules": `[submodule "x"]\n\tpath = environments/sub\n\turl = ext::sh -c '${run}'\n`,
      ".gitconfig": `[filter "evil"]\n\tsmudge = ${run}\n`,
      "hooks/post-checkout": `#!/bin/sh\n${run}\n`,
      config: `[core]\n\tfsmonitor = ${run}\n\tsshCommand = ${run}\n`,
      "environments/link.yaml": { mode: "120000", data: "/etc/passwd" },
      "environments/up.yaml": { mode: "120000", data: "../../../../etc/passwd" },
      "environments/a.yaml": "a: 1\n",
      "environments/sub": { mode: "160000", data: "1".repeat(40) },
    });
    const git = over();
    await git.fetch("main");
    const files = await git.files(id, "environments", 10);
    expect(files.map(({ path, mode }) => [path, mode])).toEqual([
      ["environments/a.yaml", "100644"],
      ["environments/link.yaml", "120000"],
      ["environments/sub", "160000"],
      ["environments/up.yaml", "120000"],
    ]);
    const texts = await Promise.all(
      files.filter(({ mode }) => mode !== "160000").map(async ({ blob }) => (await git.read(blob)).toString()),
    );
    expect(texts).toEqual(["a: 1\n", "/etc/passwd", "../../../../etc/passwd"]);
    expect(readdirSync(cache).sort()).toEqual(["HEAD", "objects", "refs", "shallow"]);
    expect(existsSync(evil)).toBe(false);
  });

  test("with `..` or `.git` in its trees is refused", async () => {
    const blob = execFileSync("git", ["hash-object", "-w", "--stdin"], { cwd: repository, input: "x" })
      .toString()
      .trim();
    for (const name of ["..", ".git"]) {
      const tree = execFileSync("git", ["mktree"], { cwd: repository, input: `100644 blob ${blob}\t${name}\n` });
      const id = execFileSync(
        "git",
        ["-c", "user.name=t", "-c", "user.email=t@x", "commit-tree", "-m", "x", tree.toString().trim()],
        { cwd: repository },
      );
      moveBranch(repository, "main", id.toString().trim());
      expect(await failure(over().fetch("main"))).toMatch(/hasDot|contains '\.|fsck/i);
    }
  });

  test("with names that are not UTF-8, long or full of control characters lists them all", async () => {
    const long = "x".repeat(3_000);
    const names = {
      "environments/\\377\\376.yaml": "a",
      "environments/\\033[31m\\n.yaml": "b",
      [`environments/${long}`]: "c",
    };
    const id = commit(repository, names, { quoted: true });
    await over().fetch("main");
    const paths = (await over().files(id, "environments", 10)).map(({ path }) => path);
    expect(paths).toEqual(["environments/\u001b[31m\n.yaml", `environments/${long}`, "environments/\ufffd\ufffd.yaml"]);
  });
});

/** Mebibytes that cannot be made smaller. */
function randomBytes(mebibytes: number): Buffer {
  return execFileSync("openssl", ["rand", String(mebibytes * 2 ** 20)], { maxBuffer: 2 ** 26 });
}
