package lib.iam_test

import data.lib.iam

document(statement) := {"Version": "2012-10-17", "Statement": statement}

public(statement) := iam.public_statements(document(statement))

test_public_principals if {
	every principal in ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::111122223333:root", "*"]}, {"AWS": "arn:aws:iam::*:root"}] {
		iam.is_public_principal(principal)
	}
}

test_named_principals_are_not_public if {
	every principal in [{"AWS": "arn:aws:iam::111122223333:root"}, {"Service": "sns.amazonaws.com"}, {}, null, 7] {
		not iam.is_public_principal(principal)
	}
}

test_a_statement_in_an_array if {
	public([{"Effect": "Allow", "Principal": "*"}, {"Effect": "Deny", "Principal": "*"}]) == {"/Statement/0"}
}

test_a_statement_alone if public({"Effect": "Allow", "Principal": "*"}) == {"/Statement"}

test_everybody_but_somebody_is_public if {
	public([{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}}]) == {"/Statement/0"}
}

test_a_condition_on_the_caller_narrows if {
	every condition in [
		{"StringEquals": {"aws:SourceAccount": "111122223333"}},
		{"ArnLike": {"AWS:SourceArn": ["arn:aws:s3:::logs"]}},
		{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/*"]}},
		{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
	] {
		iam.narrows(condition)
	}
}

test_other_conditions_do_not_narrow if {
	every condition in [
		{},
		{"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}},
		{"ForAllValues:StringEquals": {"aws:SourceAccount": "111122223333"}},
		{"StringNotEquals": {"aws:SourceAccount": "111122223333"}},
		{"StringLike": {"aws:SourceArn": "*"}},
		{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}},
		{"StringEquals": {"aws:SourceAccount": []}},
		{"Bool": {"aws:SecureTransport": "true"}},
	] {
		not iam.narrows(condition)
	}
}

admin(statement) := iam.admin_statements(document(statement))

test_everything_on_everything if {
	admin([{"Effect": "Allow", "Action": "*", "Resource": "*"}]) == {"/Statement/0"}
	admin({"Effect": "Allow", "Action": ["s3:Get*", "*:*"], "Resource": ["*"]}) == {"/Statement"}
	admin([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]) == {"/Statement/0"}
	admin([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x"}]) == {"/Statement/0"}
}

test_less_than_everything if {
	admin([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]) == set()
	admin([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x/*"}]) == set()
	admin([{"Effect": "Deny", "Action": "*", "Resource": "*"}]) == set()
}

test_documents_that_cannot_be_read if {
	every unreadable in ["{}", null, [], {}, {"Statement": "Allow"}] {
		iam.is_unreadable(unreadable)
	}
	not iam.is_unreadable(document([]))
}
