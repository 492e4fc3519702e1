package terraform

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Terraform's JSON syntax, read into the same tree as the native syntax, so that everything behind knows one form only.
// HCL's own JSON package hides its expressions, and they could not be rewritten.

type jsonValue struct {
	kind    byte // '{' '[' '"' '0' 't' 'n'
	at      hcl.Range
	text    string
	truth   bool
	members []jsonMember
	items   []*jsonValue
}

type jsonMember struct {
	name  string
	at    hcl.Range
	value *jsonValue
}

type jsonReader struct {
	file  string
	text  string
	pos   hcl.Pos
	depth int
}

type jsonFault struct{ diag *hcl.Diagnostic }

func parseJSON(file, text string) (value *jsonValue, diag *hcl.Diagnostic) {
	r := &jsonReader{file: file, text: text, pos: hcl.Pos{Line: 1, Column: 1}}
	defer func() {
		if thrown := recover(); thrown != nil {
			f, ok := thrown.(jsonFault)
			if !ok {
				panic(thrown)
			}
			value, diag = nil, f.diag
		}
	}()
	value = r.value()
	r.space()
	if r.pos.Byte < len(text) {
		r.fail("Invalid JSON: nothing more is expected after the value")
	}
	if value.kind != '{' {
		r.fail("Invalid JSON: the file has to be one object")
	}
	return value, nil
}

func (r *jsonReader) fail(message string) {
	panic(jsonFault{&hcl.Diagnostic{Severity: hcl.DiagError, Summary: message, Subject: r.since(r.pos).Ptr()}})
}

func (r *jsonReader) since(start hcl.Pos) hcl.Range {
	return hcl.Range{Filename: r.file, Start: start, End: r.pos}
}

func (r *jsonReader) peek() byte {
	if r.pos.Byte >= len(r.text) {
		return 0
	}
	return r.text[r.pos.Byte]
}

func (r *jsonReader) skip(bytes int) {
	for _, c := range r.text[r.pos.Byte : r.pos.Byte+bytes] {
		if c == '\n' {
			r.pos.Line++
			r.pos.Column = 0
		}
		r.pos.Column++
	}
	r.pos.Byte += bytes
}

func (r *jsonReader) space() {
	for r.pos.Byte < len(r.text) && strings.IndexByte(" \t\r\n", r.peek()) >= 0 {
		r.skip(1)
	}
}

func (r *jsonReader) expect(c byte) {
	r.space()
	if r.peek() != c {
		r.fail(fmt.Sprintf("Invalid JSON: %q is expected here", string(rune(c))))
	}
	r.skip(1)
}

func (r *jsonReader) value() *jsonValue {
	r.space()
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > maxNesting {
		r.fail("Nested too deeply: at most 40 levels are supported")
	}
	start := r.pos
	v := &jsonValue{}
	switch c := r.peek(); {
	case c == '{':
		v.kind = '{'
		r.members(v)
	case c == '[':
		v.kind = '['
		r.items(v)
	case c == '"':
		v.kind, v.text = '"', r.string()
	default:
		r.scalar(v)
	}
	v.at = r.since(start)
	return v
}

func (r *jsonReader) members(v *jsonValue) {
	r.skip(1)
	for first := true; ; first = false {
		r.space()
		if r.peek() == '}' {
			r.skip(1)
			return
		}
		if !first {
			r.expect(',')
			r.space()
		}
		start := r.pos
		if r.peek() != '"' {
			r.fail("Invalid JSON: a property name in double quotes is expected here")
		}
		name := r.string()
		at := r.since(start)
		r.expect(':')
		v.members = append(v.members, jsonMember{name, at, r.value()})
	}
}

func (r *jsonReader) items(v *jsonValue) {
	r.skip(1)
	for first := true; ; first = false {
		r.space()
		if r.peek() == ']' {
			r.skip(1)
			return
		}
		if !first {
			r.expect(',')
		}
		v.items = append(v.items, r.value())
	}
}

func (r *jsonReader) string() string {
	end := r.pos.Byte + 1
	for ; end < len(r.text) && r.text[end] != '"'; end++ {
		if r.text[end] == '\\' {
			end++
		}
	}
	var out string
	if end >= len(r.text) || json.Unmarshal([]byte(r.text[r.pos.Byte:end+1]), &out) != nil {
		r.fail("Invalid JSON: this text does not end, or has a bad escape")
	}
	r.skip(end + 1 - r.pos.Byte)
	return out
}

