package terraform

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// instanceSet is what count or for_each makes of a block. Where the instances cannot be known there is one, which stands
// for all of them.
type instanceSet struct {
	busy, done bool
	kind       byte // 's'ingle, 'c'ount, 'e'ach, 'u'nknown
	keys       []string
	list       []lazyObject
	whole      cty.Value
}

func (set *instanceSet) objects() []lazyObject {
	if set == nil {
		return nil
	}
	return set.list
}

// value is what a reference to the block gives: one object, a list of them, or objects by key.
func (set *instanceSet) value() cty.Value {
	if set == nil {
		return cty.DynamicVal
	}
	return set.whole
}

func (set *instanceSet) finish() {
	values := make([]cty.Value, len(set.list))
	for i, object := range set.list {
		values[i] = lazyValue(object)
	}
	switch set.kind {
	case 'c':
		set.whole = cty.TupleVal(values)
	case 'e':
		byKey := map[string]cty.Value{}
		for i, key := range set.keys {
			byKey[key] = values[i]
		}
		set.whole = cty.ObjectVal(byKey)
	default:
		set.whole = values[0]
	}
}

func (mi *moduleInstance) set(name string, at hcl.Range, fill func(*instanceSet)) (*instanceSet, hcl.Diagnostics) {
	set := mi.sets[name]
	if set == nil {
		set = &instanceSet{}
		mi.sets[name] = set
	}
	if set.busy {
		return nil, fault(at, "Cycle", "the instances of "+mi.within(name)+" depend on themselves")
	}
	if !set.done {
		set.busy = true
		mi.evaluator.deep(func() { fill(set) })
		set.busy, set.done = false, true
		set.finish()
	}
	return set, nil
}

func (set *instanceSet) add(e *evaluator, object lazyObject) {
	e.instances++
	if e.instances > maxInstances {
		panic(tooMuch("the evaluation was stopped: there are more than 100,000 instances; what was not reached is not checked"))
	}
	set.list = append(set.list, object)
}

func (mi *moduleInstance) repeat(set *instanceSet, count, forEach hclsyntax.Expression, create func(repetition) lazyObject) {
	set.kind = 's'
	e := mi.evaluator
	switch {
	case count != nil:
		mi.repeatCount(set, count, create)
	case forEach != nil:
		mi.repeatEach(set, forEach, create)
	default:
		set.add(e, create(repetition{}))
	}
}

func (mi *moduleInstance) repeatCount(set *instanceSet, expression hclsyntax.Expression, create func(repetition) lazyObject) {
	e := mi.evaluator
	value, _ := e.evaluate(expression, mi.scope().context()).UnmarkDeep()
	number, err := convert.Convert(value, cty.Number)
	if err == nil && !number.IsKnown() {
		set.kind = 'u'
		set.add(e, create(repetition{hasCount: true, unknown: true, index: cty.UnknownVal(cty.Number)}))
		return
	}
	total, exact := 0, false
	if err == nil && !number.IsNull() {
		big, accuracy := number.AsBigFloat().Int64()
		total, exact = int(big), accuracy == 0 && big >= 0
	}
	if !exact {
		e.report("incomplete", expression.Range(), "Invalid count: it has to be a whole number, zero or more")
		set.kind = 'u'
		set.add(e, create(repetition{hasCount: true, unknown: true, index: cty.UnknownVal(cty.Number)}))
		return
	}
	set.kind = 'c'
	for i := range total {
		set.add(e, create(repetition{hasCount: true, index: cty.NumberIntVal(int64(i)), suffix: fmt.Sprintf("[%d]", i)}))
	}
}

func (mi *moduleInstance) repeatEach(set *instanceSet, expression hclsyntax.Expression, create func(repetition) lazyObject) {
	e := mi.evaluator
	value := demote(e.evaluate(expression, mi.scope().context()))
	plain, marks := value.Unmark()
	reason := wrongForEach(plain)
	if reason != "" {
		e.report("incomplete", expression.Range(), "Invalid for_each: "+reason)
	}
	if reason != "" || !plain.IsKnown() || (plain.Type().IsSetType() && !plain.IsWhollyKnown()) {
		set.kind = 'u'
		unknown := cty.DynamicVal.WithMarks(marks)
		set.add(e, create(repetition{hasEach: true, unknown: true, key: cty.UnknownVal(cty.String).WithMarks(marks), value: unknown}))
		return
	}
	set.kind = 'e'
	for it := plain.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if plain.Type().IsSetType() {
			key = element
		}
		set.keys = append(set.keys, key.AsString())
		r := repetition{hasEach: true, key: key.WithMarks(marks), value: element.WithMarks(marks), suffix: "[" + quoteKey(key) + "]"}
		set.add(e, create(r))
	}
}

func wrongForEach(value cty.Value) string {
	ty := value.Type()
	switch {
	case ty == cty.DynamicPseudoType && !value.IsKnown():
		return ""
	case value.IsNull():
		return "it is null"
	case ty.IsMapType() || ty.IsObjectType():
		return ""
	case ty.IsSetType():
		return wrongSet(value)
	}
	return "it has to be a map or a set of texts, not " + ty.FriendlyName()
}

func wrongSet(value cty.Value) string {
	ety := value.Type().ElementType()
	if ety != cty.String && ety != cty.DynamicPseudoType && !(value.IsKnown() && value.LengthInt() == 0) {
		return "it has to be a set of texts, not " + value.Type().FriendlyName()
	}
	if !value.IsWhollyKnown() {
		return ""
	}
	for it := value.ElementIterator(); it.Next(); {
		if _, element := it.Element(); element.IsNull() {
			return "it holds null"
		}
	}
	return ""
}
