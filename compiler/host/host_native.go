//go:build !wasip1

// Outside of WebAssembly (Go's own tests) files come from the disk.
package host

import (
	"os"
)

var Allocated func(address uint32) []byte

type Entry struct {
	Name string
	Dir  bool
}

func ReadFile(path string) (string, error) {
	bytes, err := os.ReadFile(path)
	return string(bytes), err
}

func ReadDir(path string) ([]Entry, error) {
	entries, err := os.ReadDir(path)
	var out []Entry
	for _, e := range entries {
		out = append(out, Entry{Name: e.Name(), Dir: e.IsDir()})
	}
	return out, err
}
