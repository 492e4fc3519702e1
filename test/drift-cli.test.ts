// `portcullis drift` against the sample estate, in this process: exit codes, formats, every kind of desired state, secrets, events.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { scanSample } from "../scanners/sample/index.js";
import { addDriftCommand } from "../src/cli/drift.js";
import { announceDrift } from "../src/cli/drift-events.js";
import { systemClock } from "../src/clock.js";
import { openConfiguredStore } from "../src/compose.js";
import { dataFault } from "../src/events/event-schemas.js";
import type { Resource } from "../src/inventory/resource.js";
import { findDrift } from "../src/open-drift.js";
import { recordScan } from "./testing/store.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-drift-cli-"));
const dataDir = join(folder, "data");
const secret = "Zebra-Mark-42";
const before = process.exitCode;
let resources: Resource[];

beforeAll(async () => {
  resources = [];
  for await (const item of scanSample(systemClock)) if (item.kind === "resource") resources.push(item.resource);
  const store = await openConfiguredStore({ databaseUrl: undefined, dataDir });
  const caller = await store.audit.caller();
  for (const [name, all] of [
    ["same", resources],
    ["other", resources.map(changed)],
  ] as const) {
    await recordScan(store, { resources: all, verdicts: [], problems: [], complete: true });
    await store.drift.save({ name, reason: "reviewed" }, caller);
    await store.drift.approve(name, caller);
  }
  await store.close();
});
afterAll(() => {
  process.exitCode = before;
});

const firstOf = (type: string): Resource => {
  const found = resources.find((one) => one.type === type);
  if (found === undefined) throw new Error(`the sample has no ${type}`);
  return found;
};

/** Another retention for the first queue. */
function changed(one: Resource): Resource {
  if (one.id !== firstOf("AWS::SQS::Queue").id) return one;
  return { ...one, config: { ...one.config, MessageRetentionPeriod: 60 }, tags: { ...one.tags, Owner: "nobody" } };
}

async function drift(...args: string[]): Promise<{ readonly code: unknown; readonly text: string }> {
  const file = join(folder, "answer");
  writeFileSync(file, "");
  const program = new Command().exitOverride();
  addDriftCommand(program);
  const all = ["drift", "--provider", "sample", "--data-dir", dataDir, "--quiet", "--output", file, ...args];
  await program.parseAsync(all, { from: "user" });
  return { code: process.exitCode, text: readFileSync(file, "utf8") };
}

function written(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
}

test("what was approved has no drift", async () => {
  const { code, text } = await drift("--desired", "snapshot:same", "--format", "json");
  const functions = resources.filter(({ type }) => type === "AWS::Lambda::Function");
  const withheld = functions.length;
  const { withheld: shown, ...rest } = JSON.parse(text) as {
    readonly withheld: readonly { readonly id: string; readonly parts: readonly { readonly path: string }[] }[];
  };
  expect(shown.map(({ id }) => id)).toEqual(functions.map(({ id }) => id).sort());
  for (const { path } of shown.flatMap(({ parts }) => parts))
    expect(path).toMatch(/^\/config\/Environment\/Variables\/\w+$/);
  expect(rest).toEqual({
    ...{ version: 1, changed: [], missing: [], unmanaged: [], unknown: [], errors: [] },
    summary: {
      ...{ desired: resources.length, live: resources.length, same: resources.length - withheld, withheld },
      ...{ changed: 0, missing: 0, unmanaged: 0, unknown: 0, defaults: 0, outside: 0 },
    },
  });
  expect(code).toBe(0);
});

