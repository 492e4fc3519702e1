# METADATA
# title: Critical stores survive the loss of a zone
# description: >-
#   What is critical for trading has to go on when one data centre fails; restoring a backup takes hours.
# related_resources:
# - https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/plan-for-disaster-recovery-dr.html
# custom:
#   severity: high
#   types: [AWS::RDS::DBInstance, AWS::ElastiCache::ReplicationGroup]
#   fix: >-
#     Run the store in several availability zones (MultiAZ, MultiAZEnabled), or change the tag Tier if it is not
#     critical.
package aws.governance.dr_multi_az

# An instance of an Aurora cluster has its copies in the storage of the cluster.
is_aurora if startswith(input.config.Engine, "aurora")

applies if {
	lower(input.tags.Tier) == "critical"
	not is_aurora
}

deny contains {"message": "the tier is critical, and MultiAZ is not true", "path": "/config/MultiAZ"} if {
	input.type == "AWS::RDS::DBInstance"
	not input.config.MultiAZ == true
}

deny contains {
	"message": "the tier is critical, and MultiAZEnabled is not true",
	"path": "/config/MultiAZEnabled",
} if {
	input.type == "AWS::ElastiCache::ReplicationGroup"
	not input.config.MultiAZEnabled == true
}
