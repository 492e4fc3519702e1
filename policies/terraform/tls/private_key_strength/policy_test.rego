package terraform.tls.private_key_strength_test

import data.terraform.tls.private_key_strength

test_ed25519 if {
	private_key_strength.deny == set() with input as {"type": "tls_private_key", "config": {"algorithm": "ED25519"}}
}

test_rsa if {
	private_key_strength.deny == set() with input as {"type": "tls_private_key", "config": {"algorithm": "RSA", "rsa_bits": 4096}}
}

test_ecdsa if {
	private_key_strength.deny == set() with input as {"type": "tls_private_key", "config": {"algorithm": "ECDSA", "ecdsa_curve": "P384"}}
}

test_short_rsa if {
	private_key_strength.deny == {{"message": "the RSA key has fewer than 2048 bits", "path": "/config/rsa_bits"}} with input as {"type": "tls_private_key", "config": {"algorithm": "RSA", "rsa_bits": 1024}}
}

test_weak_curve if {
	private_key_strength.deny == {{"message": "the curve is weaker than P256", "path": "/config/ecdsa_curve"}} with input as {"type": "tls_private_key", "config": {"algorithm": "ECDSA", "ecdsa_curve": "P224"}}
}

test_absent_bits if {
	private_key_strength.deny == set() with input as {"type": "tls_private_key", "config": {"algorithm": "RSA"}}
}

test_absent_curve if {
	private_key_strength.deny == {{"message": "the curve is weaker than P256", "path": "/config/ecdsa_curve"}} with input as {"type": "tls_private_key", "config": {"algorithm": "ECDSA"}}
}

test_absent if {
	private_key_strength.deny == {{"message": "the algorithm is not RSA, ECDSA or ED25519", "path": "/config/algorithm"}} with input as {"type": "tls_private_key", "config": {}}
}
