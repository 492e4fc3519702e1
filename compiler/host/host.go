//go:build wasip1

// Package host is the only way out of the module: it asks the Node process for files. The host answers from the roots
// that it was told to allow, and nothing else.
package host

import (
	"encoding/json"
	"errors"
	"unsafe"
)

// Allocated takes over the buffer that the host filled; set by main.
var Allocated func(address uint32) []byte

//go:wasmimport portcullis ask
func ask(request unsafe.Pointer, length uint32) uint32

type Entry struct {
	Name string `json:"name"`
	Dir  bool   `json:"dir"`
}

type answer struct {
	Error   string  `json:"error"`
	Text    string  `json:"text"`
	Entries []Entry `json:"entries"`
}

func call(kind, path string) (answer, error) {
	request, _ := json.Marshal(map[string]string{"kind": kind, "path": path})
	bytes := Allocated(ask(unsafe.Pointer(unsafe.SliceData(request)), uint32(len(request))))
	var a answer
	if err := json.Unmarshal(bytes, &a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// ReadFile gives the text of a file, or the host's reason why not (not there, outside of the roots, too large, not UTF-8).
func ReadFile(path string) (string, error) {
	a, err := call("file", path)
	return a.Text, err
}

// ReadDir lists a folder, sorted by name.
func ReadDir(path string) ([]Entry, error) {
	a, err := call("dir", path)
	return a.Entries, err
}
