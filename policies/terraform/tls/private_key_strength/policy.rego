# METADATA
# title: Generated private keys are strong
# description: >-
#   A key that is too small can be computed from the certificate that everybody sees; P-224, the default curve,
#   is not in TLS 1.3 either.
# related_resources:
# - https://registry.terraform.io/providers/hashicorp/tls/latest/docs/resources/private_key
# custom:
#   severity: high
#   types: [tls_private_key]
#   fix: >-
#     Use `ED25519`, `ECDSA` with `ecdsa_curve` P256 or above, or `RSA` with `rsa_bits` of 2048 or more.
package terraform.tls.private_key_strength

deny contains {"message": "the algorithm is not RSA, ECDSA or ED25519", "path": "/config/algorithm"} if not known

known if input.config.algorithm in {"RSA", "ECDSA", "ED25519"}

deny contains {"message": "the RSA key has fewer than 2048 bits", "path": "/config/rsa_bits"} if {
	input.config.algorithm == "RSA"
	bits := input.config.rsa_bits
	not enough(bits)
}

enough(null)

enough(bits) if {
	is_number(bits)
	bits >= 2048
}

deny contains {"message": "the curve is weaker than P256", "path": "/config/ecdsa_curve"} if {
	input.config.algorithm == "ECDSA"
	not strong_curve
}

# The provider's default is P224.
strong_curve if input.config.ecdsa_curve in {"P256", "P384", "P521"}
