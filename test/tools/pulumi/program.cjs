"use strict";
// A program with what policies like and what they do not, with values that are known only afterwards, and with a secret.
module.exports = async (packages) => {
  const pulumi = packages("@pulumi/pulumi");
  const aws = packages("@pulumi/aws");
  const manifest = (kind, apiVersion, name, rest) =>
    new pulumi.CustomResource(
      `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`,
      name,
      {
        apiVersion,
        kind,
        metadata: { name, namespace: "trading" },
        ...rest,
      },
    );

  const key = new aws.kms.Key("data", { enableKeyRotation: true, description: "data" });
  new aws.kms.Key("stale", { enableKeyRotation: false });
  const logs = new aws.s3.Bucket("logs", { bucket: "qv-logs", acl: "log-delivery-write" });
  new aws.s3.Bucket("orders", {
    bucket: "qv-orders",
    loggings: [{ targetBucket: logs.id, targetPrefix: "orders/" }],
    versioning: { enabled: true },
    serverSideEncryptionConfiguration: {
      rule: { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn } },
    },
    tags: { Tier: "critical", Owner: pulumi.secret("team-orders") },
  });
  const open = new aws.s3.Bucket("public", { bucket: "qv-public", acl: "public-read" });
  new aws.s3.BucketPolicy("public", {
    bucket: open.id,
    policy: JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" }] }),
  });

  const vpc = new aws.ec2.Vpc("main", { cidrBlock: "10.0.0.0/16" });
  new aws.ec2.Vpc("other", { cidrBlock: "10.0.128.0/17" });
  const one = new aws.ec2.Subnet("one", { vpcId: vpc.id, cidrBlock: "10.0.1.0/24", availabilityZone: "eu-west-1a" });
  const two = new aws.ec2.Subnet("two", { vpcId: vpc.id, cidrBlock: "10.9.2.0/24", availabilityZone: "eu-west-1a" });
  const front = new aws.ec2.SecurityGroup("front", {
    vpcId: vpc.id,
    ingress: [{ protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] }],
  });
  const admin = new aws.ec2.SecurityGroup("admin", {
    ingress: [
      { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/1"] },
      { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["128.0.0.0/1"] },
    ],
  });
  new aws.ec2.Instance("gateway", {
    ami: "ami-1",
    instanceType: "t2.micro",
    associatePublicIpAddress: true,
    monitoring: false,
    vpcSecurityGroupIds: [admin.id],
    subnetId: one.id,
  });
  new aws.ebs.Volume("fast", { availabilityZone: "eu-west-1a", size: 100, type: "gp2", encrypted: true });
  new aws.ebs.Volume("plain", { availabilityZone: "eu-west-1a", size: 100, type: "gp3" });

  const balancer = new aws.lb.LoadBalancer("front", {
    loadBalancerType: "application",
    securityGroups: [front.id],
    subnets: [one.id, two.id],
    enableDeletionProtection: false,
  });
  new aws.lb.Listener("plain", {
    loadBalancerArn: balancer.arn,
    port: 80,
    protocol: "HTTP",
    defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
  });
  const database = {
    engine: "postgres",
    instanceClass: "db.r5.large",
    allocatedStorage: 100,
    username: "admin",
    password: pulumi.secret("not to be shown"),
  };
  new aws.rds.Instance("good", {
    ...database,
    multiAz: true,
    storageEncrypted: true,
    kmsKeyId: key.arn,
    backupRetentionPeriod: 14,
    deletionProtection: true,
    publiclyAccessible: false,
  });
  new aws.rds.Instance("bad", {
    ...database,
    publiclyAccessible: true,
    storageEncrypted: false,
    tags: { Tier: "critical" },
  });
  new aws.dynamodb.Table("book", {
    name: "book",
    hashKey: "id",
    attributes: [{ name: "id", type: "S" }],
    tags: { Tier: "critical" },
  });
  new aws.efs.FileSystem("share", { encrypted: false });
  new aws.redshift.Cluster("warehouse", {
    clusterIdentifier: "w",
    nodeType: "ra3.large",
    publiclyAccessible: true,
    encrypted: false,
  });
  new aws.elasticsearch.Domain("search", { domainName: "search" });
  new aws.acm.Certificate("site", { domainName: "qv.example", validationMethod: "DNS" });

  const trust = (principal) =>
    JSON.stringify({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: principal }] });
  const deployer = new aws.iam.Role("deployer", {
    name: "deployer",
    assumeRolePolicy: trust({ Service: "ec2.amazonaws.com" }),
  });
  new aws.iam.RolePolicy("deployer", {
    role: deployer.id,
    policy: JSON.stringify({ Statement: [{ Effect: "Allow", Action: ["iam:PassRole", "ec2:*"], Resource: "*" }] }),
  });
  new aws.iam.Role("anyone", { name: "anyone", assumeRolePolicy: trust("*") });
  new aws.iam.AccountPasswordPolicy("passwords", { minimumPasswordLength: 8 });

  const labels = { app: "orders" };
  manifest("Deployment", "apps/v1", "orders", {
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: "orders", image: "orders:1", livenessProbe: { periodSeconds: 1 }, readinessProbe: {} }],
        },
      },
    },
  });
  manifest("NetworkPolicy", "networking.k8s.io/v1", "orders", {
    spec: { podSelector: { matchLabels: labels }, policyTypes: ["Ingress"] },
  });
  manifest("Pod", "v1", "debug", { spec: { containers: [{ name: "shell", image: "busybox" }] } });
};
