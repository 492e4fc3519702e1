// The service's parts put right what a scan of a real moto server finds, through the real gate; `portcullis remediate --flapping`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthorizeSecurityGroupIngressCommand, DescribeSecurityGroupsCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createActionsPart } from "../src/actions/actions-part.js";
import type { OpenedActions } from "../src/actions/create-actions.js";
import { openAutoParts } from "../src/actions/remediation/auto-part.js";
import { remediateFlapping } from "../src/cli/remediate-flapping.js";
import { settingsOf } from "../src/cli/options.js";
import { openActions, openConfiguredStore } from "../src/compose.js";
import { createLogger } from "../src/observability/log.js";
import { createMetrics } from "../src/observability/metrics.js";
import type { Part } from "../src/service/part.js";
import type { Store } from "../src/store/store.js";
import { awsEnvironment } from "./servers/aws-environment.js";
import { account, FaultyEstate, region, type Faulty } from "./servers/moto-faults.js";
import { startMoto, type Moto } from "./servers/moto.js";
import { recordScan, resource, verdict } from "./testing/store.js";

const policy = "aws-ec2-no-public-ssh";
const ssh = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
const dataDir = mkdtempSync(join(tmpdir(), "portcullis-auto-"));
const restore = awsEnvironment();
let moto: Moto;
let estate: FaultyEstate;
let store: Store;
let actions: OpenedActions;
let parts: Part[] = [];

beforeAll(async () => {
  moto = await startMoto();
  estate = new FaultyEstate(moto.endpoint);
  store = await openConfiguredStore({ databaseUrl: undefined, dataDir });
  const settings = settingsOf({ defaultPolicies: true, color: false, progress: false });
  actions = await openActions(settings, { store, config: {}, waiverFiles: [], endpointUrl: moto.endpoint });
});
afterAll(async () => {
  for (const part of parts) await part.stop(10_000);
  await moto.stop();
  rmSync(dataDir, { recursive: true, force: true });
  restore();
});

const idOf = ({ id }: Faulty): string => id.split("/").at(-1)!;
const isOpen = async (group: Faulty): Promise<boolean> => {
  const { SecurityGroups } = await estate.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [idOf(group)] }));
  return SecurityGroups![0]!.IpPermissions!.some(({ FromPort, IpRanges = [] }) =>
    IpRanges.some(({ CidrIp }) => FromPort === 22 && CidrIp === "0.0.0.0/0"),
  );
};

test("a listed policy's finding is put right after a scan; what comes back too often, by hand only", async () => {
  const group = await estate.openGroup(ssh);
  const other = await estate.openGroup(ssh);
  const scan = async (): Promise<void> => {
    const found = [];
    for (const [one, judged] of [
      [group, policy],
      [other, "aws-ec2-some-other"],
    ] as const) {
      const scanned = resource(one.id, { type: one.type, account, region });
      const kind = (await isOpen(one)) ? "fail" : "pass";
      found.push([scanned, verdict(scanned, kind, "/config/IpPermissions", { policy: judged })] as const);
    }
    const [resources, verdicts] = [found.map(([one]) => one), found.map(([, one]) => one)];
    await recordScan(store, { resources, verdicts, problems: [], complete: true });
  };
  await scan();

  const log = createLogger({ level: "silent", version: "0.0.0" });
  const common = { actions, store, log };
  parts = [
    createActionsPart({
      ...common,
      ...{ metrics: createMetrics(), holder: "one", pollMs: 50, breaker: { failures: 3, minutes: 60 } },
    }),
    // The shortest cool-down is a minute: one fix that was undone is flapping here.
    ...(await openAutoParts({
      ...common,
      ...{ settings: { policies: [policy], coolDown: "1m", maxFlaps: 1, window: "1d" }, origin: "one", pollMs: 50 },
    })),
  ];
  expect(parts.map(({ name }) => name)).toEqual(["actions", "auto-remediation"]);
  for (const part of parts) await part.start();
  await vi.waitFor(
    async () => {
      expect(await isOpen(group)).toBe(false);
    },
    { timeout: 120_000, interval: 200 },
  );
  await vi.waitFor(
    async () => {
      const { actions: found } = await actions.list({ state: "all", limit: 10 });
      expect(found.map(({ state, requester }) => [state, requester.name])).toEqual([["succeeded", "auto-remediation"]]);
    },
    { timeout: 60_000, interval: 200 },
  );
  expect(await isOpen(other), "its policy is not listed").toBe(true);

  await estate.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: idOf(group), IpPermissions: [ssh] }));
  await vi.waitFor(
    async () => {
      await scan();
      expect(await store.autoRemediations.flapping()).toMatchObject([{ policy, resource: group.id, fixes: 1 }]);
    },
    { timeout: 60_000, interval: 500 },
  );
  expect(await isOpen(group)).toBe(true);

  for (const part of parts.toReversed()) await part.stop(10_000);
  await actions.close();
  await store.close();
  await listedAndReleased(group);
});

/** By the command line, in the store that the service had. */
async function listedAndReleased(group: Faulty): Promise<void> {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text, ...rest) => {
    written.push(String(text));
    for (const done of rest) if (typeof done === "function") done();
    return true;
  });
  const flags = { format: "json", dataDir, defaultPolicies: true, quiet: true } as const;
  try {
    await remediateFlapping({ ...flags, flapping: true });
    const [flap] = JSON.parse(written.splice(0).join("")) as { fingerprint: string; resource: string }[];
    expect(flap!.resource).toBe(group.id);
    expect(await remediateFlapping({ ...flags, release: flap!.fingerprint.slice(0, 10) })).toBe(0);
    written.length = 0;
    await remediateFlapping({ ...flags, flapping: true });
    expect(JSON.parse(written.join(""))).toEqual([]);
    await expect(remediateFlapping({ ...flags, release: "00" })).rejects.toThrow(/remediate --flapping/);
  } finally {
    spy.mockRestore();
  }
}
