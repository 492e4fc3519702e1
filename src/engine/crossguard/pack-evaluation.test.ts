import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageFile } from "../../package-root.js";
import type { ScannedResource, ScanProblem } from "../../inventory/scan-item.js";
import type { JsonObject } from "../../json.js";
import type { Verdict } from "../verdict.js";
import { startPacks } from "./load-packs.js";
import { PackEvaluation } from "./pack-evaluation.js";
import { unknownValue, type PropertyDoubt, type PulumiResource, type PulumiView } from "./pulumi-resource.js";
import { bucket } from "./testing/write-pack.js";

const small = packageFile("src", "engine", "crossguard", "testing", "packs", "small");

function item(id: string, config: JsonObject = {}, references: string[] = []): ScannedResource {
  return {
    kind: "resource",
    resource: {
      id,
      provider: "aws",
      type: "AWS::S3::Bucket",
      name: id,
      account: null,
      region: null,
      tags: {},
      config,
      unknown: [],
      raw: null,
      source: { scanner: "test", uri: "main.tf", line: 1, column: null, capturedAt: null },
    },
    locate: (pointer) => ({ file: "main.tf", line: pointer === "" ? 1 : 2 }),
    references,
    failures: [],
  };
}

/** `config` is the properties; a key that ends with `?` is in doubt, of the kind that its value names. */
const view: PulumiView = {
  translate({ resource, references }) {
    const properties: { [key: string]: JsonObject[string] } = {};
    const doubts = new Map<string, PropertyDoubt>();
    for (const [key, value] of Object.entries(resource.config)) {
      const name = key.replace(/\?$/, "");
      properties[name] = key === name ? value : unknownValue;
      const kind = value as PropertyDoubt["kind"];
      if (key !== name) doubts.set(`/${name}`, { kind, pointer: `/config/${name}`, message: `${name} is ${kind}` });
    }
    const made: PulumiResource = {
      ...bucket(resource.id, properties),
      doubts,
      dependencies: references,
      location: null,
    };
    return [made];
  },
};

let packs: PackEvaluation;
const config = { all: "mandatory", tagged: "remediate", few: { most: 1 } };

beforeAll(async () => {
  const controls = new Map([["small:encrypted", [{ baseline: "soc2", control: "CC6.1" }]]]);
  packs = new PackEvaluation(await startPacks([{ path: small, config }]), view, { controls, explain: true });
});

afterAll(async () => {
  await packs.close();
});

function brief(verdicts: readonly Verdict[], policy: string): unknown[] {
  return verdicts
    .filter((verdict) => verdict.policy === `small:${policy}`)
    .map(({ verdict, reasons, unknown }) => [verdict, ...reasons.map(({ message }) => message), ...unknown]);
}

describe("verdicts of packs", () => {
  test("are as those of any policy", async () => {
    const [verdict] = await packs.judge([item("a")]);
    expect(verdict).toMatchObject({
      policy: "small:encrypted",
      title: "Buckets are encrypted",
      severity: "critical",
      verdict: "fail",
      resource: { id: "a", type: "AWS::S3::Bucket" },
      reasons: [{ message: "the bucket is not encrypted", path: null, location: { file: "main.tf", line: 1 } }],
      controls: [{ baseline: "soc2", control: "CC6.1" }],
      explanation: { pack: { name: "small", version: "1.2.3", policy: "encrypted", enforcementLevel: "mandatory" } },
    });
  });

  test("what is not known is unknown, what could not be read an error; a violation stands beside either", async () => {
    const verdicts = await packs.judge([
      item("team-a", { "acl?": "unknown" }),
      item("team-b", { "acl?": "untranslated" }),
      item("team-c", { "acl?": "failed" }),
      item("team-d", { acl: "private" }),
    ]);
    expect(brief(verdicts, "careless")).toEqual([
      ["unknown", "acl is unknown", "/config/acl"],
      ["unknown", "acl is untranslated", "/config/acl"],
      ["error", "acl is failed"],
      ["pass"],
    ]);
    expect(brief(verdicts, "encrypted")[0]).toEqual(["fail", "the bucket is not encrypted"]);
  });

  test("a remediation is a proposal, without the secrets in it", async () => {
    const verdicts = await packs.judge([item("a", { tags: { password: "hunter2hunter2" } })]);
    const tagged = verdicts.find(({ policy }) => policy === "small:tagged");
    expect(tagged).toMatchObject({
      verdict: "fail",
      remediation: "small:tagged",
      proposal: {
        remediation: "small:tagged",
        type: "aws:s3/bucket:Bucket",
        changes: [{ op: "add", path: "/tags/owner", value: "platform" }],
      },
    });
    expect(JSON.stringify(tagged)).not.toContain("hunter2");
  });

  test("a stack policy's violation is that of the resource which it names, else of the stack", async () => {
    expect(packs.needsInventory).toBe(true);
    const failing = await packs.judgeInventory([item("a"), item("b")], []);
    expect(failing).toMatchObject([{ policy: "small:few", verdict: "fail", resource: { id: "b" } }]);
    const passing = await packs.judgeInventory([item("a")], []);
    expect(passing).toMatchObject([
      { policy: "small:few", verdict: "pass", resource: { id: "stack:small", type: "Stack" } },
    ]);
  });

  test("what was not seen is an error, not a pass", async () => {
    const problem: ScanProblem = {
      kind: "problem",
      problem: "incomplete",
      at: "s3:ListBuckets",
      line: null,
      column: null,
      message: "access was refused",
      hides: ["AWS::S3::Bucket"],
      account: "1",
      region: null,
    };
    const stack = await packs.judgeInventory([item("a")], [problem]);
    expect(stack).toMatchObject([
      { verdict: "error", reasons: [{ message: "the inventory is incomplete: access was refused" }] },
    ]);
    const unseen = packs.judgeProblem(problem);
    expect(new Set(unseen.map(({ verdict }) => verdict))).toEqual(new Set(["error"]));
    expect(unseen).toHaveLength(4);
  });

  test("packs whose folder or configuration is wrong say so", async () => {
    await expect(startPacks([{ path: "no/such/pack" }])).rejects.toThrow(/PulumiPolicy.yaml/);
    await expect(startPacks([{ path: small, config: { few: { most: "x" } } }])).rejects.toThrow(
      /few: most must be number/,
    );
  });
});
