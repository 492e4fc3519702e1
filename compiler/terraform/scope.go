package terraform

import (
	"reflect"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// scope is what an expression can refer to: a module instance, and each or count of the block that it stands in.
type scope struct {
	module     *moduleInstance
	repetition repetition
}

// repetition is one turn of count or for_each. suffix is the instance key in an address: `[0]`, `["a"]` or nothing.
type repetition struct {
	suffix            string
	index, key, value cty.Value
	hasCount, hasEach bool
	unknown           bool
}

const (
	scopeKey     = "\x00scope"
	evaluatorKey = "\x00evaluator"
)

var (
	scopeType     = cty.Capsule("scope", reflect.TypeOf(scope{}))
	evaluatorType = cty.Capsule("evaluator", reflect.TypeOf(evaluator{}))
)

func (e *evaluator) capsule() cty.Value { return cty.CapsuleVal(evaluatorType, e) }

func (s *scope) evaluator() *evaluator { return s.module.evaluator }

func (s *scope) context() *hcl.EvalContext {
	return &hcl.EvalContext{
		Variables: map[string]cty.Value{scopeKey: cty.CapsuleVal(scopeType, s), evaluatorKey: s.evaluator().capsule()},
		Functions: s.evaluator().functions,
	}
}

func (s *scope) resolve(t hcl.Traversal) (cty.Value, hcl.Diagnostics) {
	s.evaluator().step()
	if t.RootName() == "resource" {
		t = t[1:]
		if len(t) == 0 {
			return cty.DynamicVal, nil
		}
		return s.resolveResource("", nameOf(t[0]), t[1:], t.SourceRange())
	}
	rest, at := t[1:], t.SourceRange()
	switch t.RootName() {
	case "each", "count":
		return s.resolveRepetition(t.RootName(), rest, at)
	case "self", "ephemeral":
		return cty.DynamicVal, nil
	case "data":
		if len(rest) == 0 {
			return cty.DynamicVal, fault(at, "Invalid reference", "data has to be followed by a type and a name")
		}
		return s.resolveResource("data.", nameOf(rest[0]), rest[1:], at)
	case "var", "local", "module", "path", "terraform":
		return s.resolveNamed(t.RootName(), rest, at)
	}
	return s.resolveResource("", t.RootName(), rest, at)
}

func nameOf(step hcl.Traverser) string {
	switch s := step.(type) {
	case hcl.TraverseAttr:
		return s.Name
	case hcl.TraverseRoot:
		return s.Name
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() {
			return s.Key.AsString()
		}
	}
	return ""
}

func (s *scope) resolveNamed(kind string, rest hcl.Traversal, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	if len(rest) == 0 {
		return cty.DynamicVal, fault(at, "Invalid reference", kind+" has to be followed by a name")
	}
	name := nameOf(rest[0])
	value, diags := s.named(kind, name, at)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return traverse(value, rest[1:])
}

func (s *scope) named(kind, name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	switch kind {
	case "var":
		return s.module.variable(name, at)
	case "local":
		return s.module.local(name, at)
	case "module":
		return s.moduleCall(name, at)
	case "terraform":
		return s.terraformValue(name), nil
	}
	return s.pathValue(name, at)
}

func (s *scope) terraformValue(name string) cty.Value {
	if name == "workspace" {
		return cty.StringVal(s.evaluator().request.Workspace)
	}
	return cty.DynamicVal
}

func (s *scope) pathValue(name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	root := s.evaluator().request.Root
	switch name {
	case "root":
		return cty.StringVal("."), nil
	case "module":
		return cty.StringVal(relativeTo(root, s.module.module.dir)), nil
	case "cwd":
		return cty.StringVal(root), nil
	}
	return cty.DynamicVal, fault(at, "Invalid reference", "path has module, root and cwd only")
}

func (s *scope) moduleCall(name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	call := s.module.module.calls[name]
	if call == nil {
		return s.module.undeclared(at, "module."+name, "Reference to undeclared module", "there is no module "+name+" in this module")
	}
	set, diags := s.module.callSet(call, at)
	return set.value(), diags
}

func (s *scope) resolveRepetition(kind string, rest hcl.Traversal, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	name := ""
	if len(rest) > 0 {
		name = nameOf(rest[0])
	}
	r := s.repetition
	var value cty.Value
	switch {
	case kind == "count" && name == "index" && r.hasCount:
		value = r.index
	case kind == "each" && name == "key" && r.hasEach:
		value = r.key
	case kind == "each" && name == "value" && r.hasEach:
		value = r.value
	default:
		return cty.DynamicVal, fault(at, "Invalid reference", kind+"."+name+" cannot be used here: the block has no such repetition")
	}
	return traverse(value, rest[1:])
}

func (s *scope) resolveResource(mode, kind string, rest hcl.Traversal, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	if len(rest) == 0 {
		return cty.DynamicVal, fault(at, "Invalid reference", "a reference to a resource is a type, a dot and a name; "+kind+" alone is none")
	}
	name := nameOf(rest[0])
	block := s.module.module.resources[mode+kind+"."+name]
	if block == nil {
		return s.module.undeclared(at, mode+kind+"."+name, "Reference to undeclared resource", mode+kind+"."+name+" is not declared in this module")
	}
	set, diags := s.module.resourceSet(block, at)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return traverse(set.value(), rest[1:])
}
