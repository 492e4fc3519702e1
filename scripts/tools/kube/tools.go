//go:build tools

// Package kube pins a Kubernetes API server and Helm, for tests that install releases. One module holds both, so that what
// they share is compiled once.
package kube

import (
	_ "helm.sh/helm/v3/cmd/helm"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
