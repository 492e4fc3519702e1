package terraform

import (
	"fmt"
	"strings"
	"testing"
)

// ignoredBy is the texts of the comments that count for each resource, those of its own block first.
func ignoredBy(r response) map[string][]string {
	out := map[string][]string{}
	for _, resource := range r.Resources {
		for at := resource.Ignores; at != noIgnores; at = r.IgnoreScopes[at].Parent {
			for _, comment := range r.IgnoreScopes[at].Comments {
				text := strings.TrimSpace(strings.NewReplacer("portcullis:ignore", "", "#", "", "//", "", "/*", "", "*/", "").Replace(r.IgnoreComments[comment].Text))
				out[resource.Address] = append(out[resource.Address], text)
			}
		}
	}
	return out
}

func TestIgnores(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       map[string][]string
	}{
		{"above", "# portcullis:ignore a\nresource \"x\" \"y\" {}\nresource \"x\" \"z\" {}\n", map[string][]string{"x.y": {"a"}}},
		{"above, all kinds, other comments between", "// portcullis:ignore a\n# why\n/* portcullis:ignore b */\nresource \"x\" \"y\" {}\n", map[string][]string{"x.y": {"a", "b"}}},
		{"above, CRLF", "# portcullis:ignore a\r\n# portcullis:ignore b\r\nresource \"x\" \"y\" {\r\n}\r\n", map[string][]string{"x.y": {"a", "b"}}},
		{"above, on the same line", "/* portcullis:ignore a */ resource \"x\" \"y\" {}\n", map[string][]string{"x.y": {"a"}}},
		{"above, a comment of many lines", "/*\n * portcullis:ignore a\n */\nresource \"x\" \"y\" {}\n", map[string][]string{"x.y": {"*  a"}}},
		{"a blank line between", "# portcullis:ignore a\n\nresource \"x\" \"y\" {}\n", map[string][]string{}},
		{"a blank line between comments", "# portcullis:ignore a\n\n# portcullis:ignore b\nresource \"x\" \"y\" {}\n", map[string][]string{"x.y": {"b"}}},
		{"behind another block", "resource \"x\" \"y\" {} # portcullis:ignore a\nresource \"x\" \"z\" {}\n", map[string][]string{}},
		{"above another kind of block", "# portcullis:ignore a\nlocals {\n # portcullis:ignore b\n}\nresource \"x\" \"y\" {}\n", map[string][]string{}},
		{"at the end of the file", "resource \"x\" \"y\" {}\n# portcullis:ignore a", map[string][]string{}},
		{"inside, at any depth", "resource \"x\" \"y\" { # portcullis:ignore a\n v = 1 // portcullis:ignore b\n b {\n  c { # portcullis:ignore c\n  }\n }\n w = [ # portcullis:ignore d\n  1]\n # portcullis:ignore e\n}\n",
			map[string][]string{"x.y": {"a", "b", "c", "d", "e"}}},
		{"strings and heredocs", "resource \"x\" \"y\" {\n v = \"# portcullis:ignore a\"\n w = <<-EOT\n  # portcullis:ignore b\n  ${\"/* portcullis:ignore c */\"}\n EOT\n u = \"${1 /* portcullis:ignore d */}\"\n}\n",
			map[string][]string{"x.y": {"d"}}},
		{"instances", "# portcullis:ignore a\nresource \"x\" \"y\" {\n count = 2\n}\ndata \"x\" \"d\" {\n for_each = { k = 1 }\n # portcullis:ignore b\n}\n",
			map[string][]string{"x.y[0]": {"a"}, "x.y[1]": {"a"}, `data.x.d["k"]`: {"b"}}},
		{"meta blocks that are not read", "resource \"x\" \"y\" {\n lifecycle {\n  # portcullis:ignore a\n }\n}\n", map[string][]string{"x.y": {"a"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := evaluateFiles(t, map[string]string{"main.tf": c.text}, nil)
			compare(t, r.Problems, []problem{})
			compare(t, ignoredBy(r), c.want)
		})
	}
}

func TestIgnoresOfModules(t *testing.T) {
	r := evaluateFiles(t, map[string]string{
		"main.tf":         "# portcullis:ignore call\nmodule \"m\" {\n source = \"./m\"\n count = 2\n}\nmodule \"n\" {\n source = \"./m\"\n}\n",
		"m/main.tf":       "module \"i\" {\n source = \"./i\"\n # portcullis:ignore inner\n}\nresource \"x\" \"y\" {\n # portcullis:ignore own\n}\n",
		"m/i/main.tf":     "resource \"x\" \"z\" {}\n",
		"m/i/override.tf": "resource \"x\" \"z\" {\n # portcullis:ignore override\n}\n",
	}, nil)
	compare(t, r.Problems, []problem{})
	compare(t, ignoredBy(r), map[string][]string{
		"module.m[0].x.y": {"own", "call"}, "module.m[0].module.i.x.z": {"override", "inner", "call"},
		"module.m[1].x.y": {"own", "call"}, "module.m[1].module.i.x.z": {"override", "inner", "call"},
		"module.n.x.y": {"own"}, "module.n.module.i.x.z": {"override", "inner"},
	})
	compare(t, len(r.IgnoreComments), 4)
	compare(t, len(r.IgnoreScopes), 7)
}

func TestTooManyIgnores(t *testing.T) {
	text := strings.Repeat(" # portcullis:ignore a\n", 1002)
	r := evaluateFiles(t, map[string]string{"main.tf": "resource \"x\" \"y\" {\n count = 3\n" + text + "}\n"}, nil)
	compare(t, len(r.IgnoreComments), 1000)
	compare(t, len(r.IgnoreScopes), 1)
	compare(t, fmt.Sprint(r.Problems), "[{incomplete main.tf 1003 2 there are more than 1,000 portcullis:ignore comments in this file; this one and those after it do not count}]")
}
