# METADATA
# title: Functions cannot be called by everybody
# description: >-
#   A permission for everybody lets any account run the function with the rights of its role.
# related_resources:
# - https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
# custom:
#   severity: critical
#   types: [AWS::Lambda::Function]
#   remediation: aws-lambda-no-public-permission
#   fix: Name the service or account that calls, and give SourceArn or SourceAccount.
package aws.lambda.no_public_permission

is_public(i) if input.config.Permissions[i].Principal == "*"

is_public(i) if input.config.Permissions[i].Principal.AWS == "*"

is_narrowed(i) if input.config.Permissions[i].SourceArn

is_narrowed(i) if input.config.Permissions[i].SourceAccount

is_narrowed(i) if input.config.Permissions[i].PrincipalOrgID

deny contains {
	"message": "everybody may call the function; expected a named principal, or a source",
	"path": sprintf("/config/Permissions/%d", [i]),
} if {
	some i
	input.config.Permissions[i].Principal
	is_public(i)
	not is_narrowed(i)
}
