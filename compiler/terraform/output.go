package terraform

import (
	"encoding/json"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func itoa(n int) string { return strconv.Itoa(n) }

func escapePointer(segment string) string {
	return strings.ReplaceAll(strings.ReplaceAll(segment, "~", "~0"), "/", "~1")
}

func placeOf(at hcl.Range) place {
	return place{File: at.Filename, Line: at.Start.Line, Column: at.Start.Column}
}

// relativeTo gives a module's folder as Terraform's path.module has it.
func relativeTo(root, dir string) string {
	if dir == root {
		return "."
	}
	if strings.HasPrefix(dir, root+"/") {
		return dir[len(root)+1:]
	}
	up := "."
	for base := root; base != "/" && base != "."; {
		base = path.Dir(base)
		up = path.Join(up, "..")
		prefix := strings.TrimSuffix(base, "/") + "/"
		if base == dir {
			return up
		}
		if strings.HasPrefix(dir, prefix) {
			return path.Join(up, dir[len(prefix):])
		}
	}
	return dir
}

func (e *evaluator) emitResource(ri *resourceInstance) {
	result := ri.evaluate()
	w := writer{references: map[string]map[string]bool{}}
	values, _ := w.object(result.values, "")
	for pointer, value := range result.arguments {
		w.refer(pointer, value)
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		encoded = []byte("{}")
		w.unknown = append(w.unknown, "")
	}
	sort.Strings(w.unknown)
	if w.unknown == nil {
		w.unknown = []string{}
	}
	e.resources = append(e.resources, resource{
		Address: ri.address, Mode: ri.block.mode, Type: ri.block.kind, Name: ri.block.name, Region: ri.region(result.values),
		Values: encoded, Unknown: w.unknown, References: w.sorted(), Positions: result.positions,
		InstancesUnknown: ri.repetition.unknown || ri.module.instancesUnknown,
		Ignores:          e.ignores.scope(ri.module.ignores, ri.block, ri.block.ignores),
	})
}

// writer turns values into JSON: what is not known is left out and listed.
type writer struct {
	unknown    []string
	references map[string]map[string]bool
}

func (w *writer) mark(pointer string, marks cty.ValueMarks) {
	for mark := range marks {
		if address, ok := plainMark(mark).(referenceMark); ok {
			if w.references[pointer] == nil {
				w.references[pointer] = map[string]bool{}
			}
			w.references[pointer][string(address)] = true
		}
	}
}

func (w *writer) refer(pointer string, value cty.Value) {
	marks := cty.ValueMarks{}
	collectMarks(value, marks)
	w.mark(pointer, marks)
}

func (w *writer) sorted() map[string][]string {
	out := map[string][]string{}
	for pointer, addresses := range w.references {
		out[pointer] = sortedKeys(addresses)
	}
	return out
}

func (w *writer) object(values map[string]cty.Value, at string) (map[string]any, bool) {
	out := map[string]any{}
	for name, value := range values {
		if encoded, known := w.value(value, at+"/"+escapePointer(name)); known {
			out[name] = encoded
		}
	}
	return out, true
}

func (w *writer) value(value cty.Value, at string) (any, bool) {
	plain, marks := value.Unmark()
	w.mark(at, marks)
	if !plain.IsKnown() {
		w.unknown = append(w.unknown, at)
		return nil, false
	}
	if plain.IsNull() {
		return nil, true
	}
	switch ty := plain.Type(); {
	case ty == cty.String:
		return plain.AsString(), true
	case ty == cty.Bool:
		return plain.True(), true
	case ty == cty.Number:
		return json.Number(plain.AsBigFloat().Text('f', -1)), true
	case ty.IsObjectType() || ty.IsMapType():
		return w.object(plain.AsValueMap(), at)
	case plain.CanIterateElements():
		return w.list(plain, at), true
	}
	w.unknown = append(w.unknown, at)
	return nil, false
}

func (w *writer) list(value cty.Value, at string) []any {
	out := []any{}
	for it := value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		encoded, _ := w.value(element, at+"/"+itoa(len(out)))
		out = append(out, encoded)
	}
	return out
}

// expressionPlaces adds the place of each key and element that is written out in an expression. What jsonencode is given
// is found below the text that it makes.
func expressionPlaces(expression hclsyntax.Expression, at string, into map[string]place) {
	switch x := hardened(expression).(type) {
	case *hclsyntax.ObjectConsExpr:
		for _, item := range x.Items {
			key := literalOf(item.KeyExpr)
			if key == "" {
				continue
			}
			here := at + "/" + escapePointer(key)
			into[here] = placeOf(item.KeyExpr.Range())
			expressionPlaces(item.ValueExpr, here, into)
		}
	case *hclsyntax.TupleConsExpr:
		for i, element := range x.Exprs {
			here := at + "/" + itoa(i)
			into[here] = placeOf(element.Range())
			expressionPlaces(element, here, into)
		}
	case *hclsyntax.FunctionCallExpr:
		if x.Name == "jsonencode" && len(x.Args) == 1 {
			expressionPlaces(x.Args[0], at, into)
		}
	}
}

// hardened takes off what soften put around an expression.
func hardened(expression hclsyntax.Expression) hclsyntax.Expression {
	for {
		switch x := expression.(type) {
		case plainValue:
			expression = x.Expression
		case counted:
			expression = x.Expression
		case splatSource:
			expression = x.Expression
		case *hclsyntax.ParenthesesExpr:
			expression = x.Expression
		case *hclsyntax.TemplateWrapExpr:
			expression = x.Wrapped
		default:
			return expression
		}
	}
}
