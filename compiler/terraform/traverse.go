package terraform

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// A reference travels with the values that came from it, as a mark: through locals, variables, outputs and functions.

// referenceMark is the address of the resource that a value came from.
type referenceMark string

// sensitiveMark is Terraform's own.
type sensitiveMark struct{}

// lazyMark stands on an unknown value that is in truth a whole resource or module instance.
type lazyMark struct{ object lazyObject }

// lazyObject is an object whose attributes are looked up by name: a resource has more of them than its arguments.
type lazyObject interface {
	attribute(name string, at hcl.Range) (cty.Value, hcl.Diagnostics)
	// manifold is true for one that stands for an unknown number of instances.
	manifold() bool
	// reference is the address that a value from it refers to; empty where there is none (a module).
	reference() string
}

func lazyValue(object lazyObject) cty.Value { return cty.DynamicVal.Mark(lazyMark{object}) }

// lazyObjectOf gives the object when the value is exactly one whole lazy object.
func lazyObjectOf(value cty.Value) lazyObject {
	if !value.IsMarked() {
		return nil
	}
	plain, marks := value.Unmark()
	if plain.Type() != cty.DynamicPseudoType || plain.IsKnown() {
		return nil
	}
	var found lazyObject
	for mark := range marks {
		if lazy, ok := mark.(lazyMark); ok {
			if found != nil {
				return nil
			}
			found = lazy.object
		}
	}
	return found
}

// demote makes a whole lazy object a plain unknown value that still knows where it came from.
func demote(value cty.Value) cty.Value {
	if !value.IsMarked() {
		return value
	}
	plain, marks := value.Unmark()
	out := cty.ValueMarks{}
	for mark := range marks {
		out[plainMark(mark)] = struct{}{}
	}
	delete(out, nil)
	return plain.WithMarks(out)
}

func plainMark(mark any) any {
	lazy, ok := mark.(lazyMark)
	if !ok {
		return mark
	}
	if address := lazy.object.reference(); address != "" {
		return referenceMark(address)
	}
	return nil
}

// collectMarks adds the marks of the value and of everything in it, whole lazy objects as plain references.
func collectMarks(value cty.Value, into cty.ValueMarks) {
	_, marks := value.UnmarkDeep()
	for mark := range marks {
		if plain := plainMark(mark); plain != nil {
			into[plain] = struct{}{}
		}
	}
}

func traverse(value cty.Value, steps hcl.Traversal) (cty.Value, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	for _, step := range steps {
		var more hcl.Diagnostics
		switch s := step.(type) {
		case hcl.TraverseAttr:
			value, more = attributeValue(value, s.Name, s.SrcRange)
		case hcl.TraverseIndex:
			value, more = indexValue(value, s.Key, s.SrcRange.Ptr())
		default:
			value, more = step.TraversalStep(value)
		}
		diags = append(diags, more...)
		if diags.HasErrors() {
			return cty.DynamicVal, diags
		}
	}
	return value, diags
}

func attributeValue(value cty.Value, name string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	if lazy := lazyObjectOf(value); lazy != nil {
		found, diags := lazy.attribute(name, at)
		return found.WithSameMarks(withoutLazy(value)), diags
	}
	if plain, marks := value.Unmark(); plain.Type().IsObjectType() && !plain.Type().HasAttribute(name) && hasReference(marks) {
		return cty.DynamicVal.WithMarks(marks), nil
	}
	return hcl.GetAttr(value, name, &at)
}

func indexValue(value, key cty.Value, at *hcl.Range) (cty.Value, hcl.Diagnostics) {
	lazy := lazyObjectOf(value)
	if lazy == nil {
		return indexPlain(value, key, at)
	}
	if lazy.manifold() {
		return value, nil
	}
	if key.Type() == cty.String && key.IsKnown() && !key.IsNull() {
		return attributeValue(value, key.AsString(), *at)
	}
	return demote(value), nil
}

func indexPlain(value, key cty.Value, at *hcl.Range) (cty.Value, hcl.Diagnostics) {
	plain, marks := value.Unmark()
	isName := key.Type() == cty.String && key.IsKnown() && !key.IsNull()
	if isName && plain.Type().IsObjectType() && !plain.Type().HasAttribute(key.AsString()) && hasReference(marks) {
		return cty.DynamicVal.WithMarks(marks), nil
	}
	found, diags := hcl.Index(value, key, at)
	if !key.IsKnown() && !diags.HasErrors() {
		// Any of the elements: it may refer to what each of them refers to.
		all := cty.ValueMarks{}
		collectMarks(value, all)
		found = demote(found).WithMarks(all)
	}
	return found, diags
}

func withoutLazy(value cty.Value) cty.Value {
	plain, marks := value.Unmark()
	out := cty.ValueMarks{}
	for mark := range marks {
		if _, lazy := mark.(lazyMark); !lazy {
			out[mark] = struct{}{}
		}
	}
	return plain.WithMarks(out)
}

func hasReference(marks cty.ValueMarks) bool {
	for mark := range marks {
		if _, ok := mark.(referenceMark); ok {
			return true
		}
	}
	return false
}

// markDeep marks the value and every part of it, so that a part that is taken out keeps its origin.
func markDeep(value cty.Value, mark any) cty.Value {
	marked, err := cty.Transform(value, func(_ cty.Path, part cty.Value) (cty.Value, error) { return part.Mark(mark), nil })
	if err != nil {
		return value.Mark(mark)
	}
	return marked
}

// quoteKey writes an instance key as Terraform does in addresses.
func quoteKey(key cty.Value) string {
	if key.Type() == cty.Number {
		return key.AsBigFloat().Text('f', 0)
	}
	quoted := strconv.Quote(key.AsString())
	return quoted
}
