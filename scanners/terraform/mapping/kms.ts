import { bool, json, number, text, type ServiceMapping } from "./shape.js";

export const kms: ServiceMapping = {
  types: [
    {
      terraform: ["aws_kms_key"],
      type: "AWS::KMS::Key",
      name: "description",
      identities: ["key_id", "id", "arn"],
      properties: {
        Description: text("description"),
        EnableKeyRotation: bool("enable_key_rotation"),
        RotationPeriodInDays: number("rotation_period_in_days"),
        KeyPolicy: json("policy"),
        KeySpec: text("customer_master_key_spec"),
        KeyUsage: text("key_usage"),
        Enabled: bool("is_enabled"),
        PendingWindowInDays: number("deletion_window_in_days"),
        MultiRegion: bool("multi_region"),
      },
      // Computed where it is not written: then it is the service's default policy.
      computedLegacy: ["policy"],
    },
    {
      terraform: ["aws_kms_alias"],
      type: "AWS::KMS::Alias",
      name: "name",
      tags: "none",
      properties: { AliasName: text("name"), TargetKeyId: text("target_key_id") },
    },
  ],
  satellites: [
    {
      terraform: ["aws_kms_key_policy"],
      owner: "AWS::KMS::Key",
      links: ["key_id"],
      merge: "set",
      properties: { KeyPolicy: json("policy") },
    },
  ],
};
