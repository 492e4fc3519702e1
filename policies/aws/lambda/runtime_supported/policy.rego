# METADATA
# title: Functions run on a supported runtime
# description: >-
#   A runtime that AWS no longer supports gets no security fixes, and one day cannot be updated any more.
# related_resources:
# - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
# custom:
#   severity: medium
#   types: [AWS::Lambda::Function]
#   fix: Move the function to a supported version of its runtime.
package aws.lambda.runtime_supported

# What AWS has stopped to support.
deprecated := {
	"dotnet5.0", "dotnet6", "dotnet7", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1",
	"go1.x",
	"java8",
	"nodejs", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x", "nodejs20.x", "nodejs4.3",
	"nodejs4.3-edge", "nodejs6.10", "nodejs8.10",
	"provided",
	"python2.7", "python3.6", "python3.7", "python3.8", "python3.9",
	"ruby2.5", "ruby2.7", "ruby3.2",
}

# A function from a container image has no runtime.
deny contains {
	"message": sprintf("the runtime %s is no longer supported", [input.config.Runtime]),
	"path": "/config/Runtime",
} if {
	input.config.Runtime in deprecated
}
