// From the store to Security Hub: a real moto server, and before it a proxy that throttles, breaks, and refuses. moto has no
// BatchUpdateFindings and refuses no finding: those answers are fakes, in the shapes of the SDK's model.
import type {
  BatchImportFindingsCommandOutput,
  BatchUpdateFindingsCommandOutput,
  AwsSecurityFinding,
} from "@aws-sdk/client-securityhub";
import { GetFindingsCommand, SecurityHubClient } from "@aws-sdk/client-securityhub";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openSecurityHub } from "../src/compose.js";
import { deliver, type DeliveryLog, type DeliveryResult } from "../src/integrations/security-hub/delivery.js";
import { finding, MemoryLog } from "../src/integrations/security-hub/testing/findings.js";
import type { Finding } from "../src/store/findings.js";
import { openStore, type Store } from "../src/store/store.js";
import { startFaultProxy, refusal, type Fault, type FaultAnswer, type FaultProxy } from "./servers/fault-proxy.js";
import { startMoto, type Moto } from "./servers/moto.js";
import { recordScan, resource, stepClock, verdict } from "./testing/store.js";

const account = "123456789012"; // moto's caller
const other = "444455556666";
const environment = {
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_REGION: "eu-west-1",
  AWS_EC2_METADATA_DISABLED: "true",
};

