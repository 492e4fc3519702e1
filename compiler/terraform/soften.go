package terraform

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Without a provider's schema an attribute that is not an argument is unknown, not an error, and references are resolved
// only when they are reached. HCL's own nodes can do neither, so the tree is rewritten once, in place: references get
// evaluation of ours, everything else stays HCL's.

type softReference struct {
	hclsyntax.Expression
	traversal hcl.Traversal
}

type softRelative struct {
	hclsyntax.Expression
	source    hclsyntax.Expression
	traversal hcl.Traversal
}

type softIndex struct {
	hclsyntax.Expression
	index *hclsyntax.IndexExpr
}

// splatSource makes a list of a single object, as a splat does, also when the object is a resource.
type splatSource struct{ hclsyntax.Expression }

// plainValue is a whole resource or module where only HCL's functions and operators look at it: unknown.
type plainValue struct{ hclsyntax.Expression }

// counted is evaluated many times: in a for expression.
type counted struct{ hclsyntax.Expression }

// providerCall is a function of a provider: only the provider can run it.
type providerCall struct{ *hclsyntax.FunctionCallExpr }

func soften(expression hclsyntax.Expression) hclsyntax.Expression {
	switch x := expression.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return softReference{x, x.Traversal}
	case *hclsyntax.RelativeTraversalExpr:
		x.Source = soften(x.Source)
		return softRelative{x, x.Source, x.Traversal}
	case *hclsyntax.IndexExpr:
		x.Collection, x.Key = soften(x.Collection), plainValue{soften(x.Key)}
		return softIndex{x, x}
	case *hclsyntax.FunctionCallExpr:
		return softenCall(x)
	case *hclsyntax.ConditionalExpr:
		x.Condition, x.TrueResult, x.FalseResult = soften(x.Condition), soften(x.TrueResult), soften(x.FalseResult)
		return softConditional{x, x}
	case *hclsyntax.SplatExpr:
		x.Source, x.Each = splatSource{soften(x.Source)}, soften(x.Each)
	case *hclsyntax.ForExpr:
		softenFor(x)
	default:
		softenChildren(x)
	}
	return expression
}

func softenChildren(expression hclsyntax.Expression) {
	switch x := expression.(type) {
	case *hclsyntax.ParenthesesExpr:
		x.Expression = soften(x.Expression)
	case *hclsyntax.BinaryOpExpr:
		x.LHS, x.RHS = plainValue{soften(x.LHS)}, plainValue{soften(x.RHS)}
	case *hclsyntax.UnaryOpExpr:
		x.Val = soften(x.Val)
	case *hclsyntax.TemplateExpr:
		softenList(x.Parts)
	case *hclsyntax.TemplateWrapExpr:
		x.Wrapped = soften(x.Wrapped)
	case *hclsyntax.TemplateJoinExpr:
		x.Tuple = soften(x.Tuple)
	case *hclsyntax.TupleConsExpr:
		softenList(x.Exprs)
	case *hclsyntax.ObjectConsExpr:
		for i := range x.Items {
			x.Items[i].KeyExpr, x.Items[i].ValueExpr = soften(x.Items[i].KeyExpr), soften(x.Items[i].ValueExpr)
		}
	case *hclsyntax.ObjectConsKeyExpr:
		// A bare name is the key itself.
		if _, reference := x.Wrapped.(*hclsyntax.ScopeTraversalExpr); !reference || x.ForceNonLiteral {
			x.Wrapped = soften(x.Wrapped)
		}
	}
}

func softenList(list []hclsyntax.Expression) {
	for i := range list {
		list[i] = soften(list[i])
	}
}

func softenFor(x *hclsyntax.ForExpr) {
	x.CollExpr, x.ValExpr = plainValue{soften(x.CollExpr)}, counted{soften(x.ValExpr)}
	if x.KeyExpr != nil {
		x.KeyExpr = soften(x.KeyExpr)
	}
	if x.CondExpr != nil {
		x.CondExpr = counted{soften(x.CondExpr)}
	}
}

// These hand on the value that they are given, so a whole resource may go through them.
var transparentCalls = map[string]bool{"try": true, "can": true, "coalesce": true, "sensitive": true, "nonsensitive": true, "ephemeralasnull": true}

func softenCall(x *hclsyntax.FunctionCallExpr) hclsyntax.Expression {
	x.Name = strings.TrimPrefix(x.Name, "core::")
	for i := range x.Args {
		x.Args[i] = counted{soften(x.Args[i])}
		if !transparentCalls[x.Name] {
			x.Args[i] = plainValue{x.Args[i]}
		}
	}
	if strings.HasPrefix(x.Name, "provider::") {
		return providerCall{x}
	}
	return x
}

type softConditional struct {
	hclsyntax.Expression
	conditional *hclsyntax.ConditionalExpr
}

// Value: which result it is may be unknown, and then an attribute of it is not the attribute of the one result that is a resource.
func (x softConditional) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	value, diags := x.Expression.Value(ctx)
	if lazyObjectOf(value) == nil {
		return value, diags
	}
	if condition, _ := x.conditional.Condition.Value(ctx); !condition.IsKnown() {
		value = demote(value)
	}
	return value, diags
}

func (x softReference) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	name := x.traversal.RootName()
	for c := ctx; c != nil; c = c.Parent() {
		if value, found := c.Variables[name]; found {
			return traverse(value, x.traversal[1:])
		}
		if s, found := c.Variables[scopeKey]; found {
			return s.EncapsulatedValue().(*scope).resolve(x.traversal)
		}
	}
	return cty.DynamicVal, fault(x.Range(), "Unknown name", "there is no "+name+" here")
}

func (x softRelative) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	source, diags := x.source.Value(ctx)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	value, more := traverse(source, x.traversal)
	return value, append(diags, more...)
}

func (x softIndex) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	collection, diags := x.index.Collection.Value(ctx)
	key, more := x.index.Key.Value(ctx)
	diags = append(diags, more...)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	plainKey, marks := key.Unmark()
	value, more := indexValue(collection, plainKey, x.index.BracketRange.Ptr())
	return value.WithMarks(marks), append(diags, more...)
}

func (x splatSource) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	value, diags := x.Expression.Value(ctx)
	if lazy := lazyObjectOf(value); lazy != nil {
		if lazy.manifold() {
			return demote(value), diags
		}
		return cty.TupleVal([]cty.Value{value}), diags
	}
	return value, diags
}

func (x plainValue) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	value, diags := x.Expression.Value(ctx)
	return demote(value), diags
}

func (x counted) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	for c := ctx; c != nil; c = c.Parent() {
		if e, found := c.Variables[evaluatorKey]; found {
			e.EncapsulatedValue().(*evaluator).step()
			break
		}
	}
	return x.Expression.Value(ctx)
}

func (x providerCall) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	marks := cty.ValueMarks{}
	for _, argument := range x.Args {
		value, diags := argument.Value(ctx)
		if diags.HasErrors() {
			return cty.DynamicVal, diags
		}
		collectMarks(value, marks)
	}
	return cty.DynamicVal.WithMarks(marks), nil
}

func fault(at hcl.Range, summary, detail string) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: at.Ptr()}}
}
