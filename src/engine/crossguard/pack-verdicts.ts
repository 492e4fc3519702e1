// From what a pack answers to verdicts like any other.
import { fingerprint } from "../fingerprint.js";
import type { Policy, Severity } from "../policy.js";
import type {
  ControlReference,
  Explanation,
  Proposal,
  ProposedChange,
  Reason,
  Verdict,
  VerdictResource,
} from "../verdict.js";
import type { ScannedResource } from "../../inventory/scan-item.js";
import { parsePointer, pointer, valueAt } from "../../inventory/pointer.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import { keepable, redactJson } from "../../redact.js";
import type { PolicyInfo } from "./analyzer-client.js";
import type { PolicyAnswer, PolicyPack } from "./policy-pack.js";
import type { PropertyDoubt, PulumiResource } from "./pulumi-resource.js";

export interface PackVerdictOptions {
  readonly controls: ReadonlyMap<string, readonly ControlReference[]>;
  readonly explain: boolean;
}

/** `pack:policy`, as verdicts, baselines and waivers name it. */
export function policyId(pack: PolicyPack, policy: string): string {
  return `${pack.info.name}:${policy}`;
}

/** The pack's policies that are not disabled. */
export function policiesOf(pack: PolicyPack): Policy[] {
  return pack.info.policies
    .filter(({ name }) => pack.level(name) !== "disabled")
    .map((info) => ({
      id: policyId(pack, info.name),
      title: info.displayName || firstSentence(info.description) || info.name,
      description: info.description,
      severity: severityOf(pack, info),
      engine: "crossguard",
      types: [],
      provider: "pulumi",
      aliases: [],
      fix: info.remediationSteps || info.description,
      remediation: pack.level(info.name) === "remediate" ? policyId(pack, info.name) : null,
      relatedResources: info.url === "" ? [] : [info.url],
      source: { file: pack.folder.entry, line: 1 },
    }));
}

/** What a policy runs with, and what keeps its pack from harm. */
export function settingsOfPolicy(pack: PolicyPack, policy: Policy): object {
  const name = policy.id.slice(pack.info.name.length + 1);
  const info = pack.info.policies.find((one) => one.name === name);
  return {
    name: pack.info.name,
    version: pack.info.version,
    folder: pack.folder.path,
    policy: name,
    about: info?.kind ?? "resource",
    enforcementLevel: pack.level(name),
    configuration: pack.configuration.get(name)?.properties ?? {},
    configSchema: info?.configSchema ?? null,
    framework: info?.framework ?? null,
    tags: info?.tags ?? [],
    sandbox: pack.sandbox,
  };
}

/** An advisory policy never fails a check, as in Pulumi: it is shown, as information. */
function severityOf(pack: PolicyPack, info: PolicyInfo): Severity {
  return pack.level(info.name) === "advisory" ? "info" : (info.severity ?? "high");
}

function firstSentence(text: string): string {
  return (/^[^\n]*?(?=\.(\s|$)|\n|$)/.exec(text)?.[0] ?? "").slice(0, 200);
}

/** What a policy answered of one of the Pulumi resources that a resource of ours is. */
export interface Answered {
  readonly resource: PulumiResource | null;
  readonly answer: PolicyAnswer;
}

interface Found {
  readonly verdict: Verdict["verdict"];
  readonly reasons: readonly Reason[];
  readonly unknown: readonly string[];
}

/** The verdict of a policy on a resource of ours, which may be several in Pulumi: the worst of them. */
export function packVerdict(
  pack: PolicyPack,
  policy: Policy,
  item: ScannedResource | null,
  subject: VerdictResource,
  answered: readonly Answered[],
  options: PackVerdictOptions,
): Verdict {
  const found = worst(answered.map((one) => foundIn(one, item, policy)));
  const proposal = answered.map((one) => proposalOf(policy, one)).find((one) => one !== null) ?? null;
  return {
    policy: policy.id,
    title: policy.title,
    severity: policy.severity,
    verdict: found.verdict,
    resource: subject,
    reasons: found.reasons,
    unknown: found.unknown,
    controls: options.controls.get(policy.id) ?? [],
    fingerprint: fingerprint(policy.id, subject, null),
    remediation: policy.remediation,
    explanation: options.explain ? explanationOf(pack, policy, item, answered) : null,
    ...(proposal === null || found.verdict !== "fail" ? {} : { proposal }),
  };
}

