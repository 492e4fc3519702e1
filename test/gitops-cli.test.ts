// `portcullis gitops once`: what it says, and by which code it ends. In this process, and a broken file beside good ones.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addGitopsCommand } from "../src/cli/gitops.js";
import { bareRepository, commit } from "./testing/git-commits.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-once-"));
const repository = join(root, "environments.git");

beforeAll(() => {
  mkdirSync(join(root, "template"), { recursive: true });
  bareRepository(repository);
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Told {
  readonly code: number | string | null | undefined;
  readonly repositories: readonly {
    readonly name: string;
    readonly problem: string | null;
    readonly results: readonly { readonly path: string; readonly state: string; readonly description: string }[];
  }[];
}

async function once(repositories: readonly object[]): Promise<Told> {
  const config = join(root, "portcullis.yaml");
  const settings = {
    gitops: { repositories },
    provisioning: { templates: [root], programs: { tofu: "/nowhere/tofu" } },
  };
  writeFileSync(config, JSON.stringify(settings));
  const output = join(root, "result.json");
  const flags = [
    "--config",
    config,
    "--data-dir",
    join(root, "data"),
    "--format",
    "json",
    "--output",
    output,
    "--quiet",
  ];
  const program = new Command().exitOverride();
  addGitopsCommand(program);
  const before = process.exitCode;
  try {
    await program.parseAsync(["gitops", "once", ...flags], { from: "user" });
    const { version, repositories: found } = JSON.parse(readFileSync(output, "utf8")) as Told & { version: number };
    expect(version).toBe(1);
    return { code: process.exitCode, repositories: found };
  } finally {
    process.exitCode = before;
  }
}

const here = { name: "here", url: `file://${repository}`, allowFile: true, drift: 0 };
const desired = (name: string): string => {
  const definition = { name, template: join(root, "template"), stacks: [{ name: "site", tool: "tofu" }] };
  return JSON.stringify({ kind: "provisioning.apply", parameters: { environment: name, definition } });
};

test("a broken file is said with its line and what was expected, and keeps nothing else from being looked at", async () => {
  const id = commit(repository, {
    "environments/a-broken.yaml": "kind: provisioning.apply\nparameters:\n  - environment\n",
    "environments/b-syntax.yaml": "kind: provisioning.apply\nkind: provisioning.apply\n",
    "environments/paper.yaml": desired("paper"),
  });
  const { code, repositories } = await once([here, { ...here, name: "gone", url: `file://${repository}x` }]);
  expect(code).toBe(3);
  const [first, second] = repositories;
  expect([first?.name, second?.name]).toEqual(["here", "gone"]);
  expect(first?.problem).toMatch(/^environments\/paper\.yaml: \/nowhere\/tofu cannot be started/);
  expect(second?.problem).toMatch(/^gitops: listing branches of gone failed: /);
  expect(first?.results.map(({ path, state }) => [path, state])).toEqual([
    ["environments/a-broken.yaml", "error"],
    ["environments/b-syntax.yaml", "error"],
    ["environments/paper.yaml", "pending"],
  ]);
  expect(first?.results[0]).toMatchObject({
    ...{ branch: "main", commit: id, action: null },
    description: "environments/a-broken.yaml:2: parameters: expected an object",
  });
  expect(first?.results[1]?.description).toMatch(/^environments\/b-syntax\.yaml:2: it is not YAML/);
});

test("where there is nothing to do the code is 0", async () => {
  const empty = { name: "empty", url: `file://${join(root, "empty.git")}`, allowFile: true };
  bareRepository(join(root, "empty.git"));
  commit(join(root, "empty.git"), { "README.md": "nothing" });
  expect(await once([empty])).toMatchObject({ code: 0, repositories: [{ name: "empty", problem: null, results: [] }] });
});

test("without a repository it is wrong usage", async () => {
  writeFileSync(join(root, "none.yaml"), "{}");
  const program = new Command().exitOverride();
  addGitopsCommand(program);
  const flags = ["gitops", "once", "--config", join(root, "none.yaml"), "--data-dir", join(root, "data")];
  await expect(program.parseAsync(flags, { from: "user" })).rejects.toMatchObject({ code: "config-invalid" });
});