let moto: Moto;
let proxy: FaultProxy;
beforeAll(async () => {
  Object.assign(process.env, environment);
  moto = await startMoto();
  proxy = await startFaultProxy(moto.endpoint);
});
afterAll(async () => {
  await proxy.stop();
  await moto.stop();
});
beforeEach(async () => {
  proxy.use();
  await moto.reset();
});

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "portcullis-hub-"));
  const store = await openStore({ databaseUrl: null, dataDir, clock: stepClock() });
  try {
    await work(store);
  } finally {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** What `findings send` does, without its waits. */
async function send(
  pages: AsyncIterable<readonly Finding[]>,
  log: DeliveryLog,
  roleName: string | null = null,
): Promise<DeliveryResult> {
  const { client, region } = await openSecurityHub({ endpointUrl: proxy.endpoint, roleName });
  try {
    return await deliver(pages, {
      ...{ client, log, place: { account: null, region }, accounts: [], regions: [], all: false },
      ...{ version: "1.0.0", now: () => new Date(), pause: () => Promise.resolve(), progress: () => undefined },
    });
  } finally {
    client.close();
  }
}

async function* stored(store: Store): AsyncGenerator<readonly Finding[]> {
  yield (await store.listFindings({ status: "all", limit: 1_000 })).findings;
}

async function* given(...findings: readonly Finding[]): AsyncGenerator<readonly Finding[]> {
  yield await Promise.resolve(findings);
}

/** A bucket's finding. */
function failing(number: number, change: Partial<Finding> = {}, owner = account): Finding {
  const plain = finding(number);
  return { ...plain, resource: { ...plain.resource, account: owner }, ...change };
}

async function there(region = "eu-west-1"): Promise<AwsSecurityFinding[]> {
  const client = new SecurityHubClient({ region, endpoint: moto.endpoint });
  try {
    return (await client.send(new GetFindingsCommand({ MaxResults: 100 }))).Findings ?? [];
  } finally {
    client.destroy();
  }
}

const bucket = (number: number, change = {}): ReturnType<typeof resource> =>
  resource(`arn:aws:s3:::b${number}`, { account, region: "eu-west-1", ...change });
const scanOf = (resources: readonly ReturnType<typeof resource>[], kind: "fail" | "pass" = "fail") => ({
  ...{ resources, problems: [], complete: true },
  verdicts: resources.map((one) => verdict(one, kind)),
});
const nothing: DeliveryResult = { sent: 0, unchanged: 0, neverSent: 0, withoutPlace: 0, failed: [] };

const answered = (body: object): FaultAnswer => ({ status: 200, type: "application/json", body: JSON.stringify(body) });
/** A fake of the operation that moto lacks: it takes every finding. */
const takesStates: Fault = {
  service: "securityhub",
  operation: "PATCH /findings/batchupdate",
  answer: ({ body }) => {
    const { FindingIdentifiers } = JSON.parse(body) as Pick<BatchUpdateFindingsCommandOutput, never> & {
      FindingIdentifiers: BatchUpdateFindingsCommandOutput["ProcessedFindings"];
    };
    const answer: Omit<BatchUpdateFindingsCommandOutput, "$metadata"> = {
      ...{ ProcessedFindings: FindingIdentifiers, UnprocessedFindings: [] },
    };
    return answered(answer);
  },
};
const onImport = (answer: Fault["answer"], times: number): Fault => ({
  ...{ service: "securityhub", operation: "POST /findings/import", times, answer },
});

test("findings arrive in their region, are not sent twice, and are archived when they are resolved", () =>
  withStore(async (store) => {
    const all = [...Array.from({ length: 120 }, (_, at) => bucket(at)), bucket(500, { region: "us-east-1" })];
    await recordScan(store, scanOf(all));
    expect(await send(stored(store), store)).toEqual({ ...nothing, sent: 121 });
    expect(proxy.count("securityhub", "POST /findings/import")).toBe(3);
    const [one] = await there("us-east-1");
    expect(one).toMatchObject({
      ProductArn: `arn:aws:securityhub:us-east-1:${account}:product/${account}/default`,
      ...{ AwsAccountId: account, GeneratorId: "portcullis/aws-s3-rule", Severity: { Label: "HIGH" } },
      ...{ Compliance: { Status: "FAILED" }, RecordState: "ACTIVE", Workflow: { Status: "NEW" } },
      Resources: [{ Type: "AwsS3Bucket", Id: "arn:aws:s3:::b500", Region: "us-east-1" }],
    });
    expect(await send(stored(store), store)).toEqual({ ...nothing, unchanged: 121 });
    await recordScan(store, { ...scanOf(all, "pass") });
    proxy.use(takesStates);
    expect(await send(stored(store), store)).toEqual({ ...nothing, sent: 121 });
    expect((await there("us-east-1")).map(({ RecordState, Compliance }) => [RecordState, Compliance?.Status])).toEqual([
      ["ARCHIVED", "PASSED"],
    ]);
    expect(proxy.count("securityhub", "PATCH /findings/batchupdate")).toBe(3);
  }));

test("throttling and a broken server are waited out", async () => {
  const [log, both] = [new MemoryLog(), [failing(1), failing(2)]];
  proxy.use(
    onImport(refusal("json", 429, "TooManyRequestsException", "slow down"), 2),
    onImport(refusal("json", 503, "ServiceUnavailable", "later"), 1),
    onImport(() => "cut", 1),
  );
  expect(await send(given(...both), log)).toEqual({ ...nothing, sent: 2 });
  expect(proxy.count("securityhub", "POST /findings/import")).toBe(5);
  expect(await there()).toHaveLength(2);
});

test("what was refused in part goes again alone; what stays refused is named, and goes again next time", async () => {
  const [log, all] = [new MemoryLog(), [failing(1), failing(2), failing(3)]];
  const ids = (body: string): string[] =>
    (JSON.parse(body) as { Findings: { Id: string }[] }).Findings.map((one) => one.Id);
  let stubborn = "";
  /** Refuses two of three, then for ever the first of them. */
  const refusesSome: Fault["answer"] = ({ body }) => {
    const [first = "", second = ""] = ids(body).sort();
    stubborn ||= first;
    const refused = ids(body).length === 3 ? [first, second] : ids(body).filter((id) => id === stubborn);
    const answer: Omit<BatchImportFindingsCommandOutput, "$metadata"> = {
      ...{ FailedCount: refused.length, SuccessCount: ids(body).length - refused.length },
      FailedFindings: refused.map((Id) => ({ Id, ErrorCode: "InternalError", ErrorMessage: "try later" })),
    };
    return answered(answer);
  };
  proxy.use(onImport(refusesSome, 100));
  const result = await send(given(...all), log);
  expect(result).toEqual({
    ...nothing,
    sent: 2,
    failed: [
      {
        ...{ fingerprint: stubborn.replace("portcullis/", ""), account, region: "eu-west-1" },
        ...{ code: "InternalError", message: "try later" },
      },
    ],
  });
  expect(proxy.calls.map(({ body }) => (body.includes("Findings") ? ids(body).length : 0)).filter(Boolean)).toEqual([
    3, 2, 1, 1,
  ]);
  proxy.use();
  expect(await send(given(...all), log)).toEqual({ ...nothing, sent: 1, unchanged: 2 });
  expect((await there()).map(({ Id }) => Id)).toEqual([stubborn]);
});

test.each([
  ["says nothing", {}],
  ["took fewer than it names", { SuccessCount: 1, FailedCount: 0, FailedFindings: [] }],
  ["names another finding", { SuccessCount: 1, FailedCount: 1, FailedFindings: [{ Id: "x", ErrorCode: "E" }] }],
])("an answer that %s acknowledges nothing", async (_what, body) => {
  const [log, both] = [new MemoryLog(), [failing(1), failing(2)]];
  proxy.use(onImport(() => answered(body), 100));
  const { sent, failed } = await send(given(...both), log);
  expect([sent, failed.map(({ code }) => code)]).toEqual([0, ["Unacknowledged", "Unacknowledged"]]);
  proxy.use();
  expect(await send(given(...both), log)).toEqual({ ...nothing, sent: 2 });
});

test("a hub that is not enabled, an operation that is not there, an account without a role", async () => {
  const [log, both] = [new MemoryLog(), [failing(1), failing(2, {}, other)]];
  proxy.use(onImport(refusal("json", 401, "InvalidAccessException", "Account is not subscribed"), 100));
  const { sent, failed } = await send(given(...both), log);
  expect([sent, new Map(failed.map((one) => [one.account, one.message]))]).toEqual([
    0,
    new Map([
      [account, expect.stringMatching(/BatchImportFindings was refused \(InvalidAccessException, HTTP 401\)/)],
      [other, expect.stringMatching(/account 444455556666 is not the caller's .*--role-name/)],
    ]),
  ]);
  proxy.use();
  expect(await send(given(...both), log, "FindingsWriter")).toEqual({ ...nothing, sent: 2 });
  const resolved: Partial<Finding> = { status: "resolved", resolvedAt: "2026-05-02T00:00:00.000Z" };
  // moto has no BatchUpdateFindings: the findings are archived, their state is not set, and that is said.
  const after = await send(given(failing(1, resolved), failing(2, resolved, other)), log, "FindingsWriter");
  expect([after.sent, after.failed.length]).toEqual([0, 2]);
});