/** Worst first. */
const order: readonly Verdict["verdict"][] = ["fail", "error", "unknown", "pass", "not-applicable"];

function worst(all: readonly Found[]): Found {
  const [first] = order.flatMap((kind) => {
    const same = all.filter(({ verdict }) => verdict === kind);
    if (same.length === 0) return [];
    const unknown = [...new Set(same.flatMap((one) => one.unknown))].sort();
    // What is said of a type is said again of its other names.
    const reasons = new Map(same.flatMap((one) => one.reasons).map((reason) => [JSON.stringify(reason), reason]));
    return [{ verdict: kind, reasons: [...reasons.values()], unknown }];
  });
  return first ?? { verdict: "not-applicable", reasons: [], unknown: [] };
}

function foundIn({ resource, answer }: Answered, item: ScannedResource | null, policy: Policy): Found {
  const because = (message: string, path: string | null): Reason => ({
    message,
    path,
    location: (path === null ? resource?.location : null) ?? item?.locate(path ?? "") ?? null,
  });
  if (answer.violations.length > 0) {
    const messages = answer.violations.map(({ message }) => withoutPrefix(message, policy.description));
    if (answer.error !== null) messages.push(`its remediation gave an error: ${answer.error}`);
    return { verdict: "fail", reasons: messages.map((message) => because(message, null)), unknown: [] };
  }
  if (answer.error !== null) return { verdict: "error", reasons: [because(answer.error, null)], unknown: [] };
  const { remediation } = answer;
  const changes = resource === null ? [] : remediationChanges(resource, remediation);
  if (changes.length > 0) {
    const names = [...new Set(changes.map(({ path }) => parsePointer(path)[0] ?? ""))].slice(0, 5).join(", ");
    return { verdict: "fail", reasons: [because(`the policy would change ${names}`, null)], unknown: [] };
  }
  const undecided = remediation?.diagnostic ? [...answer.undecided, remediation.diagnostic] : answer.undecided;
  if (undecided.length > 0) return doubtful(undecided, resource, because);
  if (answer.notApplicable !== null) return { verdict: "not-applicable", reasons: [], unknown: [] };
  return { verdict: "pass", reasons: [], unknown: [] };
}

/** The SDK writes the policy's description before each message. */
function withoutPrefix(message: string, description: string): string {
  return message.startsWith(`${description}\n`) ? message.slice(description.length + 1) : message;
}

function doubtful(
  undecided: readonly string[],
  resource: PulumiResource | null,
  because: (message: string, path: string | null) => Reason,
): Found {
  const doubts = undecided.map((message) => ({
    message,
    doubt: resource === null ? null : doubtAt(resource, message),
  }));
  const reasons = doubts.map(({ message, doubt }) => because(doubt?.message ?? message, doubt?.pointer ?? null));
  const pointers = doubts.flatMap(({ doubt }) => (doubt?.pointer == null ? [] : [doubt.pointer]));
  const isFailed = doubts.some(({ doubt }) => doubt?.kind === "failed");
  return { verdict: isFailed ? "error" : "unknown", reasons, unknown: isFailed ? [] : [...new Set(pointers)].sort() };
}

/** `string value at .rules.0.name can't be known during preview`: the names are joined with dots that they may have, too. */
function doubtAt({ doubts }: PulumiResource, message: string): PropertyDoubt | null {
  const path = /value at \.(.*) can't be known during preview/s.exec(message)?.[1];
  if (path === undefined) return null;
  for (const [at, doubt] of doubts) if (parsePointer(at).join(".") === path) return doubt;
  return null;
}

function proposalOf(policy: Policy, { resource, answer }: Answered): Proposal | null {
  if (resource === null || policy.remediation === null) return null;
  const changes = remediationChanges(resource, answer.remediation);
  if (changes.length === 0) return null;
  return { remediation: policy.remediation, urn: resource.urn, type: resource.type, changes };
}

