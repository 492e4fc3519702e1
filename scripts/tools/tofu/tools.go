//go:build tools

// Package tofu pins OpenTofu, for tests that compare us with it.
package tofu

import _ "github.com/opentofu/opentofu/cmd/tofu"