test("what changed is told, as JSON and as Markdown", async () => {
  const queue = firstOf("AWS::SQS::Queue");
  const { code, text } = await drift("--desired", "snapshot:other", "--format", "json");
  const answer = JSON.parse(text) as { readonly changed: readonly object[]; readonly summary: object };
  expect(answer.changed).toEqual([
    {
      ...{ id: queue.id, address: queue.id, provider: "aws", type: "AWS::SQS::Queue", name: queue.name },
      ...{ account: queue.account, region: queue.region, against: "snapshot", source: "snapshot:other" },
      changes: [
        {
          ...{ path: "/config/MessageRetentionPeriod", desired: 60 },
          ...("MessageRetentionPeriod" in queue.config
            ? { kind: "changed", live: queue.config["MessageRetentionPeriod"] }
            : { kind: "removed", live: null }),
        },
        { path: "/tags/Owner", kind: "changed", desired: "nobody", live: queue.tags["Owner"] },
      ],
      changedBy: { change: null, reason: "there is no record of changes" },
    },
  ]);
  expect(answer.summary).toMatchObject({ changed: 1, missing: 0, unmanaged: 0, unknown: 0 });
  expect(code).toBe(1);
  const { text: markdown } = await drift("--desired", "snapshot:other", "--format", "markdown");
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
  expect(rows[0]).toBe("| what | resource | where it differs | desired | live | changed by |");
  const functions = resources.filter(({ type }) => type === "AWS::Lambda::Function");
  expect(rows).toHaveLength(4 + functions.length); // of each the names of its variables
  expect(rows.at(-1)).toMatch(/^\| withheld \| .*Environment\/Variables\//);
  expect(rows[3]).toContain("| /tags/Owner | nobody |");
});

test.each([
  ["no JSON", "{"],
  ["something else", { a: 1 }],
  ["an encrypted state", { encrypted_data: "x", encryption_version: "v0", lineage: "l", serial: 1 }],
  ["another version", { version: 3, lineage: "l", serial: 1, terraform_version: "0.11.0" }],
  ["no list of resources", { version: 4, lineage: "l", serial: 1, resources: {} }],
])("%s cannot be read: nothing is compared", async (_, content) => {
  const { code, text } = await drift("--desired", written("bad.tfstate", content), "--format", "json");
  const { errors, changed, unmanaged } = JSON.parse(text) as { [key: string]: unknown[] };
  expect({ code, errors: errors?.length, changed, unmanaged }).toEqual({
    code: 2,
    errors: 1,
    changed: [],
    unmanaged: [],
  });
});

const stateOf = (instances: readonly { type: string; attributes: object; sensitive?: readonly object[][] }[]) => ({
  ...{ version: 4, terraform_version: "1.9.8", serial: 1, lineage: "l", outputs: {} },
  resources: instances.map(({ type, attributes, sensitive }, n) => ({
    ...{ mode: "managed", type, name: `r${n}`, provider: 'provider["registry.terraform.io/hashicorp/aws"]' },
    instances: [{ schema_version: 0, attributes, sensitive_attributes: sensitive ?? [] }],
  })),
});

test("what could not be looked at is code 3", async () => {
  const file = written("unread.tfstate", stateOf([{ type: "aws_no_such_thing", attributes: { id: "x" } }]));
  const { code, text } = await drift("--desired", file, "--managed-only", "--format", "json");
  expect(JSON.parse(text)).toMatchObject({ summary: { unknown: 1, missing: 0 } });
  expect(code).toBe(3);
});

const queueAttributes = (): object => {
  const { id, name } = firstOf("AWS::SQS::Queue");
  return { arn: id, id, name, message_retention_seconds: 77, kms_master_key_id: secret, tags: { Owner: secret } };
};

const address = "aws_sqs_queue.r0";
const provider = "registry.terraform.io/hashicorp/aws";
const marks = { kms_master_key_id: true, tags: { Owner: true } };
const desiredStates: readonly [string, () => string][] = [
  [
    "Terraform's state",
    () => {
      const step = (value: string): object => ({ type: "get_attr", value });
      const owner = { type: "index", value: { value: "Owner", type: "string" } };
      const sensitive = [[step("kms_master_key_id")], [step("tags"), owner]];
      return written("s.tfstate", stateOf([{ type: "aws_sqs_queue", attributes: queueAttributes(), sensitive }]));
    },
  ],
  [
    "terraform show -json of a state",
    () => {
      const one = { address, mode: "managed", type: "aws_sqs_queue", name: "r0", provider_name: provider };
      const resource = { ...one, values: queueAttributes(), sensitive_values: marks };
      const values = { root_module: { resources: [resource] } };
      return written("show.json", { format_version: "1.0", terraform_version: "1.9.8", values });
    },
  ],
  [
    "terraform show -json of a plan",
    () => {
      const one = { address, mode: "managed", type: "aws_sqs_queue", name: "r0", provider_name: provider };
      const after = queueAttributes();
      const change = { actions: ["update"], before: {}, after, after_unknown: {}, after_sensitive: marks };
      const planned = { root_module: { resources: [{ ...one, values: after, sensitive_values: marks }] } };
      return written("plan.json", {
        ...{ format_version: "1.2", terraform_version: "1.9.8", planned_values: planned },
        resource_changes: [{ ...one, change: { ...change, before_sensitive: false } }],
        configuration: { root_module: {} },
      });
    },
  ],
  ["Pulumi's stack export", () => written("export.json", { version: 3, deployment: deployment() })],
  [
    "Pulumi's file backend",
    () => {
      const stacks = join(folder, ".pulumi", "stacks", "shop");
      mkdirSync(stacks, { recursive: true });
      written(join(".pulumi", "stacks", "shop", "prod.json"), {
        ...{ version: 3, checkpoint: { stack: "organization/shop/prod", latest: deployment() } },
      });
      return join(folder, ".pulumi");
    },
  ],
];

function deployment(): object {
  const { id, name } = firstOf("AWS::SQS::Queue");
  const hidden = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const plain = { ...hidden, plaintext: JSON.stringify(secret) };
  const outputs = { arn: id, id, name, messageRetentionSeconds: 77, kmsMasterKeyId: plain, tags: { Owner: plain } };
  const urn = "urn:pulumi:prod::shop::aws:sqs/queue:Queue::orders";
  const queue = { urn, custom: true, id, type: "aws:sqs/queue:Queue", inputs: { name }, outputs };
  return { manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "v3.1.0" }, resources: [queue] };
}

