package terraform

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// resourceInstance is one instance of a resource or data block, evaluated when it is first asked for.
type resourceInstance struct {
	module     *moduleInstance
	block      *resourceBlock
	repetition repetition
	address    string
	busy       bool
	result     *bodyResult
}

// bodyResult is an evaluated body: the value, each argument by pointer, and the places of what is in it.
type bodyResult struct {
	values    map[string]cty.Value
	arguments map[string]cty.Value
	positions map[string]place
}

func (mi *moduleInstance) resourceSet(b *resourceBlock, at hcl.Range) (*instanceSet, hcl.Diagnostics) {
	return mi.set(b.key(), at, func(set *instanceSet) {
		mi.repeat(set, b.count, b.forEach, func(r repetition) lazyObject {
			return &resourceInstance{module: mi, block: b, repetition: r, address: mi.within(b.key() + r.suffix)}
		})
	})
}

func (ri *resourceInstance) manifold() bool    { return ri.repetition.unknown }
func (ri *resourceInstance) reference() string { return ri.address }

// attribute is the argument of that name, where one is given; anything else only the provider knows.
func (ri *resourceInstance) attribute(name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	mark := referenceMark(ri.address)
	if ri.block.body.Attributes[name] == nil && !hasBlock(ri.block.body, name) {
		return cty.DynamicVal.Mark(mark), nil
	}
	if ri.busy {
		return cty.DynamicVal, fault(at, "Cycle", ri.address+" depends on itself")
	}
	value, found := ri.evaluate().values[name]
	if !found || value.IsNull() {
		return cty.DynamicVal.Mark(mark), nil
	}
	return markDeep(value, mark), nil
}

func hasBlock(body *hclsyntax.Body, name string) bool {
	for _, block := range body.Blocks {
		if contentType(block) == name {
			return true
		}
	}
	return false
}

func (ri *resourceInstance) evaluate() *bodyResult {
	if ri.result != nil {
		return ri.result
	}
	ri.busy = true
	defer func() { ri.busy = false }()
	e := ri.module.evaluator
	result := &bodyResult{arguments: map[string]cty.Value{}, positions: map[string]place{"": placeOf(ri.block.at)}}
	s := &scope{module: ri.module, repetition: ri.repetition}
	e.deep(func() { result.values = e.evaluateBody(ri.block.body, s.context(), "", result) })
	ri.result = result
	return result
}

func (e *evaluator) evaluateBody(body *hclsyntax.Body, ctx *hcl.EvalContext, at string, out *bodyResult) map[string]cty.Value {
	values := map[string]cty.Value{}
	for _, name := range sortedKeys(body.Attributes) {
		attribute := body.Attributes[name]
		value := e.evaluate(attribute.Expr, ctx)
		here := at + "/" + escapePointer(name)
		values[name] = value
		out.arguments[here] = value
		out.positions[here] = placeOf(attribute.NameRange)
		expressionPlaces(attribute.Expr, here, out.positions)
	}
	for _, kind := range blockTypes(body) {
		if _, both := values[kind]; !both {
			values[kind] = e.evaluateBlocks(body, kind, ctx, at+"/"+escapePointer(kind), out)
		}
	}
	return values
}

func blockTypes(body *hclsyntax.Body) []string {
	var types []string
	seen := map[string]bool{}
	for _, block := range body.Blocks {
		kind := contentType(block)
		if !seen[kind] {
			seen[kind] = true
			types = append(types, kind)
		}
	}
	return types
}

// evaluateBlocks gives the blocks of one type as a list, as a plan has them; unknown as a whole when their number is.
func (e *evaluator) evaluateBlocks(body *hclsyntax.Body, kind string, ctx *hcl.EvalContext, at string, out *bodyResult) cty.Value {
	list := &blockList{evaluator: e, at: at, out: out}
	for _, block := range body.Blocks {
		if contentType(block) != kind {
			continue
		}
		if _, placed := out.positions[at]; !placed {
			out.positions[at] = placeOf(block.TypeRange)
		}
		if block.Type == "dynamic" {
			list.expand(block, ctx)
		} else {
			list.add(block.Body, ctx, block.TypeRange)
		}
	}
	if list.unknown {
		return cty.DynamicVal.WithMarks(list.marks)
	}
	return cty.TupleVal(list.values)
}

