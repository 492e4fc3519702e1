# METADATA
# title: Queues set aside what cannot be handled
# description: >-
#   Without a dead-letter queue a message that cannot be handled is tried until it expires, and is then lost.
# related_resources:
# - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
# custom:
#   severity: low
#   types: [AWS::SQS::Queue]
#   fix: Give the queue a RedrivePolicy with a dead-letter queue.
package aws.sqs.dead_letter

# A queue that says who may use it as a dead-letter queue, or is named so, is one.
is_dead_letter if input.config.RedriveAllowPolicy

is_dead_letter if {
	some part in {"dlq", "dead-letter", "deadletter"}
	contains(lower(input.config.QueueName), part)
}

applies if not is_dead_letter

deny contains {"message": "there is no dead-letter queue", "path": "/config/RedrivePolicy"} if {
	not input.config.RedrivePolicy.maxReceiveCount
}
