import { DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { Clients } from "./clients.js";
import { listOf } from "./paging.js";

export interface Regions {
  readonly enabled: readonly string[];
  readonly disabled: readonly string[];
}

/** The account's regions: those that it can use, and those that nobody opted in to, where nothing can exist. */
export async function accountRegions(clients: Clients, region: string): Promise<Regions> {
  const answer = await clients.of(EC2Client, region).send(new DescribeRegionsCommand({ AllRegions: true }));
  const named = listOf(answer.Regions).flatMap(({ RegionName, OptInStatus }) =>
    RegionName === undefined ? [] : [{ name: RegionName, isEnabled: OptInStatus !== "not-opted-in" }],
  );
  return {
    enabled: named.filter(({ isEnabled }) => isEnabled).map(({ name }) => name),
    disabled: named.filter(({ isEnabled }) => !isEnabled).map(({ name }) => name),
  };
}
