import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  RDSClient,
  type DBCluster,
  type DBInstance,
} from "@aws-sdk/client-rds";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import type { JsonObject } from "../../../src/json.js";
import { ec2Arn, lastPart } from "../arn.js";
import { Draft } from "../draft.js";
import { itemsOf, listOf } from "../paging.js";
import { present } from "../plain.js";
import { isNamed } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";

export const rds: AwsService = {
  service: "rds",
  scope: "region",
  reads: [
    { types: ["AWS::RDS::DBInstance"], at: "rds:DescribeDBInstances", read: instances, one: instance },
    { types: ["AWS::RDS::DBCluster"], at: "rds:DescribeDBClusters", read: clusters, one: cluster },
  ],
};

/** RDS's API also lists what Neptune and DocumentDB run, which have types of their own. */
function typeOf(engine: string | undefined, kind: "DBInstance" | "DBCluster"): string {
  if (engine === "neptune") return `AWS::Neptune::${kind}`;
  return engine === "docdb" ? `AWS::DocDB::${kind}` : `AWS::RDS::${kind}`;
}

async function* instances(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(RDSClient, context.region);
  for await (const instance of itemsOf(
    paginateDescribeDBInstances({ client, pageSize: 100 }, {}),
    (page) => page.DBInstances,
  )) {
    if (instance.DBInstanceStatus !== "deleting") yield instanceOf(context, instance);
  }
}

async function instance(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(RDSClient, context.region);
  try {
    const { DBInstances } = await client.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: lastPart(id, ":") }),
    );
    const [found] = listOf(DBInstances);
    return found === undefined || found.DBInstanceStatus === "deleting" ? null : instanceOf(context, found);
  } catch (error) {
    if (isNamed(error, ["DBInstanceNotFound", "DBInstanceNotFoundFault"])) return null;
    throw error;
  }
}

function instanceOf(context: AwsContext, instance: DBInstance): ScannedResource {
  const draft = new Draft(context);
  draft.keep("DescribeDBInstances", instance);
  const groups = (instance.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []);
  draft.refer(instance.KmsKeyId, instance.PerformanceInsightsKMSKeyId, instance.MonitoringRoleArn);
  draft.refer(...groups.map((group) => ec2Arn(context, "security-group", group)), instance.MasterUserSecret?.SecretArn);
  const { DBInstanceIdentifier = "", DBInstanceArn = "", Engine } = instance;
  const identity = {
    id: DBInstanceArn,
    type: typeOf(Engine, "DBInstance"),
    name: DBInstanceIdentifier,
    region: context.region,
  };
  const config = { ...instanceSettings(instance), ...instanceOperations(instance), VPCSecurityGroups: groups };
  return draft.done(identity, config, instance.TagList ?? []);
}

function instanceSettings(instance: DBInstance): JsonObject {
  const { AllocatedStorage, DBSubnetGroup, Endpoint, DbInstancePort, DBParameterGroups } = instance;
  const {
    DBInstanceIdentifier,
    DBInstanceClass,
    Engine,
    EngineVersion,
    LicenseModel,
    StorageType,
    Iops,
    StorageThroughput,
  } = instance;
  const {
    StorageEncrypted,
    KmsKeyId,
    PubliclyAccessible,
    MultiAZ,
    AvailabilityZone,
    MasterUsername,
    DBClusterIdentifier,
    DBName,
  } = instance;
  return present({
    ...{
      DBInstanceIdentifier,
      DBInstanceClass,
      Engine,
      EngineVersion,
      LicenseModel,
      StorageType,
      Iops,
      StorageThroughput,
    },
    ...{
      StorageEncrypted,
      KmsKeyId,
      PubliclyAccessible,
      MultiAZ,
      AvailabilityZone,
      MasterUsername,
      DBClusterIdentifier,
      DBName,
    },
    // Text in CloudFormation's schema.
    AllocatedStorage: AllocatedStorage === undefined ? undefined : String(AllocatedStorage),
    Port: portOf(Endpoint?.Port, DbInstancePort),
    DBSubnetGroupName: DBSubnetGroup?.DBSubnetGroupName,
    DBParameterGroupName: DBParameterGroups?.[0]?.DBParameterGroupName,
  });
}

function portOf(...ports: readonly (number | undefined)[]): string | undefined {
  const port = ports.find((one) => one !== undefined && one !== 0);
  return port === undefined ? undefined : String(port);
}

