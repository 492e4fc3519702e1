package terraform.tls.private_key_strength_test

import data.terraform.tls.private_key_strength

test_ed25519 if {
	private_key_strength.deny == set() with input as {"type": "tls_private_key", "config": {"algorithm": "ED25519"}}
}

test_rsa if {
	given := {"type": "tls_private_key", "config": {"algorithm": "RSA", "rsa_bits": 4096}}
	private_key_strength.deny == set() with input as given
}

test_ecdsa if {
	given := {"type": "tls_private_key", "config": {"algorithm": "ECDSA", "ecdsa_curve": "P384"}}
	private_key_strength.deny == set() with input as given
}

test_short_rsa if {
	expected := {{"message": "the RSA key has fewer than 2048 bits", "path": "/config/rsa_bits"}}
	given := {"type": "tls_private_key", "config": {"algorithm": "RSA", "rsa_bits": 1024}}
	private_key_strength.deny == expected with input as given
}

test_weak_curve if {
	expected := {{"message": "the curve is weaker than P256", "path": "/config/ecdsa_curve"}}
	given := {"type": "tls_private_key", "config": {"algorithm": "ECDSA", "ecdsa_curve": "P224"}}
	private_key_strength.deny == expected with input as given
}

test_absent_bits if {
	private_key_strength.deny == set() with input as {"type": "tls_private_key", "config": {"algorithm": "RSA"}}
}

test_absent_curve if {
	expected := {{"message": "the curve is weaker than P256", "path": "/config/ecdsa_curve"}}
	private_key_strength.deny == expected with input as {"type": "tls_private_key", "config": {"algorithm": "ECDSA"}}
}

test_absent if {
	expected := {{"message": "the algorithm is not RSA, ECDSA or ED25519", "path": "/config/algorithm"}}
	private_key_strength.deny == expected with input as {"type": "tls_private_key", "config": {}}
}
