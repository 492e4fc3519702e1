# METADATA
# description: >-
#   Questions about the inbound rules of the security group in `input`. Each property is read by its full name, so that a
#   rule whose source is another group that does not exist yet leaves no doubt about the addresses.
package lib.security_group

import data.lib.network

# Positions of the inbound rules that let in the whole internet.
open_to_world contains i if {
	some i
	network.is_world(input.config.SecurityGroupIngress[i].CidrIp)
}

open_to_world contains i if {
	some i
	network.is_world(input.config.SecurityGroupIngress[i].CidrIpv6)
}

# The address that the rule lets in, for messages.
source(i) := input.config.SecurityGroupIngress[i].CidrIp if {
	network.is_world(input.config.SecurityGroupIngress[i].CidrIp)
} else := input.config.SecurityGroupIngress[i].CidrIpv6

every_protocol(i) if lower(input.config.SecurityGroupIngress[i].IpProtocol) in {"-1", "all"}

every_protocol(i) if input.config.SecurityGroupIngress[i].IpProtocol == -1

# A rule without a protocol is taken for one of every protocol.
every_protocol(i) if not input.config.SecurityGroupIngress[i].IpProtocol

covers_tcp(i, _) if every_protocol(i)

covers_tcp(i, port) if {
	lower(sprintf("%v", [input.config.SecurityGroupIngress[i].IpProtocol])) in {"tcp", "6"}
	not outside(i, port)
}

# A rule without ports, or with ports that are no numbers, is taken for one of every port.
outside(i, port) if number(input.config.SecurityGroupIngress[i].FromPort) > port

outside(i, port) if number(input.config.SecurityGroupIngress[i].ToPort) < port

number(value) := value if is_number(value)

number(value) := to_number(value) if {
	is_string(value)
	value != ""
}

path(i) := sprintf("/config/SecurityGroupIngress/%d", [i])
