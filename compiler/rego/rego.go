// Package rego reads and compiles Rego with OPA's own parser and compiler. Faults in the source are values with file, line
// and column; an error is returned only for a request that is wrong in itself.
package rego

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

const (
	maxModules      = 5_000
	maxModuleBytes  = 1 << 20
	maxRequestBytes = 64 << 20
	maxNesting      = 500
	maxErrors       = 200
)

// Source is one module as the host read it.
type Source struct {
	Path    string `json:"path"`
	Text    string `json:"text"`
	Version string `json:"version"`
}

// Fault is one error in a module, as people count: line and column start at 1, and are 0 where there is no place.
type Fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

type parsedModule struct {
	source  Source
	version string
	module  *ast.Module
}

// parseAll parses every module; the modules that do not parse are in the faults and not in the list.
func parseAll(sources []Source) ([]parsedModule, []Fault) {
	parsed := make([]parsedModule, 0, len(sources))
	faults := []Fault{}
	seen := map[string]bool{}
	for _, source := range sources {
		if seen[source.Path] {
			faults = append(faults, Fault{Code: "duplicate_module", Message: "the module is given twice", File: source.Path})
			continue
		}
		seen[source.Path] = true
		module, found := parse(source)
		faults = append(faults, found...)
		if module != nil {
			parsed = append(parsed, *module)
		}
	}
	return parsed, limited(faults)
}

func limited(faults []Fault) []Fault {
	if len(faults) <= maxErrors {
		return faults
	}
	more := Fault{Code: "too_many_errors", Message: fmt.Sprintf("and %d errors more", len(faults)-maxErrors)}
	return append(faults[:maxErrors:maxErrors], more)
}

func parse(source Source) (*parsedModule, []Fault) {
	if fault := bounds(source); fault != nil {
		return nil, []Fault{*fault}
	}
	switch source.Version {
	case "v1":
		return parseAs(source, "v1")
	case "v0":
		return parseAs(source, "v0")
	case "auto":
		module, faults := parseAs(source, "v1")
		if module == nil {
			if older, _ := parseAs(source, "v0"); older != nil {
				return older, nil
			}
		}
		return module, faults
	default:
		return nil, []Fault{{Code: "unknown_version", Message: "no Rego version " + source.Version, File: source.Path}}
	}
}

func bounds(source Source) *Fault {
	if len(source.Text) > maxModuleBytes {
		return &Fault{Code: "too_large", Message: fmt.Sprintf("the module is larger than %d bytes", maxModuleBytes), File: source.Path}
	}
	if line, column := tooDeep(source.Text); line > 0 {
		message := fmt.Sprintf("brackets are nested deeper than %d levels", maxNesting)
		return &Fault{Code: "too_deep", Message: message, File: source.Path, Line: line, Column: column}
	}
	return nil
}

var versions = map[string]ast.RegoVersion{"v1": ast.RegoV1, "v0": ast.RegoV0}

func parseAs(source Source, version string) (*parsedModule, []Fault) {
	options := ast.ParserOptions{ProcessAnnotation: true, RegoVersion: versions[version]}
	module, err := ast.ParseModuleWithOpts(source.Path, source.Text, options)
	if err != nil {
		faults := faultsOf(err, source.Path)
		for at := range faults {
			if faults[at].Line == 0 {
				faults[at].Line, faults[at].Column = 1, 1
			}
		}
		return nil, faults
	}
	if module == nil {
		return nil, []Fault{{Code: "rego_parse_error", Message: "the module is empty", File: source.Path, Line: 1, Column: 1}}
	}
	return &parsedModule{source: source, version: version, module: module}, nil
}

// tooDeep finds where brackets are nested so deeply that a recursive parser would run out of stack. Text in strings and
// comments does not count.
func tooDeep(text string) (line, column int) {
	depth, line, start := 0, 1, 0
	var quote byte
	comment := false
	for at := 0; at < len(text); at++ {
		c := text[at]
		switch {
		case c == '\n':
			line, start, comment = line+1, at+1, false
			if quote == '"' {
				quote = 0
			}
		case comment:
		case quote != 0:
			if c == '\\' && quote == '"' {
				at++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '`':
			quote = c
		case c == '#':
			comment = true
		case c == '(' || c == '[' || c == '{':
			if depth++; depth > maxNesting {
				return line, at - start + 1
			}
		case (c == ')' || c == ']' || c == '}') && depth > 0:
			depth--
		}
	}
	return 0, 0
}

func faultsOf(err error, path string) []Fault {
	var several ast.Errors
	if errors.As(err, &several) {
		faults := make([]Fault, 0, len(several))
		for _, one := range several {
			faults = append(faults, faultOf(one, path))
		}
		return faults
	}
	var one *ast.Error
	if errors.As(err, &one) {
		return []Fault{faultOf(one, path)}
	}
	return []Fault{{Code: "rego_compile_error", Message: err.Error(), File: path}}
}

func faultOf(err *ast.Error, path string) Fault {
	fault := Fault{Code: err.Code, Message: err.Message, File: path}
	if err.Details != nil {
		if lines := err.Details.Lines(); len(lines) > 0 && err.Code == ast.TypeErr {
			fault.Message += ": " + strings.TrimSpace(strings.Join(lines, " "))
		}
	}
	if err.Location != nil {
		fault.Line, fault.Column = err.Location.Row, max(1, err.Location.Col)
		if err.Location.File != "" {
			fault.File = err.Location.File
		}
	}
	return fault
}

// sorted by place, so that an answer does not depend on the order of a map.
func sorted(faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		if a.Column != b.Column {
			return a.Column - b.Column
		}
		return strings.Compare(a.Message, b.Message)
	})
	return slices.Compact(faults)
}

func decode(request []byte, into any) error {
	if len(request) > maxRequestBytes {
		return fmt.Errorf("the modules are larger than %d bytes together", maxRequestBytes)
	}
	return json.Unmarshal(request, into)
}

func tooMany(sources []Source) []Fault {
	if len(sources) <= maxModules {
		return nil
	}
	return []Fault{{Code: "too_many_modules", Message: fmt.Sprintf("more than %d modules", maxModules)}}
}
