# METADATA
# title: Containers have a memory limit and a share of CPU
# description: >-
#   One container without bounds takes the memory or the processor of everything else on its node.
# related_resources:
# - https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   severity: medium
#   types:
#   - v1/Pod
#   - apps/v1/Deployment
#   - apps/v1/StatefulSet
#   - apps/v1/DaemonSet
#   - apps/v1/ReplicaSet
#   - v1/ReplicationController
#   - batch/v1/Job
#   - batch/v1/CronJob
#   fix: >-
#     Set `resources.limits.memory`, and `resources.requests.cpu` or `resources.limits.cpu`, on each container or
#     on the pod.
package kubernetes.pod.resource_limits

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some container in lasting
	not has(container, ["limits", "memory"])
	path := concat("", [container.path, "/resources/limits/memory"])
	message := sprintf("container %s has no memory limit", [container.name])
}

deny contains {"message": message, "path": path} if {
	some container in lasting
	not has(container, ["requests", "cpu"])
	not has(container, ["limits", "cpu"])
	path := concat("", [container.path, "/resources/requests/cpu"])
	message := sprintf("container %s neither requests CPU nor is limited in it", [container.name])
}

# Ephemeral containers cannot have resources.
lasting contains container if {
	some container in kubernetes.containers
	container.list != "ephemeralContainers"
}

has(container, path) if quantity(kubernetes.field(container.spec, array.concat(["resources"], path), null))

has(_, path) if quantity(kubernetes.field(kubernetes.pod_spec, array.concat(["resources"], path), null))

quantity(value) if {
	is_number(value)
	value > 0
}

# Zero is no limit.
quantity(value) if {
	regex.match(`^\+?[0-9]*\.?[0-9]*([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$`, value)
	regex.match(`^[+.0-9]*[1-9]`, value)
}

deny contains fault if some fault in kubernetes.malformed
