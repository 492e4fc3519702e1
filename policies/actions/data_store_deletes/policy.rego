# METADATA
# title: Removing what holds data is approved by two people
# description: >-
#   A server is made again in minutes; the data of a bucket, a database or a key is gone.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: critical
#   types: [Portcullis::Action]
#   approvers: [approver, admin]
#   approvals: 2
#   fix: Have the action approved by two people, or keep the data store.
package actions.data_store_deletes

import data.lib.action

stores := {
	"AWS::Backup::BackupVault",
	"AWS::DynamoDB::Table",
	"AWS::EC2::Volume",
	"AWS::ECR::Repository",
	"AWS::EFS::FileSystem",
	"AWS::ElastiCache::ReplicationGroup",
	"AWS::KMS::Key",
	"AWS::Kinesis::Stream",
	"AWS::Logs::LogGroup",
	"AWS::MSK::Cluster",
	"AWS::OpenSearchService::Domain",
	"AWS::RDS::DBCluster",
	"AWS::RDS::DBInstance",
	"AWS::Redshift::Cluster",
	"AWS::S3::Bucket",
	"AWS::SQS::Queue",
	"AWS::SecretsManager::Secret",
	"v1/PersistentVolume",
	"v1/PersistentVolumeClaim",
}

deny contains {
	"message": sprintf("%s holds data and is removed", [change.resource]),
	"path": sprintf("/config/changes/%d", [at]),
} if {
	some at, change in input.config.changes
	change.change == "delete"
	change.type in (stores | {type | some type in action.setting(["dataStores"], [])})
}
