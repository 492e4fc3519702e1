package terraform

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

type functionTable = map[string]function.Function

// newFunctions gives all of Terraform's functions. Those whose answer only a run can tell are unknown.
func (e *evaluator) newFunctions() functionTable {
	table := functionTable{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc, "max": stdlib.MaxFunc,
		"min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc, "signum": stdlib.SignumFunc,
		"chomp": stdlib.ChompFunc, "format": bounded(stdlib.FormatFunc, formatBound), "formatlist": bounded(stdlib.FormatListFunc, formatBound),
		"indent": bounded(stdlib.IndentFunc, indentBound), "join": bounded(stdlib.JoinFunc, joinBound), "lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc,
		"regexall": stdlib.RegexAllFunc, "replace": replaceFunc, "split": stdlib.SplitFunc, "strrev": stdlib.ReverseFunc,
		"substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc,
		"trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,
		"startswith":  textTest(strings.HasPrefix),
		"endswith":    textTest(strings.HasSuffix),
		"strcontains": textTest(strings.Contains),
		"chunklist":   stdlib.ChunklistFunc, "coalesce": coalesceFunc, "coalescelist": stdlib.CoalesceListFunc, "compact": stdlib.CompactFunc,
		"concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc,
		"flatten": stdlib.FlattenFunc, "keys": stdlib.KeysFunc, "merge": stdlib.MergeFunc, "range": stdlib.RangeFunc,
		"reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc, "setproduct": bounded(stdlib.SetProductFunc, productBound),
		"setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc, "slice": stdlib.SliceFunc, "sort": stdlib.SortFunc,
		"values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
		"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": bounded(stdlib.JSONDecodeFunc, depthBound), "jsonencode": stdlib.JSONEncodeFunc,
		"yamldecode": bounded(yaml.YAMLDecodeFunc, yamlBound), "yamlencode": yaml.YAMLEncodeFunc,
		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,
		"tobool": conversion(cty.Bool), "tonumber": conversion(cty.Number), "tostring": conversion(cty.String),
		"tolist": conversion(cty.List(cty.DynamicPseudoType)), "tomap": conversion(cty.Map(cty.DynamicPseudoType)),
		"toset": conversion(cty.Set(cty.DynamicPseudoType)), "list": listFunc, "map": mapFunc,
		"try": tryFunc, "can": canFunc, "templatefile": e.templateFileFunc(), "templatestring": e.templateStringFunc(),
		"timestamp": unknownText(), "plantimestamp": unknownText(), "uuid": unknownText(), "bcrypt": unknownText(), "rsadecrypt": unknownText(),
	}
	for _, more := range []functionTable{collectionFunctions, encodingFunctions, networkFunctions, markFunctions, e.fileFunctions()} {
		for name, f := range more {
			table[name] = f
		}
	}
	return table
}

// call is a function of parameters of fixed types with a result of a fixed type.
func call(result cty.Type, parameters []cty.Type, run func([]cty.Value) (cty.Value, error)) function.Function {
	spec := &function.Spec{Type: function.StaticReturnType(result)}
	for i, ty := range parameters {
		spec.Params = append(spec.Params, function.Parameter{Name: fmt.Sprintf("argument%d", i+1), Type: ty})
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) { return run(args) }
	return function.New(spec)
}

func textTest(test func(string, string) bool) function.Function {
	return call(cty.Bool, []cty.Type{cty.String, cty.String}, func(args []cty.Value) (cty.Value, error) {
		return cty.BoolVal(test(args[0].AsString(), args[1].AsString())), nil
	})
}

func textMap(run func(string) (string, error)) function.Function {
	return call(cty.String, []cty.Type{cty.String}, func(args []cty.Value) (cty.Value, error) {
		text, err := run(args[0].AsString())
		return cty.StringVal(text), err
	})
}

// unknownText takes anything and answers a text that only a run can tell.
func unknownText() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "arguments", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true},
		Type:     function.StaticReturnType(cty.String),
		Impl:     func([]cty.Value, cty.Type) (cty.Value, error) { return cty.UnknownVal(cty.String).RefineNotNull(), nil },
	})
}

