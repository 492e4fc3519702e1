import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../json.js";
import type { Stack, StackContext } from "../stack-tool.js";
import { lockOf } from "./lock.js";
import { outputsOf, planOfPreview, planOfRemoval, stateOf } from "./preview.js";
import { createPulumiTool } from "./pulumi-tool.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-pulumi-unit-"));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const secret = ["hunter", "two", "long"].join("-");
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const mark = "4dabf18193072939515e22adb298388d";
const stack: Stack = {
  ...{
    environment: "paper",
    name: "data",
    colour: null,
    tool: "pulumi",
    content: "0".repeat(64),
    template: root,
    folder: ".",
  },
  ...{ workspace: null, variables: { password: secret }, secrets: new Set(["password"]), unknown: [] },
};
const empty: Json = { version: 3, deployment: {} };

function urn(type: string, name: string): string {
  return `urn:pulumi:paper::data::${type}::${name}`;
}

function state(type: string, name: string, inputs: JsonObject, rest: JsonObject = {}): JsonObject {
  return { urn: urn(type, name), custom: true, type, inputs, outputs: inputs, ...rest };
}

function step(op: string, before: JsonObject | null, after: JsonObject | null): JsonObject {
  const at = (after ?? before)?.["urn"] ?? "";
  return { op, urn: at, ...(before !== null && { oldState: before }), ...(after !== null && { newState: after }) };
}

function exported(resources: readonly JsonObject[], pending: readonly JsonObject[] = []): Json {
  return { version: 3, deployment: { manifest: { time: "now" }, resources, pending_operations: pending } };
}

function planned(steps: readonly JsonObject[], at: Json = empty, outputs: Json = {}) {
  const plan = planOfPreview(stack, { preview: { steps, changeSummary: {} }, outputs, state: at });
  return {
    ...plan,
    names: plan.changes.map(
      ({ before, after }) =>
        `${before === null ? "+" : after === null ? "-" : "~"}${(before ?? after)?.resource.name ?? ""}`,
    ),
  };
}

const [box, bigger] = [{ size: 1 }, { size: 2 }].map((inputs) => state("test:index:Box", "box", inputs)) as [
  JsonObject,
  JsonObject,
];
const stackState = state("pulumi:pulumi:Stack", "data-paper", {});

