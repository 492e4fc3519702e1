# METADATA
# title: Tags of images cannot be moved
# description: >-
#   When a tag can be moved, what was tested is not what is started.
# related_resources:
# - https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
# custom:
#   severity: low
#   types: [AWS::ECR::Repository]
#   fix: Set ImageTagMutability to IMMUTABLE.
package aws.ecr.immutable_tags

# Not set is MUTABLE.
deny contains {"message": "ImageTagMutability is not IMMUTABLE", "path": "/config/ImageTagMutability"} if {
	not is_immutable
}

is_immutable if input.config.ImageTagMutability in {"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"}
