package rego

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func run[T any](t *testing.T, operation func([]byte) (any, error), request any) T {
	t.Helper()
	bytes, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	value, err := operation(bytes)
	if err != nil {
		t.Fatal(err)
	}
	answer, is := value.(T)
	if !is {
		t.Fatalf("answer is %T", value)
	}
	return answer
}

type request map[string]any

func sources(version string, texts ...string) []Source {
	out := []Source{}
	for at, text := range texts {
		out = append(out, Source{Path: string(rune('a'+at)) + ".rego", Text: text, Version: version})
	}
	return out
}

func reads(t *testing.T, texts ...string) Reads {
	t.Helper()
	answer := run[compileAnswer](t, Compile, request{"modules": sources("auto", texts...), "entrypoints": []string{"p/deny"}, "target": "check"})
	if len(answer.Errors) > 0 {
		t.Fatal(answer.Errors)
	}
	return answer.Reads["p/deny"]
}

func TestReads(t *testing.T) {
	type patterns = [][]string
	everything := patterns{{}}
	cases := []struct {
		name, text       string
		input, inventory patterns
	}{
		{"nothing", `deny contains "x"`, patterns{}, nil},
		{"a literal path", `deny contains "x" if input.config.A.B`, patterns{{"config", "A", "B"}}, nil},
		{"negation", `deny contains "x" if not input.config.A.B`, patterns{{"config", "A", "B"}}, nil},
		{"the head", `deny contains input.name`, patterns{{"name"}}, nil},
		{"an index and a variable", `deny contains "x" if input.config.L[0].M[_].N`, patterns{{"config", "L", "*", "M", "*", "N"}}, nil},
		{"a variable at the end", `deny contains k if some k, _ in input.tags`, patterns{{"tags"}}, nil},
		{"a variable first", `deny contains k if input[k].X`, patterns{{"*", "X"}}, nil},
		{"a key that is read", `deny contains "x" if input.config[input.name]`, patterns{{"config"}, {"name"}}, nil},
		{"covered by a broader one", "deny contains 1 if input.config.A.B\ndeny contains 2 if input.config.A", patterns{{"config", "A"}}, nil},
		{"an alias of input", `deny contains "x" if { i := input; i.config.A }`, everything, nil},
		{"an alias of config", `deny contains "x" if { c := input.config; c.A }`, patterns{{"config"}}, nil},
		{"an import", "import input.config as c\ndeny contains \"x\" if c.A", patterns{{"config", "A"}}, nil},
		{"walk", `deny contains p if walk(input, [p, 1])`, everything, nil},
		{"object.get", `deny contains "x" if object.get(input, ["config", "A"], 1) == 1`, everything, nil},
		{"a function's argument", "f(x) if x.A\ndeny contains 1 if f(input)", everything, nil},
		{"a function's body", "f(x) if input.config[x].Z\ndeny contains 1 if f(1)", patterns{{"config", "*", "Z"}}, nil},
		{"a helper rule", "h if input.config.A\ndeny contains 1 if h", patterns{{"config", "A"}}, nil},
		{"else", "h := 1 if input.a else := 2 if input.b else := input.c\ndeny contains h", patterns{{"a"}, {"b"}, {"c"}}, nil},
		{"default", "default h := false\nh if input.a\ndeny contains 1 if h", patterns{{"a"}}, nil},
		{"a comprehension", `deny contains 1 if count({x | x := input.config.L[_].K}) > 1`, patterns{{"config", "L", "*", "K"}}, nil},
		{"every", `deny contains 1 if every x in input.config.L { x.A == input.name }`, patterns{{"config", "L"}, {"name"}}, nil},
		{"with a value", "h if input.a\ndeny contains 1 if h with input as input.b", patterns{{"a"}, {"b"}}, nil},
		{"with a resource", "h if input.a\ndeny contains 1 if h with input as data.inventory.resources[\"x\"]", patterns{{"a"}}, everything},
		{"with a function", "g(x) := input.z\ndeny contains 1 if count([]) == 1 with count as g", patterns{{"z"}}, nil},
		{"a rule by a variable", "q.a if input.a\nq.b if input.b\ndeny contains 1 if { some k; q[k] }", patterns{{"a"}, {"b"}}, nil},
		{"an interpolated string", `deny contains sprintf("%s", [input.config.A])`, patterns{{"config", "A"}}, nil},
		{"a rule that is not reached", "other if input.o\ndeny contains 1 if input.d", patterns{{"d"}}, nil},
		{"inventory, a property", `deny contains 1 if { some id; data.inventory.resources[id].config.A.B }`, patterns{}, patterns{{"config", "A", "B"}}},
		{"inventory, a resource", `deny contains 1 if { r := data.inventory.resources[_]; r.config.A }`, patterns{}, everything},
		{"inventory, resources", `deny contains 1 if count(data.inventory.resources) > 1`, patterns{}, everything},
		{"inventory, all", `deny contains 1 if count(data.inventory) > 1`, patterns{}, everything},
		{"inventory, a variable part", `deny contains 1 if { some x; data.inventory[x].y.z }`, patterns{}, everything},
		{"inventory, ids", `deny contains 1 if count(data.inventory.byType["T"]) > 1`, patterns{}, patterns{{"type"}}},
		{"inventory, referrers of input", `deny contains 1 if data.inventory.referrers[input.id]`, patterns{{"id"}}, patterns{{"type"}}},
		{"parameters", `deny contains 1 if data.parameters.x > input.n`, patterns{{"n"}}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := reads(t, "package p\n"+c.text)
			if want := (Reads{Input: c.input, Inventory: c.inventory}); !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestReadsOfAllData(t *testing.T) {
	got := reads(t, "package p\ndeny contains 1 if { some x; data[x].resources }\n", "package q\nresources if input.from_q")
	if want := (Reads{Input: [][]string{{"from_q"}}, Inventory: [][]string{{}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReadsThroughALibrary(t *testing.T) {
	got := reads(t, "package p\nimport data.lib\ndeny contains 1 if lib.open(input.config.A)", "package lib\nopen(x) if { x.B; input.region; data.inventory.resources[_].tags.T }")
	if want := (Reads{Input: [][]string{{"config", "A"}, {"region"}}, Inventory: [][]string{{"tags", "T"}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestErrorsHavePlaces(t *testing.T) {
	deep := "package p\nx := " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	cases := []struct {
		name, version string
		texts         []string
		want          []Fault
	}{
		{"all of them, sorted", "v1", []string{"package p\ndeny contains 1 if x == 1\ndeny contains 2 if y", "package q\nx if z == 1"}, []Fault{
			{"rego_unsafe_var_error", "var x is unsafe", "a.rego", 2, 20},
			{"rego_unsafe_var_error", "var y is unsafe", "a.rego", 3, 20},
			{"rego_unsafe_var_error", "var z is unsafe", "b.rego", 2, 6},
		}},
		{"an unknown function", "v1", []string{"package p\ndeny contains 1 if nope(1)"}, []Fault{{"rego_type_error", "undefined function nope", "a.rego", 2, 20}}},
		{"nested", "auto", []string{deep}, []Fault{{"too_deep", "brackets are nested deeper than 500 levels", "a.rego", 2, 506}}},
		{"empty", "auto", []string{"# nothing\n"}, []Fault{{"rego_parse_error", "empty module", "a.rego", 1, 1}}},
		{"v0 text as v1", "v1", []string{"package p\ndeny[x] { x := 1 }"}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			answer := run[compileAnswer](t, Compile, request{"modules": sources(c.version, c.texts...), "entrypoints": []string{"p/deny"}, "target": "wasm"})
			if c.want == nil {
				if len(answer.Errors) == 0 || answer.Errors[0].Line != 2 {
					t.Errorf("got %v", answer.Errors)
				}
			} else if !reflect.DeepEqual(answer.Errors, c.want) {
				t.Errorf("got %v, want %v", answer.Errors, c.want)
			}
		})
	}
}

func TestVersions(t *testing.T) {
	old := "package p\ndeny[x] { x := 1 }"
	for _, c := range []struct{ text, version, want string }{{old, "auto", "v0"}, {old, "v0", "v0"}, {"package p\ndeny contains 1", "auto", "v1"}} {
		answer := run[inspectAnswer](t, Inspect, request{"modules": sources(c.version, c.text)})
		if len(answer.Errors) > 0 || answer.Modules[0].Version != c.want {
			t.Errorf("%v: got %v", c, answer)
		}
	}
}

func TestInspect(t *testing.T) {
	text := `# METADATA
# title: Title
# description: Longer.
# related_resources:
# - https://example.com/a
# custom:
#   severity: high
#   types: ["T"]
package aws.s3.x

# METADATA
# title: not the package's
deny contains 1 if input.x
deny_two contains 1
f(x) := x
default applies := false
`
	answer := run[inspectAnswer](t, Inspect, request{"modules": sources("auto", text)})
	want := inspectAnswer{Errors: []Fault{}, Modules: []moduleInfo{{
		Path: "a.rego", Version: "v1", Package: "aws/s3/x", Line: 9,
		Annotations: &annotationsInfo{
			Line: 1, Title: "Title", Description: "Longer.", RelatedResources: []string{"https://example.com/a"},
			Organizations: []string{}, Custom: map[string]any{"severity": "high", "types": []any{"T"}},
		},
		Rules: []ruleInfo{{"deny", 13, 0, false}, {"deny_two", 14, 0, false}, {"f", 15, 1, false}, {"applies", 16, 0, true}},
	}}}
	if !reflect.DeepEqual(answer, want) {
		got, _ := json.Marshal(answer)
		t.Errorf("got %s", got)
	}
}

func TestTargets(t *testing.T) {
	modules := sources("auto", "package p\ndeny contains 1 if input.x", "package old\ndeny[x] { x := input.y }")
	entrypoints := []string{"p/deny", "old/deny"}
	built := run[compileAnswer](t, Compile, request{"modules": modules, "entrypoints": entrypoints, "target": "wasm"})
	if bytes, err := base64.StdEncoding.DecodeString(built.Wasm); err != nil || !strings.HasPrefix(string(bytes), "\x00asm") {
		t.Errorf("no module: %v %v", err, built.Errors)
	}
	planned := run[compileAnswer](t, Compile, request{"modules": modules, "entrypoints": entrypoints, "target": "plan"})
	var plan struct {
		Plans struct {
			Plans []struct{ Name string }
		}
	}
	if err := json.Unmarshal(planned.Plan, &plan); err != nil || len(plan.Plans.Plans) != 2 {
		t.Errorf("no plan: %v %s", err, planned.Plan)
	}
	missing := run[compileAnswer](t, Compile, request{"modules": modules, "entrypoints": []string{"p/nothing"}, "target": "wasm"})
	if want := []Fault{{Code: "no_entrypoint", Message: "no rule p/nothing"}}; !reflect.DeepEqual(missing.Errors, want) {
		t.Errorf("got %v", missing.Errors)
	}
}
