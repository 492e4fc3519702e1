// Whether an event of CloudTrail changed a resource: events name every resource that a call was given, those that it only uses too.
import type { Event } from "@aws-sdk/client-cloudtrail";
import type { DriftSubject } from "../../src/inventory/drift/estate-drift.js";
import { isObject, own, type Json } from "../../src/json.js";

type Subject = Pick<DriftSubject, "type" | "account" | "region">;

/** Where the first part of the event source is not the namespace of the type. */
const sources: ReadonlyMap<string, string> = new Map([
  ["ElasticLoadBalancingV2", "elasticloadbalancing"],
  ["EFS", "elasticfilesystem"],
]);

/** What other calls of the same service name without changing it. */
const ownCalls: ReadonlyMap<string, RegExp> = new Map([
  ["AWS::EC2::Instance", /Instance|Tags$/],
  ["AWS::EC2::SecurityGroup", /SecurityGroup|Tags$/],
  ["AWS::EC2::Subnet", /Subnet|Tags$/],
  ["AWS::EC2::VPC", /Vpc|Tags$/],
  ["AWS::EC2::Volume", /Volume|Tags$/],
  ["AWS::IAM::ManagedPolicy", /^(Create|Delete|SetDefault|Tag|Untag)Policy/],
  ["AWS::KMS::Key", /^(?!(Create|Retire|Revoke)Grant)/],
]);

/** What failed changed nothing. `names`: by which the event was found. */
export function changesIt(event: Event, subject: Subject, names: readonly string[]): boolean {
  const record = recordOf(event);
  if (event.ReadOnly === "true" || textAt(record, "errorCode") !== null) return false;
  return (
    event.EventSource === `${serviceOf(subject.type)}.amazonaws.com` &&
    (ownCalls.get(subject.type)?.test(event.EventName ?? "") ?? true) &&
    isThere(record, subject) &&
    isType(event, subject.type, names)
  );
}

function serviceOf(type: string): string {
  const namespace = type.split("::")[1] ?? "";
  return sources.get(namespace) ?? namespace.toLowerCase();
}

/** A trail may hold events of other accounts, and another region may have the same name. */
function isThere(record: Json, { type, account, region }: Subject): boolean {
  const [owner, place] = [textAt(record, "recipientAccountId"), textAt(record, "awsRegion")];
  const isAnywhere = region === null || type.startsWith("AWS::IAM::");
  return (owner === null || owner === account) && (place === null || isAnywhere || place === region);
}

/** A user, a role and a group may have one name. */
function isType({ Resources = [] }: Event, type: string, names: readonly string[]): boolean {
  const types = Resources.flatMap(({ ResourceName = "", ResourceType }) =>
    names.includes(ResourceName) && ResourceType !== undefined ? [lastPart(ResourceType)] : [],
  );
  return types.length === 0 || types.includes(lastPart(type));
}

/** `AWS::IAM::Policy` is what CloudFormation calls a managed one; the case of names differs too. */
function lastPart(type: string): string {
  return (type.split("::").at(-1) ?? "").replace(/^Managed(?=Policy$)/, "").toLowerCase();
}

export function recordOf({ CloudTrailEvent: text }: Event): Json {
  try {
    return text === undefined ? null : (JSON.parse(text) as Json);
  } catch {
    return null;
  }
}

export function textAt(value: Json, key: string): string | null {
  const found = isObject(value) ? own(value, key) : undefined;
  return typeof found === "string" && found !== "" ? found : null;
}
