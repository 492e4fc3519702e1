package actions.permission_broadening_test

import data.actions.permission_broadening

test_nothing if {
	permission_broadening.deny == set() with input as {"config": {"changes": [{"resource": "r", "change": "update", "before": {"id": "arn:aws:iam::111122223333:role/app", "type": "AWS::IAM::Role", "region": null, "config": {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}}]}}, "after": {"id": "arn:aws:iam::111122223333:role/app", "type": "AWS::IAM::Role", "region": null, "config": {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}}]}}}]}}
}

test_a_binding if {
	permission_broadening.deny == {{"message": "r is given permissions that it did not have", "path": "/config/changes/0"}} with input as {"config": {"changes": [{"resource": "r", "change": "update", "before": {"config": {"subjects": []}}, "after": {"config": {"subjects": [{"kind": "User", "name": "eve"}]}}}]}}
}

test_a_refusal if {
	permission_broadening.deny == {{"message": "r loses a refusal or a boundary", "path": "/config/changes/0"}} with input as {"config": {"changes": [{"resource": "r", "change": "update", "before": {"id": "arn:aws:iam::111122223333:role/app", "type": "AWS::IAM::Role", "region": null, "config": {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}}]}}, "after": {"id": "arn:aws:iam::111122223333:role/app", "type": "AWS::IAM::Role", "region": null, "config": {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}]}}}]}}
}

is_wider(config) if {
	change := {"resource": "r", "change": "create", "before": null, "after": {"config": config}}
	count(permission_broadening.deny) == 1 with input as {"config": {"changes": [change]}}
}

test_text_however_it_is_written if {
	is_wider({"PolicyDocument": `{"Statement":[{"\u0045ffect":"\u0041llow","Action":"*"}]}`})
	is_wider({"Policies": [{"PolicyDocument": `{"Statement":[{"Effect":"Allow","Action":"*"}]}`}]})
	is_wider({"Policy": "Allow *"})
}

test_who_may_call if is_wider({"FunctionName": "f", "Principal": "*", "Action": "lambda:InvokeFunction"})

test_a_member if is_wider({"GroupName": "admins", "Users": ["eve"]})

test_less_in_text_is_not_wider if {
	before := {"config": {"Policy": `{"Statement":[{"Effect":"Allow","Action":["a:b","a:c"]}]}`}}
	after := {"config": {"Policy": `{"Statement": [{"Effect": "Allow", "Action": ["a:b"]}]}`}}
	change := {"resource": "r", "change": "update", "before": before, "after": after}
	permission_broadening.deny == set() with input as {"config": {"changes": [change]}}
}
