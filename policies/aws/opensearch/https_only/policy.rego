# METADATA
# title: Search domains want HTTPS
# description: >-
#   Over plain HTTP, queries, answers and passwords cross the network readable.
# related_resources:
# - https://docs.aws.amazon.com/opensearch-service/latest/developerguide/createupdatedomains.html
# custom:
#   severity: high
#   types: [AWS::OpenSearchService::Domain]
#   fix: Require HTTPS for all traffic to the domain.
package aws.opensearch.https_only

deny contains {"message": "EnforceHTTPS is not true", "path": "/config/DomainEndpointOptions/EnforceHTTPS"} if {
	not input.config.DomainEndpointOptions.EnforceHTTPS == true
}
