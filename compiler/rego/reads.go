package rego

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Reads is what an entrypoint can read at all: prefixes below `input`, and below one resource of data.inventory.resources.
// A prefix stands for everything at and below it, "*" is any key. Inventory is null when data.inventory is not looked at.
type Reads struct {
	Input     [][]string `json:"input"`
	Inventory [][]string `json:"inventory"`
}

// What is read of resources when only their ids are looked at (byType, references, referrers).
var idsOnly = []string{"type"}

// readsOf covers whatever an evaluation of the entrypoint could read, in every rule and function that it could reach. It
// may name more than is read; it must never name less, since a pass on a value that is not known would follow.
func readsOf(compiler *ast.Compiler, entrypoint ast.Ref) Reads {
	walk := &readsWalk{compiler: compiler, seen: map[*ast.Rule]bool{}, input: [][]string{}}
	walk.rules(compiler.GetRulesDynamicWithOpts(entrypoint, ast.RulesOptions{IncludeHiddenModules: true}))
	reads := Reads{Input: minimal(walk.input)}
	if walk.inventory != nil {
		reads.Inventory = minimal(walk.inventory)
	}
	return reads
}

type readsWalk struct {
	compiler  *ast.Compiler
	seen      map[*ast.Rule]bool
	input     [][]string
	inventory [][]string
}

func (w *readsWalk) rules(rules []*ast.Rule) {
	for _, rule := range rules {
		w.rule(rule)
	}
}

// rule walks a rule and, by OPA's own graph of dependencies as well as by its refs, what it depends on. An `else` is part of
// the rule's own tree.
func (w *readsWalk) rule(rule *ast.Rule) {
	if w.seen[rule] {
		return
	}
	w.seen[rule] = true
	w.terms(rule)
	for dependency := range w.compiler.Graph.Dependencies(rule) {
		if other, isRule := dependency.(*ast.Rule); isRule {
			w.rule(other)
		}
	}
}

func (w *readsWalk) terms(node any) {
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case ast.Ref:
			w.ref(x)
			for _, term := range x[1:] {
				w.terms(term)
			}
			if head := x[0]; !isVar(head) { // a ref into a value that is written out, or into a call's result
				w.terms(head)
			}
			return true
		case *ast.With: // what is replaced is not read by that
			w.terms(x.Value)
			if target, is := x.Target.Value.(ast.Ref); is {
				for _, term := range target[1:] {
					w.terms(term)
				}
			}
			return true
		case ast.Var: // not the head of a ref: the document as a whole
			w.ref(ast.Ref{ast.NewTerm(x)})
		}
		return false
	}).Walk(node)
}

func isVar(term *ast.Term) bool {
	_, is := term.Value.(ast.Var)
	return is
}

func (w *readsWalk) ref(ref ast.Ref) {
	switch {
	case ref[0].Equal(ast.InputRootDocument):
		w.input = append(w.input, pattern(ref[1:]))
	case ref[0].Equal(ast.DefaultRootDocument):
		w.data(ref)
		w.rules(w.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{IncludeHiddenModules: true}))
	}
}

func (w *readsWalk) data(ref ast.Ref) {
	if len(ref) > 1 && isString(ref[1]) && !isText(ref[1], "inventory") {
		return
	}
	switch {
	case len(ref) < 3 || !isText(ref[1], "inventory"):
		w.inventory = append(w.inventory, []string{})
	case isText(ref[2], "resources") && len(ref) > 4:
		w.inventory = append(w.inventory, pattern(ref[4:]))
	case isText(ref[2], "byType") || isText(ref[2], "references") || isText(ref[2], "referrers"):
		w.inventory = append(w.inventory, idsOnly)
	default:
		w.inventory = append(w.inventory, []string{})
	}
}

func isString(term *ast.Term) bool {
	_, is := term.Value.(ast.String)
	return is
}

func isText(term *ast.Term, text string) bool {
	value, is := term.Value.(ast.String)
	return is && string(value) == text
}

// pattern takes literal strings as they are; a variable, a number or a composite key could be any key.
func pattern(terms []*ast.Term) []string {
	segments := []string{}
	for _, term := range terms {
		if text, is := term.Value.(ast.String); is && string(text) != "*" {
			segments = append(segments, string(text))
		} else {
			segments = append(segments, "*")
		}
	}
	for len(segments) > 0 && segments[len(segments)-1] == "*" {
		segments = segments[:len(segments)-1]
	}
	return segments
}

// minimal sorts the patterns and drops those that a shorter one covers already.
func minimal(patterns [][]string) [][]string {
	slices.SortFunc(patterns, func(a, b []string) int { return strings.Compare(strings.Join(a, "\x00"), strings.Join(b, "\x00")) })
	kept := [][]string{}
	for _, one := range patterns {
		covered := slices.ContainsFunc(patterns, func(other []string) bool { return len(other) < len(one) && covers(other, one) })
		if !covered && !slices.ContainsFunc(kept, func(other []string) bool { return slices.Equal(other, one) }) {
			kept = append(kept, one)
		}
	}
	return kept
}

func covers(shorter, longer []string) bool {
	for at, segment := range shorter {
		if segment != "*" && segment != longer[at] {
			return false
		}
	}
	return true
}
