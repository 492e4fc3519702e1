// Command bench evaluates the benchmark's jobs with OPA as a library: see startPeer in bench/peers.mjs for what it is asked.
// Queries are prepared before, and inputs are given in both of OPA's ways: as parsed values, and raw.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

type decision struct {
	Input   int    `json:"input"`
	Applies string `json:"applies"`
	Deny    string `json:"deny"`
}

type job struct {
	Modules []struct{ Path, Text string } `json:"modules"`
	Data    map[string]any                `json:"data"`
	Inputs  []any                         `json:"inputs"`
	Work    []decision                    `json:"work"`
}

type question struct {
	Way     string  `json:"way"`
	Seconds float64 `json:"seconds"`
}

type answer struct {
	Seconds   float64 `json:"seconds"`
	Decisions int     `json:"decisions"`
}

var ctx = context.Background()

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var jobs job
	check(json.Unmarshal(text, &jobs))
	queries := prepare(jobs)
	parsed := make([]rego.EvalOption, len(jobs.Inputs))
	raw := make([]rego.EvalOption, len(jobs.Inputs))
	for at, input := range jobs.Inputs {
		parsed[at] = rego.EvalParsedInput(ast.MustInterfaceToValue(input))
		raw[at] = rego.EvalInput(input)
	}
	ways := map[string][]rego.EvalOption{"parsed input": parsed, "raw input": raw}
	results := map[string][]any{}
	for way, inputs := range ways {
		for _, one := range jobs.Work {
			results[way] = append(results[way], decide(queries, one, inputs[one.Input]))
		}
	}
	say(results)
	questions := bufio.NewScanner(os.Stdin)
	for questions.Scan() {
		var asked question
		check(json.Unmarshal(questions.Bytes(), &asked))
		say(round(queries, jobs.Work, ways[asked.Way], asked.Seconds))
	}
}

func prepare(jobs job) map[string]rego.PreparedEvalQuery {
	modules := map[string]string{}
	for _, module := range jobs.Modules {
		modules[module.Path] = module.Text
	}
	compiler, err := ast.CompileModulesWithOpt(modules, ast.CompileOpts{})
	check(err)
	store := inmem.NewFromObject(jobs.Data)
	queries := map[string]rego.PreparedEvalQuery{}
	for _, one := range jobs.Work {
		for _, path := range []string{one.Applies, one.Deny} {
			if _, found := queries[path]; found || path == "" {
				continue
			}
			query := "data." + strings.ReplaceAll(path, "/", ".")
			queries[path], err = rego.New(rego.Compiler(compiler), rego.Store(store), rego.Query(query)).PrepareForEval(ctx)
			check(err)
		}
	}
	return queries
}

func decide(queries map[string]rego.PreparedEvalQuery, one decision, input rego.EvalOption) any {
	if one.Applies != "" && ask(queries[one.Applies], input) != true {
		return nil
	}
	return ask(queries[one.Deny], input)
}

func ask(query rego.PreparedEvalQuery, input rego.EvalOption) any {
	set, err := query.Eval(ctx, input)
	check(err)
	if len(set) == 0 {
		return nil
	}
	return set[0].Expressions[0].Value
}

func round(queries map[string]rego.PreparedEvalQuery, work []decision, inputs []rego.EvalOption, least float64) answer {
	started := time.Now()
	for passes := 1.0; ; passes++ {
		for _, one := range work {
			decide(queries, one, inputs[one.Input])
		}
		if seconds := time.Since(started).Seconds(); seconds >= least {
			return answer{seconds / passes, len(work)}
		}
	}
}

func say(answer any) {
	text, err := json.Marshal(answer)
	check(err)
	fmt.Println(string(text))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
