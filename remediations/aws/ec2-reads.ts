// What a scan asks for an instance.
export const instanceReads: readonly string[] = [
  "ec2:DescribeInstanceAttribute",
  "ec2:DescribeInstances",
  "ec2:DescribeVolumes",
];
