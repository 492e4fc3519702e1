# METADATA
# title: Ingresses serve all their hosts over TLS
# description: >-
#   What an ingress serves without TLS can be read and changed by everyone on the way: sessions, orders, card
#   numbers.
# related_resources:
# - https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
# custom:
#   severity: high
#   types: [networking.k8s.io/v1/Ingress]
#   fix: >-
#     List every host of `spec.rules` in `spec.tls`, with the secret of its certificate.
package kubernetes.ingress.tls

import data.lib.kubernetes

deny contains {"message": "the ingress has no TLS", "path": "/config/spec/tls"} if {
	not has_tls
	not at_load_balancer
}

deny contains {"message": message, "path": path} if {
	has_tls
	not at_load_balancer
	some index, rule in input.config.spec.rules
	host := kubernetes.field(rule, ["host"], "")
	not covered(host)
	path := concat("/", ["/config/spec/rules", format_int(index, 10), "host"])
	message := "the host of a rule is not among those of TLS"
}

has_tls if {
	is_array(input.config.spec.tls)
	count(input.config.spec.tls) > 0
}

# A rule for all hosts has no name that could be listed.
covered("")

# An entry without hosts is for all that the controller serves.
covered(_) if {
	some entry in input.config.spec.tls
	is_object(entry)
	kubernetes.field(entry, ["hosts"], []) == []
}

covered(host) if {
	some entry in input.config.spec.tls
	some listed in entry.hosts
	listed in {host, wildcard(host)}
}

# `*.example.com` covers one label.
wildcard(host) := concat(".", array.concat(["*"], array.slice(labels, 1, count(labels)))) if labels := split(host, ".")

# AWS load balancers end TLS with a certificate that an annotation names; plain HTTP is then only served when listed.
at_load_balancer if {
	input.config.metadata.annotations["alb.ingress.kubernetes.io/certificate-arn"] != ""
	not plain_http
}

plain_http if {
	contains(input.config.metadata.annotations["alb.ingress.kubernetes.io/listen-ports"], `"HTTP"`)
	not input.config.metadata.annotations["alb.ingress.kubernetes.io/ssl-redirect"]
}
