package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

type formatAnswer struct {
	Errors []Fault `json:"errors"`
	// Formatted has one text for each module, in their order; where a module has errors, the text as it was.
	Formatted []string `json:"formatted"`
}

// Format lays modules out as OPA's formatter does. What it made must still be Rego: otherwise that is the error.
func Format(request []byte) (any, error) {
	var q struct {
		Modules []Source `json:"modules"`
	}
	if err := decode(request, &q); err != nil {
		return nil, err
	}
	answer := formatAnswer{Errors: []Fault{}, Formatted: make([]string, 0, len(q.Modules))}
	if faults := tooMany(q.Modules); faults != nil {
		answer.Errors = faults
		return answer, nil
	}
	for _, source := range q.Modules {
		text, faults := formatted(source)
		answer.Errors = append(answer.Errors, faults...)
		answer.Formatted = append(answer.Formatted, text)
	}
	answer.Errors = limited(sorted(answer.Errors))
	return answer, nil
}

func formatted(source Source) (string, []Fault) {
	parsed, faults := parse(source)
	if len(faults) > 0 || parsed == nil {
		return source.Text, faults
	}
	version := versions[parsed.version]
	options := format.Opts{RegoVersion: version, ParserOptions: &ast.ParserOptions{RegoVersion: version}}
	text, err := format.SourceWithOpts(source.Path, []byte(source.Text), options)
	if err != nil {
		return source.Text, faultsOf(err, source.Path)
	}
	again := Source{Path: source.Path, Text: string(text), Version: parsed.version}
	if _, faults := parse(again); len(faults) > 0 {
		return source.Text, faults
	}
	return string(text), nil
}
