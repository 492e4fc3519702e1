// Single rules of a security group: exactly those that a policy names are revoked, and come back with their descriptions.
import type { IpPermission } from "@aws-sdk/client-ec2";
import { canonicalJson } from "../../src/audit/canonical-json.js";
import type { Verdict } from "../../src/engine/verdict.js";
import { valueAt } from "../../src/inventory/pointer.js";
import type { Resource } from "../../src/inventory/resource.js";
import { isObject, type Json, type JsonObject } from "../../src/json.js";
import type { Clients } from "../../scanners/aws/clients.js";
import { inOneOrder, nameOf, withValue, type AwsPlace, type AwsRemediation } from "./aws-remediation.js";

const sides = { ingress: "/config/SecurityGroupIngress", egress: "/config/SecurityGroupEgress" } as const;
type Side = keyof typeof sides;

function rulesOf(resource: Resource, side: Side): readonly JsonObject[] {
  const rules = valueAt(resource as unknown as Json, sides[side]);
  return Array.isArray(rules) ? (rules as readonly Json[]).filter(isObject) : [];
}

/** The rules that the reasons of the verdicts point to. */
function named(resource: Resource, side: Side, failed: readonly Verdict[]): JsonObject[] {
  const paths = new Set(failed.flatMap(({ reasons }) => reasons.map(({ path }) => path)));
  return rulesOf(resource, side).filter((_, at) => paths.has(`${sides[side]}/${at}`));
}

function among(rules: readonly JsonObject[], wanted: readonly Json[]): JsonObject[] {
  const texts = new Set(wanted.map(canonicalJson));
  return rules.filter((rule) => texts.has(canonicalJson(rule)));
}

function without(resource: Resource, side: Side, revoked: readonly JsonObject[]): Resource {
  const gone = new Set(revoked.map(canonicalJson));
  const kept = rulesOf(resource, side).filter((rule) => !gone.has(canonicalJson(rule)));
  return revoked.length === 0 ? resource : withValue(resource, sides[side], kept);
}

type Facts = Pick<AwsRemediation, "id" | "title" | "policies" | "caution">;

/** Revokes what the policies name. */
export function revocation(facts: Facts): AwsRemediation {
  return {
    ...facts,
    types: ["AWS::EC2::SecurityGroup"],
    permissions: {
      read: ["ec2:DescribeSecurityGroups"],
      write: [
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
      ],
    },
    touches: Object.values(sides),
    undo: "Lets in and out again what was revoked, with the same description; ids and tags of the rules are AWS's new ones.",
    plan(before, failed) {
      const [ingress, egress] = [named(before, "ingress", failed), named(before, "egress", failed)];
      if (ingress.length + egress.length === 0) return null;
      const after = without(without(before, "ingress", ingress), "egress", egress);
      return {
        after,
        value: { revoke: true, ingress, egress },
        former: { revoke: false, ingress, egress },
      };
    },
    property: (resource, { ingress, egress }) => ({
      ingress: inOneOrder(among(rulesOf(resource, "ingress"), listOf(ingress))),
      egress: inOneOrder(among(rulesOf(resource, "egress"), listOf(egress))),
    }),
    isBetween: (now, was, becomes) => {
      const sideIs = (side: Side, state: Json) =>
        canonicalJson(sideOf(now, side)) === canonicalJson(sideOf(state, side));
      return (["ingress", "egress"] as const).every((side) => sideIs(side, was) || sideIs(side, becomes));
    },
    write: writeRules,
  };
}

function sideOf(property: Json, side: Side): Json {
  return (isObject(property) ? property[side] : undefined) ?? null;
}

async function writeRules(clients: Clients, place: AwsPlace, value: JsonObject): Promise<void> {
  const sdk = await import("@aws-sdk/client-ec2");
  const ec2 = clients.of(sdk.EC2Client, place.region);
  const GroupId = nameOf(place);
  const isRevoked = value["revoke"] === true;
  const calls = {
    Source: (rule: { GroupId: string; IpPermissions: IpPermission[] }) =>
      isRevoked
        ? ec2.send(new sdk.RevokeSecurityGroupIngressCommand(rule))
        : ec2.send(new sdk.AuthorizeSecurityGroupIngressCommand(rule)),
    Destination: (rule: { GroupId: string; IpPermissions: IpPermission[] }) =>
      isRevoked
        ? ec2.send(new sdk.RevokeSecurityGroupEgressCommand(rule))
        : ec2.send(new sdk.AuthorizeSecurityGroupEgressCommand(rule)),
  };
  const done = isRevoked ? "InvalidPermission.NotFound" : "InvalidPermission.Duplicate";
  // One call a side, which AWS does in whole or not at all.
  for (const [side, rules] of [
    ["Source", value["ingress"]],
    ["Destination", value["egress"]],
  ] as const) {
    const IpPermissions = listOf(rules).map((rule) => permission(rule, side));
    if (IpPermissions.length > 0) await unless(done, () => calls[side]({ GroupId, IpPermissions }));
  }
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
}

async function unless(name: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== name) throw error;
  }
}

/** A rule as EC2 has it; the other way round than the scanner. */
function permission(rule: JsonObject, side: "Source" | "Destination"): IpPermission {
  const text = (key: string): string | undefined => {
    const value = rule[key];
    return typeof value === "string" ? value : undefined;
  };
  const [IpProtocol, CidrIp, CidrIpv6, Description] = ["IpProtocol", "CidrIp", "CidrIpv6", "Description"].map(text);
  const [FromPort, ToPort] = [rule["FromPort"], rule["ToPort"]].map((port) =>
    typeof port === "number" ? port : undefined,
  );
  const described = Description === undefined ? {} : { Description };
  const prefixList = text(`${side}PrefixListId`);
  const group = text(`${side}SecurityGroupId`);
  const owner = text("SourceSecurityGroupOwnerId");
  return {
    ...{ IpProtocol, FromPort, ToPort },
    ...(CidrIp === undefined ? {} : { IpRanges: [{ CidrIp, ...described }] }),
    ...(CidrIpv6 === undefined ? {} : { Ipv6Ranges: [{ CidrIpv6, ...described }] }),
    ...(prefixList === undefined ? {} : { PrefixListIds: [{ PrefixListId: prefixList, ...described }] }),
    ...(group === undefined
      ? {}
      : { UserIdGroupPairs: [{ GroupId: group, ...(owner === undefined ? {} : { UserId: owner }), ...described }] }),
  };
}
