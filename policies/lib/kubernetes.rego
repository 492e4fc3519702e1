# METADATA
# title: Where a workload keeps its pod, and what is in it
# description: >-
#   What every pod policy asks first: the pod spec at its place by kind, the containers of all three lists, and whether
#   they have the shape that the API has. A value of another shape is never taken for an absent one.
package lib.kubernetes

spec_path := "/config/spec" if input.type == "v1/Pod"

spec_path := "/config/spec/jobTemplate/spec/template/spec" if input.type == "batch/v1/CronJob"

spec_path := "/config/spec/template/spec" if templated

pod_spec := input.config.spec if input.type == "v1/Pod"

pod_spec := input.config.spec.jobTemplate.spec.template.spec if input.type == "batch/v1/CronJob"

pod_spec := input.config.spec.template.spec if templated

templated if not input.type in {"v1/Pod", "batch/v1/CronJob"}

# `not is_object(pod_spec)` would be undefined, not true, where there is no pod spec.
has_spec if is_object(pod_spec)

# Windows has no capabilities, seccomp profiles nor privilege escalation as Linux has them: the API refuses those fields.
windows if pod_spec.os.name == "windows"

# The containers of all lists, each with its pointer and a name to call it by.
containers contains {"list": list, "path": path, "name": name_of(container), "spec": container} if {
	some list in container_lists
	is_array(pod_spec[list])
	some index, container in pod_spec[list]
	is_object(container)
	path := at([list, format_int(index, 10)])
}

container_lists := {"containers", "initContainers", "ephemeralContainers"}

# What the container's own security context says, else the pod's.
effective(container, path) := value if {
	value := field(container.spec, array.concat(["securityContext"], path), null)
	value != null
} else := field(pod_spec, array.concat(["securityContext"], path), null)

# The value at the path; the fallback where there is none. The API takes null for absent.
field(node, path, fallback) := value if {
	value := object.get(node, path, fallback)
	value != null
} else := fallback

# A pointer below the pod spec.
at(segments) := concat("/", array.concat([spec_path], segments))

# Faults of shape that would hide what a policy looks for. Every pod policy denies them.
malformed contains fault(spec_path, "the pod spec is missing or not an object") if not has_spec

malformed contains fault(at(["containers"]), "the pod has no containers") if {
	has_spec
	not pod_spec.containers[0]
}

malformed contains fault(at([name]), sprintf("%s of the pod is not an %s", [name, kind])) if {
	some name, kind in pod_shape
	wrong(pod_spec[name], kind)
}

malformed contains fault(at([name, format_int(index, 10)]), sprintf("an element of %s is not an object", [name])) if {
	some name, "array" in pod_shape
	some index, element in pod_spec[name]
	not is_object(element)
}

malformed contains fault(path, message) if {
	some container in containers
	some name, kind in container_shape
	wrong(container.spec[name], kind)
	path := concat("/", [container.path, name])
	message := sprintf("%s of container %s is not an %s", [name, container.name, kind])
}

malformed contains fault(path, message) if {
	some container in containers
	some name, "array" in container_shape
	some index, element in container.spec[name]
	not is_object(element)
	path := concat("/", [container.path, name, format_int(index, 10)])
	message := sprintf("an element of %s of container %s is not an object", [name, container.name])
}

pod_shape := {
	"containers": "array",
	"initContainers": "array",
	"ephemeralContainers": "array",
	"volumes": "array",
	"securityContext": "object",
}

container_shape := {
	"securityContext": "object",
	"resources": "object",
	"env": "array",
	"ports": "array",
}

wrong(value, kind) if {
	value != null
	type_name(value) != kind
}

fault(path, message) := {"message": message, "path": path}

name_of(container) := container.name if {
	is_string(container.name)
} else := "without a name"
