package terraform

import (
	"encoding/json"
	"path"
	"sort"
	"strings"

	"portcullis/compiler/host"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

func (e *evaluator) declareVariable(m *module, block *hclsyntax.Block) {
	v := &variableBlock{name: block.Labels[0], at: block.DefRange(), ty: cty.DynamicPseudoType, nullable: literalText(block.Body, "nullable") != "false"}
	v.sensitive = literalText(block.Body, "sensitive") == "true"
	if !unique(e, m.variables, v.name, block) {
		return
	}
	m.variables[v.name] = v
	if attribute := block.Body.Attributes["type"]; attribute != nil {
		e.declareType(v, attribute.Expr)
	}
	attribute := block.Body.Attributes["default"]
	if attribute == nil {
		return
	}
	value, diags := attribute.Expr.Value(nil)
	e.reportAll("unreadable", diags)
	if diags.HasErrors() {
		return
	}
	v.hasFallback, v.fallback = true, e.fit(v, value, attribute.Expr.Range())
}

// Before Terraform 0.12 types were written as text.
var quotedTypes = map[string]cty.Type{
	"string": cty.String, "number": cty.Number, "bool": cty.Bool,
	"list": cty.List(cty.DynamicPseudoType), "map": cty.Map(cty.DynamicPseudoType), "any": cty.DynamicPseudoType,
}

func (e *evaluator) declareType(v *variableBlock, expression hclsyntax.Expression) {
	if text := literalOf(expression); text != "" {
		if ty, found := quotedTypes[text]; found {
			v.ty, v.declared = ty, true
			return
		}
		start := expression.Range().Start
		tokens, _ := hclsyntax.LexExpression([]byte(text), v.at.Filename, start)
		parsed, diags := hclsyntax.ParseExpression([]byte(text), v.at.Filename, start)
		if diag := checkNesting(tokens); diag != nil || diags.HasErrors() {
			e.report("unreadable", expression.Range(), "Invalid type of variable "+v.name)
			return
		}
		expression = parsed
	}
	ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(expression)
	e.reportAll("unreadable", diags)
	if !diags.HasErrors() {
		v.ty, v.defaults, v.declared = ty, defaults, true
	}
}

// fit gives the value the variable's type, with the defaults of its optional attributes. What does not fit is unknown.
func (e *evaluator) fit(v *variableBlock, value cty.Value, at hcl.Range) cty.Value {
	if v.defaults != nil && !value.IsNull() {
		value = v.defaults.Apply(value)
	}
	fitted, err := convert.Convert(value, v.ty)
	if err != nil {
		e.report("incomplete", at, "Wrong type for the variable "+v.name+": "+err.Error())
		return v.unknown()
	}
	if fitted.IsNull() && !v.nullable && v.hasFallback {
		fitted = v.fallback
	}
	if v.sensitive {
		fitted = fitted.Mark(sensitiveMark{})
	}
	return fitted
}

func (v *variableBlock) unknown() cty.Value {
	return cty.UnknownVal(v.ty.WithoutOptionalAttributesDeep())
}

// absent is the value of a variable that the caller does not set.
// One without a default is marked with its own address: whatever is made of it may refer to things that nobody sees here.
func (mi *moduleInstance) absent(v *variableBlock) cty.Value {
	if v.hasFallback {
		return v.fallback
	}
	return v.unknown().Mark(referenceMark(mi.within("var." + v.name)))
}

// rootInputs takes values in Terraform's order, the later before the earlier: terraform.tfvars, terraform.tfvars.json,
// *.auto.tfvars in the order of their names, then the files and values of the request.
func (e *evaluator) rootInputs(m *module) map[string]cty.Value {
	inputs := map[string]cty.Value{}
	for _, file := range e.variableFiles() {
		for name, given := range e.readVariableFile(file) {
			if v := m.variables[name]; v != nil {
				inputs[name] = e.fit(v, given.value, given.at)
			}
		}
	}
	for name, raw := range e.request.Variables {
		at := hcl.Range{Filename: "variable " + name}
		v := m.variables[name]
		if v == nil && m.broken {
			continue
		}
		if v == nil {
			e.report("unreadable", at, "A value is given for the variable "+name+", but the root module in "+m.dir+" declares none of this name")
			continue
		}
		if value, ok := e.givenValue(v, raw, at); ok {
			inputs[name] = e.fit(v, value, at)
		}
	}
	return inputs
}

func (e *evaluator) variableFiles() []string {
	entries, err := host.ReadDir(e.request.Root)
	if err != nil {
		return e.request.VarFiles
	}
	var first, automatic []string
	for _, entry := range entries {
		switch name := entry.Name; {
		case entry.Dir:
		case name == "terraform.tfvars" || name == "terraform.tfvars.json":
			first = append(first, path.Join(e.request.Root, name))
		case strings.HasSuffix(name, ".auto.tfvars") || strings.HasSuffix(name, ".auto.tfvars.json"):
			automatic = append(automatic, path.Join(e.request.Root, name))
		}
	}
	sort.Strings(first)
	sort.Strings(automatic)
	return append(append(first, automatic...), e.request.VarFiles...)
}

type given struct {
	value cty.Value
	at    hcl.Range
}

func (e *evaluator) readVariableFile(file string) map[string]given {
	at := hcl.Range{Filename: file}
	text, err := host.ReadFile(file)
	if err != nil {
		e.report("unreadable", at, "cannot read the file of variable values: "+err.Error())
		return nil
	}
	values := map[string]given{}
	if !strings.HasSuffix(file, ".json") {
		e.readNativeValues(file, text, values)
		return values
	}
	root, diag := parseJSON(file, text)
	if diag != nil {
		e.reportAll("unreadable", hcl.Diagnostics{diag})
		return nil
	}
	for _, member := range root.members {
		if value, err := member.value.literal(); err == nil {
			values[member.name] = given{value, member.at}
		}
	}
	return values
}

func (e *evaluator) readNativeValues(file, text string, into map[string]given) {
	body := e.parseNative(file, text)
	if body == nil {
		return
	}
	for name, attribute := range body.Attributes {
		value, diags := attribute.Expr.Value(nil)
		e.reportAll("unreadable", diags)
		if !diags.HasErrors() {
			into[name] = given{value, attribute.NameRange}
		}
	}
}

// givenValue reads text as `-var` does: as it is for a variable of a primitive type or none, else as an expression.
func (e *evaluator) givenValue(v *variableBlock, raw json.RawMessage, at hcl.Range) (cty.Value, bool) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		var value ctyjson.SimpleJSONValue
		err := json.Unmarshal(raw, &value)
		return value.Value, err == nil
	}
	if !v.declared || v.ty.IsPrimitiveType() {
		return cty.StringVal(text), true
	}
	start := hcl.Pos{Line: 1, Column: 1}
	tokens, _ := hclsyntax.LexExpression([]byte(text), at.Filename, start)
	if diag := checkNesting(tokens); diag != nil {
		e.reportAll("unreadable", hcl.Diagnostics{diag})
		return cty.NilVal, false
	}
	expression, diags := hclsyntax.ParseExpression([]byte(text), at.Filename, start)
	if diags.HasErrors() {
		e.reportAll("unreadable", diags)
		return cty.NilVal, false
	}
	value, diags := expression.Value(nil)
	e.reportAll("unreadable", diags)
	return value, !diags.HasErrors()
}
