# METADATA
# title: Users who sign in have a second factor
# description: >-
#   A password alone falls to phishing, and with it whatever the user may do.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
# custom:
#   severity: high
#   types: [AWS::IAM::User]
#   fix: Let the user register a passkey or another MFA device, or remove the password.
package aws.iam.user_mfa

# Only live users have devices to look at, and only users with a password sign in at the console.
applies if {
	input.config.LoginProfile
	input.config.MFADevices
}

deny contains {"message": "the user has a password and no MFA device", "path": "/config/MFADevices"} if {
	count(input.config.MFADevices) == 0
}

deny contains {"message": "the MFA devices are not a list", "path": "/config/MFADevices"} if {
	not is_list
}

is_list if is_array(input.config.MFADevices)
