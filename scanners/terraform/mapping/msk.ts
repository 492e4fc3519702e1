import { any, block, bool, number, text, type ServiceMapping } from "./shape.js";

export const msk: ServiceMapping = {
  types: [
    {
      terraform: ["aws_msk_cluster"],
      type: "AWS::MSK::Cluster",
      name: "cluster_name",
      properties: {
        ClusterName: text("cluster_name"),
        KafkaVersion: text("kafka_version"),
        NumberOfBrokerNodes: number("number_of_broker_nodes"),
        EnhancedMonitoring: text("enhanced_monitoring"),
        EncryptionInfo: block("encryption_info", {
          EncryptionAtRest: { kind: "group", shape: { DataVolumeKMSKeyId: text("encryption_at_rest_kms_key_arn") } },
          EncryptionInTransit: block("encryption_in_transit", {
            ClientBroker: text("client_broker"),
            InCluster: bool("in_cluster"),
          }),
        }),
        ClientAuthentication: block("client_authentication", {
          Unauthenticated: { kind: "group", shape: { Enabled: bool("unauthenticated") } },
          Sasl: block("sasl", {
            Iam: { kind: "group", shape: { Enabled: bool("iam") } },
            Scram: { kind: "group", shape: { Enabled: bool("scram") } },
          }),
          Tls: block("tls", { CertificateAuthorityArnList: any("certificate_authority_arns") }),
        }),
        LoggingInfo: block("logging_info", {
          BrokerLogs: block("broker_logs", {
            CloudWatchLogs: block("cloudwatch_logs", { Enabled: bool("enabled"), LogGroup: text("log_group") }),
            Firehose: block("firehose", { Enabled: bool("enabled"), DeliveryStream: text("delivery_stream") }),
            S3: block("s3", { Enabled: bool("enabled"), Bucket: text("bucket"), Prefix: text("prefix") }),
          }),
        }),
        BrokerNodeGroupInfo: block("broker_node_group_info", {
          InstanceType: text("instance_type"),
          ClientSubnets: any("client_subnets"),
          SecurityGroups: any("security_groups"),
          ConnectivityInfo: block("connectivity_info", {
            PublicAccess: block("public_access", { Type: text("type") }),
          }),
        }),
      },
    },
  ],
  satellites: [],
};
