// The package's OSCAL documents: the same that the lists say, in NIST's words.
import type { JsonObject } from "../../json.js";
import type { CollectedControl } from "./collect.js";
import type { FoundException } from "./exceptions.js";
import type { OscalException, OscalFile, OscalInput, OscalPolicy } from "./oscal-input.js";
import { statusOfOutcome, noCounts, type Counts, type Outcome } from "./outcome.js";
import type { PackedFile } from "./package.js";
import { sha256Of } from "./sample.js";
import type { EvidencePolicy, EvidenceWaiver, ExportRequest } from "./sources.js";
import type { Spool } from "./spool.js";
import { controlKind } from "../../compliance/controls.js";

export interface Judged {
  readonly collected: CollectedControl;
  readonly outcome: Outcome;
}

export interface OscalParts {
  readonly request: ExportRequest;
  readonly judged: readonly Judged[];
  readonly policies: ReadonlyMap<string, EvidencePolicy | null>;
  readonly waivers: readonly EvidenceWaiver[];
  readonly targets: readonly string[];
  readonly problems: readonly string[];
  readonly files: readonly PackedFile[];
  readonly spool: Spool;
}

/** More are in the lists, which is said. */
const mostExceptions = 200_000;

export async function oscalInput(parts: OscalParts): Promise<OscalInput> {
  const { request, judged, waivers, targets } = parts;
  const { baseline, period, version, createdAt } = request;
  const { exceptions, tallies, complete } = await readExceptions(parts);
  const more = complete ? [] : [`more than ${mostExceptions} exceptions: see the lists of the controls`];
  return {
    id: `${baseline.id} ${period.from}/${period.to}`,
    title: `Evidence: ${baseline.title}`,
    tool: { name: "portcullis", version },
    generatedAt: createdAt,
    period,
    targets,
    baselines: [
      {
        id: baseline.id,
        title: baseline.title,
        source: baseline.source,
        controls: judged.map((one) => result(one, request)),
      },
    ],
    policies: policiesOf(parts, tallies),
    exceptions,
    waivers: waivers.map(
      ({ id, scope, reason, ticket, requester, approver, approvedAt, starts, expires, revokedAt }) => ({
        ...{ id, scope, reason, ticket, requester, approver, approvedAt, starts, expires, revokedAt },
      }),
    ),
    files: parts.files.filter(({ name }) => !name.startsWith("policies/")).map(oscalFile),
    componentDefinition: "component-definition.json",
    problems: [...parts.problems, ...more],
  };
}

function result(
  { collected, outcome }: Judged,
  { baseline }: ExportRequest,
): OscalInput["baselines"][number]["controls"][number] {
  const { control, counts } = collected;
  return {
    ...{ baseline: baseline.id, control: control.id, title: control.title, counts },
    kind: controlKind(control) ?? "manual",
    status: statusOfOutcome(outcome, counts),
    ...{ policies: control.policies, manual: control.manual },
  };
}

interface Read {
  readonly exceptions: readonly OscalException[];
  readonly tallies: ReadonlyMap<string, Counts>;
  readonly complete: boolean;
}

/** A policy serves several controls: its exceptions are the same in each, and so is its share of the population. */
async function readExceptions({ judged, spool, policies }: OscalParts): Promise<Read> {
  const exceptions = new Map<string, OscalException>();
  const tallies = new Map<string, ReturnType<typeof noCounts>>();
  let complete = true;
  for (const { collected } of judged) {
    const fresh = new Set(collected.control.policies.filter((policy) => !tallies.has(policy)));
    for (const policy of fresh) tallies.set(policy, noCounts());
    if (fresh.size === 0) continue;
    for await (const line of spool.lines(`population-${collected.folder}`)) {
      const { policy, verdict } = JSON.parse(line) as FoundException;
      const counts = fresh.has(policy) ? tallies.get(policy) : undefined;
      if (counts !== undefined) counts[verdict as keyof Counts]++;
    }
    for await (const line of spool.lines(`exceptions-${collected.folder}`)) {
      const row = JSON.parse(line) as FoundException & { readonly waivers: readonly string[] };
      if (!fresh.has(row.policy)) continue;
      if (exceptions.size >= mostExceptions) complete = false;
      else exceptions.set(idOf(row), oscalException(row, policies.get(row.policy) ?? null));
    }
  }
  return { exceptions: [...exceptions.values()], tallies, complete };
}

const idOf = ({ policy, resource, verdict, firstSeen }: FoundException): string =>
  sha256Of(JSON.stringify([policy, resource, verdict, firstSeen]));

function oscalException(
  row: FoundException & { readonly waivers: readonly string[] },
  policy: EvidencePolicy | null,
): OscalException {
  const { resource, type, account, region, owner, verdict, firstSeen, ended, how } = row;
  return {
    fingerprint: idOf(row),
    policy: row.policy,
    resource: { id: resource, provider: type.split("::")[0]?.toLowerCase() ?? "", type, name: null, account, region },
    severity: policy?.severity ?? "info",
    verdict: verdict as OscalException["verdict"],
    message: `${policy?.title ?? row.policy}: ${verdict}, ${how}`,
    owner,
    firstSeen,
    lastSeen: ended ?? firstSeen,
    resolvedAt: how === "fixed" || how === "gone" ? ended : null,
    waiver: verdict === "waived" ? (row.waivers[0] ?? null) : null,
  };
}

function policiesOf({ policies, judged }: OscalParts, tallies: ReadonlyMap<string, Counts>): OscalPolicy[] {
  return [...policies].map(([id, policy]) => {
    const one = judged.find(({ collected }) => collected.control.policies.includes(id));
    const { title, description, severity, engine, provider, hash, fix } = policy ?? gone(id);
    return {
      ...{ id, title, description, severity, engine, provider, hash, fix },
      tally: tallies.get(id) ?? null,
      population: one === undefined ? null : `../controls/${one.collected.folder}/population.jsonl`,
    };
  });
}

function gone(id: string): EvidencePolicy {
  const description = "The policy was not there any more when the evidence was exported.";
  const rest = {
    severity: "info",
    engine: "rego",
    provider: id.split("-")[0] ?? "",
    fix: "",
    hash: null,
    source: null,
  } as const;
  return { title: id, description, ...rest };
}

const mediaTypes: { readonly [ending: string]: string } = {
  json: "application/json",
  jsonl: "application/jsonl",
  csv: "text/csv",
  txt: "text/plain",
};

function oscalFile({ name, sha256 }: PackedFile): OscalFile {
  const mediaType = mediaTypes[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  return { path: `../${name}`, title: name, mediaType, sha256 };
}

export type OscalDocument = (input: OscalInput) => JsonObject;
