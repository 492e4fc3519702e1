// A large estate for benches: resources of some types over accounts and regions, with the verdicts that policies might give.
import { createHash } from "node:crypto";

const types = [
  ["AWS::S3::Bucket", 11],
  ["AWS::EC2::Instance", 8],
  ["AWS::EC2::SecurityGroup", 9],
  ["AWS::RDS::DBInstance", 10],
  ["AWS::Lambda::Function", 6],
  ["AWS::KMS::Key", 4],
];
const regions = ["us-east-1", "us-west-2", "eu-west-1"];
const severities = ["critical", "high", "medium", "low"];

/**
 * Yields `{resource, verdicts}` for each of `count` resources, always the same ones. Of `changed` of them, chosen by `round`,
 * the configuration is another than in the round before, and one verdict with it.
 */
export function* generate(count, changed = 0, round = 1) {
  const step = changed === 0 ? 0 : Math.max(1, Math.floor(count / changed));
  for (let i = 0; i < count; i++) {
    const version = step > 0 && (i + round) % step === 0 ? round : 0;
    yield make(i, version);
  }
}

/** One resource of the estate, and its verdicts, in one of its versions. */
export function make(i, version) {
  const [type, policies] = types[i % types.length];
  const region = regions[i % regions.length];
  const account = String(100_000_000_000 + (i % 50));
  const id = `arn:aws:service:${region}:${account}:${type.split("::").pop().toLowerCase()}/r-${i.toString(16).padStart(10, "0")}`;
  const place = { id, provider: "aws", type, name: `r-${i}`, account, region };
  const resource = {
    ...place,
    tags: { Owner: `team-${i % 40}`, Environment: i % 3 === 0 ? "production" : "staging" },
    config: configOf(i, version),
    unknown: [],
    raw: null,
    source: { scanner: "bench", uri: null, line: null, column: null, capturedAt: null },
  };
  const verdicts = Array.from({ length: policies }, (_, p) => verdictOf(place, p, (i * 7 + p * 13 + version * 5) % 20));
  return { resource, verdicts };
}

/** About as much as a bucket or an instance has. */
function configOf(i, version) {
  return {
    Name: `r-${i}`,
    Version: version,
    Encryption: { Rules: [{ Algorithm: "aws:kms", KeyId: `arn:aws:kms:us-east-1:111122223333:key/${i % 100}` }] },
    Network: {
      VpcId: `vpc-${i % 200}`,
      SubnetIds: [`subnet-${i % 500}`, `subnet-${(i + 1) % 500}`],
      Rules: Array.from({ length: 4 }, (_, n) => ({
        Port: 443 + n,
        Cidr: `10.${i % 256}.${n}.0/24`,
        Description: "internal",
      })),
    },
    Settings: Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [`Setting${n}`, (i + n) % 5 === 0 ? "off" : "on"]),
    ),
  };
}

function verdictOf(resource, p, draw) {
  const policy = `aws-${resource.type.split("::")[1].toLowerCase()}-rule-${p}`;
  const kind = draw === 0 ? "fail" : draw < 4 ? "not-applicable" : "pass";
  const path = `/config/Settings/Setting${p}`;
  return {
    ...{ policy, title: `Rule ${p}`, severity: severities[p % 4], verdict: kind, resource },
    reasons: kind === "fail" ? [{ message: `${path} is off`, path, location: null }] : [],
    ...{
      unknown: [],
      controls: [{ baseline: "soc2", control: `CC6.${(p % 8) + 1}` }],
      remediation: null,
      explanation: null,
    },
    fingerprint: kind === "fail" ? createHash("sha256").update(`${policy}\0${resource.id}\0${path}`).digest("hex") : "",
  };
}
