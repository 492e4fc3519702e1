// Whether a trail records at all.
import { nameOf, setting } from "./aws-remediation.js";
import { trailReads } from "./cloudtrail-reads.js";

export const cloudtrailIsLogging = setting({
  id: "aws-cloudtrail-is-logging",
  title: "Let the trail record",
  policies: ["aws-cloudtrail-is-logging"],
  types: ["AWS::CloudTrail::Trail"],
  permissions: { read: trailReads, write: ["cloudtrail:StartLogging", "cloudtrail:StopLogging"] },
  undo: "Stops the trail again.",
  caution: null,
  pointer: "/config/IsLogging",
  wanted: () => true,
  set: async (clients, place, value) => {
    const sdk = await import("@aws-sdk/client-cloudtrail");
    const trail = clients.of(sdk.CloudTrailClient, place.region);
    if (value === true) await trail.send(new sdk.StartLoggingCommand({ Name: nameOf(place) }));
    else await trail.send(new sdk.StopLoggingCommand({ Name: nameOf(place) }));
  },
});
