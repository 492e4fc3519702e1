package terraform

import (
	"path"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// moduleInstance is one instance of a module: the root, or one of a call's. Everything in it is evaluated when it is asked
// for, once.
type moduleInstance struct {
	evaluator *evaluator
	module    *module
	parent    *moduleInstance
	call      *callBlock
	// address is empty for the root, `module.a["x"]` else; path is the calls' names, as modules.json has them.
	address, path string
	depth         int
	// instancesUnknown also where only a caller's instances are not known; ownUnknown: those of this very call.
	instancesUnknown bool
	ownUnknown       bool
	ignores          int
	inputs           map[string]cty.Value
	inputScope       *scope
	values           map[string]*memo
	sets             map[string]*instanceSet
}

// memo is a value that is computed once; asked for while it is computed, it is a cycle.
type memo struct {
	busy, done bool
	value      cty.Value
	diags      hcl.Diagnostics
}

func newModuleInstance(e *evaluator, m *module) *moduleInstance {
	return &moduleInstance{evaluator: e, module: m, ignores: noIgnores, inputs: map[string]cty.Value{}, values: map[string]*memo{}, sets: map[string]*instanceSet{}}
}

func (mi *moduleInstance) scope() *scope { return &scope{module: mi} }

func (mi *moduleInstance) within(address string) string {
	if mi.address == "" {
		return address
	}
	return mi.address + "." + address
}

// once computes the value under the name, or says that it depends on itself.
func (mi *moduleInstance) once(name string, at hcl.Range, compute func() cty.Value) (cty.Value, hcl.Diagnostics) {
	m := mi.values[name]
	if m == nil {
		m = &memo{}
		mi.values[name] = m
	}
	if m.busy {
		return cty.DynamicVal, fault(at, "Cycle", mi.within(name)+" depends on itself")
	}
	if !m.done {
		m.busy = true
		mi.evaluator.deep(func() { m.value = compute() })
		m.busy, m.done = false, true
	}
	return m.value, nil
}

// undeclared is a fault, unless the declaration may stand in a file that could not be read: then the value is not known.
func (mi *moduleInstance) undeclared(at hcl.Range, address, summary, detail string) (cty.Value, hcl.Diagnostics) {
	if mi.module.broken {
		return cty.DynamicVal.Mark(referenceMark(mi.within(address))), nil
	}
	return cty.DynamicVal, fault(at, summary, detail)
}

func (mi *moduleInstance) variable(name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	v := mi.module.variables[name]
	if v == nil {
		return mi.undeclared(at, "var."+name, "Reference to undeclared variable", "there is no variable "+name+" in this module")
	}
	return mi.once("var."+name, at, func() cty.Value {
		if mi.call == nil {
			return mi.rootInput(v)
		}
		attribute := mi.call.body.Attributes[name]
		if attribute == nil {
			return mi.absent(v)
		}
		value := mi.evaluator.evaluate(attribute.Expr, mi.inputScope.context())
		return mi.evaluator.fit(v, value, attribute.Expr.Range())
	})
}

func (mi *moduleInstance) rootInput(v *variableBlock) cty.Value {
	if value, given := mi.inputs[v.name]; given {
		return value
	}
	return mi.absent(v)
}

func (mi *moduleInstance) local(name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	expression := mi.module.locals[name]
	if expression == nil {
		return mi.undeclared(at, "local."+name, "Reference to undeclared local value", "there is no local value "+name+" in this module")
	}
	return mi.once("local."+name, at, func() cty.Value { return mi.evaluator.evaluate(expression, mi.scope().context()) })
}

// attribute of a module instance is an output.
func (mi *moduleInstance) attribute(name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	output := mi.module.outputs[name]
	if output == nil || output.value == nil {
		return mi.undeclared(at, "output."+name, "Unsupported attribute", mi.address+" has no output "+name)
	}
	return mi.once("output."+name, at, func() cty.Value {
		value := mi.evaluator.evaluate(output.value, mi.scope().context())
		if output.sensitive {
			value = value.Mark(sensitiveMark{})
		}
		return value
	})
}

func (mi *moduleInstance) manifold() bool    { return mi.ownUnknown }
func (mi *moduleInstance) reference() string { return "" }

// missingModule stands for a module that is not there: its outputs are unknown.
type missingModule struct{ address string }

func (m missingModule) attribute(string, hcl.Range) (cty.Value, hcl.Diagnostics) {
	return cty.DynamicVal.Mark(referenceMark(m.address)), nil
}
func (missingModule) manifold() bool      { return true }
func (m missingModule) reference() string { return m.address }

// callSet gives the instances of a module call.
func (mi *moduleInstance) callSet(c *callBlock, at hcl.Range) (*instanceSet, hcl.Diagnostics) {
	return mi.set("module."+c.name, at, func(set *instanceSet) {
		m := mi.findModule(c)
		mi.repeat(set, c.count, c.forEach, func(r repetition) lazyObject {
			if m == nil {
				return missingModule{mi.within("module." + c.name)}
			}
			return mi.newChild(m, c, r)
		})
	})
}

func (mi *moduleInstance) newChild(m *module, c *callBlock, r repetition) *moduleInstance {
	child := newModuleInstance(mi.evaluator, m)
	child.parent, child.call, child.depth = mi, c, mi.depth+1
	child.address = mi.within("module." + c.name + r.suffix)
	child.path = strings.TrimPrefix(mi.path+"."+c.name, ".")
	child.ownUnknown, child.instancesUnknown = r.unknown, mi.instancesUnknown || r.unknown
	child.inputScope = &scope{module: mi, repetition: r}
	child.ignores = mi.evaluator.ignores.scope(mi.ignores, c, c.ignores)
	return child
}

// findModule loads what the call names: a folder, or what `terraform init` fetched. Nil, with a problem, when it is not there.
func (mi *moduleInstance) findModule(c *callBlock) *module {
	e := mi.evaluator
	if mi.depth+1 > maxModuleDepth {
		e.report("incomplete", c.at, "module "+c.name+" was not read: modules are called more than 32 levels deep")
		return nil
	}
	if strings.HasPrefix(c.source, "./") || strings.HasPrefix(c.source, "../") {
		return e.loadModule(path.Join(mi.module.dir, c.source), c.at)
	}
	key := strings.TrimPrefix(mi.path+"."+c.name, ".")
	if dir, found := e.installedModules()[key]; found {
		return e.loadModule(path.Join(e.request.Root, dir), c.at)
	}
	source := c.source
	if source == "" {
		source = "(not a literal text)"
	}
	e.report("incomplete", c.at, "module "+c.name+" was not read: its source "+source+" is not installed; run `terraform init` in "+e.request.Root+", which brings it to .terraform/modules")
	return nil
}

// emit gives all resources of the instance and of the modules that it calls, in the order of their addresses.
func (e *evaluator) emit(mi *moduleInstance) {
	for _, key := range sortedKeys(mi.module.resources) {
		block := mi.module.resources[key]
		set, diags := mi.resourceSet(block, block.at)
		e.reportAll("incomplete", diags)
		for _, object := range set.objects() {
			if instance, ok := object.(*resourceInstance); ok {
				e.emitResource(instance)
			}
		}
	}
	for _, name := range sortedKeys(mi.module.calls) {
		set, diags := mi.callSet(mi.module.calls[name], mi.module.calls[name].at)
		e.reportAll("incomplete", diags)
		for _, object := range set.objects() {
			if child, ok := object.(*moduleInstance); ok {
				e.deep(func() { e.emit(child) })
			}
		}
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// evaluate gives the value of an expression; one that fails is unknown, with a problem.
func (e *evaluator) evaluate(expression hclsyntax.Expression, ctx *hcl.EvalContext) cty.Value {
	e.step()
	value, diags := e.guarded(expression, ctx)
	if diags.HasErrors() {
		for _, d := range diags {
			if d.Severity == hcl.DiagError {
				e.reportAll("incomplete", hcl.Diagnostics{d})
				break
			}
		}
		return cty.DynamicVal
	}
	if err := checkSize(value); err != nil {
		e.report("incomplete", expression.Range(), err.Error())
		return cty.DynamicVal
	}
	return value
}

// guarded turns a panic of a library into a problem of this one expression.
func (e *evaluator) guarded(expression hclsyntax.Expression, ctx *hcl.EvalContext) (value cty.Value, diags hcl.Diagnostics) {
	defer func() {
		if thrown := recover(); thrown != nil {
			if limit, ok := thrown.(tooMuch); ok {
				panic(limit)
			}
			value, diags = cty.DynamicVal, fault(expression.Range(), "Not evaluated", "this expression cannot be evaluated")
		}
	}()
	return expression.Value(ctx)
}