function remediationChanges({ properties }: PulumiResource, given: PolicyAnswer["remediation"]): ProposedChange[] {
  const changes = changesOf(given?.before ?? properties, given?.properties ?? null);
  if ((given?.before ?? null) === null) return changes;
  return changes.map(({ op, path, value, redacted }) => {
    const was = valueAt(properties, path);
    return {
      ...{ op, path, value },
      ...(was === undefined ? {} : { before: kept(parsePointer(path), was) }),
      ...(redacted === undefined ? {} : { redacted }),
    };
  });
}

const deepest = 100;

/** What turns the properties into the others, as RFC 6902 has it. A list that becomes longer or shorter is replaced whole. */
export function changesOf(before: JsonObject, after: JsonObject | null): ProposedChange[] {
  return after === null ? [] : objectChanges(before, after, []);
}

function objectChanges(before: JsonObject, after: JsonObject, at: readonly string[]): ProposedChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key): ProposedChange[] => {
    const [old, now] = [own(before, key), own(after, key)];
    const path = [...at, key];
    if (now === undefined)
      return old === undefined ? [] : [{ op: "remove", path: pointer(path), value: null, before: kept(path, old) }];
    return old === undefined ? [added(path, now)] : valueChanges(old, now, path);
  });
}

function valueChanges(old: Json, now: Json, path: readonly string[]): ProposedChange[] {
  if (JSON.stringify(old) === JSON.stringify(now)) return [];
  if (path.length <= deepest) {
    if (isObject(old) && isObject(now)) return objectChanges(old, now, path);
    if (Array.isArray(old) && Array.isArray(now) && old.length === now.length)
      return (now as readonly Json[]).flatMap((one, index) =>
        valueChanges((old as readonly Json[])[index] ?? null, one, [...path, String(index)]),
      );
  }
  return [{ ...added(path, now), op: "replace", before: kept(path, old) }];
}

function added(path: readonly string[], now: Json): ProposedChange {
  const value = kept(path, now);
  const isWhole = JSON.stringify(value) === JSON.stringify(now);
  return { op: "add", path: pointer(path), value, ...(isWhole ? {} : { redacted: true }) };
}

/** Without secrets: by what it is called, what holds it, and how it looks. */
function kept(path: readonly string[], value: Json): Json {
  const nested = path.reduceRight<Json>((inner, name) => {
    const object: { [key: string]: Json } = {};
    setOwn(object, name, inner);
    return object;
  }, value);
  return valueAt(redactJson(nested).value, pointer(path)) ?? "<redacted>";
}

/** A setting of a policy, without secrets. */
function shown(name: string, value: Json): Json {
  if (typeof value === "string") return keepable(name, value);
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => shown(name, one));
  if (!isObject(value)) return value;
  const kept: { [key: string]: Json } = {};
  for (const [key, one] of Object.entries(value)) setOwn(kept, key, shown(key, one));
  return kept;
}

function explanationOf(
  pack: PolicyPack,
  policy: Policy,
  item: ScannedResource | null,
  answered: readonly Answered[],
): Explanation {
  const name = policy.id.slice(pack.info.name.length + 1);
  const { properties } = pack.configuration.get(name) ?? { properties: {} };
  return {
    rules: [],
    reads: answered.flatMap(({ resource }) =>
      [...(resource?.doubts.values() ?? [])]
        .filter(({ pointer: at }) => at !== null)
        .map((doubt) => ({
          resource: null,
          path: doubt.pointer ?? "",
          value: null,
          state: "unknown" as const,
          location: item?.locate(doubt.pointer ?? "") ?? null,
        })),
    ),
    pack: {
      name: pack.info.name,
      version: pack.info.version,
      policy: name,
      enforcementLevel: pack.level(name),
      configuration: shown("", properties) as JsonObject,
      resources: answered.flatMap(({ resource }) => (resource === null ? [] : [resource.urn])),
    },
  };
}
