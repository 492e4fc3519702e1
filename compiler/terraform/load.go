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
)

// module is one module folder as it is written.
type module struct {
	dir string
	// broken: a file of it could not be read, so a name that is not declared may be declared there.
	broken    bool
	variables map[string]*variableBlock
	locals    map[string]hclsyntax.Expression
	outputs   map[string]*outputBlock
	resources map[string]*resourceBlock
	calls     map[string]*callBlock
	providers map[string]*providerBlock
}

type variableBlock struct {
	name        string
	at          hcl.Range
	ty          cty.Type
	defaults    *typeexpr.Defaults
	declared    bool
	fallback    cty.Value
	hasFallback bool
	nullable    bool
	sensitive   bool
}

type outputBlock struct {
	value     hclsyntax.Expression
	sensitive bool
}

type resourceBlock struct {
	mode, kind, name string
	body             *hclsyntax.Body
	at               hcl.Range
	count, forEach   hclsyntax.Expression
	provider         string
	ignores          []int
}

type callBlock struct {
	name, source   string
	at             hcl.Range
	body           *hclsyntax.Body
	count, forEach hclsyntax.Expression
	// providers by the name that they have in the called module.
	providers map[string]string
	ignores   []int
}

type providerBlock struct {
	region hclsyntax.Expression
}

func (r *resourceBlock) key() string {
	if r.mode == "data" {
		return "data." + r.kind + "." + r.name
	}
	return r.kind + "." + r.name
}

// loadModule parses each folder once, however often it is called. Nil when the folder cannot be listed.
func (e *evaluator) loadModule(dir string, at hcl.Range) *module {
	if m, found := e.modules[dir]; found {
		return m
	}
	entries, err := host.ReadDir(dir)
	if err != nil {
		e.report("incomplete", at, "cannot read the module folder "+dir+": "+err.Error())
		e.modules[dir] = nil
		return nil
	}
	m := &module{
		dir: dir, variables: map[string]*variableBlock{}, locals: map[string]hclsyntax.Expression{}, outputs: map[string]*outputBlock{},
		resources: map[string]*resourceBlock{}, calls: map[string]*callBlock{}, providers: map[string]*providerBlock{},
	}
	e.modules[dir] = m
	primary, overrides := configurationFiles(entries)
	if len(primary)+len(overrides) == 0 {
		e.report("incomplete", at, "there are no Terraform files (*.tf, *.tf.json, *.tofu) in "+dir)
	}
	blocks, whole := e.parseFiles(dir, primary)
	more, wholeToo := e.parseFiles(dir, overrides)
	m.broken = !whole || !wholeToo
	for _, override := range more {
		blocks = e.mergeOverride(blocks, override)
	}
	for _, block := range blocks {
		e.declare(m, block)
	}
	return m
}

// configurationFiles gives the names of the files in the order in which they count. OpenTofu's own files stand in for
// those of the same name; Terraform's own are of no use where both are there.
func configurationFiles(entries []host.Entry) (primary, overrides []string) {
	tofu := map[string]bool{}
	for _, entry := range entries {
		tofu[entry.Name] = !entry.Dir
	}
	for _, entry := range entries {
		name := entry.Name
		stem, json := strings.CutSuffix(name, ".json")
		base, isTerraform := strings.CutSuffix(stem, ".tf")
		base, isTofu := strings.CutSuffix(base, ".tofu")
		if entry.Dir || isTerraform == isTofu || strings.HasPrefix(name, ".") {
			continue
		}
		if isTerraform && (!json && tofu[base+".tofu"] || json && tofu[base+".tofu.json"]) {
			continue
		}
		if base == "override" || strings.HasSuffix(base, "_override") {
			overrides = append(overrides, name)
		} else {
			primary = append(primary, name)
		}
	}
	sort.Strings(primary)
	sort.Strings(overrides)
	return primary, overrides
}

