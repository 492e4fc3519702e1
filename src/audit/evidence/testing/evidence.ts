// A period in memory, for tests: a history of a few scans, and everything else that an export reads.
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Baseline } from "../../../compliance/baseline.js";
import type { VerdictKind } from "../../../engine/verdict.js";
import type { Json } from "../../../json.js";
import type {
  FindingEvent,
  History,
  HistoryScan,
  PolicyTally,
  ResourceBody,
  ResourceState,
} from "../../../store/history.js";
import { canonicalJson } from "../../canonical-json.js";
import { readSigningKey, type SigningKey } from "../../signing-key.js";
import type { EvidenceSources, ExportRequest } from "../sources.js";

export const period = { from: "2026-01-01T00:00:00.000Z", to: "2026-01-11T00:00:00.000Z" };

export const baseline: Baseline = {
  id: "acme",
  title: "Acme's rules",
  version: "1",
  source: "https://example.com/rules",
  controls: [
    { id: "A.1", title: "Buckets are private", policies: ["aws-s3-private", "aws-s3-encrypted"], manual: null },
    { id: "A.2", title: "Keys rotate", policies: ["aws-kms-rotation"], manual: "The key ceremony" },
    { id: "A.3", title: "Staff is trained", policies: [], manual: "Training records" },
    { id: "A.4", title: "Queues are encrypted", policies: ["aws-sqs-encrypted"], manual: null },
  ],
};

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "portcullis-evidence-"));
}

export function newSigningKey(): { readonly key: SigningKey; readonly publicPem: string; readonly file: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const file = join(temporaryFolder(), "key.pem");
  writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8" }));
  return { key: readSigningKey(file), publicPem: publicKey.export({ format: "pem", type: "spki" }).toString(), file };
}

export function at(day: number): string {
  return new Date(Date.UTC(2026, 0, 1, 6) + (day - 1) * 86_400_000).toISOString();
}

const noTally: PolicyTally = { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0, "not-applicable": 0 };

export interface FakeState {
  readonly id: string;
  /** Days of the scans. */
  readonly from: number;
  readonly until: number | null;
  readonly ended?: ResourceState["ended"];
  readonly config: { readonly [key: string]: Json };
  readonly verdicts: { readonly [policy: string]: VerdictKind };
  readonly owner?: string | null;
}

export interface FakePeriod {
  readonly days: readonly number[];
  readonly states: readonly FakeState[];
  readonly problems?: HistoryScan["problems"];
  readonly events?: readonly FindingEvent[];
}

function bodyOf({ id, config }: FakeState): ResourceBody {
  return { name: id, tags: { team: "blue" }, config };
}

function hashOf(body: ResourceBody): string {
  return createHash("sha256")
    .update(canonicalJson(body as unknown as Json))
    .digest("hex");
}

function holds({ from, until }: FakeState, day: number): boolean {
  return from <= day && (until === null || until > day);
}

export function fakeHistory({ days, states, problems = [], events = [] }: FakePeriod): History {
  const bodies = new Map(states.map((state) => [hashOf(bodyOf(state)), bodyOf(state)]));
  const scanOf = (day: number): HistoryScan => {
    const tally = new Map<string, PolicyTally>();
    for (const state of states.filter((one) => holds(one, day))) {
      for (const [policy, verdict] of Object.entries(state.verdicts)) {
        const known = tally.get(policy) ?? noTally;
        tally.set(policy, { ...known, [verdict]: known[verdict] + 1 });
      }
    }
    return {
      ...{ id: `scan-${day}`, seq: day, startedAt: at(day - 0.01), finishedAt: at(day), status: "finished" },
      ...{
        targets: ["aws"],
        schedule: "daily",
        version: "1.0.0",
        problems,
        policies: "p".repeat(64),
        notes: [],
        tally,
      },
      summary: { resources: 1, pass: 1, fail: 0, unknown: 0, error: 0, waived: 0, durationMs: 1 },
    };
  };
  const versions = baseline.controls
    .flatMap(({ policies }) => policies)
    .map((id) => ({
      id,
      title: `Title of ${id}`,
      severity: "high" as const,
      engine: "rego",
      hash: hashText(`source of ${id}`),
    }));
  return {
    latest: () => Promise.resolve([]),
    scans: () => Promise.resolve(days.map(scanOf)),
    policySet: () => Promise.resolve(versions),
    states: () => iterate(states.map((state) => stateOf(state))),
    population: () => iterate([]),
    bodies: (hashes) => Promise.resolve(new Map([...bodies].filter(([hash]) => hashes.includes(hash)))),
    findingEvents: ({ from, to }) => iterate(events.filter((event) => event.at >= from && event.at < to)),
  };
}

