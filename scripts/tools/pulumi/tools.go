//go:build tools

// Package pulumi pins the Pulumi CLI, for tests that compare us with it.
package pulumi

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
