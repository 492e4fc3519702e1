# METADATA
# title: Data stores say whose they are and what they hold
# description: >-
#   Without an owner nobody answers for a store; without a class nobody knows which rules its data is under.
# related_resources:
# - https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html
# custom:
#   severity: medium
#   types:
#     - AWS::S3::Bucket
#     - AWS::DynamoDB::Table
#     - AWS::EFS::FileSystem
#     - AWS::ElastiCache::ReplicationGroup
#     - AWS::Kinesis::Stream
#     - AWS::OpenSearchService::Domain
#     - AWS::RDS::DBCluster
#     - AWS::RDS::DBInstance
#     - AWS::Redshift::Cluster
#   fix: >-
#     Set the tags Owner (a team) and DataClass (such as public, internal, personal, cardholder, audit,
#     trade-records).
package aws.governance.required_tags

deny contains {"message": "the tag Owner is missing", "path": "/tags/Owner"} if {
	not has_owner
}

deny contains {"message": "the tag DataClass is missing", "path": "/tags/DataClass"} if {
	not has_class
}

has_owner if trim_space(input.tags.Owner) != ""

has_class if trim_space(input.tags.DataClass) != ""
