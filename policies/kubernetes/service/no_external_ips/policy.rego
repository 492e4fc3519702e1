# METADATA
# title: Services do not claim external addresses
# description: >-
#   With `externalIPs` a service takes over the cluster's traffic to any address, and reads what other pods send
#   there (CVE-2020-8554).
# related_resources:
# - https://kubernetes.io/docs/concepts/services-networking/service/#external-ips
# custom:
#   severity: high
#   types: [v1/Service]
#   fix: >-
#     Remove `spec.externalIPs`, and use a load balancer or an ingress.
package kubernetes.service.no_external_ips

deny contains {"message": "the service claims external addresses", "path": "/config/spec/externalIPs"} if {
	claimed := input.config.spec.externalIPs
	not claimed in {null, []}
}
