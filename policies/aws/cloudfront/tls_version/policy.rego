# METADATA
# title: Distributions want TLS 1.2 or newer
# description: >-
#   TLS 1.0 and 1.1 are broken, and PCI DSS does not accept them.
# related_resources:
# - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
# custom:
#   severity: high
#   types: [AWS::CloudFront::Distribution]
#   fix: Use a certificate of your own with the minimum protocol version TLSv1.2_2021.
package aws.cloudfront.tls_version

is_modern if {
	some version in {"TLSv1.2_", "TLSv1.3_"}
	startswith(input.config.DistributionConfig.ViewerCertificate.MinimumProtocolVersion, version)
	not uses_default_certificate
}

# With the certificate of cloudfront.net the minimum is TLS 1.0, whatever is set.
uses_default_certificate if input.config.DistributionConfig.ViewerCertificate.CloudFrontDefaultCertificate == true

deny contains {
	"message": "viewers may connect with TLS 1.0 or 1.1",
	"path": "/config/DistributionConfig/ViewerCertificate/MinimumProtocolVersion",
} if {
	not is_modern
}
