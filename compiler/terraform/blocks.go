package terraform

import (
	"encoding/json"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// block is where a block of a file stands, for who edits the text. Offsets are bytes from 0; Open and Close are those of the braces.
type block struct {
	Type       string      `json:"type"`
	Labels     []string    `json:"labels"`
	Line       int         `json:"line"`
	Start      int         `json:"start"`
	Open       int         `json:"open"`
	Close      int         `json:"close"`
	Attributes []attribute `json:"attributes"`
	Blocks     []block     `json:"blocks"`
}

type attribute struct {
	Name   string `json:"name"`
	Line   int    `json:"line"`
	Start  int    `json:"start"`
	Equals int    `json:"equals"`
	From   int    `json:"from"`
	To     int    `json:"to"`
	// Literal is the value where the expression is written out, and absent where it depends on anything.
	Literal json.RawMessage `json:"literal,omitempty"`
}

// Blocks gives the blocks of one file, as they are written. Text that is not HCL gives no blocks and says why.
func Blocks(bytes []byte) (any, error) {
	var r struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(bytes, &r); err != nil {
		return nil, err
	}
	answer := struct {
		Blocks  []block `json:"blocks"`
		Problem string  `json:"problem"`
	}{Blocks: []block{}}
	tokens, _ := hclsyntax.LexConfig([]byte(r.Text), "", hcl.InitialPos)
	if diag := checkNesting(tokens); diag != nil {
		answer.Problem = diag.Summary
		return answer, nil
	}
	file, diags := hclsyntax.ParseConfig([]byte(r.Text), "", hcl.InitialPos)
	if diags.HasErrors() {
		answer.Problem = diags.Error()
		return answer, nil
	}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		answer.Blocks = append(answer.Blocks, blockOf(b))
	}
	return answer, nil
}

func blockOf(b *hclsyntax.Block) block {
	found := block{
		Type: b.Type, Labels: b.Labels, Line: b.TypeRange.Start.Line, Start: b.TypeRange.Start.Byte,
		Open: b.OpenBraceRange.Start.Byte, Close: b.CloseBraceRange.Start.Byte,
		Attributes: []attribute{}, Blocks: []block{},
	}
	for _, a := range b.Body.Attributes {
		found.Attributes = append(found.Attributes, attributeOf(a))
	}
	sort.Slice(found.Attributes, func(i, j int) bool { return found.Attributes[i].Start < found.Attributes[j].Start })
	for _, child := range b.Body.Blocks {
		found.Blocks = append(found.Blocks, blockOf(child))
	}
	return found
}

func attributeOf(a *hclsyntax.Attribute) attribute {
	at := a.Expr.Range()
	found := attribute{
		Name: a.Name, Line: a.NameRange.Start.Line, Start: a.NameRange.Start.Byte, Equals: a.EqualsRange.Start.Byte,
		From: at.Start.Byte, To: at.End.Byte,
	}
	if isLiteral(a.Expr) {
		if value, diags := a.Expr.Value(nil); !diags.HasErrors() {
			found.Literal, _ = ctyjson.Marshal(value, value.Type())
		}
	}
	return found
}

func isLiteral(expression hclsyntax.Expression) bool {
	switch e := expression.(type) {
	case *hclsyntax.LiteralValueExpr:
		return true
	case *hclsyntax.TemplateExpr:
		return allLiteral(e.Parts)
	case *hclsyntax.TupleConsExpr:
		return allLiteral(e.Exprs)
	}
	return false
}

func allLiteral(expressions []hclsyntax.Expression) bool {
	for _, expression := range expressions {
		if !isLiteral(expression) {
			return false
		}
	}
	return true
}
