// What of a state is wanted: what is only read elsewhere is not.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/json.js";
import { readDesired } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-desired-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const queue = (name: string, rest: JsonObject = {}): JsonObject => ({
  ...{ urn: `urn:pulumi:s::p::aws:sqs/queue:Queue::${name}`, type: "aws:sqs/queue:Queue", custom: true, id: name },
  ...{ inputs: { name }, outputs: { arn: `arn:aws:sqs:eu-west-1:111111111111:${name}`, name }, ...rest },
});

test("what a Pulumi program only reads, and what it is about to delete, nobody wants", async () => {
  const resources = [queue("old", { delete: true }), queue("own"), queue("other", { external: true })];
  const file = join(folder, "stack.json");
  writeFileSync(file, JSON.stringify({ version: 3, deployment: { manifest: {}, resources } }));
  const read = await readDesired([file], { maxBytes: 1e6, unread: () => [] });
  expect(read.problems).toEqual([]);
  expect(read.resources.map(({ name }) => name)).toEqual(["own"]);
});
