package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

type inspectAnswer struct {
	Errors  []Fault      `json:"errors"`
	Modules []moduleInfo `json:"modules"`
}

type moduleInfo struct {
	Path        string           `json:"path"`
	Version     string           `json:"version"`
	Package     string           `json:"package"`
	Line        int              `json:"line"`
	Annotations *annotationsInfo `json:"annotations"`
	Rules       []ruleInfo       `json:"rules"`
}

// annotationsInfo is the package's own `# METADATA`.
type annotationsInfo struct {
	Line             int            `json:"line"`
	Title            string         `json:"title"`
	Description      string         `json:"description"`
	RelatedResources []string       `json:"relatedResources"`
	Organizations    []string       `json:"organizations"`
	Custom           map[string]any `json:"custom"`
}

type ruleInfo struct {
	Name string `json:"name"`
	Line int    `json:"line"`
	// Args is the number of parameters: 0 for a rule, more for a function.
	Args int `json:"args"`
	// Default marks `default x := ...`.
	Default bool `json:"default"`
	// Cases marks a test with cases, `test_x[name] if ...`: an object by the name of the case.
	Cases bool `json:"cases"`
}

// Inspect says what the modules declare, without compiling them.
func Inspect(request []byte) (any, error) {
	var q struct {
		Modules []Source `json:"modules"`
	}
	if err := decode(request, &q); err != nil {
		return nil, err
	}
	if faults := tooMany(q.Modules); faults != nil {
		return inspectAnswer{Errors: faults, Modules: []moduleInfo{}}, nil
	}
	parsed, faults := parseAll(q.Modules)
	answer := inspectAnswer{Errors: sorted(faults), Modules: make([]moduleInfo, 0, len(parsed))}
	for _, module := range parsed {
		answer.Modules = append(answer.Modules, infoOf(module))
	}
	return answer, nil
}

func infoOf(parsed parsedModule) moduleInfo {
	module := parsed.module
	info := moduleInfo{Path: parsed.source.Path, Version: parsed.version, Package: slashed(module.Package.Path), Rules: []ruleInfo{}}
	if module.Package.Location != nil {
		info.Line = module.Package.Location.Row
	}
	for _, annotations := range module.Annotations {
		if annotations.Scope == "package" {
			info.Annotations = annotationsOf(annotations)
		}
	}
	for _, rule := range module.Rules {
		info.Rules = append(info.Rules, ruleInfo{Name: ruleName(rule), Line: rule.Loc().Row, Args: len(rule.Head.Args), Default: rule.Default,
			Cases: rule.Head.RuleKind() == ast.SingleValue && len(rule.Head.Ref()) > 1})
	}
	return info
}

// slashed is the package as a path below `data`: data.aws.s3.x is aws/s3/x.
func slashed(path ast.Ref) string {
	text, err := path.Ptr()
	if err != nil {
		return path.String()
	}
	return text
}

// ruleName is the first name of the rule: `deny` for `deny contains x` and for `deny[x]`.
func ruleName(rule *ast.Rule) string {
	head := rule.Head.Ref()
	if len(head) == 0 {
		return string(rule.Head.Name)
	}
	if name, isVar := head[0].Value.(ast.Var); isVar {
		return string(name)
	}
	return head[0].String()
}

func annotationsOf(annotations *ast.Annotations) *annotationsInfo {
	info := &annotationsInfo{
		Title:            annotations.Title,
		Description:      annotations.Description,
		RelatedResources: []string{},
		Organizations:    append([]string{}, annotations.Organizations...),
		Custom:           annotations.Custom,
	}
	if annotations.Location != nil {
		info.Line = annotations.Location.Row
	}
	for _, related := range annotations.RelatedResources {
		info.RelatedResources = append(info.RelatedResources, related.Ref.String())
	}
	if info.Custom == nil {
		info.Custom = map[string]any{}
	}
	return info
}