// bounded runs the check on known arguments before the function does anything that could be too large.
func bounded(f function.Function, check func([]cty.Value) error) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := check(args); err != nil {
				return cty.NilType, err
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

func textAt(args []cty.Value, i int) (string, bool) {
	if i >= len(args) {
		return "", false
	}
	return knownText(args[i])
}

func formatBound(args []cty.Value) error {
	text, _ := textAt(args, 0)
	digits := 0
	for i := 0; i < len(text); i++ {
		if text[i] >= '0' && text[i] <= '9' {
			digits++
		} else {
			digits = 0
		}
		if digits > 5 {
			return function.NewArgErrorf(0, "a width or precision of more than five digits is not supported")
		}
	}
	return nil
}

func joinBound(args []cty.Value) error {
	separator, _ := textAt(args, 0)
	elements := 0
	for _, list := range args[1:] {
		if plain, _ := list.Unmark(); plain.IsKnown() && !plain.IsNull() && plain.CanIterateElements() {
			elements += plain.LengthInt()
		}
	}
	if elements*len(separator) > maxTextBytes {
		return errTooLarge
	}
	return nil
}

func indentBound(args []cty.Value) error {
	plain, _ := args[0].Unmark()
	text, known := textAt(args, 1)
	if !known || !plain.IsKnown() || plain.IsNull() {
		return nil
	}
	width, _ := plain.AsBigFloat().Float64()
	if width*float64(strings.Count(text, "\n")+1) > maxTextBytes {
		return errTooLarge
	}
	return nil
}

func productBound(args []cty.Value) error {
	total := 1
	for _, arg := range args {
		plain, _ := arg.Unmark()
		if !plain.IsKnown() || plain.IsNull() || !plain.CanIterateElements() {
			continue
		}
		total *= plain.LengthInt()
		if total > maxNodes {
			return errTooLarge
		}
	}
	return nil
}

// depthBound refuses text that nests too deeply for a recursive decoder.
func depthBound(args []cty.Value) error {
	text, _ := textAt(args, 0)
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > maxTextNesting {
			return errors.New("nested too deeply: at most 1,000 levels are supported")
		}
	}
	return nil
}

func yamlBound(args []cty.Value) error {
	if text, _ := textAt(args, 0); strings.Count(text, "*") > 10_000 {
		return errors.New("too many aliases")
	}
	return depthBound(args)
}

var replaceFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "str", Type: cty.String}, {Name: "substr", Type: cty.String}, {Name: "replace", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		// Between slashes it is a regular expression.
		if pattern := args[1].AsString(); len(pattern) > 1 && pattern[0] == '/' && pattern[len(pattern)-1] == '/' {
			return stdlib.RegexReplace(args[0], cty.StringVal(pattern[1:len(pattern)-1]), args[2])
		}
		if growth := strings.Count(args[0].AsString(), args[1].AsString()) * len(args[2].AsString()); growth > maxTextBytes {
			return cty.NilVal, errTooLarge
		}
		return cty.StringVal(strings.ReplaceAll(args[0].AsString(), args[1].AsString(), args[2].AsString())), nil
	},
})

// coalesceFunc also passes over empty text, as Terraform's does.
var coalesceFunc = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "vals", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true, AllowNull: true, AllowMarked: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		types := make([]cty.Type, len(args))
		for i, value := range args {
			types[i] = value.Type()
		}
		result, _ := convert.UnifyUnsafe(types)
		if result == cty.NilType {
			return cty.NilType, errors.New("all arguments must have the same type")
		}
		return result, nil
	},
	Impl: func(args []cty.Value, result cty.Type) (cty.Value, error) {
		marks := cty.ValueMarks{}
		for _, arg := range args {
			value, err := convert.Convert(arg, result)
			if err != nil {
				return cty.NilVal, err
			}
			plain, own := value.Unmark()
			for mark := range own {
				marks[mark] = struct{}{}
			}
			if !plain.IsKnown() {
				return coalesceUnknown(args, value, result, marks), nil
			}
			if plain.IsNull() || (result == cty.String && plain.RawEquals(cty.StringVal(""))) {
				continue
			}
			return plain.WithMarks(marks), nil
		}
		return cty.NilVal, errors.New("no non-null, non-empty-string arguments")
	},
})

// coalesceUnknown: any of the arguments may be the answer, so a reference to each of them stays. A whole resource is never null.
func coalesceUnknown(args []cty.Value, value cty.Value, result cty.Type, marks cty.ValueMarks) cty.Value {
	if lazyObjectOf(value) != nil {
		return value
	}
	for _, arg := range args {
		collectMarks(arg, marks)
	}
	return cty.UnknownVal(result).WithMarks(marks)
}

