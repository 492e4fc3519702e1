# METADATA
# title: S3 buckets refuse requests without TLS
# description: >-
#   A bucket answers plain HTTP as well, and then orders and personal data cross the network readable, until its
#   policy denies it.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
# custom:
#   severity: medium
#   types: [AWS::S3::Bucket]
#   remediation: aws-s3-tls-only
#   fix: >-
#     Add a statement to the bucket policy that denies s3:* to everybody where aws:SecureTransport is false.
package aws.s3.tls_only

import data.lib.iam

# One statement that denies everything, to everybody, on the objects, when the request came without TLS.
denies_plain_http if {
	some statement in iam.statements(input.config.BucketPolicy.PolicyDocument)
	statement.Effect == "Deny"
	iam.is_public_principal(statement.Principal)
	some action in iam.as_array(statement.Action)
	action in {"*", "s3:*"}
	some resource in iam.as_array(statement.Resource)
	is_every_object(resource)
	count(statement.Condition) == 1
	some key, value in statement.Condition.Bool
	count(statement.Condition.Bool) == 1
	lower(key) == "aws:securetransport"
	some text in iam.as_array(value)
	lower(sprintf("%v", [text])) == "false"
}

is_every_object("*")

is_every_object(resource) if {
	parts := split(resource, "/")
	count(parts) == 2
	parts[1] == "*"
}

deny contains {
	"message": "no statement of the bucket policy denies s3:* where aws:SecureTransport is false",
	"path": "/config/BucketPolicy/PolicyDocument",
} if {
	not denies_plain_http
}
