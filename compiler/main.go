// Package main is the part of Portcullis that is built from Go: OPA's Rego compiler, HashiCorp's HCL, BuildKit's Dockerfile parser,
// as one WebAssembly module that stays resident in the Node process. It is a reactor: the host calls handle() with a
// JSON request {"op": ..., ...} and gets a JSON response. It has no file system and no network; what it needs from disk
// it asks of the host, which decides what may be read.
package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"unsafe"

	"portcullis/compiler/dockerfile"
	"portcullis/compiler/host"
	"portcullis/compiler/rego"
	"portcullis/compiler/terraform"
)

// One operation a name. Each gets the whole request and answers a value that is encoded as JSON.
var operations = map[string]func(request []byte) (any, error){
	"dockerfile.parse":   dockerfile.Parse,
	"rego.format":        rego.Format,
	"rego.inspect":       rego.Inspect,
	"rego.compile":       rego.Compile,
	"rego.query":         rego.Query,
	"rego.result":        rego.Result,
	"rego.builtin":       rego.Builtin,
	"terraform.blocks":   terraform.Blocks,
	"terraform.evaluate": terraform.Evaluate,
}

// Buffers that the host holds, by address, so that the garbage collector leaves them alone.
var held = map[uintptr][]byte{}

func hold(bytes []byte) uint64 {
	if len(bytes) == 0 {
		bytes = make([]byte, 1)[:0:1]
	}
	address := uintptr(unsafe.Pointer(unsafe.SliceData(bytes)))
	held[address] = bytes
	return uint64(address)<<32 | uint64(len(bytes))
}

//go:wasmexport allocate
func allocate(size uint32) uint64 { return hold(make([]byte, size)) }

//go:wasmexport release
func release(address uint32) { delete(held, uintptr(address)) }

// handle takes a request that the host wrote to an allocated buffer and answers address<<32 | length of the response,
// which the host releases.
//
//go:wasmexport handle
func handle(address uint32) uint64 {
	request := held[uintptr(address)]
	delete(held, uintptr(address))
	response, err := json.Marshal(answer(request))
	if err != nil {
		response, _ = json.Marshal(map[string]any{"failure": err.Error()})
	}
	return hold(response)
}

func answer(request []byte) (response map[string]any) {
	defer func() {
		if fault := recover(); fault != nil {
			response = map[string]any{"failure": fmt.Sprint(fault), "stack": string(debug.Stack())}
		}
	}()
	var head struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(request, &head); err != nil {
		return map[string]any{"failure": err.Error()}
	}
	operation, found := operations[head.Op]
	if !found {
		return map[string]any{"failure": "no operation " + head.Op}
	}
	value, err := operation(request)
	if err != nil {
		return map[string]any{"failure": err.Error()}
	}
	return map[string]any{"value": value}
}

func init() {
	host.Allocated = func(address uint32) []byte {
		bytes := held[uintptr(address)]
		delete(held, uintptr(address))
		return bytes
	}
}

func main() {}
