# METADATA
# title: Network policies do not allow everything
# description: >-
#   Network policies add up: one that allows everything undoes all the others for the pods that it selects.
# related_resources:
# - https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   severity: high
#   types: [networking.k8s.io/v1/NetworkPolicy]
#   fix: >-
#     Name the peers (`from`, `to`) and the ports of each rule.
package kubernetes.networkpolicy.no_allow_all

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some direction, side in sides
	some index, rule in input.config.spec[direction]
	kubernetes.field(rule, ["ports"], []) == []
	open(kubernetes.field(rule, [side], []))
	path := concat("/", ["/config/spec", direction, format_int(index, 10)])
	message := sprintf("a rule of %s is open to everything", [direction])
}

deny contains {"message": message, "path": path} if {
	some direction, _ in sides
	rules := input.config.spec[direction]
	not is_array(rules)
	rules != null
	path := concat("/", ["/config/spec", direction])
	message := sprintf("the rules of %s are not an array", [direction])
}

sides := {"ingress": "from", "egress": "to"}

# No peers are all peers.
open([])

open(peers) if {
	some peer in peers
	everyone(peer)
}

# Neither an object nor anything that the API knows.
open(peers) if not is_array(peers)

everyone(peer) if endswith(peer.ipBlock.cidr, "/0")

everyone(peer) if {
	peer.namespaceSelector == {}
	kubernetes.field(peer, ["podSelector"], {}) == {}
}

everyone({})