func (r *jsonReader) scalar(v *jsonValue) {
	end := r.pos.Byte
	for end < len(r.text) && strings.IndexByte("{}[],:\" \t\r\n", r.text[end]) < 0 {
		end++
	}
	word := r.text[r.pos.Byte:end]
	switch {
	case word == "true" || word == "false":
		v.kind, v.truth = 't', word == "true"
	case word == "null":
		v.kind = 'n'
	case json.Valid([]byte(word)) && utf8.ValidString(word) && !hugeExponent(word):
		v.kind, v.text = '0', word
	default:
		r.fail("Invalid JSON: a value is expected here")
	}
	r.skip(len(word))
}

func hugeExponent(word string) bool {
	at := strings.IndexAny(word, "eE")
	return at >= 0 && len(word)-at > 6
}

// literal is the value as it stands, without templates: for files of variable values.
func (v *jsonValue) literal() (cty.Value, error) {
	switch v.kind {
	case '"':
		return cty.StringVal(v.text), nil
	case '0':
		return cty.ParseNumberVal(v.text)
	case 't':
		return cty.BoolVal(v.truth), nil
	case 'n':
		return cty.NullVal(cty.DynamicPseudoType), nil
	case '[':
		return v.literalTuple()
	case '{':
		return v.literalObject()
	}
	return cty.NilVal, errors.New("no value")
}

func (v *jsonValue) literalTuple() (cty.Value, error) {
	out := []cty.Value{}
	for _, item := range v.items {
		element, err := item.literal()
		if err != nil {
			return cty.NilVal, err
		}
		out = append(out, element)
	}
	return cty.TupleVal(out), nil
}

func (v *jsonValue) literalObject() (cty.Value, error) {
	out := map[string]cty.Value{}
	for _, member := range v.members {
		value, err := member.value.literal()
		if err != nil {
			return cty.NilVal, err
		}
		out[member.name] = value
	}
	return cty.ObjectVal(out), nil
}

// expression is the value as configuration: each text is a template.
func (v *jsonValue) expression() hclsyntax.Expression {
	switch v.kind {
	case '"':
		return template(v.text, v.at)
	case '[':
		list := &hclsyntax.TupleConsExpr{SrcRange: v.at, OpenRange: v.at}
		for _, item := range v.items {
			list.Exprs = append(list.Exprs, item.expression())
		}
		return list
	case '{':
		object := &hclsyntax.ObjectConsExpr{SrcRange: v.at, OpenRange: v.at}
		for _, member := range v.members {
			key := &hclsyntax.ObjectConsKeyExpr{Wrapped: template(member.name, member.at), ForceNonLiteral: true}
			object.Items = append(object.Items, hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: member.value.expression()})
		}
		return object
	}
	value, err := v.literal()
	if err != nil {
		value = cty.DynamicVal
	}
	return &hclsyntax.LiteralValueExpr{Val: value, SrcRange: v.at}
}

func template(text string, at hcl.Range) hclsyntax.Expression {
	if !strings.Contains(text, "${") && !strings.Contains(text, "%{") {
		return &hclsyntax.LiteralValueExpr{Val: cty.StringVal(text), SrcRange: at}
	}
	start := at.Start
	start.Column++
	tokens, _ := hclsyntax.LexTemplate([]byte(text), at.Filename, start)
	diag := checkNesting(tokens)
	if diag == nil {
		parsed, diags := hclsyntax.ParseTemplate([]byte(text), at.Filename, start)
		if !diags.HasErrors() {
			return parsed
		}
		diag = diags[0]
	}
	panic(jsonFault{diag})
}

func parseJSONConfiguration(file, text string) (body *hclsyntax.Body, diag *hcl.Diagnostic) {
	root, diag := parseJSON(file, text)
	if diag != nil {
		return nil, diag
	}
	defer func() {
		if thrown := recover(); thrown != nil {
			f, ok := thrown.(jsonFault)
			if !ok {
				panic(thrown)
			}
			body, diag = nil, f.diag
		}
	}()
	body = newBody(root.at)
	for _, member := range root.members {
		labels, known := labelCounts[member.name]
		if !known {
			continue
		}
		addBlocks(body, member.name, nil, labels, member)
	}
	return body, nil
}

