package terraform

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Comments that excuse resources (`portcullis:ignore`), found among the tokens of HashiCorp's lexer, so that text in strings and
// heredocs is never taken for one. What they say is read by the host.

const (
	ignoreMark         = "portcullis:ignore"
	maxIgnoresPerFile  = 1000
	maxIgnoreTextBytes = 4096
)

type ignoreComment struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

// ignoreScope has the comments of one block, and those of the module calls around it in its parent: an instance costs one
// number, however many there are.
type ignoreScope struct {
	Parent   int   `json:"parent"`
	Comments []int `json:"comments"`
}

const noIgnores = -1

type ignores struct {
	comments []ignoreComment
	scopes   []ignoreScope
	ofBlock  map[*hclsyntax.Block][]int
	known    map[ignoreKey]int
}

type ignoreKey struct {
	parent int
	block  any
}

// scope is that of a block inside of another scope. The block is known by its pointer.
func (i *ignores) scope(parent int, block any, comments []int) int {
	if len(comments) == 0 {
		return parent
	}
	key := ignoreKey{parent, block}
	if at, found := i.known[key]; found {
		return at
	}
	i.scopes = append(i.scopes, ignoreScope{Parent: parent, Comments: comments})
	i.known[key] = len(i.scopes) - 1
	return i.known[key]
}

// collectIgnores notes for each resource, data and module block of a file the comments inside and directly above it.
func (e *evaluator) collectIgnores(tokens hclsyntax.Tokens, blocks hclsyntax.Blocks) {
	walk := ignoreWalk{starts: map[int]*hclsyntax.Block{}}
	for _, block := range blocks {
		walk.starts[block.TypeRange.Start.Byte] = block
	}
	for _, token := range tokens {
		walk.take(token)
	}
	for n, found := range walk.found {
		if n == maxIgnoresPerFile {
			e.report("incomplete", found.token.Range, "there are more than 1,000 "+ignoreMark+" comments in this file; this one and those after it do not count")
			return
		}
		e.ignores.comments = append(e.ignores.comments, commentOf(found.token))
		e.ignores.ofBlock[found.block] = append(e.ignores.ofBlock[found.block], len(e.ignores.comments)-1)
	}
}

func commentOf(token hclsyntax.Token) ignoreComment {
	text := string(token.Bytes)
	if len(text) > maxIgnoreTextBytes {
		text = strings.ToValidUTF8(text[:maxIgnoreTextBytes], "")
	}
	start := token.Range.Start
	return ignoreComment{File: token.Range.Filename, Line: start.Line, Column: start.Column, Text: text}
}

type ignoreFound struct {
	token hclsyntax.Token
	block *hclsyntax.Block
}

// ignoreWalk goes over the tokens of a file once.
type ignoreWalk struct {
	starts map[int]*hclsyntax.Block
	found  []ignoreFound
	inside *hclsyntax.Block
	// above are comments that stand alone on the lines up to runEnd, with nothing but comments between them.
	above  []hclsyntax.Token
	runEnd int
	// code: there is something other than comments on this line.
	code bool
}

func (w *ignoreWalk) take(token hclsyntax.Token) {
	if w.inside != nil && token.Range.Start.Byte >= w.inside.CloseBraceRange.End.Byte {
		w.inside = nil
	}
	switch token.Type {
	case hclsyntax.TokenComment:
		w.comment(token)
	case hclsyntax.TokenNewline:
		w.code = false
	default:
		w.begin(token.Range)
		w.above, w.code = nil, true
	}
}

func (w *ignoreWalk) comment(token hclsyntax.Token) {
	ends := token.Range.End.Line
	newline := bytes.HasSuffix(token.Bytes, []byte("\n"))
	if newline {
		ends--
	}
	if w.code || token.Range.Start.Line > w.runEnd+1 {
		w.above = nil
	}
	switch marked := bytes.Contains(token.Bytes, []byte(ignoreMark)); {
	case marked && w.inside != nil:
		if isIgnorable(w.inside) {
			w.found = append(w.found, ignoreFound{token, w.inside})
		}
	case marked && !w.code:
		w.above = append(w.above, token)
	}
	if !w.code {
		w.runEnd = ends
	}
	w.code = w.code && !newline
}

// begin: where a block starts directly below comments, they are its own.
func (w *ignoreWalk) begin(at hcl.Range) {
	block := w.starts[at.Start.Byte]
	if block == nil {
		return
	}
	w.inside = block
	if !isIgnorable(block) || at.Start.Line > w.runEnd+1 {
		return
	}
	for _, token := range w.above {
		w.found = append(w.found, ignoreFound{token, block})
	}
}

func isIgnorable(block *hclsyntax.Block) bool {
	return block.Type == "resource" || block.Type == "data" || block.Type == "module"
}
