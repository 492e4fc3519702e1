# METADATA
# title: Functions are traced
# description: >-
#   Without traces a slow or failed order cannot be followed through the functions that it passes.
# related_resources:
# - https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
# custom:
#   severity: low
#   types: [AWS::Lambda::Function]
#   fix: Set the tracing mode to Active.
package aws.lambda.tracing

# Not set is PassThrough, which traces only what a caller traces.
deny contains {"message": "the tracing mode is not Active", "path": "/config/TracingConfig/Mode"} if {
	not input.config.TracingConfig.Mode == "Active"
}
