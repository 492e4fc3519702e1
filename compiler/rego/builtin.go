package rego

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

type builtinAnswer struct {
	// Value is absent where the function is undefined.
	Value any    `json:"value,omitempty"`
	Has   bool   `json:"has"`
	Code  string `json:"code,omitempty"`
	Error string `json:"error,omitempty"`
}

// Never called from here: they reach the network or the host.
var refused = map[string]bool{"http.send": true, "net.lookup_ip_addr": true, "opa.runtime": true}

// Builtin calls one of OPA's own built-in functions. Values are JSON, with {"$set": [...]} for sets and
// {"$object": [[key, value], ...]} for objects that JSON cannot have, or whose keys could be taken for these two.
func Builtin(request []byte) (any, error) {
	var q struct {
		Name string          `json:"name"`
		Args json.RawMessage `json:"args"`
		// Now is the time of the evaluation in nanoseconds, as text.
		Now json.Number `json:"now"`
	}
	if err := decode(request, &q); err != nil {
		return nil, err
	}
	function := topdown.GetBuiltin(q.Name)
	if function == nil || refused[q.Name] {
		return nil, fmt.Errorf("no function %s", q.Name)
	}
	args, err := termOfJSON(q.Args)
	if err != nil {
		return nil, err
	}
	list, ok := args.Value.(*ast.Array)
	if !ok {
		return nil, errors.New("expected a list of arguments")
	}
	operands := make([]*ast.Term, 0, list.Len())
	list.Foreach(func(term *ast.Term) { operands = append(operands, term) })
	return call(function, q.Now, operands), nil
}

func call(function topdown.BuiltinFunc, now json.Number, operands []*ast.Term) (answer builtinAnswer) {
	context := topdown.BuiltinContext{
		Context:  context.Background(),
		Seed:     rand.New(rand.NewSource(1)),
		Time:     ast.NumberTerm(now),
		Cancel:   topdown.NewCancel(),
		Metrics:  metrics.New(),
		Location: ast.NewLocation(nil, "", 0, 0),
	}
	err := function(context, operands, func(result *ast.Term) error {
		answer.Value, answer.Has = jsonOfTerm(result), true
		return nil
	})
	if err == nil {
		return answer
	}
	code := topdown.BuiltinErr
	var operand builtins.ErrOperand
	if errors.As(err, &operand) {
		code = topdown.TypeErr
	}
	var fault *topdown.Error
	if errors.As(err, &fault) {
		code = fault.Code
		return builtinAnswer{Code: code, Error: fault.Message}
	}
	return builtinAnswer{Code: code, Error: err.Error()}
}

const (
	setTag    = "$set"
	objectTag = "$object"
)

func termOfJSON(text json.RawMessage) (*ast.Term, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return termOf(value)
}

func termOf(value any) (*ast.Term, error) {
	switch value := value.(type) {
	case []any:
		terms, err := termsOf(value)
		return ast.ArrayTerm(terms...), err
	case map[string]any:
		return termOfObject(value)
	default:
		plain, err := ast.InterfaceToValue(value)
		return ast.NewTerm(plain), err
	}
}

func termsOf(values []any) ([]*ast.Term, error) {
	terms := make([]*ast.Term, len(values))
	for at, value := range values {
		term, err := termOf(value)
		if err != nil {
			return nil, err
		}
		terms[at] = term
	}
	return terms, nil
}

func termOfObject(value map[string]any) (*ast.Term, error) {
	if elements, is := value[setTag].([]any); is {
		terms, err := termsOf(elements)
		return ast.SetTerm(terms...), err
	}
	object := ast.NewObject()
	if pairs, is := value[objectTag].([]any); is {
		for _, pair := range pairs {
			both, err := termsOf(pair.([]any))
			if err != nil {
				return nil, err
			}
			object.Insert(both[0], both[1])
		}
		return ast.NewTerm(object), nil
	}
	for key, element := range value {
		term, err := termOf(element)
		if err != nil {
			return nil, err
		}
		object.Insert(ast.StringTerm(key), term)
	}
	return ast.NewTerm(object), nil
}

func jsonOfTerm(term *ast.Term) any {
	switch value := term.Value.(type) {
	case ast.Null:
		return nil
	case ast.Boolean:
		return bool(value)
	case ast.Number:
		return json.Number(value)
	case ast.String:
		return string(value)
	case *ast.Array:
		list := make([]any, 0, value.Len())
		value.Foreach(func(element *ast.Term) { list = append(list, jsonOfTerm(element)) })
		return list
	case ast.Set:
		list := make([]any, 0, value.Len())
		value.Foreach(func(element *ast.Term) { list = append(list, jsonOfTerm(element)) })
		return map[string]any{setTag: list}
	case ast.Object:
		return jsonOfObject(value)
	default:
		return term.String()
	}
}

func jsonOfObject(object ast.Object) any {
	plain := make(map[string]any, object.Len())
	pairs := make([]any, 0, object.Len())
	isPlain := true
	object.Foreach(func(key, value *ast.Term) {
		pairs = append(pairs, []any{jsonOfTerm(key), jsonOfTerm(value)})
		if text, is := key.Value.(ast.String); is && !strings.HasPrefix(string(text), "$") {
			plain[string(text)] = pairs[len(pairs)-1].([]any)[1]
		} else {
			isPlain = false
		}
	})
	if isPlain {
		return plain
	}
	return map[string]any{objectTag: pairs}
}
