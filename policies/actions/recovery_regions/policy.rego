# METADATA
# title: Recovery is never in two regions at once
# description: >-
#   A failover that takes down the region that it goes to leaves nothing that serves.
# related_resources:
# - https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-workloads-on-aws.html
# custom:
#   severity: critical
#   types: [Portcullis::Action]
#   fix: Wait until the other region is done.
package actions.recovery_regions

deny contains {"message": sprintf("recovery in %d regions at once", [count(regions)]), "path": "/config/regions"} if {
	input.config.module == "recovery"
	regions := input.config.regions
	count(regions) > 1
}

deny contains {
	"message": sprintf("%s is running, which is recovery too", [other.kind]),
	"path": sprintf("/config/running/%d", [at]),
} if {
	input.config.module == "recovery"
	some at, other in input.config.running
	other.module == "recovery"
	not is_same_region(other)
}

# Where nobody says which region it is, it may be another one.
is_same_region(other) if {
	is_string(other.region)
	input.config.regions == [other.region]
}
