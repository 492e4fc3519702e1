// Whether what starts in a subnet gets a public address.
import { nameOf, setting } from "./aws-remediation.js";

export const ec2SubnetNoAutoPublicIp = setting({
  id: "aws-ec2-subnet-no-auto-public-ip",
  title: "Give out no public addresses in the subnet",
  policies: ["aws-ec2-subnet-no-auto-public-ip"],
  types: ["AWS::EC2::Subnet"],
  permissions: { read: ["ec2:DescribeSubnets"], write: ["ec2:ModifySubnetAttribute"] },
  undo: "Turns the attribute on again.",
  caution: "What starts there from now on reaches the internet through a NAT gateway only.",
  pointer: "/config/MapPublicIpOnLaunch",
  wanted: () => false,
  set: async (clients, place, value) => {
    const { EC2Client, ModifySubnetAttributeCommand } = await import("@aws-sdk/client-ec2");
    const MapPublicIpOnLaunch = { Value: value === true };
    const command = new ModifySubnetAttributeCommand({ SubnetId: nameOf(place), MapPublicIpOnLaunch });
    await clients.of(EC2Client, place.region).send(command);
  },
});
