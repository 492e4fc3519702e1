package terraform

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"

	"portcullis/compiler/host"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Paths are relative to the root module's folder, where Terraform runs. The host decides what may be read.
func (e *evaluator) fileFunctions() functionTable {
	return functionTable{
		"file":             textMap(e.readText),
		"filebase64":       e.ofFile(func(text string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(text)), nil }),
		"filemd5":          e.ofFile(hexDigest(md5.New)),
		"filesha1":         e.ofFile(hexDigest(sha1.New)),
		"filesha256":       e.ofFile(hexDigest(sha256.New)),
		"filesha512":       e.ofFile(hexDigest(sha512.New)),
		"filebase64sha256": e.ofFile(base64Digest(sha256.New)),
		"filebase64sha512": e.ofFile(base64Digest(sha512.New)),
		"fileexists":       call(cty.Bool, []cty.Type{cty.String}, e.fileExists),
		"fileset":          call(cty.Set(cty.String), []cty.Type{cty.String, cty.String}, e.fileSet),
		"basename":         textMap(func(text string) (string, error) { return path.Base(text), nil }),
		"dirname":          textMap(func(text string) (string, error) { return path.Dir(text), nil }),
		"abspath":          textMap(func(text string) (string, error) { return e.resolvePath(text), nil }),
		"pathexpand":       call(cty.String, []cty.Type{cty.String}, pathExpand),
	}
}

func pathExpand(args []cty.Value) (cty.Value, error) {
	if strings.HasPrefix(args[0].AsString(), "~") {
		return cty.UnknownVal(cty.String), nil
	}
	return args[0], nil
}

func (e *evaluator) resolvePath(text string) string {
	if strings.HasPrefix(text, "/") {
		return path.Clean(text)
	}
	return path.Join(e.request.Root, text)
}

func (e *evaluator) readText(file string) (string, error) {
	text, err := host.ReadFile(e.resolvePath(file))
	if err != nil {
		return "", fmt.Errorf("cannot read the file %s: %w", file, err)
	}
	return text, nil
}

// ofFile is a digest: of a file that is not there yet (an archive that a build makes) or not text it is unknown.
func (e *evaluator) ofFile(run func(string) (string, error)) function.Function {
	return call(cty.String, []cty.Type{cty.String}, func(args []cty.Value) (cty.Value, error) {
		text, err := e.readText(args[0].AsString())
		if err != nil {
			return cty.UnknownVal(cty.String).RefineNotNull(), nil
		}
		result, err := run(text)
		return cty.StringVal(result), err
	})
}

func (e *evaluator) fileExists(args []cty.Value) (cty.Value, error) {
	file := e.resolvePath(args[0].AsString())
	entries, err := host.ReadDir(path.Dir(file))
	if err != nil {
		return cty.UnknownVal(cty.Bool), nil
	}
	for _, entry := range entries {
		if entry.Name == path.Base(file) {
			return cty.BoolVal(!entry.Dir), nil
		}
	}
	return cty.False, nil
}

func (e *evaluator) fileSet(args []cty.Value) (cty.Value, error) {
	pattern := args[1].AsString()
	if !doublestar.ValidatePattern(pattern) {
		return cty.NilVal, function.NewArgErrorf(1, "invalid glob pattern")
	}
	search := &fileSearch{evaluator: e, pattern: pattern}
	if err := search.walk(e.resolvePath(args[0].AsString()), "", 0); err != nil {
		return cty.UnknownVal(cty.Set(cty.String)), nil
	}
	if len(search.found) == 0 {
		return cty.SetValEmpty(cty.String), nil
	}
	return cty.SetVal(search.found), nil
}

type fileSearch struct {
	evaluator *evaluator
	pattern   string
	seen      int
	found     []cty.Value
}

func (s *fileSearch) walk(dir, below string, depth int) error {
	entries, err := host.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		s.seen++
		if s.seen > 20_000 || depth > 40 {
			return errors.New("too many files")
		}
		name := path.Join(below, entry.Name)
		if entry.Dir {
			if entry.Name == ".git" || entry.Name == ".terraform" || !strings.Contains(s.pattern, "**") && depth >= strings.Count(s.pattern, "/") {
				continue
			}
			if err := s.walk(path.Join(dir, entry.Name), name, depth+1); err != nil {
				return err
			}
		} else if matched, _ := doublestar.Match(s.pattern, name); matched {
			s.found = append(s.found, cty.StringVal(name))
		}
	}
	return nil
}

func (e *evaluator) templateFileFunc() function.Function {
	return e.templateFunc("path", func(file string) (string, string, error) {
		text, err := e.readText(file)
		return text, e.resolvePath(file), err
	})
}

func (e *evaluator) templateStringFunc() function.Function {
	return e.templateFunc("template", func(text string) (string, string, error) { return text, "templatestring", nil })
}

// templateFunc evaluates a template with the given variables and nothing else.
func (e *evaluator) templateFunc(name string, read func(string) (string, string, error)) function.Function {
	render := func(args []cty.Value) (cty.Value, error) {
		if !args[0].IsKnown() || !args[1].IsKnown() {
			return cty.DynamicVal, nil
		}
		text, file, err := read(args[0].AsString())
		if err != nil {
			return cty.DynamicVal, err
		}
		return e.render(text, file, args[1])
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: name, Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type: func(args []cty.Value) (cty.Type, error) {
			value, err := render(args)
			return value.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return render(args) },
	})
}

func (e *evaluator) render(text, file string, vars cty.Value) (cty.Value, error) {
	e.step()
	start := hcl.Pos{Line: 1, Column: 1}
	tokens, _ := hclsyntax.LexTemplate([]byte(text), file, start)
	if diag := checkNesting(tokens); diag != nil {
		return cty.DynamicVal, errors.New(diag.Summary)
	}
	parsed, diags := hclsyntax.ParseTemplate([]byte(text), file, start)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	if !vars.Type().IsObjectType() && !vars.Type().IsMapType() {
		return cty.DynamicVal, function.NewArgErrorf(1, "invalid vars value: must be a map")
	}
	ctx := &hcl.EvalContext{Variables: vars.AsValueMap(), Functions: e.templateFunctions()}
	if ctx.Variables == nil {
		ctx.Variables = map[string]cty.Value{}
	}
	ctx.Variables[evaluatorKey] = e.capsule()
	value, diags := soften(parsed).Value(ctx)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return value, nil
}

// templateFunctions leaves out those that would read a template in a template.
func (e *evaluator) templateFunctions() functionTable {
	out := functionTable{}
	for name, f := range e.functions {
		if name != "templatefile" && name != "templatestring" {
			out[name] = f
		}
	}
	return out
}