// parseFiles gives the blocks of the files, and whether all of them could be read. A file with a fault gives none: half a
// block would pass for a whole one.
func (e *evaluator) parseFiles(dir string, names []string) (blocks []*hclsyntax.Block, whole bool) {
	whole = true
	for _, name := range names {
		file := path.Join(dir, name)
		text, err := host.ReadFile(file)
		if err != nil {
			e.report("unreadable", hcl.Range{Filename: file}, err.Error())
			whole = false
			continue
		}
		body := e.parse(file, text)
		if body == nil {
			whole = false
			continue
		}
		blocks = append(blocks, body.Blocks...)
		for _, attribute := range body.Attributes {
			e.report("unreadable", attribute.NameRange, "Unsupported argument: an argument named "+attribute.Name+" is not expected here")
		}
	}
	return blocks, whole
}

func (e *evaluator) parse(file, text string) *hclsyntax.Body {
	if strings.HasSuffix(file, ".json") {
		body, diag := parseJSONConfiguration(file, text)
		if diag != nil {
			e.reportAll("unreadable", hcl.Diagnostics{diag})
		}
		return body
	}
	return e.parseNative(file, text)
}

func (e *evaluator) parseNative(file, text string) *hclsyntax.Body {
	start := hcl.Pos{Byte: 0, Line: 1, Column: 1}
	tokens, _ := hclsyntax.LexConfig([]byte(text), file, start)
	if diag := checkNesting(tokens); diag != nil {
		e.reportAll("unreadable", hcl.Diagnostics{diag})
		return nil
	}
	parsed, diags := hclsyntax.ParseConfig([]byte(text), file, start)
	e.reportAll("unreadable", diags)
	if parsed == nil || diags.HasErrors() {
		return nil
	}
	body, _ := parsed.Body.(*hclsyntax.Body)
	if body != nil && strings.Contains(text, ignoreMark) {
		e.collectIgnores(tokens, body.Blocks)
	}
	return body
}

var labelCounts = map[string]int{"variable": 1, "output": 1, "module": 1, "provider": 1, "resource": 2, "data": 2, "ephemeral": 2, "locals": 0}

func (e *evaluator) declare(m *module, block *hclsyntax.Block) {
	if wanted, known := labelCounts[block.Type]; known && len(block.Labels) != wanted {
		e.report("unreadable", block.DefRange(), "Wrong labels: a block of type "+block.Type+" has "+[]string{"no label", "one label", "two labels"}[wanted])
		return
	}
	switch block.Type {
	case "variable":
		e.declareVariable(m, block)
	case "locals":
		e.declareLocals(m, block)
	case "output":
		output := &outputBlock{value: softAttribute(block.Body, "value"), sensitive: literalText(block.Body, "sensitive") == "true"}
		if unique(e, m.outputs, block.Labels[0], block) {
			m.outputs[block.Labels[0]] = output
		}
	case "provider":
		key := providerKey(block.Labels[0], literalText(block.Body, "alias"))
		m.providers[key] = &providerBlock{region: softAttribute(block.Body, "region")}
	case "module":
		e.declareCall(m, block)
	case "resource", "data":
		e.declareResource(m, block)
	}
}

func unique[T any](e *evaluator, declared map[string]T, name string, block *hclsyntax.Block) bool {
	if _, twice := declared[name]; twice {
		e.report("unreadable", block.DefRange(), "Declared twice: "+block.Type+" "+name+" is declared before; the first one was taken")
		return false
	}
	return true
}

func providerKey(name, alias string) string {
	if alias == "" {
		return name
	}
	return name + "." + alias
}

func (e *evaluator) declareLocals(m *module, block *hclsyntax.Block) {
	for name, attribute := range block.Body.Attributes {
		if unique(e, m.locals, name, block) {
			m.locals[name] = soften(attribute.Expr)
		}
	}
}

func (e *evaluator) declareResource(m *module, block *hclsyntax.Block) {
	mode := "managed"
	if block.Type == "data" {
		mode = "data"
	}
	r := &resourceBlock{mode: mode, kind: block.Labels[0], name: block.Labels[1], body: block.Body, at: block.DefRange(), ignores: e.ignores.ofBlock[block]}
	if !unique(e, m.resources, r.key(), block) {
		return
	}
	if attribute := block.Body.Attributes["provider"]; attribute != nil {
		r.provider = staticName(attribute.Expr)
	}
	r.count, r.forEach = softAttribute(block.Body, "count"), softAttribute(block.Body, "for_each")
	for _, meta := range []string{"count", "for_each", "provider", "depends_on"} {
		delete(block.Body.Attributes, meta)
	}
	block.Body.Blocks = withoutMeta(block.Body.Blocks)
	softenBody(block.Body)
	m.resources[r.key()] = r
}