describe("what an update changes", () => {
  test.each<readonly [string, readonly JsonObject[], readonly string[]]>([
    ["created", [step("create", null, stackState), step("create", null, box)], ["+box"]],
    ["updated", [step("same", stackState, stackState), step("update", box, bigger)], ["~box"]],
    ["left alone", [step("same", stackState, stackState), step("same", box, box)], []],
    ["removed", [step("delete", box, null)], ["-box"]],
    [
      "replaced",
      [step("create-replacement", box, bigger), step("replace", box, bigger), step("delete-replaced", box, null)],
      ["~box"],
    ],
    ["only read", [step("read", box, box)], []],
    [
      "a provider of its own",
      [step("create", null, state("pulumi:providers:aws", "default_4", { region: "eu-west-1" }))],
      [],
    ],
  ])("%s", (_, steps, names) => {
    const plan = planned(steps);
    expect(plan.names).toEqual(names);
    expect(plan.problems).toEqual([]);
    expect(plan.differs).toBe(names.length > 0);
    for (const { before, after } of plan.changes)
      expect((before ?? after)?.resource.id).toBe(`paper/data/${urn("test:index:Box", "box")}`);
  });

  test("resources of AWS are what the scanner makes of them, with the folded ones", () => {
    const bucket = state("aws:s3/bucket:Bucket", "b", { bucket: "qv-orders" });
    const block = (all: boolean): JsonObject =>
      state("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "b", {
        bucket: "qv-orders",
        blockPublicAcls: all,
      });
    const linked = (all: boolean): JsonObject => ({
      ...block(all),
      propertyDependencies: { bucket: [urn("aws:s3/bucket:Bucket", "b")] },
    });
    const plan = planned([step("same", bucket, bucket), step("update", linked(false), linked(true))]);
    expect(plan.changes).toHaveLength(1);
    const [change] = plan.changes;
    expect(change?.after?.resource).toMatchObject({ type: "AWS::S3::Bucket" });
    expect(JSON.stringify(change?.before?.resource.config)).toContain('"BlockPublicAcls":false');
    expect(JSON.stringify(change?.after?.resource.config)).toContain('"BlockPublicAcls":true');
  });

  test("a preview of Pulumi's own: every resource is in it, and no secret", () => {
    const file = new URL("../../../../scanners/pulumi/testing/preview.json", import.meta.url);
    const preview = JSON.parse(readFileSync(file, "utf8")) as Json;
    const plan = planOfPreview(stack, { preview, outputs: {}, state: empty });
    expect(plan.problems).toEqual([]);
    expect(plan.changes.length).toBeGreaterThan(20);
    expect(plan.changes.every(({ before, after }) => before === null && after !== null)).toBe(true);
    expect(new Set(plan.changes.map(({ after }) => after?.resource.id)).size).toBe(plan.changes.length);
  });

  test("what is not known yet and what is secret is unknown", () => {
    const inputs = { later: unknown, hidden: "[secret]", inside: [`postgres://app:${secret}@db`], plain: "x" };
    const [change] = planned([step("create", null, state("test:index:Box", "box", inputs))]).changes;
    expect(change?.after?.resource.config).toMatchObject({ plain: "x" });
    expect(change?.after?.resource.unknown).toEqual(
      expect.arrayContaining(["/config/later", "/config/hidden", "/config/inside/0"]),
    );
    expect(JSON.stringify(change)).not.toContain(secret);
  });

  test("the digest is of what is done, and not of where the program stands", () => {
    const at = { sourcePosition: "project:///x.js#1,1", stackTrace: [{}], modified: "2026-01-01T00:00:00Z" };
    const [one, two] = [
      planned([step("update", box, bigger)]),
      planned([step("update", { ...box, ...at }, { ...bigger, ...at })]),
    ];
    expect(two.digest).toBe(one.digest);
    expect(planned([step("update", box, box)]).digest).not.toBe(one.digest);
    expect(planned([step("create", null, bigger)]).digest).not.toBe(one.digest);
  });

  test("the order in which Pulumi lists what it does changes nothing", () => {
    const steps = [step("create", null, box), step("create", null, state("test:index:Box", "other", {}))];
    expect(planned([...steps].reverse())).toEqual(planned(steps));
  });

  test.each<readonly [string, Json, JsonObject, boolean]>([
    ["the same", { a: { secret: false, value: "x" } }, { a: "x" }, false],
    ["another value", { a: { secret: false, value: "y" } }, { a: "x" }, true],
    ["a new one", { a: { secret: false, value: "x" }, b: { secret: false } }, { a: "x" }, true],
    ["one that goes", {}, { a: "x" }, true],
    [
      "a secret",
      { a: { secret: true, value: secret } },
      { a: { [mark]: "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:" } },
      false,
    ],
  ])("outputs: %s", (_, outputs, kept, differs) => {
    const before = { ...stackState, outputs: kept };
    const plan = planned([step("same", before, before)], exported([before]), outputs);
    expect(plan.differs).toBe(differs);
    expect(JSON.stringify([plan.changes, plan.digest])).not.toContain(secret);
  });

  test("outputs that are read are sensitive where the state says so, and where it says nothing", () => {
    const kept = { a: "x", b: { [mark]: "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:" } };
    const outputs = outputsOf(exported([{ ...stackState, outputs: kept }]), { a: "x", b: secret, c: "?" });
    expect([...outputs].map(([name, { sensitive }]) => [name, sensitive])).toEqual([
      ["a", false],
      ["b", true],
      ["c", true],
    ]);
  });
});

