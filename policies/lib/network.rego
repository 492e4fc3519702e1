# METADATA
# description: Questions about addresses.
package lib.network

# No private range is wider than 10.0.0.0/8 or fc00::/7, so that anything wider takes in strangers, also when it is not
# written as 0.0.0.0/0 (two halves of the internet, 0.0.0.0/1 and 128.0.0.0/1, are as open).
is_world(cidr) if {
	not contains(cidr, ":")
	split(cidr, "/")[1] in {"0", "1", "2", "3", "4", "5", "6", "7"}
}

is_world(cidr) if {
	contains(cidr, ":")
	split(cidr, "/")[1] in {"0", "1", "2", "3", "4", "5", "6"}
}
