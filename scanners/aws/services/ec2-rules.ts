import type { IpPermission } from "@aws-sdk/client-ec2";
import type { JsonObject } from "../../../src/json.js";
import { present } from "../plain.js";

/** A permission as CloudFormation's rules: one for each CIDR, group and prefix list. */
export function rulesOf(permission: IpPermission, side: "Source" | "Destination"): JsonObject[] {
  const { IpProtocol, FromPort, ToPort } = permission;
  const rule = (members: { readonly [key: string]: unknown }, Description: string | undefined): JsonObject =>
    present({ IpProtocol, FromPort, ToPort, ...members, Description });
  return [
    ...(permission.IpRanges ?? []).map(({ CidrIp, Description }) => rule({ CidrIp }, Description)),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => rule({ CidrIpv6 }, Description)),
    ...(permission.PrefixListIds ?? []).map(({ PrefixListId, Description }) =>
      rule({ [`${side}PrefixListId`]: PrefixListId }, Description),
    ),
    ...(permission.UserIdGroupPairs ?? []).map(({ GroupId, UserId, Description }) =>
      rule(
        { [`${side}SecurityGroupId`]: GroupId, SourceSecurityGroupOwnerId: side === "Source" ? UserId : undefined },
        Description,
      ),
    ),
  ];
}
