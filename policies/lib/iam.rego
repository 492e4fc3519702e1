# METADATA
# description: >-
#   Questions about policy documents and their parts. A document is an object; its Statement may stand alone or in an array,
#   and Action, Resource and the values of Principal may be one text or several.
package lib.iam

as_array(value) := value if is_array(value)

as_array(value) := [value] if not is_array(value)

# Statements by their place below the document.
statements(document) := {sprintf("/Statement/%d", [i]): statement | some i, statement in document.Statement} if {
	is_array(document.Statement)
}

statements(document) := {"/Statement": document.Statement} if is_object(document.Statement)

# A document in another shape than these cannot be judged, and must not pass unseen.
is_unreadable(document) if not statements(document)

# Anybody on the internet, or any account of the provider.
is_public_principal(principal) if "*" in as_array(principal)

is_public_principal(principal) if {
	is_object(principal)
	some key
	"*" in as_array(principal[key])
}

is_public_principal(principal) if {
	is_object(principal)
	some arn in as_array(principal.AWS)
	contains(arn, ":iam::*:")
}

# Condition keys that say who calls or from where.
narrowing_keys := {
	"aws:principalaccount",
	"aws:principalarn",
	"aws:principalorgid",
	"aws:principalorgpaths",
	"aws:sourceaccount",
	"aws:sourcearn",
	"aws:sourceip",
	"aws:sourceorgid",
	"aws:sourceorgpaths",
	"aws:sourceowner",
	"aws:sourcevpc",
	"aws:sourcevpce",
	"aws:vpcsourceip",
	"kms:calleraccount",
	"s3:dataaccesspointaccount",
}

# Operators that a request without the key does not satisfy. `...IfExists`, `ForAllValues:` and the negated ones let it in.
narrowing_operators := {"arnequals", "arnlike", "ipaddress", "stringequals", "stringequalsignorecase", "stringlike"}

# The condition keeps strangers out.
narrows(condition) if {
	some operator, keys in condition
	trim_prefix(lower(operator), "foranyvalue:") in narrowing_operators
	some key, values in keys
	lower(key) in narrowing_keys
	every value in as_array(values) {
		not is_anything(value)
	}
	count(as_array(values)) > 0
}

is_anything(value) if value in {"", "*", "arn:*", "arn:aws:*", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0"}

is_anything(value) if not is_string(value)

# Places of the statements that let in strangers.
public_statements(document) := {place |
	some place, statement in statements(document)
	statement.Effect == "Allow"
	is_open(statement)
	not is_narrowed(statement)
}

is_narrowed(statement) if narrows(statement.Condition)

is_open(statement) if is_public_principal(statement.Principal)

# Everybody but those named.
is_open(statement) if statement.NotPrincipal

# Places of the statements that allow everything on everything.
admin_statements(document) := {place |
	some place, statement in statements(document)
	statement.Effect == "Allow"
	any_action(statement)
	any_resource(statement)
}

any_action(statement) if {
	some action in as_array(statement.Action)
	action in {"*", "*:*"}
}

any_action(statement) if statement.NotAction

any_resource(statement) if {
	some resource in as_array(statement.Resource)
	resource in {"*", "arn:aws:*"}
}

any_resource(statement) if statement.NotResource
