# METADATA
# title: S3 bucket policies let in no strangers
# description: >-
#   A bucket policy that allows everybody, without a condition on who calls, publishes the objects.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
# custom:
#   severity: critical
#   types: [AWS::S3::Bucket]
#   fix: Name the accounts or roles in Principal, or add a condition such as aws:PrincipalOrgID.
package aws.s3.no_public_policy

import data.lib.iam

# Resource is not read: what it names often does not exist yet, and it does not change who is let in.
open_to_strangers contains i if {
	some i
	iam.is_public_principal(input.config.BucketPolicy.PolicyDocument.Statement[i].Principal)
}

# Everybody but those named.
open_to_strangers contains i if {
	some i
	input.config.BucketPolicy.PolicyDocument.Statement[i].NotPrincipal
}

narrowed contains i if {
	some i
	iam.narrows(input.config.BucketPolicy.PolicyDocument.Statement[i].Condition)
}

deny contains {
	"message": "the bucket policy lets in everybody; expected named principals, or a condition on who calls",
	"path": sprintf("/config/BucketPolicy/PolicyDocument/Statement/%d", [i]),
} if {
	some i in open_to_strangers
	is_number(i)
	input.config.BucketPolicy.PolicyDocument.Statement[i].Effect == "Allow"
	not i in narrowed
}

# The same for a statement that stands alone.
lone_is_open if iam.is_public_principal(input.config.BucketPolicy.PolicyDocument.Statement.Principal)

lone_is_open if input.config.BucketPolicy.PolicyDocument.Statement.NotPrincipal

lone_is_narrowed if iam.narrows(input.config.BucketPolicy.PolicyDocument.Statement.Condition)

deny contains {
	"message": "the bucket policy lets in everybody; expected named principals, or a condition on who calls",
	"path": "/config/BucketPolicy/PolicyDocument/Statement",
} if {
	input.config.BucketPolicy.PolicyDocument.Statement.Effect == "Allow"
	lone_is_open
	not lone_is_narrowed
}
