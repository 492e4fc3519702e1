import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setupSchemathesis } from "../scripts/setup-python.mjs";
import { systemClock } from "../src/clock.js";
import { openStore } from "../src/store/store.js";
import { createToken, startService, type ServiceProcess } from "./testing/service.js";
import { recordScan, resource, verdict } from "./testing/store.js";

// Every operation of the OpenAPI document against the service as it is run: what it allows and what it does not, with a seed, so
// that a run is like the one before.
const folder = mkdtempSync(join(tmpdir(), "portcullis-contract-"));
let service: ServiceProcess;
let token: string;

beforeAll(async () => {
  const store = await openStore({ databaseUrl: null, dataDir: join(folder, "store"), clock: systemClock });
  const resources = [resource("bucket-1"), resource("bucket-2", { region: null, account: null })];
  await recordScan(store, {
    resources,
    verdicts: resources.map((one) => verdict(one, "fail")),
    problems: [],
    complete: true,
  });
  await store.close();
  token = createToken({ folder }, "admin");
  const config = join(folder, "portcullis.yaml");
  writeFileSync(config, settings);
  writeFileSync(join(folder, "schemathesis.toml"), checkSettings);
  service = await startService({ folder, config });
});
afterAll(async () => {
  await service.end("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** More than is asked here in a second: what is looked at is not how often somebody may ask. */
const often = "{ perSecond: 100000, burst: 100000 }";
const settings = `identity:
  limits: { identity: ${often}, decisions: ${often}, address: ${often}, failures: ${often} }
`;

/** What says that the document and the service are two things. */
const checks = [
  ...["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"],
  ...["negative_data_rejection", "unsupported_method"],
];
const checkSettings = `[checks]
enabled = false
${checks.map((check) => `${check}.enabled = true\n`).join("")}
# An address that is too long is refused as such, before anybody looks at what is in it.
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 431]

# With every filter as long as it may be, it is too long for any method.
${["/v1/findings", "/v1/resources"]
  .map((path) => `[[operations]]\ninclude-path = "${path}"\nchecks.unsupported_method.enabled = false\n`)
  .join("")}`;

/** Python 3.11 sometimes loses count of its recursion when it parses (python/cpython#106905): of the tool, and not of what it asks. */
const toolFault = "SystemError: AST constructor recursion depth mismatch";

function contract(document: object): Outcome {
  const file = join(folder, "openapi.json");
  writeFileSync(file, JSON.stringify(document));
  const first = askAll(file);
  return first.output.includes(toolFault) ? askAll(file) : first;
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

function askAll(file: string): Outcome {
  const { status, stdout, stderr } = spawnSync(
    setupSchemathesis(),
    [
      ...["run", file, "--url", service.url, "--header", `Authorization: Bearer ${token}`],
      ...["--phases", "examples,coverage,fuzzing", "--max-examples", "2"],
      ...["--seed", "7", "--generation-deterministic", "--workers", "2", "--no-color", "--continue-on-failure"],
    ],
    { cwd: folder, encoding: "utf8", timeout: 600_000 },
  );
  return { code: status, output: `${stdout}${stderr}` };
}

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

async function document(): Promise<{ paths: Record<string, Record<string, Operation>> }> {
  const answer = await fetch(`${service.url}/openapi.json`, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()) as { paths: Record<string, Record<string, Operation>> };
}

test("the service keeps to its document", async () => {
  const { code, output } = contract(await document());
  expect([code, code === 0 ? "" : output]).toEqual([0, ""]);
}, 600_000);

test("a document that says otherwise is found out", async () => {
  const whole = await document();
  const resources = whole.paths["/v1/resources"]!;
  resources["get"]!.responses["200"]!.content!["application/json"]!.schema = { type: "object", required: ["colour"] };
  const { code, output } = contract({ ...whole, paths: { "/v1/resources": resources } });
  expect([code, output]).toEqual([1, expect.stringContaining("colour")]);
}, 600_000);