function stateOf(state: FakeState): ResourceState {
  const { id, from, until, ended = until === null ? null : "changed", verdicts, owner = "blue" } = state;
  return {
    resource: { id, provider: "aws", type: "AWS::S3::Bucket", name: id, account: "111122223333", region: "us-east-1" },
    ...{ owner, fromSeq: from, from: at(from), untilSeq: until, until: until === null ? null : at(until), ended },
    ...{ body: hashOf(bodyOf(state)), verdicts: new Map(Object.entries(verdicts)) },
  };
}

export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* items;
}

/** Ten daily scans of forty buckets: one public for three days, one never decided, one waived, one deleted. */
export function somePeriod(buckets = 40): FakePeriod {
  const good = { "aws-s3-private": "pass", "aws-s3-encrypted": "pass" } as const;
  const states: FakeState[] = [];
  for (let number = 1; number <= buckets; number++) {
    const id = `arn:aws:s3:::bucket-${number}`;
    const config = { BucketName: `bucket-${number}`, Versioning: number % 3 };
    if (number === 3) {
      states.push({ id, from: 1, until: 4, config, verdicts: good });
      const open = { ...config, Public: true };
      states.push({ id, from: 4, until: 7, config: open, verdicts: { ...good, "aws-s3-private": "fail" } });
      states.push({ id, from: 7, until: null, config, verdicts: good });
    } else if (number === 5) {
      states.push({ id, from: 1, until: null, config, verdicts: { ...good, "aws-kms-rotation": "unknown" } });
    } else if (number === 7) {
      states.push({ id, from: 1, until: null, config, verdicts: { ...good, "aws-s3-encrypted": "waived" } });
    } else if (number === 9) {
      states.push({ id, from: 1, until: 6, ended: "gone", config, verdicts: good });
    } else {
      states.push({ id, from: 1, until: null, config, verdicts: { ...good, "aws-kms-rotation": "not-applicable" } });
    }
  }
  const event = {
    scan: "scan-4",
    policy: "aws-s3-private",
    resource: "arn:aws:s3:::bucket-3",
    severity: "high",
  } as const;
  return {
    days: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    states,
    events: [
      { ...event, at: at(4), fingerprint: hashText("finding 3"), kind: "opened", waiver: null },
      { ...event, at: at(7), scan: "scan-7", fingerprint: hashText("finding 3"), kind: "resolved", waiver: null },
    ],
  };
}

export function sources(given: FakePeriod, change: Partial<EvidenceSources> = {}): EvidenceSources {
  return {
    history: fakeHistory(given),
    waivers: () => Promise.resolve([]),
    scheduleRuns: () => iterate([]),
    policy: (id) =>
      Promise.resolve({
        ...{ title: `Title of ${id}`, description: "What it says", severity: "high", engine: "rego", provider: "aws" },
        ...{ fix: "Mend it", hash: hashText(`source of ${id}`), source: `source of ${id}` },
      }),
    audit: null,
    renderer: {
      html: (document) => `<!doctype html>${JSON.stringify(document)}`,
      pdf: (document) => Promise.resolve(Buffer.from(`%PDF ${document.title}`)),
    },
    ...change,
  };
}

export function request(output: string, signingKey: SigningKey, change: Partial<ExportRequest> = {}): ExportRequest {
  return {
    ...{ baseline, period, output, form: output.endsWith(".zip") ? "zip" : "folder", sampleSize: 5, seed: "a seed" },
    ...{ maximumGapHours: 36, version: "1.0.0", createdAt: "2026-01-11T01:00:00.000Z", signingKey },
    exporter: { actor: { name: "ada", source: "os-user" }, origin: null },
    progress: () => undefined,
    ...change,
  };
}