func newBody(at hcl.Range) *hclsyntax.Body {
	return &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: at, EndRange: at}
}

// addBlocks goes down one object a label; each object, or object of a list, at the bottom is a block.
func addBlocks(into *hclsyntax.Body, kind string, labels []string, more int, member jsonMember) {
	values := []*jsonValue{member.value}
	if member.value.kind == '[' {
		values = member.value.items
	}
	for _, value := range values {
		if value.kind != '{' {
			panic(jsonFault{&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong JSON: " + kind + " has to be an object here", Subject: value.at.Ptr()}})
		}
		if more > 0 {
			for _, child := range value.members {
				if child.name != "//" {
					addBlocks(into, kind, append(append([]string{}, labels...), child.name), more-1, child)
				}
			}
			continue
		}
		into.Blocks = append(into.Blocks, &hclsyntax.Block{Type: kind, Labels: labels, Body: jsonBody(kind, labels, value), TypeRange: member.at, OpenBraceRange: value.at})
	}
}

func jsonBody(kind string, labels []string, value *jsonValue) *hclsyntax.Body {
	body := newBody(value.at)
	blocks := (kind == "resource" || kind == "data") && strings.HasPrefix(labels[0], "aws_")
	for _, member := range value.members {
		switch {
		case member.name == "//":
		case member.name == "dynamic" && kind != "locals" && kind != "variable":
			addDynamic(body, member)
		case member.name == "lifecycle" || member.name == "provisioner" || member.name == "connection" || member.name == "timeouts":
			if kind == "resource" || kind == "data" {
				continue
			}
			fallthrough
		default:
			body.Attributes[member.name] = jsonAttribute(member, blocks, kind == "variable")
		}
	}
	return body
}

func jsonAttribute(member jsonMember, blocks, literal bool) *hclsyntax.Attribute {
	expression := member.value.expression()
	if literal && member.name == "default" {
		value, _ := member.value.literal()
		expression = &hclsyntax.LiteralValueExpr{Val: value, SrcRange: member.value.at}
	}
	if blocks && member.value.kind == '{' && !mapArguments[member.name] {
		expression = &hclsyntax.TupleConsExpr{Exprs: []hclsyntax.Expression{expression}, SrcRange: member.value.at, OpenRange: member.value.at}
	}
	return &hclsyntax.Attribute{Name: member.name, Expr: expression, NameRange: member.at, SrcRange: member.at}
}

// mapArguments are the arguments of the AWS provider's resources that are maps. In JSON a single block is written the same
// way, and without the provider's schema only the name tells.
var mapArguments = map[string]bool{
	"tags": true, "tags_all": true, "default_tags": true, "variables": true, "parameters": true, "metadata": true, "triggers": true,
	"response_parameters": true, "response_templates": true, "request_parameters": true, "request_templates": true, "request_models": true,
	"response_models": true, "stage_variables": true, "labels": true, "options": true, "default_arguments": true, "message_attributes": true,
	"connection_properties": true, "partition_keys": true, "dimensions": true, "secrets": true, "tag_filters": true, "for_each": true,
}

func addDynamic(body *hclsyntax.Body, member jsonMember) {
	for _, child := range member.value.members {
		addBlocks(body, "dynamic", []string{child.name}, 0, child)
	}
	for _, block := range body.Blocks {
		if content := block.Body.Attributes["content"]; content != nil && block.Type == "dynamic" {
			delete(block.Body.Attributes, "content")
			block.Body.Blocks = append(block.Body.Blocks, contentBlock(content))
		}
	}
}

func contentBlock(content *hclsyntax.Attribute) *hclsyntax.Block {
	body := newBody(content.NameRange)
	if object, ok := content.Expr.(*hclsyntax.ObjectConsExpr); ok {
		for _, item := range object.Items {
			name := literalOf(item.KeyExpr)
			body.Attributes[name] = &hclsyntax.Attribute{Name: name, Expr: item.ValueExpr, NameRange: item.KeyExpr.Range(), SrcRange: item.KeyExpr.Range()}
		}
	}
	return &hclsyntax.Block{Type: "content", Body: body, TypeRange: content.NameRange}
}
