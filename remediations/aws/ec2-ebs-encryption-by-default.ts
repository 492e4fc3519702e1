// Whether new volumes of a region are encrypted.
import { setting } from "./aws-remediation.js";

export const ec2EbsEncryptionByDefault = setting({
  id: "aws-ec2-ebs-encryption-by-default",
  title: "Encrypt new volumes of the region",
  policies: ["aws-ec2-ebs-encryption-by-default"],
  types: ["AWS::EC2::EbsEncryptionByDefault"],
  permissions: {
    read: ["ec2:GetEbsEncryptionByDefault"],
    write: ["ec2:DisableEbsEncryptionByDefault", "ec2:EnableEbsEncryptionByDefault"],
  },
  undo: "Turns the default off again; what was made meanwhile stays encrypted.",
  caution: null,
  pointer: "/config/EbsEncryptionByDefault",
  wanted: () => true,
  set: async (clients, place, value) => {
    const sdk = await import("@aws-sdk/client-ec2");
    const ec2 = clients.of(sdk.EC2Client, place.region);
    if (value === true) await ec2.send(new sdk.EnableEbsEncryptionByDefaultCommand({}));
    else await ec2.send(new sdk.DisableEbsEncryptionByDefaultCommand({}));
  },
});
