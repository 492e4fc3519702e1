# METADATA
# title: Personal data stays in Europe
# description: >-
#   Personal data that leaves the EU, and the countries that it finds adequate, needs a basis under chapter V of the
#   GDPR.
# related_resources:
# - https://eur-lex.europa.eu/eli/reg/2016/679/oj
# - https://docs.aws.amazon.com/general/latest/gr/rande.html
# custom:
#   severity: high
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
#   fix: Move the data to an EU region, or change the tag DataClass if the data is not personal.
package aws.governance.data_residency

applies if lower(input.tags.DataClass) == "personal"

# London and Zurich are among the regions that start with eu-; the Union holds both countries for adequate.
is_european if startswith(input.region, "eu-")

is_european if startswith(input.region, "eusc-")

deny contains {
	"message": sprintf("the region is %s; expected one in Europe (eu-...)", [input.region]),
	"path": "/region",
} if {
	is_string(input.region)
	not is_european
}

# Not to know where personal data lies is a finding of its own.
deny contains {"message": "the region is not known; expected one in Europe (eu-...)", "path": "/region"} if {
	not is_known
}

is_known if is_string(input.region)
