// Package terraform evaluates Terraform modules with HashiCorp's own HCL, without any provider: arguments get their
// values, and whatever only a provider or the clock could tell stays unknown. It knows nothing of policies or resources
// of the inventory.
package terraform

import (
	"encoding/json"
	"path"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

type request struct {
	Root      string                     `json:"root"`
	Variables map[string]json.RawMessage `json:"variables"`
	VarFiles  []string                   `json:"varFiles"`
	Workspace string                     `json:"workspace"`
}

type place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type problem struct {
	Problem string `json:"problem"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func (p problem) before(other problem) bool {
	if p.File != other.File {
		return p.File < other.File
	}
	if p.Line != other.Line {
		return p.Line < other.Line
	}
	return p.Column < other.Column
}

type resource struct {
	Address          string              `json:"address"`
	Mode             string              `json:"mode"`
	Type             string              `json:"type"`
	Name             string              `json:"name"`
	Region           *string             `json:"region"`
	Values           json.RawMessage     `json:"values"`
	Unknown          []string            `json:"unknown"`
	References       map[string][]string `json:"references"`
	Positions        map[string]place    `json:"positions"`
	InstancesUnknown bool                `json:"instancesUnknown"`
	// Ignores is a number of a scope of the answer, or -1.
	Ignores int `json:"ignores"`
}

type response struct {
	Resources []resource `json:"resources"`
	Problems  []problem  `json:"problems"`
	// IgnoreScopes and IgnoreComments are tables that resources and scopes point into.
	IgnoreScopes   []ignoreScope   `json:"ignoreScopes"`
	IgnoreComments []ignoreComment `json:"ignoreComments"`
}

// Evaluate reads the module folder of the request and everything that it calls, and gives each resource instance.
// Wrong configuration is a problem in the answer; an error is a defect of ours.
func Evaluate(bytes []byte) (any, error) {
	var r request
	if err := json.Unmarshal(bytes, &r); err != nil {
		return nil, err
	}
	r.Root = path.Clean(r.Root)
	if r.Workspace == "" {
		r.Workspace = "default"
	}
	e := newEvaluator(r)
	e.run()
	sort.SliceStable(e.problems, func(i, j int) bool { return e.problems[i].before(e.problems[j]) })
	return response{
		Resources: e.resources, Problems: e.problems, IgnoreScopes: e.ignores.scopes, IgnoreComments: e.ignores.comments,
	}, nil
}

type evaluator struct {
	request   request
	modules   map[string]*module
	installed map[string]string
	resources []resource
	problems  []problem
	reported  map[problem]bool
	functions functionTable
	ignores   ignores
	depth     int
	steps     int
	instances int
}

func newEvaluator(r request) *evaluator {
	e := &evaluator{
		request: r, modules: map[string]*module{}, reported: map[problem]bool{},
		resources: []resource{}, problems: []problem{},
		ignores: ignores{
			comments: []ignoreComment{}, scopes: []ignoreScope{},
			ofBlock: map[*hclsyntax.Block][]int{}, known: map[ignoreKey]int{},
		},
	}
	e.functions = e.newFunctions()
	return e
}

func (e *evaluator) run() {
	defer func() {
		if fault := recover(); fault != nil {
			limit, ok := fault.(tooMuch)
			if !ok {
				panic(fault)
			}
			e.report("incomplete", hcl.Range{Filename: e.request.Root}, string(limit))
		}
	}()
	root := e.loadModule(e.request.Root, hcl.Range{Filename: e.request.Root})
	if root == nil {
		return
	}
	instance := newModuleInstance(e, root)
	instance.inputs = e.rootInputs(root)
	e.emit(instance)
}

// report keeps the first of equal problems: a block with count has the same fault in each instance.
func (e *evaluator) report(kind string, at hcl.Range, message string) {
	p := problem{Problem: kind, File: at.Filename, Line: at.Start.Line, Column: at.Start.Column, Message: message}
	if e.reported[p] || len(e.problems) >= 1000 {
		return
	}
	e.reported[p] = true
	e.problems = append(e.problems, p)
}

func (e *evaluator) reportAll(kind string, diags hcl.Diagnostics) {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		at := hcl.Range{Filename: e.request.Root}
		if d.Subject != nil {
			at = *d.Subject
		}
		message := d.Summary
		if d.Detail != "" {
			message += ": " + d.Detail
		}
		if len(message) > 1000 {
			message = message[:1000] + "..."
		}
		e.report(kind, at, message)
	}
}