function instanceOperations(instance: DBInstance): JsonObject {
  const { BackupRetentionPeriod, DeletionProtection, AutoMinorVersionUpgrade, CopyTagsToSnapshot, MonitoringInterval } =
    instance;
  const { MonitoringRoleArn, PerformanceInsightsRetentionPeriod, CACertificateIdentifier, MaxAllocatedStorage } =
    instance;
  const { PreferredBackupWindow, PreferredMaintenanceWindow } = instance;
  return present({
    ...{ BackupRetentionPeriod, DeletionProtection, AutoMinorVersionUpgrade, CopyTagsToSnapshot, MonitoringInterval },
    ...{ MonitoringRoleArn, PerformanceInsightsRetentionPeriod, CACertificateIdentifier, MaxAllocatedStorage },
    ...{ PreferredBackupWindow, PreferredMaintenanceWindow },
    EnableCloudwatchLogsExports: instance.EnabledCloudwatchLogsExports ?? [],
    EnableIAMDatabaseAuthentication: instance.IAMDatabaseAuthenticationEnabled,
    EnablePerformanceInsights: instance.PerformanceInsightsEnabled,
    PerformanceInsightsKMSKeyId: instance.PerformanceInsightsKMSKeyId,
    ManageMasterUserPassword: instance.MasterUserSecret === undefined ? undefined : true,
  });
}

async function* clusters(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(RDSClient, context.region);
  for await (const cluster of itemsOf(
    paginateDescribeDBClusters({ client, pageSize: 100 }, {}),
    (page) => page.DBClusters,
  )) {
    if (cluster.Status !== "deleting") yield clusterOf(context, cluster);
  }
}

async function cluster(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(RDSClient, context.region);
  try {
    const { DBClusters } = await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: lastPart(id, ":") }));
    const [found] = listOf(DBClusters);
    return found === undefined || found.Status === "deleting" ? null : clusterOf(context, found);
  } catch (error) {
    if (isNamed(error, ["DBClusterNotFoundFault"])) return null;
    throw error;
  }
}

function clusterOf(context: AwsContext, cluster: DBCluster): ScannedResource {
  const draft = new Draft(context);
  draft.keep("DescribeDBClusters", cluster);
  const groups = (cluster.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []);
  draft.refer(
    cluster.KmsKeyId,
    ...groups.map((group) => ec2Arn(context, "security-group", group)),
    cluster.MasterUserSecret?.SecretArn,
  );
  const { DBClusterIdentifier = "", DBClusterArn = "", Engine } = cluster;
  const identity = {
    id: DBClusterArn,
    type: typeOf(Engine, "DBCluster"),
    name: DBClusterIdentifier,
    region: context.region,
  };
  return draft.done(identity, { ...clusterSettings(cluster), VpcSecurityGroupIds: groups }, cluster.TagList ?? []);
}

function clusterSettings(cluster: DBCluster): JsonObject {
  const {
    DBClusterIdentifier,
    Engine,
    EngineVersion,
    EngineMode,
    StorageEncrypted,
    KmsKeyId,
    MasterUsername,
    Port,
    DatabaseName,
  } = cluster;
  const {
    BackupRetentionPeriod,
    DeletionProtection,
    CopyTagsToSnapshot,
    AutoMinorVersionUpgrade,
    PubliclyAccessible,
    BacktrackWindow,
  } = cluster;
  const { PreferredBackupWindow, PreferredMaintenanceWindow, StorageType } = cluster;
  return present({
    ...{
      DBClusterIdentifier,
      Engine,
      EngineVersion,
      EngineMode,
      StorageEncrypted,
      KmsKeyId,
      MasterUsername,
      Port,
      DatabaseName,
    },
    ...{
      BackupRetentionPeriod,
      DeletionProtection,
      CopyTagsToSnapshot,
      AutoMinorVersionUpgrade,
      PubliclyAccessible,
      BacktrackWindow,
    },
    ...{ PreferredBackupWindow, PreferredMaintenanceWindow, StorageType },
    EnableCloudwatchLogsExports: cluster.EnabledCloudwatchLogsExports ?? [],
    EnableIAMDatabaseAuthentication: cluster.IAMDatabaseAuthenticationEnabled,
    PerformanceInsightsEnabled: cluster.PerformanceInsightsEnabled,
    PerformanceInsightsKmsKeyId: cluster.PerformanceInsightsKMSKeyId,
    DBSubnetGroupName: cluster.DBSubnetGroup,
    DBClusterParameterGroupName: cluster.DBClusterParameterGroup,
    ManageMasterUserPassword: cluster.MasterUserSecret === undefined ? undefined : true,
  });
}
