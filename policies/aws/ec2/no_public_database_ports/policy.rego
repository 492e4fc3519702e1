# METADATA
# title: Databases, caches and brokers are not open to the internet
# description: >-
#   Data stores trust their network; an open port exposes orders, positions and personal data to everybody who
#   tries.
# related_resources:
# - https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
# custom:
#   severity: critical
#   types: [AWS::EC2::SecurityGroup]
#   remediation: aws-ec2-no-public-database-ports
#   fix: Allow the port from the security groups of the applications only.
package aws.ec2.no_public_database_ports

import data.lib.security_group

services := {
	1433: "SQL Server",
	1521: "Oracle",
	3306: "MySQL",
	5432: "PostgreSQL",
	5439: "Redshift",
	6379: "Redis",
	6650: "Pulsar",
	9092: "Kafka",
	9200: "OpenSearch",
	11211: "Memcached",
	27017: "MongoDB",
}

deny contains {
	"message": sprintf("port %d (%s) is open to %s; expected known addresses only", [
		port,
		service,
		security_group.source(i),
	]),
	"path": security_group.path(i),
} if {
	some i in security_group.open_to_world

	# Said in one sentence below instead of eleven.
	not security_group.every_protocol(i)
	some port, service in services
	security_group.covers_tcp(i, port)
}

deny contains {
	"message": sprintf("every port, those of databases among them, is open to %s", [security_group.source(i)]),
	"path": security_group.path(i),
} if {
	some i in security_group.open_to_world
	security_group.every_protocol(i)
}
