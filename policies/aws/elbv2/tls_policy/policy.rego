# METADATA
# title: Listeners want TLS 1.2 or newer
# description: >-
#   TLS 1.0 and 1.1 are broken, and PCI DSS does not accept them.
# related_resources:
# - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
# custom:
#   severity: high
#   types: [AWS::ElasticLoadBalancingV2::Listener]
#   remediation: aws-elbv2-tls-policy
#   fix: Choose a security policy such as ELBSecurityPolicy-TLS13-1-2-2021-06.
package aws.elbv2.tls_policy

applies if input.config.Protocol in {"HTTPS", "TLS"}

# The names of the policies that start at TLS 1.2 or 1.3.
modern := {
	"ELBSecurityPolicy-FS-1-2-",
	"ELBSecurityPolicy-TLS-1-2-",
	"ELBSecurityPolicy-TLS13-1-2-",
	"ELBSecurityPolicy-TLS13-1-3-",
}

is_modern if {
	some name in modern
	startswith(input.config.SslPolicy, name)
}

deny contains {
	"message": sprintf("the security policy %v lets in TLS 1.0 or 1.1", [input.config.SslPolicy]),
	"path": "/config/SslPolicy",
} if {
	not is_modern
}

# Not set is ELBSecurityPolicy-2016-08.
deny contains {
	"message": "no security policy is set, and the default lets in TLS 1.0",
	"path": "/config/SslPolicy",
} if {
	not input.config.SslPolicy
}