test.each(desiredStates)("%s: differences, and none of its secrets", async (_, write) => {
  const desired = write();
  const { code, text } = await drift("--desired", desired, "--managed-only", "--format", "json");
  const { changed, summary } = JSON.parse(text) as {
    changed: { changes: { path: string; desired: unknown }[] }[];
    summary: object;
  };
  expect(summary).toMatchObject({ desired: 1, changed: 1, unknown: 0, missing: 0 });
  const changes = new Map(changed[0]?.changes.map((one) => [one.path, one.desired]));
  expect(changes.get("/config/MessageRetentionPeriod")).toBe(77);
  expect(changes.get("/tags/Owner")).toBe("<redacted>");
  expect(changes.get("/config/KmsMasterKeyId")).toBe("<redacted>");
  expect(code).toBe(1);
  const others = await Promise.all(
    ["table", "markdown"].map(
      async (format) => (await drift("--desired", desired, "--managed-only", "--format", format)).text,
    ),
  );
  expect([text, ...others].join("\n")).not.toContain(secret);
});

test("what others are told is as the schema says, once, and holds no values", async () => {
  const store = await openConfiguredStore({ databaseUrl: undefined, dataDir });
  const told = vi.spyOn(store.drift, "tell");
  const desired = [desiredStates[0]?.[1]() ?? ""];
  const options = {
    ...{
      accounts: [],
      regions: null,
      services: [],
      roleName: null,
      endpointUrl: null,
      useConfig: false,
      concurrency: 1,
    },
    ...{ clock: systemClock, progress: () => undefined },
  };
  const outcome = await findDrift({
    ...{ desired, maxBytes: 1e8, provider: "sample", managedOnly: false, options },
    store: () => Promise.resolve(store.drift),
  });
  const report = { ...outcome, who: new Map() };
  const [first, second] = [await announceDrift(store, report, desired), await announceDrift(store, report, desired)];
  await store.close();
  const found = told.mock.calls[0]?.[1].found ?? [];
  expect(found).toHaveLength(resources.length - outcome.drift.counts.defaults);
  expect(first).toBe(`told of ${found.length} new differences, 0 are gone`);
  expect(second).toBe("told of 0 new differences, 0 are gone");
  for (const { event } of found) expect(dataFault("DriftDetectedEvent", event.event.data)).toBeNull();
  expect(new Set(found.map(({ event }) => event.event.id)).size).toBe(found.length);
  expect(JSON.stringify(found)).not.toContain(secret);
});

