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
