# METADATA
# title: Namespaces enforce a pod security standard
# description: >-
#   Unless the namespace enforces a standard, the cluster admits every pod that somebody may create there,
#   privileged ones too.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-admission/
# custom:
#   severity: medium
#   types: [v1/Namespace]
#   fix: >-
#     Label the namespace `pod-security.kubernetes.io/enforce: restricted` (or `baseline`).
package kubernetes.namespace.pod_security_label

# What runs in the cluster's own namespaces needs its nodes.
applies if not own

own if input.config.metadata.name in {"kube-node-lease", "kube-public", "kube-system"}

deny contains {"message": message, "path": "/config/metadata/labels/pod-security.kubernetes.io~1enforce"} if {
	not enforced
	message := "the namespace enforces neither the restricted nor the baseline pod security standard"
}

enforced if input.config.metadata.labels["pod-security.kubernetes.io/enforce"] in {"baseline", "restricted"}
