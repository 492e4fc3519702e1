import { any, bool, number, text, type ServiceMapping } from "./shape.js";

export const elasticache: ServiceMapping = {
  types: [
    {
      terraform: ["aws_elasticache_replication_group"],
      type: "AWS::ElastiCache::ReplicationGroup",
      name: "replication_group_id",
      properties: {
        ReplicationGroupId: text("replication_group_id"),
        ReplicationGroupDescription: text("description"),
        Engine: text("engine"),
        EngineVersion: text("engine_version"),
        AtRestEncryptionEnabled: bool("at_rest_encryption_enabled"),
        TransitEncryptionEnabled: bool("transit_encryption_enabled"),
        TransitEncryptionMode: text("transit_encryption_mode"),
        AutomaticFailoverEnabled: bool("automatic_failover_enabled"),
        MultiAZEnabled: bool("multi_az_enabled"),
        KmsKeyId: text("kms_key_id"),
        SnapshotRetentionLimit: number("snapshot_retention_limit"),
        AutoMinorVersionUpgrade: bool("auto_minor_version_upgrade"),
        UserGroupIds: any("user_group_ids"),
      },
    },
    {
      terraform: ["aws_elasticache_cluster"],
      type: "AWS::ElastiCache::CacheCluster",
      name: "cluster_id",
      properties: {
        ClusterName: text("cluster_id"),
        Engine: text("engine"),
        EngineVersion: text("engine_version"),
        CacheNodeType: text("node_type"),
        NumCacheNodes: number("num_cache_nodes"),
        TransitEncryptionEnabled: bool("transit_encryption_enabled"),
        SnapshotRetentionLimit: number("snapshot_retention_limit"),
        AutoMinorVersionUpgrade: bool("auto_minor_version_upgrade"),
        AZMode: text("az_mode"),
      },
    },
  ],
  satellites: [],
};
