// Sign the trail's log files.
import { setting } from "./aws-remediation.js";
import { trailReads } from "./cloudtrail-reads.js";

export const cloudtrailLogValidation = setting({
  id: "aws-cloudtrail-log-validation",
  title: "Sign the trail's log files",
  policies: ["aws-cloudtrail-log-validation"],
  types: ["AWS::CloudTrail::Trail"],
  permissions: { read: trailReads, write: ["cloudtrail:UpdateTrail"] },
  undo: "Turns the signing off again.",
  caution: null,
  pointer: "/config/EnableLogFileValidation",
  wanted: () => true,
  set: async (clients, place, value) => {
    const { CloudTrailClient, UpdateTrailCommand } = await import("@aws-sdk/client-cloudtrail");
    const command = new UpdateTrailCommand({ Name: place.id, EnableLogFileValidation: value === true });
    await clients.of(CloudTrailClient, place.region).send(command);
  },
});
