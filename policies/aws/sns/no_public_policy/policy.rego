# METADATA
# title: Topics let in no strangers
# description: >-
#   A topic for everybody lets strangers read fills, or publish false ones.
# related_resources:
# - https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
# custom:
#   severity: critical
#   types: [AWS::SNS::Topic]
#   fix: Name the accounts or services in the topic policy, or add a condition such as aws:SourceAccount.
package aws.sns.no_public_policy

import data.lib.iam

# Resource is not read: what it names often does not exist yet, and it does not change who is let in.
open_to_strangers contains i if {
	some i
	iam.is_public_principal(input.config.TopicPolicy.PolicyDocument.Statement[i].Principal)
}

# Everybody but those named.
open_to_strangers contains i if {
	some i
	input.config.TopicPolicy.PolicyDocument.Statement[i].NotPrincipal
}

narrowed contains i if {
	some i
	iam.narrows(input.config.TopicPolicy.PolicyDocument.Statement[i].Condition)
}

deny contains {
	"message": "the topic policy lets in everybody; expected named principals, or a condition on who calls",
	"path": sprintf("/config/TopicPolicy/PolicyDocument/Statement/%d", [i]),
} if {
	some i in open_to_strangers
	is_number(i)
	input.config.TopicPolicy.PolicyDocument.Statement[i].Effect == "Allow"
	not i in narrowed
}

# The same for a statement that stands alone.
lone_is_open if iam.is_public_principal(input.config.TopicPolicy.PolicyDocument.Statement.Principal)

lone_is_open if input.config.TopicPolicy.PolicyDocument.Statement.NotPrincipal

lone_is_narrowed if iam.narrows(input.config.TopicPolicy.PolicyDocument.Statement.Condition)

deny contains {
	"message": "the topic policy lets in everybody; expected named principals, or a condition on who calls",
	"path": "/config/TopicPolicy/PolicyDocument/Statement",
} if {
	input.config.TopicPolicy.PolicyDocument.Statement.Effect == "Allow"
	lone_is_open
	not lone_is_narrowed
}
