package terraform

import (
	"errors"
	"math/big"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Terraform's own collection functions: those that go-cty does not have, or has otherwise.
var collectionFunctions = functionTable{
	"alltrue": booleans(true), "anytrue": booleans(false), "index": indexFunc, "length": lengthFunc, "lookup": lookupFunc,
	"matchkeys": matchkeysFunc, "one": oneFunc, "sum": sumFunc, "transpose": transposeFunc, "timecmp": timecmpFunc,
}

// booleans is alltrue (every) or anytrue. One element can decide although others are not known.
func booleans(every bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			result := cty.BoolVal(every)
			for it := args[0].ElementIterator(); it.Next(); {
				_, element := it.Element()
				switch {
				case !element.IsKnown():
					result = cty.UnknownVal(cty.Bool)
				case element.IsNull() && every:
					return cty.False, nil
				case !element.IsNull() && element.True() != every:
					return cty.BoolVal(!every), nil
				}
			}
			return result, nil
		},
	})
}

var anything = function.Parameter{Name: "value", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true}

var lengthFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty := args[0].Type()
		if ty == cty.String || ty.IsTupleType() || ty.IsObjectType() || ty.IsCollectionType() || ty == cty.DynamicPseudoType {
			return cty.Number, nil
		}
		return cty.Number, errors.New("argument must be a string, a collection type, or a structural type")
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		value, marks := args[0].Unmark()
		switch ty := value.Type(); {
		case ty == cty.DynamicPseudoType:
			return cty.UnknownVal(cty.Number).WithMarks(marks), nil
		case ty.IsTupleType():
			return cty.NumberIntVal(int64(len(ty.TupleElementTypes()))).WithMarks(marks), nil
		case ty.IsObjectType():
			return cty.NumberIntVal(int64(len(ty.AttributeTypes()))).WithMarks(marks), nil
		case ty == cty.String:
			length, err := stdlib.Strlen(value)
			return length.WithMarks(marks), err
		}
		return value.Length().WithMarks(marks), nil
	},
})

// lookupFunc takes the default where the key is not there; go-cty's needs it always.
var lookupFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "inputMap", Type: cty.DynamicPseudoType, AllowMarked: true},
		{Name: "key", Type: cty.String, AllowMarked: true},
	},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true, AllowNull: true, AllowMarked: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		if len(args) < 1 || len(args) > 3 {
			return cty.NilType, errors.New("lookup takes two or three arguments")
		}
		return lookupType(args)
	},
	Impl: func(args []cty.Value, result cty.Type) (cty.Value, error) {
		input, marks := args[0].Unmark()
		key, more := args[1].Unmark()
		if !input.IsKnown() || !key.IsKnown() {
			return cty.UnknownVal(result).WithMarks(marks, more), nil
		}
		if input.Type().IsObjectType() && input.Type().HasAttribute(key.AsString()) {
			return input.GetAttr(key.AsString()).WithMarks(marks, more), nil
		}
		if input.Type().IsMapType() && input.HasIndex(key).True() {
			return input.Index(key).WithMarks(marks, more), nil
		}
		if len(args) == 3 {
			fallback, err := convert.Convert(args[2], result)
			return fallback.WithMarks(marks, more), err
		}
		return cty.NilVal, errors.New("the map has no element with the given key, and no default is given")
	},
})

func lookupType(args []cty.Value) (cty.Type, error) {
	switch ty := args[0].Type(); {
	case ty.IsMapType():
		return ty.ElementType(), nil
	case ty.IsObjectType():
		key, known := textAt(args, 1)
		if !known {
			return cty.DynamicPseudoType, nil
		}
		if ty.HasAttribute(key) {
			return ty.AttributeType(key), nil
		}
		if len(args) == 3 {
			return args[2].Type(), nil
		}
		return cty.NilType, function.NewArgErrorf(0, "the given object has no attribute %q", key)
	}
	return cty.NilType, function.NewArgErrorf(0, "lookup requires a map as the first argument")
}

var indexFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}, {Name: "value", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[0].Type().IsListType() && !args[0].Type().IsTupleType() {
			return cty.NilVal, errors.New("argument must be a list or tuple")
		}
		for it := args[0].ElementIterator(); it.Next(); {
			key, element := it.Element()
			same, err := stdlib.Equal(element, args[1])
			if err != nil {
				return cty.NilVal, err
			}
			if !same.IsKnown() {
				return cty.UnknownVal(cty.Number), nil
			}
			if same.True() {
				return key, nil
			}
		}
		return cty.NilVal, errors.New("item not found")
	},
})

var matchkeysFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "values", Type: cty.List(cty.DynamicPseudoType)}, {Name: "keys", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "searchset", Type: cty.List(cty.DynamicPseudoType)},
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()})
		if ty == cty.NilType {
			return cty.NilType, errors.New("keys and searchset must be of the same type")
		}
		return args[0].Type(), nil
	},
	Impl: func(args []cty.Value, result cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() || !args[1].IsWhollyKnown() || !args[2].IsWhollyKnown() {
			return cty.UnknownVal(result), nil
		}
		if args[0].LengthInt() != args[1].LengthInt() {
			return cty.NilVal, errors.New("length of keys and values should be equal")
		}
		var out []cty.Value
		values, keys := args[0].AsValueSlice(), args[1].AsValueSlice()
		for i, key := range keys {
			found, err := stdlib.Contains(args[2], key)
			if err == nil && found.True() {
				out = append(out, values[i])
			}
		}
		if len(out) == 0 {
			return cty.ListValEmpty(result.ElementType()), nil
		}
		return cty.ListVal(out), nil
	},
})

var oneFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything},
	Type: func(args []cty.Value) (cty.Type, error) {
		switch ty := args[0].Type(); {
		case ty.IsListType() || ty.IsSetType():
			return ty.ElementType(), nil
		case ty.IsTupleType() && len(ty.TupleElementTypes()) == 0, ty == cty.DynamicPseudoType:
			return cty.DynamicPseudoType, nil
		case ty.IsTupleType() && len(ty.TupleElementTypes()) == 1:
			return ty.TupleElementType(0), nil
		}
		return cty.NilType, function.NewArgErrorf(0, "must be a list, set, or tuple value with either zero or one elements")
	},
	Impl: func(args []cty.Value, result cty.Type) (cty.Value, error) {
		value, marks := args[0].Unmark()
		if !value.IsKnown() {
			return cty.UnknownVal(result).WithMarks(marks), nil
		}
		if value.Type().IsSetType() && !value.IsWhollyKnown() && value.LengthInt() > 1 {
			return cty.UnknownVal(result).WithMarks(marks), nil
		}
		switch value.LengthInt() {
		case 0:
			return cty.NullVal(result).WithMarks(marks), nil
		case 1:
			return value.AsValueSlice()[0].WithMarks(marks), nil
		}
		return cty.NilVal, function.NewArgErrorf(0, "must be a list, set, or tuple value with either zero or one elements")
	},
})

var sumFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		ty := args[0].Type()
		if !ty.IsListType() && !ty.IsSetType() && !ty.IsTupleType() || args[0].LengthInt() == 0 {
			return cty.NilVal, errors.New("cannot sum what is not a list, set or tuple with at least one element")
		}
		total := cty.NumberVal(new(big.Float))
		for it := args[0].ElementIterator(); it.Next(); {
			_, element := it.Element()
			number, err := convert.Convert(element, cty.Number)
			if err != nil || number.IsNull() {
				return cty.NilVal, errors.New("argument must be list, set, or tuple of number values")
			}
			total = total.Add(number)
		}
		return total, nil
	},
})

var transposeFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "values", Type: cty.Map(cty.List(cty.String))}},
	Type:   function.StaticReturnType(cty.Map(cty.List(cty.String))),
	Impl: func(args []cty.Value, result cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(result), nil
		}
		lists := map[string][]cty.Value{}
		for it := args[0].ElementIterator(); it.Next(); {
			key, list := it.Element()
			if list.IsNull() {
				continue
			}
			for inner := list.ElementIterator(); inner.Next(); {
				_, text := inner.Element()
				if text.IsNull() {
					return cty.NilVal, errors.New("the input must not have null elements")
				}
				lists[text.AsString()] = append(lists[text.AsString()], key)
			}
		}
		out := map[string]cty.Value{}
		for key, list := range lists {
			out[key] = cty.ListVal(list)
		}
		if len(out) == 0 {
			return cty.MapValEmpty(cty.List(cty.String)), nil
		}
		return cty.MapVal(out), nil
	},
})

var timecmpFunc = call(cty.Number, []cty.Type{cty.String, cty.String}, func(args []cty.Value) (cty.Value, error) {
	a, err := time.Parse(time.RFC3339, args[0].AsString())
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(0, "not a valid RFC 3339 timestamp")
	}
	b, err := time.Parse(time.RFC3339, args[1].AsString())
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(1, "not a valid RFC 3339 timestamp")
	}
	return cty.NumberIntVal(int64(a.Compare(b))), nil
})
