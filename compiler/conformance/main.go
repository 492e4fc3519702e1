// Command conformance prints OPA's own test cases as JSON lines: one case a line, with the version of Rego it is written in.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/open-policy-agent/opa/v1/test/cases"
)

func main() {
	encoder := json.NewEncoder(os.Stdout)
	for _, version := range []string{"v0", "v1"} {
		set, err := cases.Load(filepath.Join(os.Args[1], "v1/test/cases/testdata", version))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, one := range set.Sorted().Cases {
			line := struct {
				Version string `json:"version"`
				cases.TestCase
			}{version, one}
			if err := encoder.Encode(line); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
}
