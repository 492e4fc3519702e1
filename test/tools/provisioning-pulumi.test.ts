// Pulumi's own engine as a stack tool: previews, updates, removals and cuts in the middle, with a program and a provider in Node.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { pulumiPackages, toolPath } from "../../scripts/setup-tools.mjs";
import { createPulumiTool } from "../../src/actions/provisioning/pulumi/pulumi-tool.js";
import type { Stack, StackContext, StackPlan, StackTool } from "../../src/actions/provisioning/stack-tool.js";
import type { Json } from "../../src/json.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-pulumi-stack-"));
const [template, data, world] = ["template", "data", "world"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
const secret = ["hunter", "two", "long"].join("-");
const said: string[] = [];
const context: StackContext = { data, say: (text) => said.push(text), signal: new AbortController().signal };
let tool: StackTool;

// Each test starts Pulumi several times, and each start is some seconds of work.
vi.setConfig({ testTimeout: 900_000 });

/** A box is a file in `world`: the provider is code of the program, run by Pulumi's engine. */
const program = `
const pulumi = require("@pulumi/pulumi");
const config = new pulumi.Config();
const world = ${JSON.stringify(world)};
const provider = {
  async create(inputs) {
    const fs = require("node:fs");
    fs.writeFileSync(world + "/" + inputs.name, String(inputs.size));
    if (inputs.hang) {
      fs.writeFileSync(world + "/hangs", String(process.pid));
      await new Promise((resolve) => setTimeout(resolve, 600000));
    }
    return { id: inputs.name, outs: { ...inputs, address: inputs.name + ".internal" } };
  },
  async update(id, before, inputs) {
    require("node:fs").writeFileSync(world + "/" + inputs.name, String(inputs.size));
    return { outs: { ...inputs, address: inputs.name + ".internal" } };
  },
  async diff(id, before, inputs) {
    return { changes: before.size !== inputs.size };
  },
  async delete(id) {
    require("node:fs").rmSync(world + "/" + id, { force: true });
  },
};
class Box extends pulumi.dynamic.Resource {
  constructor(name, inputs) {
    super(provider, name, { address: undefined, ...inputs });
  }
}
const box = new Box("box", { name: "box", size: config.requireNumber("size"), password: config.getSecret("password") });
if (config.getBoolean("more")) new Box("more", { name: "more", size: 1, hang: true });
module.exports = { address: box.address, password: config.getSecret("password"), seen: Object.keys(process.env).includes("PRIVATE_THING") };
`;

function stack(variables: Record<string, Json>): Stack {
  return {
    ...{
      environment: "paper",
      name: "boxes",
      colour: null,
      tool: "pulumi",
      content: "0".repeat(64),
      template,
      folder: ".",
    },
    ...{ workspace: null, secrets: new Set(["password"]), unknown: [], variables: { password: secret, ...variables } },
  };
}

beforeAll(() => {
  for (const one of [template, data, world]) mkdirSync(one);
  writeFileSync(join(template, "Pulumi.yaml"), "name: boxes\nruntime: nodejs\nmain: program.cjs\n");
  writeFileSync(join(template, "program.cjs"), program);
  writeFileSync(join(folder, "passphrase"), "of the tests\n");
  process.env["PRIVATE_THING"] = "not for programs";
  tool = createPulumiTool({
    settings: { passphraseFile: join(folder, "passphrase"), packages: pulumiPackages },
    ...{ program: toolPath("pulumi"), environment: {}, planMs: 280_000, applyMs: 280_000 },
  });
});

afterAll(() => {
  delete process.env["PRIVATE_THING"];
  rmSync(folder, { recursive: true, force: true });
});

function names({ changes }: StackPlan): string[] {
  return changes.map(
    ({ before, after }) =>
      `${before === null ? "+" : after === null ? "-" : "~"}${(after ?? before)?.resource.name ?? ""}`,
  );
}

/** Everything below the folder; the values of secrets are nowhere but in what Pulumi encrypted. */
function textsBelow(at: string): string {
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

test("what was previewed is done, and nothing else", async () => {
  const plan = await tool.plan(stack({ size: 1 }), "apply", context);
  expect(plan).toMatchObject({ problems: [], differs: true, exact: true, state: null });
  expect(names(plan)).toEqual(["+box"]);
  expect(plan.changes[0]?.after?.resource).toMatchObject({
    ...{ type: "pulumi-nodejs:dynamic:Resource", config: { name: "box", size: 1 } },
    unknown: expect.arrayContaining(["/config/password"]) as string[],
  });
  expect(plan.outputs.get("password")).toEqual({ value: secret, sensitive: true });
  expect(plan.outputs.get("address")).toEqual({ value: undefined, sensitive: false });
  expect(readdirSync(world)).toEqual([]);
  expect(await tool.plan(stack({ size: 1 }), "apply", context)).toEqual(plan);

  await tool.apply(stack({ size: 1 }), plan, context);
  expect(readFileSync(join(world, "box"), "utf8")).toBe("1");
  const outputs = await tool.outputs({ ...stack({}), variables: {} }, context);
  expect(Object.fromEntries(outputs)).toEqual({
    address: { value: "box.internal", sensitive: false },
    password: { value: secret, sensitive: true },
    seen: { value: false, sensitive: false },
  });
  expect(await tool.plan(stack({ size: 1 }), "apply", context)).toMatchObject({ differs: false, changes: [] });
  const backup = await tool.backupState(stack({}), context);
  expect(readFileSync(backup?.file ?? "", "utf8")).toContain("paper-boxes");
  expect(textsBelow(data) + said.join("\n") + JSON.stringify(plan)).not.toContain(secret);
});

test("another plan, another state and a lock stop it before anything is changed", async () => {
  const plan = await tool.plan(stack({ size: 2 }), "apply", context);
  expect(names(plan)).toEqual(["~box"]);
  expect(plan.changes[0]?.before?.resource.config).toMatchObject({ size: 1 });
  await expect(tool.apply(stack({ size: 3 }), plan, context)).rejects.toThrow("not what was planned");
  await expect(tool.apply(stack({ size: 2 }), { ...plan, state: "0" }, context)).rejects.toThrow("state was changed");
  expect(readFileSync(join(world, "box"), "utf8")).toBe("1");
  await tool.apply(stack({ size: 2 }), plan, context);
  expect(readFileSync(join(world, "box"), "utf8")).toBe("2");
});

test("an update that is cut off is seen, and nothing is planned over it", async () => {
  const cut = new AbortController();
  onTestFinished(() => {
    cut.abort();
  });
  const hanging = stack({ size: 2, more: true });
  const plan = await tool.plan(hanging, "apply", context);
  const applying = tool.apply(hanging, plan, { ...context, signal: cut.signal }).catch((error: unknown) => error);
  const hangs = async (): Promise<undefined> => {
    await expect.poll(() => readdirSync(world), { timeout: 280_000 }).toContain("hangs");
  };
  // Where it ends before, its error says why.
  expect(await Promise.race([applying, hangs()])).toBeUndefined();
  const { lock } = await tool.facts(hanging, context);
  expect(lock).toMatch(/@.* \(process \d+\) since /);
  await expect(tool.apply(hanging, plan, context)).rejects.toThrow("is locked by");
  // As a machine that dies: every process of it at once.
  for (const pid of descendants(Number(/process (\d+)/.exec(lock ?? "")?.[1]))) process.kill(pid, "SIGKILL");
  expect(await applying).toBeInstanceOf(Error);
  const after = await tool.facts(hanging, context);
  expect(after.lock).toBe(lock);
  expect(after.state).not.toBe(plan.state);
  const removal = await tool.plan(hanging, "destroy", context);
  expect(removal.problems.join()).toContain("was cut off; look what became of it");
  await expect(tool.apply(hanging, removal, context)).rejects.toThrow("was cut off");
});

/** The process and those that it started. */
function descendants(pid: number): number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = all.flatMap((one) => {
    try {
      return [[one, Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${one}/stat`, "utf8"))?.[1])] as const];
    } catch {
      return [];
    }
  });
  const below = (of: number): number[] => [
    of,
    ...parents.filter(([, parent]) => parent === of).flatMap(([one]) => below(one)),
  ];
  return below(pid);
}

test("destroys exactly what is there", async () => {
  const own = { ...context, data: join(folder, "another") };
  mkdirSync(own.data);
  const plan = await tool.plan(stack({ size: 5 }), "apply", own);
  await tool.apply(stack({ size: 5 }), plan, own);
  const removal = await tool.plan(stack({ size: 5 }), "destroy", own);
  expect(names(removal)).toEqual(["-box"]);
  await tool.apply(stack({ size: 5 }), removal, own);
  expect(readdirSync(world)).not.toContain("box");
  expect(await tool.facts(stack({ size: 5 }), own)).toMatchObject({ exists: false, lock: null });
});

test("a wrong passphrase and a broken program are errors in words", async () => {
  writeFileSync(join(folder, "other"), "another one");
  const other = createPulumiTool({
    settings: { passphraseFile: join(folder, "other"), packages: pulumiPackages },
    ...{ program: toolPath("pulumi"), environment: {}, planMs: 280_000, applyMs: 280_000 },
  });
  const own = { ...context, data: join(folder, "another") };
  await expect(other.plan(stack({ size: 5 }), "apply", own)).rejects.toThrow("passphrase");
  const broken = { ...context, data: join(folder, "broken") };
  mkdirSync(broken.data);
  await expect(tool.plan(stack({}), "apply", broken)).rejects.toThrow(
    "Missing required configuration variable 'boxes:size'",
  );
});