type blockList struct {
	evaluator *evaluator
	at        string
	out       *bodyResult
	values    []cty.Value
	unknown   bool
	marks     cty.ValueMarks
}

func (l *blockList) add(body *hclsyntax.Body, ctx *hcl.EvalContext, at hcl.Range) {
	l.evaluator.step()
	here := l.at + "/" + itoa(len(l.values))
	l.out.positions[here] = placeOf(at)
	l.values = append(l.values, cty.ObjectVal(l.evaluator.evaluateBody(body, ctx, here, l.out)))
}

// expand writes out a dynamic block.
func (l *blockList) expand(block *hclsyntax.Block, ctx *hcl.EvalContext) {
	forEach := block.Body.Attributes["for_each"]
	var content *hclsyntax.Block
	for _, child := range block.Body.Blocks {
		if child.Type == "content" {
			content = child
		}
	}
	if forEach == nil || content == nil {
		l.evaluator.report("unreadable", block.DefRange(), "A dynamic block needs for_each and a content block")
		l.unknown = true
		return
	}
	collection := demote(l.evaluator.evaluate(forEach.Expr, ctx))
	plain, marks := collection.Unmark()
	if !plain.IsKnown() || plain.IsNull() || !plain.CanIterateElements() {
		if plain.IsKnown() {
			l.evaluator.report("incomplete", forEach.Expr.Range(), "Invalid for_each: a dynamic block needs a collection, not "+plain.Type().FriendlyName())
		}
		l.unknown = true
		l.keepMarks(collection)
		return
	}
	name := iteratorName(block)
	for it := plain.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if plain.Type().IsSetType() {
			key = value
		}
		child := ctx.NewChild()
		iterator := map[string]cty.Value{"key": key.WithMarks(marks), "value": value.WithMarks(marks)}
		child.Variables = map[string]cty.Value{name: cty.ObjectVal(iterator)}
		l.add(content.Body, child, block.TypeRange)
	}
	if plain.Type().IsSetType() && !plain.IsWhollyKnown() {
		l.unknown = true
	}
}

func (l *blockList) keepMarks(value cty.Value) {
	if l.marks == nil {
		l.marks = cty.ValueMarks{}
	}
	collectMarks(value, l.marks)
}

func iteratorName(block *hclsyntax.Block) string {
	if attribute := block.Body.Attributes["iterator"]; attribute != nil {
		if name := staticName(attribute.Expr); name != "" {
			return name
		}
	}
	return block.Labels[0]
}

// region is that of the provider configuration which the resource uses, or its own argument.
func (ri *resourceInstance) region(values map[string]cty.Value) *string {
	if own, found := values["region"]; found && ri.block.mode == "managed" {
		if text, known := knownText(own); known {
			return &text
		}
		if plain, _ := own.Unmark(); !plain.IsKnown() {
			return nil
		}
	}
	name := ri.block.provider
	if name == "" {
		name = providerOfType(ri.block.kind)
	}
	return ri.module.providerRegion(name)
}

func providerOfType(kind string) string {
	for i := range kind {
		if kind[i] == '_' {
			return kind[:i]
		}
	}
	return kind
}

func (mi *moduleInstance) providerRegion(name string) *string {
	if configuration := mi.module.providers[name]; configuration != nil {
		if configuration.region == nil {
			return nil
		}
		value, _ := mi.once("provider."+name, hcl.Range{}, func() cty.Value {
			return mi.evaluator.evaluate(configuration.region, mi.scope().context())
		})
		if text, known := knownText(value); known {
			return &text
		}
		return nil
	}
	if mi.parent == nil {
		return nil
	}
	if passed, found := mi.call.providers[name]; found {
		return mi.parent.providerRegion(passed)
	}
	if providerOfAlias(name) != name {
		return nil
	}
	return mi.parent.providerRegion(name)
}

func providerOfAlias(name string) string {
	for i := range name {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}

func knownText(value cty.Value) (string, bool) {
	plain, _ := value.UnmarkDeep()
	if plain.Type() != cty.String || !plain.IsKnown() || plain.IsNull() {
		return "", false
	}
	return plain.AsString(), true
}
