# METADATA
# title: Function URLs want a signature
# description: >-
#   A function URL without authentication runs code, and spends money, for anybody who finds it.
# related_resources:
# - https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
# custom:
#   severity: high
#   types: [AWS::Lambda::Function]
#   fix: Set AuthType to AWS_IAM, or put the function behind an API that authenticates.
package aws.lambda.no_public_url

deny contains {
	"message": sprintf("AuthType of the function URL is %v; expected AWS_IAM", [input.config.Url.AuthType]),
	"path": "/config/Url/AuthType",
} if {
	input.config.Url.AuthType != "AWS_IAM"
}