func withoutMeta(blocks hclsyntax.Blocks) hclsyntax.Blocks {
	var kept hclsyntax.Blocks
	for _, block := range blocks {
		switch block.Type {
		case "lifecycle", "connection", "provisioner", "timeouts":
		default:
			kept = append(kept, block)
		}
	}
	return kept
}

// softenBody rewrites the expressions of a resource; the name of a dynamic block's iterator is not an expression.
func softenBody(body *hclsyntax.Body) {
	for _, attribute := range body.Attributes {
		attribute.Expr = soften(attribute.Expr)
	}
	for _, block := range body.Blocks {
		if block.Type == "dynamic" {
			softenDynamic(block.Body)
		} else {
			softenBody(block.Body)
		}
	}
}

func softenDynamic(body *hclsyntax.Body) {
	if attribute := body.Attributes["for_each"]; attribute != nil {
		attribute.Expr = soften(attribute.Expr)
	}
	for _, block := range body.Blocks {
		softenBody(block.Body)
	}
}

func (e *evaluator) declareCall(m *module, block *hclsyntax.Block) {
	name := block.Labels[0]
	if !unique(e, m.calls, name, block) {
		return
	}
	c := &callBlock{name: name, at: block.DefRange(), body: block.Body, source: literalText(block.Body, "source"), providers: map[string]string{}, ignores: e.ignores.ofBlock[block]}
	if attribute := block.Body.Attributes["providers"]; attribute != nil {
		pairs, _ := hcl.ExprMap(attribute.Expr)
		for _, pair := range pairs {
			c.providers[staticName(pair.Key)] = staticName(pair.Value)
		}
	}
	c.count, c.forEach = softAttribute(block.Body, "count"), softAttribute(block.Body, "for_each")
	for _, meta := range []string{"count", "for_each", "providers", "depends_on", "source", "version"} {
		delete(block.Body.Attributes, meta)
	}
	softenBody(block.Body)
	m.calls[name] = c
}

func softAttribute(body *hclsyntax.Body, name string) hclsyntax.Expression {
	attribute := body.Attributes[name]
	if attribute == nil {
		return nil
	}
	attribute.Expr = soften(attribute.Expr)
	return attribute.Expr
}

// literalText is the text of an argument that has to be a literal; empty when it is not there or not one.
func literalText(body *hclsyntax.Body, name string) string {
	attribute := body.Attributes[name]
	if attribute == nil {
		return ""
	}
	return literalOf(attribute.Expr)
}

func literalOf(expression hcl.Expression) string {
	value, diags := expression.Value(nil)
	if diags.HasErrors() || value.IsNull() || !value.IsKnown() {
		return ""
	}
	switch value.Type() {
	case cty.String:
		return value.AsString()
	case cty.Bool:
		return map[bool]string{true: "true", false: "false"}[value.True()]
	}
	return ""
}

// staticName reads `aws.west`, written as a reference or, in JSON and old configuration, as text.
func staticName(expression hcl.Expression) string {
	if key, ok := expression.(*hclsyntax.ObjectConsKeyExpr); ok {
		expression = key.Wrapped
	}
	traversal, diags := hcl.AbsTraversalForExpr(expression)
	if diags.HasErrors() {
		return literalOf(expression)
	}
	parts := []string{traversal.RootName()}
	for _, step := range traversal[1:] {
		if attribute, ok := step.(hcl.TraverseAttr); ok {
			parts = append(parts, attribute.Name)
		}
	}
	return strings.Join(parts, ".")
}

// installedModules reads what `terraform init` wrote: the folder of each called module, by the path of calls.
func (e *evaluator) installedModules() map[string]string {
	if e.installed != nil {
		return e.installed
	}
	e.installed = map[string]string{}
	text, err := host.ReadFile(path.Join(e.request.Root, ".terraform/modules/modules.json"))
	if err != nil {
		return e.installed
	}
	var manifest struct {
		Modules []struct{ Key, Dir string }
	}
	if json.Unmarshal([]byte(text), &manifest) == nil {
		for _, m := range manifest.Modules {
			e.installed[m.Key] = m.Dir
		}
	}
	return e.installed
}
