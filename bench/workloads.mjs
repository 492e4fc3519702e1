// What is evaluated: policies, inputs, and which policy on which input. Made the same way each time.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scanSample } from "../dist/scanners/sample/index.js";
import { systemClock } from "../dist/src/clock.js";
import { readRegoFiles } from "../dist/src/engine/rego/rego-files.js";
import { loadShippedPolicies } from "../dist/src/engine/rego/load-policies.js";
import { handwritten } from "./handwritten.mjs";

const data = { parameters: {}, inventory: { resources: {}, byType: {}, references: {}, referrers: {} } };

/** The same numbers from the same seed (mulberry32). */
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function bucket(at, random) {
  const pick = (...choices) => choices[Math.floor(random() * choices.length)];
  const block = () => (random() < 0.8 ? true : pick(false, undefined));
  const blocks = {
    BlockPublicAcls: block(),
    BlockPublicPolicy: block(),
    IgnorePublicAcls: block(),
    RestrictPublicBuckets: block(),
  };
  const config = {
    BucketName: `bucket-${at}`,
    PublicAccessBlockConfiguration: random() < 0.9 ? blocks : undefined,
    VersioningConfiguration: random() < 0.8 ? { Status: pick("Enabled", "Enabled", "Suspended") } : undefined,
    LoggingConfiguration: random() < 0.7 ? { DestinationBucketName: pick("logs", "logs", "") } : undefined,
    AccessControl: pick(undefined, "Private", "Private", "PublicRead", "LogDeliveryWrite"),
    Tags: [{ Key: "team", Value: pick("risk", "trading") }],
  };
  const resource = {
    id: `arn:aws:s3:::bucket-${at}`,
    provider: "aws",
    type: "AWS::S3::Bucket",
    name: `bucket-${at}`,
    account: "1",
    region: "eu-west-1",
  };
  const source = { scanner: "bench", uri: null, line: null, column: null, capturedAt: null };
  return JSON.parse(JSON.stringify({ ...resource, tags: {}, config, unknown: [], raw: null, source }));
}

/** Another resource like this one: some of its configuration is not there, or is something else. */
function variant(resource, at, random) {
  const changed = (value) => {
    if (Array.isArray(value)) return value.filter(() => random() >= 0.05).map(changed);
    if (value !== null && typeof value === "object") {
      const kept = Object.entries(value).filter(() => random() >= 0.05);
      return Object.fromEntries(kept.map(([key, one]) => [key, changed(one)]));
    }
    if (random() >= 0.1) return value;
    if (typeof value === "boolean") return !value;
    return typeof value === "number" ? Math.floor(random() * 1_000) : `${value}-${Math.floor(random() * 10)}`;
  };
  return { ...resource, id: `${resource.id}-${at}`, config: changed(resource.config) };
}

function workOf(inputs, policiesOf) {
  return inputs.flatMap((input, at) =>
    policiesOf(input).map(({ path, hasApplies }) => ({
      input: at,
      path,
      ...(hasApplies ? { applies: `${path}/applies` } : {}),
      deny: `${path}/deny`,
    })),
  );
}

/** Four policies on 10,000 buckets, all shipped policies on the sample estate, and on 10,000 resources like its own. */
export async function workloads(quick) {
  const { policies } = await loadShippedPolicies();
  const four = policies.filter(({ path }) => Object.hasOwn(handwritten, path));
  const random = randomFrom(42);
  const buckets = Array.from({ length: quick ? 2_000 : 10_000 }, (_, at) => bucket(at, random));
  const estate = [];
  for await (const item of scanSample(systemClock)) if (item.kind === "resource") estate.push(item.resource);
  const variants = Array.from({ length: buckets.length }, (_, at) => variant(estate[at % estate.length], at, random));
  const modules = readRegoFiles(["policies"]).map(({ path, text }) => ({ path, text }));
  const fourPaths = new Set(four.map(({ path }) => join("policies", path, "policy.rego")));
  // The inventory is empty here: what reads it would be measured on nothing.
  const alone = policies.filter(({ reads }) => reads.inventory === null);
  const apart = policies.length - alone.length;
  const shipped = `${alone.length} policies${apart > 0 ? ` (${apart} that read the inventory are left out)` : ""}`;
  const workOfAlone = (inputs) => workOf(inputs, ({ type }) => alone.filter(({ types }) => types.includes(type)));
  return [
    {
      name: "four policies",
      what: `${four.length} policies on ${buckets.length} buckets`,
      modules: modules.filter(({ path }) => fourPaths.has(path)),
      data,
      inputs: buckets,
      work: workOf(buckets, () => four),
      byHand: true,
    },
    {
      name: "sample estate",
      what: `${shipped} on its ${estate.length} resources`,
      ...{ modules, data, inputs: estate, work: workOfAlone(estate), byHand: false },
    },
    {
      name: "variants of it",
      what: `${shipped} on ${variants.length} resources`,
      ...{ modules, data, inputs: variants, work: workOfAlone(variants), byHand: false },
    },
  ];
}

export function packageVersion(name) {
  return JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8")).version;
}
