# METADATA
# title: Containers drop all capabilities
# description: >-
#   The capabilities that a runtime gives by default let a process craft packets, change owners and more; few
#   programs need any.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/
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
#     Set `capabilities.drop: [ALL]` in each container's security context, and add back `NET_BIND_SERVICE` at
#     most.
package kubernetes.pod.drop_all_capabilities

import data.lib.kubernetes

# Windows has no capabilities.
applies if not kubernetes.windows

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	not drops_all(container.spec)
	path := concat("", [container.path, "/securityContext/capabilities/drop"])
	message := sprintf("container %s does not drop all capabilities", [container.name])
}

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	added := kubernetes.field(container.spec, ["securityContext", "capabilities", "add"], [])
	not harmless(added)
	path := concat("", [container.path, "/securityContext/capabilities/add"])
	message := sprintf("container %s adds capabilities other than NET_BIND_SERVICE", [container.name])
}

drops_all(container) if {
	dropped := kubernetes.field(container, ["securityContext", "capabilities", "drop"], [])
	is_array(dropped)
	"ALL" in dropped
}

harmless(added) if {
	is_array(added)
	every capability in added {
		capability == "NET_BIND_SERVICE"
	}
}

deny contains fault if some fault in kubernetes.malformed
