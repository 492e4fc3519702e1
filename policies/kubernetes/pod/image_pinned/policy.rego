# METADATA
# title: Container images name their version
# description: >-
#   What `latest` means changes without anybody deciding it: two replicas may run different code, and no rollback
#   brings the old one back.
# related_resources:
# - https://kubernetes.io/docs/concepts/containers/images/
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
#     Name the image with a version tag, or better with its digest (`@sha256:...`).
package kubernetes.pod.image_pinned

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	image := kubernetes.field(container.spec, ["image"], "")
	not pinned(image)
	path := concat("", [container.path, "/image"])
	message := sprintf("the image of container %s names no version", [container.name])
}

pinned(image) if regex.match(`@sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$`, image)

pinned(image) if {
	not contains(image, "@")
	segments := split(image, "/")
	parts := split(segments[count(segments) - 1], ":")
	count(parts) == 2
	regex.match(`^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$`, parts[1])
	parts[1] != "latest"
}

deny contains fault if some fault in kubernetes.malformed
