package rego

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/rego"
)

type queryRequest struct {
	Modules []Source `json:"modules"`
	Query   string   `json:"query"`
	// Version is that of the query's text: "v0" or "v1".
	Version string `json:"version"`
	// Print keeps calls of print in the plan.
	Print bool `json:"print"`
	// Target is "plan", or "wasm" for the reference engine.
	Target string `json:"target"`
}

type queryAnswer struct {
	Errors []Fault    `json:"errors"`
	Id     int        `json:"id,omitempty"`
	Plan   *ir.Policy `json:"plan,omitempty"`
	Wasm   []byte     `json:"wasm,omitempty"`
}

// Queries that were planned and wait for the results of their plan.
var (
	planned     = map[int]rego.PreparedEvalQuery{}
	lastPlanned int
)

// planTarget gives the host the plan of a query, and OPA the host's results, so that OPA itself makes bindings and
// expressions of them.
type planTarget struct {
	plan    *ir.Policy
	results ast.Value
}

var target = &planTarget{}

const planTargetName = "portcullis"

func (*planTarget) IsTarget(name string) bool { return name == planTargetName }

func (t *planTarget) PrepareForEval(_ context.Context, policy *ir.Policy, _ ...rego.PrepareOption) (rego.TargetPluginEval, error) {
	t.plan = policy
	return t, nil
}

func (t *planTarget) Eval(context.Context, *rego.EvalContext, ast.Value) (ast.Value, error) {
	return t.results, nil
}

func init() { rego.RegisterPlugin(planTargetName, target) }

// Query checks the modules and plans a query over them; Result makes OPA's result of what the plan gave.
func Query(request []byte) (any, error) {
	var q queryRequest
	if err := decode(request, &q); err != nil {
		return nil, err
	}
	answer := queryAnswer{}
	if answer.Errors = tooMany(q.Modules); answer.Errors != nil {
		return answer, nil
	}
	if line, column := tooDeep(q.Query); line > 0 || len(q.Query) > maxModuleBytes {
		answer.Errors = []Fault{{Code: "too_deep", Message: "the query is too large or nested too deeply", Line: line, Column: column}}
		return answer, nil
	}
	parsed, faults := parseAll(q.Modules)
	if answer.Errors = append([]Fault{}, sorted(faults)...); len(faults) > 0 {
		return answer, nil
	}
	compiler, faults := checkWith(parsed, ast.NewCompiler().WithEnablePrintStatements(q.Print))
	if answer.Errors = append([]Fault{}, sorted(faults)...); len(faults) > 0 {
		return answer, nil
	}
	if q.Target == "wasm" {
		compiled, err := rego.New(rego.Compiler(compiler), rego.Query(q.Query), rego.SetRegoVersion(versions[q.Version])).
			Compile(context.Background(), rego.CompilePartial(false))
		if err != nil {
			answer.Errors = queryFaults(err)
			return answer, nil
		}
		answer.Wasm = compiled.Bytes
		return answer, nil
	}
	prepared, err := rego.New(rego.Compiler(compiler), rego.Query(q.Query), rego.Target(planTargetName), rego.SetRegoVersion(versions[q.Version]),
		rego.EnablePrintStatements(q.Print)).PrepareForEval(context.Background())
	if err != nil {
		answer.Errors = queryFaults(err)
		return answer, nil
	}
	lastPlanned++
	planned[lastPlanned] = prepared
	answer.Id, answer.Plan = lastPlanned, target.plan
	return answer, nil
}

func queryFaults(err error) []Fault {
	var several rego.Errors
	if errors.As(err, &several) {
		faults := []Fault{}
		for _, one := range several {
			faults = append(faults, faultsOf(one, "")...)
		}
		return faults
	}
	return faultsOf(err, "")
}

// Result takes the set of bindings that the plan gave, once, and answers as `opa eval` does.
func Result(request []byte) (any, error) {
	var q struct {
		Id  int             `json:"id"`
		Set json.RawMessage `json:"set"`
	}
	if err := decode(request, &q); err != nil {
		return nil, err
	}
	prepared, found := planned[q.Id]
	if !found {
		return nil, fmt.Errorf("no planned query %d", q.Id)
	}
	delete(planned, q.Id)
	if len(q.Set) == 0 { // nothing to make a result of: the evaluation failed
		return []any{}, nil
	}
	results, err := termOfJSON(q.Set)
	if err != nil {
		return nil, err
	}
	target.results = results.Value
	set, err := prepared.Eval(context.Background())
	if err != nil {
		return nil, err
	}
	if set == nil {
		return []any{}, nil
	}
	return set, nil
}
