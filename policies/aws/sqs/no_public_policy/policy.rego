# METADATA
# title: Queues let in no strangers
# description: >-
#   A queue for everybody lets strangers read orders, or send false ones.
# related_resources:
# - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
# custom:
#   severity: critical
#   types: [AWS::SQS::Queue]
#   fix: Name the accounts or services in the queue policy, or add a condition such as aws:SourceArn.
package aws.sqs.no_public_policy

import data.lib.iam

# Resource is not read: what it names often does not exist yet, and it does not change who is let in.
open_to_strangers contains i if {
	some i
	iam.is_public_principal(input.config.QueuePolicy.PolicyDocument.Statement[i].Principal)
}

# Everybody but those named.
open_to_strangers contains i if {
	some i
	input.config.QueuePolicy.PolicyDocument.Statement[i].NotPrincipal
}

narrowed contains i if {
	some i
	iam.narrows(input.config.QueuePolicy.PolicyDocument.Statement[i].Condition)
}

deny contains {
	"message": "the queue policy lets in everybody; expected named principals, or a condition on who calls",
	"path": sprintf("/config/QueuePolicy/PolicyDocument/Statement/%d", [i]),
} if {
	some i in open_to_strangers
	is_number(i)
	input.config.QueuePolicy.PolicyDocument.Statement[i].Effect == "Allow"
	not i in narrowed
}

# The same for a statement that stands alone.
lone_is_open if iam.is_public_principal(input.config.QueuePolicy.PolicyDocument.Statement.Principal)

lone_is_open if input.config.QueuePolicy.PolicyDocument.Statement.NotPrincipal

lone_is_narrowed if iam.narrows(input.config.QueuePolicy.PolicyDocument.Statement.Condition)

deny contains {
	"message": "the queue policy lets in everybody; expected named principals, or a condition on who calls",
	"path": "/config/QueuePolicy/PolicyDocument/Statement",
} if {
	input.config.QueuePolicy.PolicyDocument.Statement.Effect == "Allow"
	lone_is_open
	not lone_is_narrowed
}