func conversion(want cty.Type) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "v", Type: cty.DynamicPseudoType, AllowNull: true, AllowMarked: true, AllowDynamicType: true}},
		Type: func(args []cty.Value) (cty.Type, error) {
			got := args[0].Type()
			if got.Equals(want) {
				return want, nil
			}
			switch {
			case args[0].IsNull(), !want.HasDynamicTypes() && got == cty.DynamicPseudoType:
				return want, nil
			}
			converted, err := convert.Convert(args[0], want)
			if err != nil {
				return cty.NilType, function.NewArgErrorf(0, "cannot convert %s to %s", got.FriendlyName(), want.FriendlyNameForConstraint())
			}
			return converted.Type(), nil
		},
		Impl: func(args []cty.Value, result cty.Type) (cty.Value, error) {
			value, err := convert.Convert(args[0], result)
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(0, "cannot convert the value to %s", want.FriendlyNameForConstraint())
			}
			return value, nil
		},
	})
}

var (
	listFunc = function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "vals", Type: cty.DynamicPseudoType},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.NilVal, errors.New("the list function was removed from Terraform; use tolist([ ... ])")
		},
	})
	mapFunc = function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "vals", Type: cty.DynamicPseudoType},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.NilVal, errors.New("the map function was removed from Terraform; use tomap({ ... })")
		},
	})
)

var tryFunc = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "expressions", Type: customdecode.ExpressionClosureType},
	Type: func(args []cty.Value) (cty.Type, error) {
		value, err := try(args)
		return value.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return try(args) },
})

// try is Terraform's, except that the answer keeps its references, and a whole resource stays one: naming it cannot fail.
func try(args []cty.Value) (cty.Value, error) {
	if len(args) == 0 {
		return cty.DynamicVal, errors.New("at least one argument is required")
	}
	var reasons []string
	for _, arg := range args {
		value, diags := customdecode.ExpressionClosureFromVal(arg).Value()
		if diags.HasErrors() {
			reasons = append(reasons, firstReason(diags))
			continue
		}
		if lazyObjectOf(value) == nil && !value.IsWhollyKnown() {
			marks := cty.ValueMarks{}
			collectMarks(value, marks)
			return cty.DynamicVal.WithMarks(marks), nil
		}
		return value, nil
	}
	return cty.DynamicVal, fmt.Errorf("no expression succeeded: %s", strings.Join(reasons, "; "))
}

func firstReason(diags hcl.Diagnostics) string {
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			return d.Summary
		}
	}
	return "failed"
}

var canFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "expression", Type: customdecode.ExpressionClosureType}},
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		value, diags := customdecode.ExpressionClosureFromVal(args[0]).Value()
		switch {
		case diags.HasErrors():
			return cty.False, nil
		case lazyObjectOf(value) == nil && !value.IsWhollyKnown():
			return cty.UnknownVal(cty.Bool), nil
		}
		return cty.True, nil
	},
})

var markFunctions = functionTable{
	"sensitive": onMarked(func(value cty.Value) cty.Value { return value.Mark(sensitiveMark{}) }),
	"nonsensitive": onMarked(func(value cty.Value) cty.Value {
		plain, marks := value.Unmark()
		kept := cty.ValueMarks{}
		for mark := range marks {
			if mark != (sensitiveMark{}) {
				kept[mark] = struct{}{}
			}
		}
		return plain.WithMarks(kept)
	}),
	"issensitive": onMarked(func(value cty.Value) cty.Value {
		switch {
		case value.HasMark(sensitiveMark{}):
			return cty.True
		case !value.IsKnown():
			return cty.UnknownVal(cty.Bool)
		}
		return cty.False
	}),
	"ephemeralasnull": onMarked(func(value cty.Value) cty.Value { return value }),
}

func onMarked(run func(cty.Value) cty.Value) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowNull: true, AllowMarked: true, AllowDynamicType: true}},
		Type:   func(args []cty.Value) (cty.Type, error) { return run(args[0]).Type(), nil },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return run(args[0]), nil },
	})
}

func sortedTexts(value cty.Value) []string {
	var out []string
	for it := value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		out = append(out, element.AsString())
	}
	sort.Strings(out)
	return out
}
