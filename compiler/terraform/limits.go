package terraform

import (
	"errors"
	"math/big"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Bounds for hostile configuration. The module runs on the call stack of the JavaScript engine, which is small, so nesting
// is checked on the tokens, before the recursive parser sees it. What V8 has optimized (by itself, after a while, or with
// --no-liftoff at once) needs the most stack: there, 60 levels of `for` are the most that fit.
const (
	maxNesting     = 40
	maxTextNesting = 1000
	maxOperators   = 400
	maxEvalDepth   = 1500
	maxModuleDepth = 32
	maxInstances   = 100_000
	maxSteps       = 2_000_000
	maxNodes       = 300_000
	maxTextBytes   = 4 << 20
	maxNumberBits  = 100_000
)

// tooMuch is panicked when the whole evaluation has to stop; it is the message of the problem.
type tooMuch string

var errTooLarge = errors.New("the value is too large: it would have more than 300,000 parts or 4 MiB of text")

// step counts work that configuration can multiply: function calls, references, turns of a for expression.
func (e *evaluator) step() {
	e.steps++
	if e.steps > maxSteps {
		panic(tooMuch("the evaluation was stopped: it needs more than 2,000,000 steps; what was not reached is not checked"))
	}
}

// deep runs one more level of lazy evaluation, in a goroutine of its own: its frames start on an empty native stack, so a
// long chain of locals, each of nested expressions, cannot overflow that of the JavaScript engine.
func (e *evaluator) deep(work func()) {
	e.depth++
	defer func() { e.depth-- }()
	if e.depth > maxEvalDepth {
		panic(tooMuch("the evaluation was stopped: references are more than 1,500 levels deep"))
	}
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		work()
	}()
	if fault := <-done; fault != nil {
		panic(fault)
	}
}

type nesting struct {
	levels    []int
	operators int
}

// checkNesting refuses what would take the parser or the evaluator too deep, at the place where it does.
func checkNesting(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	n := nesting{levels: []int{0}}
	for _, token := range tokens {
		if reason := n.take(token); reason != "" {
			return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: reason, Subject: token.Range.Ptr()}
		}
	}
	return nil
}

func (n *nesting) take(token hclsyntax.Token) string {
	switch token.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
		hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		n.count()
		n.levels = append(n.levels, 0)
		if len(n.levels) > maxNesting {
			return "Nested too deeply: at most 40 levels are supported"
		}
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
		hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		n.close()
	case hclsyntax.TokenComma, hclsyntax.TokenNewline:
		n.reset()
	case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenIdent, hclsyntax.TokenEqual, hclsyntax.TokenComment:
	case hclsyntax.TokenNumberLit:
		if at := strings.IndexAny(string(token.Bytes), "eE"); at >= 0 && len(token.Bytes)-at > 6 {
			return "Number out of range: exponents of at most four digits are supported"
		}
	default:
		n.count()
	}
	if n.operators > maxOperators {
		return "Expression too long: at most 400 operators in one expression are supported"
	}
	return ""
}

func (n *nesting) count() {
	n.levels[len(n.levels)-1]++
	n.operators++
}

func (n *nesting) reset() {
	n.operators -= n.levels[len(n.levels)-1]
	n.levels[len(n.levels)-1] = 0
}

func (n *nesting) close() {
	n.operators -= n.levels[len(n.levels)-1]
	if len(n.levels) > 1 {
		n.levels = n.levels[:len(n.levels)-1]
	}
}

// checkSize refuses values that grew out of proportion: doubled from local to local, for example.
func checkSize(value cty.Value) error {
	s := sizes{}
	s.add(value, 0)
	if s.over {
		return errTooLarge
	}
	return nil
}

type sizes struct {
	nodes, text int
	over        bool
}

func (s *sizes) add(value cty.Value, depth int) {
	value, _ = value.Unmark()
	s.nodes++
	if s.nodes > maxNodes || s.text > maxTextBytes || depth > 200 {
		s.over = true
	}
	if s.over || value.IsNull() || !value.IsKnown() {
		return
	}
	defer func() { s.over = s.over || s.text > maxTextBytes }()
	switch ty := value.Type(); {
	case ty == cty.String:
		s.text += len(value.AsString())
	case ty == cty.Number:
		s.addNumber(value.AsBigFloat())
	case ty.IsListType() || ty.IsTupleType() || ty.IsSetType() || ty.IsMapType() || ty.IsObjectType():
		for it := value.ElementIterator(); it.Next() && !s.over; {
			key, element := it.Element()
			if key.Type() == cty.String && key.IsKnown() && !ty.IsSetType() {
				s.text += len(key.AsString())
			}
			s.add(element, depth+1)
		}
	}
}

func (s *sizes) addNumber(number *big.Float) {
	exponent := number.MantExp(nil)
	if exponent > maxNumberBits || exponent < -maxNumberBits {
		s.over = true
	}
}