describe("a state", () => {
  test("is nothing, or another one when anything in it is", () => {
    expect(stateOf(empty)).toBeNull();
    expect(stateOf(exported([]))).toBeNull();
    const [one, two, three] = [
      exported([box]),
      exported([bigger]),
      exported([box], [{ type: "creating", resource: bigger }]),
    ].map(stateOf);
    expect(new Set([one, two, three]).size).toBe(3);
    expect(
      stateOf({ version: 3, deployment: { manifest: { time: "later" }, resources: [box], pending_operations: [] } }),
    ).toBe(one);
  });

  test("where Pulumi was cut off is a problem", () => {
    const cut = exported([box], [{ type: "creating", resource: state("test:index:Box", "more", {}) }]);
    expect(planned([], cut).problems.join()).toContain("::more: creating was cut off");
    expect(planOfRemoval(stack, cut).problems.join()).toContain("was cut off");
  });

  test("is removed whole, but for what is protected", () => {
    const plan = planOfRemoval(
      stack,
      exported([stackState, box, state("test:index:Box", "kept", {}, { protect: true })]),
    );
    expect(plan.changes.map(({ before, after }) => [before?.resource.name, after])).toEqual([
      ["box", null],
      ["kept", null],
    ]);
    expect(plan.problems.join()).toContain("::kept is protected");
  });
});

describe("a lock", () => {
  const folder = join(root, "state", ".pulumi", "locks", "organization", "data", "paper");
  test.each<readonly [string, string | null, string | null]>([
    ["nobody's", null, null],
    [
      "somebody's",
      JSON.stringify({ pid: 7, username: "ops", hostname: "ci", timestamp: "2026-01-01T00:00:00Z" }),
      "ops@ci (process 7) since 2026-01-01T00:00:00Z",
    ],
    ["one that cannot be read", "{", "somebody (its lock cannot be read)"],
    ["one that is huge", `"${"x".repeat(20_000)}"`, "somebody (its lock cannot be read)"],
  ])("%s", (_, text, lock) => {
    mkdirSync(folder, { recursive: true });
    if (text !== null) writeFileSync(join(folder, "a.json"), text);
    expect(lockOf(`file://${join(root, "state")}`, "data", "paper")).toBe(lock);
    expect(lockOf("s3://bucket", "data", "paper")).toBeNull();
  });
});

describe("what cannot be run is refused in words", () => {
  const data = join(root, "data");
  const context: StackContext = { data, say: () => undefined, signal: new AbortController().signal };
  const passphrase = join(root, "passphrase");

  test("packages without Pulumi", async () => {
    writeFileSync(join(root, "Pulumi.yaml"), "name: a\nruntime: nodejs\n");
    writeFileSync(passphrase, "x");
    const settings = { passphraseFile: passphrase, packages: root };
    const options = { program: "pulumi", environment: {}, planMs: 20_000, applyMs: 20_000 };
    mkdirSync(data, { recursive: true });
    await expect(createPulumiTool({ settings, ...options }).facts(stack, context)).rejects.toThrow(
      "has no @pulumi/pulumi",
    );
  });

  test.each<readonly [string, string | null, string, string]>([
    ["no project", null, "x", "Pulumi.yaml cannot be read"],
    ["no YAML", "name: [", "x", "Pulumi.yaml cannot be read"],
    ["another language", "name: a\nruntime: python\n", "x", "expected runtime: nodejs"],
    ["TypeScript", "name: a\nruntime: nodejs\nmain: index.ts\n", "x", "ends with .js or .cjs"],
    [
      "a program from elsewhere",
      "name: a\nruntime: nodejs\nmain: ../../x.js\n",
      "x",
      "expected a file of the template",
    ],
    ["an absolute program", "name: a\nruntime: nodejs\nmain: /etc/x.js\n", "x", "expected a file of the template"],
    ["a name that is a path", "name: ../a\nruntime: nodejs\n", "x", "expected the name of a project"],
    ["an empty passphrase", "name: a\nruntime: nodejs\n", " \n", "expected a passphrase"],
    ["no pulumi", "name: a\nruntime: nodejs\n", "x", "cannot be started"],
  ])("%s", async (_, project, phrase, message) => {
    rmSync(join(root, "Pulumi.yaml"), { force: true });
    mkdirSync(data, { recursive: true });
    if (project !== null) writeFileSync(join(root, "Pulumi.yaml"), project);
    writeFileSync(passphrase, phrase);
    const settings = { passphraseFile: passphrase };
    const tool = createPulumiTool({
      settings,
      program: join(root, "no-such-pulumi"),
      environment: {},
      planMs: 20_000,
      applyMs: 20_000,
    });
    const planning = tool.plan(stack, "apply", context);
    await expect(planning).rejects.toThrow(message);
    await expect(planning).rejects.toMatchObject({ name: "PortcullisError" });
  });
});
