package aws.msk.tls_test

import data.aws.msk.tls

test_only_tls if {
	tls.deny == set() with input as {
		"config": {
			"EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": true}},
		},
	}
}

test_it_is_not_set if {
	tls.deny == set() with input as {"config": {}}
}

test_plain_text_too if {
	tls.deny == {{
		"message": "ClientBroker is TLS_PLAINTEXT; expected TLS",
		"path": "/config/EncryptionInfo/EncryptionInTransit/ClientBroker",
	}} with input as {
		"config": {
			"EncryptionInfo": {
				"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT", "InCluster": true},
			},
		},
	}
}

test_plain_text_between_brokers if {
	tls.deny == {{
		"message": "InCluster is not true: brokers speak to each other without TLS",
		"path": "/config/EncryptionInfo/EncryptionInTransit/InCluster",
	}} with input as {
		"config": {
			"EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": false}},
		},
	}
}
