# METADATA
# title: Data warehouses have no public address
# description: >-
#   A warehouse on the internet is one leaked or guessed password away from everybody.
# related_resources:
# - https://docs.aws.amazon.com/redshift/latest/mgmt/managing-clusters-vpc.html
# custom:
#   severity: critical
#   types: [AWS::Redshift::Cluster]
#   fix: Set PubliclyAccessible to false and reach the cluster from inside the VPC.
package aws.redshift.no_public_access

# Not set is false.
deny contains {
	"message": sprintf("PubliclyAccessible is %v; expected false", [input.config.PubliclyAccessible]),
	"path": "/config/PubliclyAccessible",
} if {
	input.config.PubliclyAccessible != false
}
