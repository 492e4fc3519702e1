// Command bench evaluates the benchmark's jobs with OPA as a library: the first pass for the results, the others for the
// time. Queries are prepared and inputs parsed before.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

type job struct {
	Modules []struct{ Path, Text string } `json:"modules"`
	Data    map[string]any                `json:"data"`
	Inputs  []any                         `json:"inputs"`
	Work    []struct {
		Input   int    `json:"input"`
		Applies string `json:"applies"`
		Deny    string `json:"deny"`
	} `json:"work"`
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	rounds, err := strconv.Atoi(os.Args[2])
	check(err)
	var jobs job
	check(json.Unmarshal(text, &jobs))
	modules := map[string]string{}
	for _, module := range jobs.Modules {
		modules[module.Path] = module.Text
	}
	compiler, err := ast.CompileModulesWithOpt(modules, ast.CompileOpts{})
	check(err)
	ctx, store := context.Background(), inmem.NewFromObject(jobs.Data)
	queries := map[string]rego.PreparedEvalQuery{}
	prepare := func(path string) {
		if _, found := queries[path]; found || path == "" {
			return
		}
		query := "data." + strings.ReplaceAll(path, "/", ".")
		prepared, err := rego.New(rego.Compiler(compiler), rego.Store(store), rego.Query(query)).PrepareForEval(ctx)
		check(err)
		queries[path] = prepared
	}
	for _, one := range jobs.Work {
		prepare(one.Applies)
		prepare(one.Deny)
	}
	inputs := make([]ast.Value, len(jobs.Inputs))
	for at, input := range jobs.Inputs {
		inputs[at] = ast.MustInterfaceToValue(input)
	}
	ask := func(path string, input int) any {
		set, err := queries[path].Eval(ctx, rego.EvalParsedInput(inputs[input]))
		check(err)
		if len(set) == 0 {
			return nil
		}
		return set[0].Expressions[0].Value
	}
	decide := func(at int) any {
		one := jobs.Work[at]
		if one.Applies != "" && ask(one.Applies, one.Input) != true {
			return nil
		}
		return ask(one.Deny, one.Input)
	}
	results := make([]any, len(jobs.Work))
	for at := range jobs.Work {
		results[at] = decide(at)
	}
	seconds := make([]float64, rounds)
	for round := range seconds {
		started := time.Now()
		for at := range jobs.Work {
			decide(at)
		}
		seconds[round] = time.Since(started).Seconds()
	}
	answer, err := json.Marshal(map[string]any{"results": results, "seconds": seconds})
	check(err)
	fmt.Println(string(answer))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