describe("a schedule", () => {
  const config = join(folder, "portcullis.yaml");
  const missing = join(folder, "not-there.tfstate");
  beforeAll(() => {
    const drift = (desired: string) => `{provider: sample, desired: ${JSON.stringify(desired)}}`;
    writeFileSync(
      config,
      `schedules:
  - {name: same, cron: "0 4 * * *", drift: ${drift("snapshot:same")}}
  - {name: other, cron: "0 4 * * *", drift: ${drift("snapshot:other")}}
  - {name: unread, cron: "0 4 * * *", drift: ${drift(missing)}}
  - {name: unknown, cron: "0 4 * * *", drift: ${drift("snapshot:none")}}
  - {name: scans, cron: "0 4 * * *", scan: {provider: sample}}
`,
    );
  });
  const look = async (name: string) => (await drift("--schedule", name, "--config", config, "--format", "json")).code;
  const states = async () => {
    const store = await openConfiguredStore({ databaseUrl: undefined, dataDir });
    const all = await store.driftChecks.states(["same", "other", "unread", "unknown"]);
    await store.close();
    return Object.fromEntries(all.map(({ schedule, ...state }) => [schedule, state]));
  };

  test("keeps what a look found: no drift only where all was looked at", async () => {
    expect([await look("same"), await look("other"), await look("unread")]).toEqual([0, 1, 2]);
    await expect(look("unknown")).rejects.toThrow(/no snapshot none/);
    expect(await states()).toMatchObject({
      same: { status: "clean", message: null, differences: 0, counts: { changed: 0, desired: resources.length } },
      other: { status: "drift", message: null, differences: 1, counts: { changed: 1 } },
      unread: {
        ...{ status: "error", differences: 0, message: `not looked at: ${missing}: there is no such file or folder` },
        uncompared: [{ at: missing, line: null, message: "there is no such file or folder" }],
      },
      unknown: { status: "error", message: expect.stringMatching(/no snapshot none/) as string },
    });
  });

  test("is listed and shown", async () => {
    const said = vi.spyOn(process.stdout, "write").mockImplementation((_text, done?: unknown) => {
      if (typeof done === "function") (done as () => void)();
      return true;
    });
    const run = async (...args: string[]) => {
      const program = new Command().exitOverride();
      addDriftCommand(program);
      await program.parseAsync(["drift", ...args, "--config", config, "--data-dir", dataDir, "--format", "json"], {
        from: "user",
      });
      return JSON.parse(
        said.mock.calls
          .splice(0)
          .map(([text]) => String(text))
          .join(""),
      ) as unknown;
    };
    try {
      expect(await run("list")).toMatchObject([
        { schedule: "other", status: "drift" },
        { schedule: "same", status: "clean" },
        { schedule: "unknown", status: "error" },
        { schedule: "unread", status: "error" },
      ]);
      const queue = firstOf("AWS::SQS::Queue");
      expect(await run("show", "other")).toMatchObject({
        ...{ schedule: "other", status: "drift" },
        result: [{ resource: queue.id, kind: "changed", detail: { type: queue.type, changesInAll: 2 } }],
      });
      await expect(run("show", "scans")).rejects.toThrow(/no schedule scans that looks for drift/);
    } finally {
      said.mockRestore();
    }
  });

  test("that scans does not look for drift, and says what is wanted itself", async () => {
    await expect(look("scans")).rejects.toThrow(/schedule scans scans: portcullis scan --schedule scans/);
    await expect(drift("--schedule", "same", "--config", config, "--desired", "x")).rejects.toThrow(
      /leave --desired out/,
    );
  });
});
