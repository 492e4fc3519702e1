// The yearly rotation of a key.
import { nameOf, setting } from "./aws-remediation.js";

export const kmsRotationEnabled = setting({
  id: "aws-kms-rotation-enabled",
  title: "Rotate the key every year",
  policies: ["aws-kms-rotation-enabled"],
  types: ["AWS::KMS::Key"],
  permissions: {
    read: ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"],
    write: ["kms:DisableKeyRotation", "kms:EnableKeyRotation"],
  },
  undo: "Turns the rotation off again.",
  caution: null,
  pointer: "/config/EnableKeyRotation",
  wanted: () => true,
  set: async (clients, place, value) => {
    const sdk = await import("@aws-sdk/client-kms");
    const kms = clients.of(sdk.KMSClient, place.region);
    if (value === true) await kms.send(new sdk.EnableKeyRotationCommand({ KeyId: nameOf(place) }));
    else await kms.send(new sdk.DisableKeyRotationCommand({ KeyId: nameOf(place) }));
  },
});
