//go:build tools

// Package local pins Terraform's provider of local files, for tests that provision with it.
package local

import _ "github.com/terraform-providers/terraform-provider-local"
