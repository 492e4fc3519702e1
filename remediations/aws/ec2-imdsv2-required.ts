// The metadata service of an instance: version 2 only.
import type { ModifyInstanceMetadataOptionsCommandInput } from "@aws-sdk/client-ec2";
import { isObject } from "../../src/json.js";
import { nameOf, setting } from "./aws-remediation.js";
import { instanceReads } from "./ec2-reads.js";

export const ec2Imdsv2Required = setting({
  id: "aws-ec2-imdsv2-required",
  title: "Require version 2 of the metadata service",
  policies: ["aws-ec2-imdsv2-required"],
  types: ["AWS::EC2::Instance"],
  permissions: { read: instanceReads, write: ["ec2:ModifyInstanceMetadataOptions"] },
  undo: "Sets the metadata options as they were.",
  caution: "Software on the instance that still uses version 1 loses its credentials.",
  // The API takes the options together: what is not sent is kept by AWS, but not by everything that speaks its API.
  pointer: "/config/MetadataOptions",
  wanted: (current) => (isObject(current) ? { ...current, HttpTokens: "required" } : { HttpTokens: "required" }),
  canRestore: (former) => isObject(former) && former["HttpTokens"] === "optional",
  set: async (clients, place, value) => {
    const { EC2Client, ModifyInstanceMetadataOptionsCommand } = await import("@aws-sdk/client-ec2");
    const options = value as Omit<ModifyInstanceMetadataOptionsCommandInput, "InstanceId">;
    const command = new ModifyInstanceMetadataOptionsCommand({ InstanceId: nameOf(place), ...options });
    await clients.of(EC2Client, place.region).send(command);
  },
});
