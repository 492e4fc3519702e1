package rego

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
)

type compileRequest struct {
	Modules      []Source          `json:"modules"`
	Entrypoints  []string          `json:"entrypoints"`
	Target       string            `json:"target"`
	Capabilities *ast.Capabilities `json:"capabilities"`
	// Print keeps calls of print in the program.
	Print bool `json:"print"`
	// Unplanned names in the plan the rules that no entrypoint reaches.
	Unplanned bool `json:"unplanned"`
}

type compileAnswer struct {
	Errors []Fault          `json:"errors"`
	Wasm   string           `json:"wasm,omitempty"`
	Plan   json.RawMessage  `json:"plan,omitempty"`
	Reads  map[string]Reads `json:"reads"`
}

// Compile checks the modules as one program and builds the entrypoints for the target: "wasm", "plan", or "check" for the
// errors and the reads alone.
func Compile(request []byte) (any, error) {
	var q compileRequest
	if err := decode(request, &q); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"wasm", "plan", "check"}, q.Target) {
		return nil, fmt.Errorf("no target %q", q.Target)
	}
	answer := compileAnswer{Reads: map[string]Reads{}}
	if answer.Errors = tooMany(q.Modules); answer.Errors != nil {
		return answer, nil
	}
	parsed, faults := parseAll(q.Modules)
	if answer.Errors = append([]Fault{}, sorted(faults)...); len(faults) > 0 {
		return answer, nil
	}
	compiler, faults := check(parsed, q.Capabilities)
	if answer.Errors = append([]Fault{}, sorted(faults)...); len(faults) > 0 {
		return answer, nil
	}
	for _, entrypoint := range q.Entrypoints {
		ref, found := entrypointRef(compiler, entrypoint)
		if !found {
			answer.Errors = append(answer.Errors, Fault{Code: "no_entrypoint", Message: "no rule " + entrypoint})
			continue
		}
		answer.Reads[entrypoint] = readsOf(compiler, ref)
	}
	if len(answer.Errors) > 0 || q.Target == "check" {
		return answer, nil
	}
	return build(q, parsed, answer), nil
}

// check compiles the modules together; every error is reported, not only the first ones.
func check(parsed []parsedModule, capabilities *ast.Capabilities) (*ast.Compiler, []Fault) {
	compiler := ast.NewCompiler()
	if capabilities != nil {
		compiler = compiler.WithCapabilities(capabilities)
	}
	return checkWith(parsed, compiler)
}

func checkWith(parsed []parsedModule, compiler *ast.Compiler) (*ast.Compiler, []Fault) {
	modules := make(map[string]*ast.Module, len(parsed))
	for _, one := range parsed {
		modules[one.source.Path] = one.module
	}
	compiler.SetErrorLimit(maxErrors).Compile(modules)
	if compiler.Failed() {
		return nil, faultsOf(compiler.Errors, "")
	}
	return compiler, nil
}

func entrypointRef(compiler *ast.Compiler, entrypoint string) (ast.Ref, bool) {
	ref := ast.DefaultRootRef.Copy()
	for part := range strings.SplitSeq(entrypoint, "/") {
		ref = ref.Append(ast.StringTerm(part))
	}
	// A package is an entrypoint too: all of its rules.
	return ref, len(compiler.GetRules(ref)) > 0 || compiler.RuleTree.Find(ref) != nil
}

func build(q compileRequest, parsed []parsedModule, answer compileAnswer) compileAnswer {
	program := &bundle.Bundle{Data: map[string]any{}}
	program.Manifest.Init()
	program.SetRegoVersion(ast.RegoV1)
	for _, one := range parsed {
		program.Modules = append(program.Modules, bundle.ModuleFile{URL: one.source.Path, Path: one.source.Path, Parsed: one.module, Raw: []byte(one.source.Text)})
	}
	compiler := compile.New().WithTarget(q.Target).WithBundle(program).WithEntrypoints(q.Entrypoints...).
		WithPruneUnused(true).WithRegoVersion(ast.RegoV1).WithEnablePrintStatements(q.Print)
	if q.Target == "plan" && q.Unplanned {
		compiler = compiler.WithPlanAddons([]string{compile.PlanAddonUnplannedRules})
	}
	if q.Capabilities != nil {
		compiler = compiler.WithCapabilities(q.Capabilities)
	}
	if err := compiler.Build(context.Background()); err != nil {
		answer.Errors = faultsOf(err, "")
		return answer
	}
	for _, module := range compiler.Bundle().WasmModules {
		answer.Wasm = base64.StdEncoding.EncodeToString(module.Raw)
	}
	for _, module := range compiler.Bundle().PlanModules {
		answer.Plan = module.Raw
	}
	return answer
}
