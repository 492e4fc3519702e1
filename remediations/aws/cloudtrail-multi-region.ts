// Record in every region.
import { setting } from "./aws-remediation.js";
import { trailReads } from "./cloudtrail-reads.js";

export const cloudtrailMultiRegion = setting({
  id: "aws-cloudtrail-multi-region",
  title: "Record in every region",
  policies: ["aws-cloudtrail-multi-region"],
  types: ["AWS::CloudTrail::Trail"],
  permissions: { read: trailReads, write: ["cloudtrail:UpdateTrail"] },
  undo: "Makes the trail one of its home region again.",
  caution: null,
  pointer: "/config/IsMultiRegionTrail",
  wanted: () => true,
  set: async (clients, place, value) => {
    const { CloudTrailClient, UpdateTrailCommand } = await import("@aws-sdk/client-cloudtrail");
    const command = new UpdateTrailCommand({ Name: place.id, IsMultiRegionTrail: value === true });
    await clients.of(CloudTrailClient, place.region).send(command);
  },
});
