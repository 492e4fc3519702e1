// Package dockerfile reads Dockerfiles with BuildKit's own parser and puts them into the form that conftest gives its
// policies. It knows nothing of policies.
package dockerfile

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

type request struct {
	Text string `json:"text"`
}

// command is conftest's: its fields, in its order, and null where it has null.
type command struct {
	Cmd    string
	SubCmd string
	JSON   bool
	Flags  []string
	Value  []string
	Stage  int
}

type comment struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

type problem struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

type response struct {
	Commands []command `json:"commands"`
	// Lines has the line of each command.
	Lines []int `json:"lines"`
	// Comments are all that BuildKit takes for comments, those that conftest leaves out as well.
	Comments []comment `json:"comments"`
	Problem  *problem  `json:"problem"`
}

// Parse answers the commands of the request's text; a text that BuildKit does not take is a problem in the answer.
func Parse(bytes []byte) (any, error) {
	var r request
	if err := json.Unmarshal(bytes, &r); err != nil {
		return nil, err
	}
	if fault := checkNesting(r.Text); fault != nil {
		return response{Problem: fault}, nil
	}
	return read(r.Text), nil
}

func read(text string) response {
	parsed, err := parser.Parse(bytes.NewReader([]byte(text)))
	if err != nil {
		return response{Problem: problemOf(err)}
	}
	lines := physicalLines(text)
	r := response{Commands: []command{}, Lines: []int{}, Comments: []comment{}}
	stages, stage, before := 0, 0, 0
	for _, node := range parsed.AST.Children {
		instruction, err := instructions.ParseInstruction(node)
		if err != nil {
			return response{Problem: problemOf(err)}
		}
		if _, isStage := instruction.(*instructions.Stage); isStage {
			stage, stages = stages, stages+1
		}
		above := commentsIn(lines, before+1, node.StartLine-1)
		r.addComments(node.PrevComment, above, stage)
		r.Commands = append(r.Commands, commandOf(node, stage))
		r.Lines = append(r.Lines, node.StartLine)
		within := commentsIn(lines, node.StartLine+1, node.EndLine-heredocLines(node))
		r.Comments = append(append(r.Comments, above...), within...)
		before = node.EndLine
	}
	r.Comments = append(r.Comments, commentsIn(lines, before+1, len(lines))...)
	return r
}

// addComments gives the comments above an instruction as commands, as conftest does. An empty comment makes BuildKit forget
// those before it, so they are the last ones above.
func (r *response) addComments(texts []string, above []comment, stage int) {
	for i, text := range texts {
		r.Commands = append(r.Commands, command{Cmd: "comment", Stage: stage, Value: []string{text}})
		line := 1
		if at := len(above) - len(texts) + i; at >= 0 {
			line = above[at].Line
		}
		r.Lines = append(r.Lines, line)
	}
}

func commandOf(node *parser.Node, stage int) command {
	c := command{Cmd: strings.ToLower(node.Value), Flags: node.Flags, Stage: stage}
	if node.Next != nil && len(node.Next.Children) > 0 {
		c.SubCmd = node.Next.Children[0].Value
		node = node.Next.Children[0]
	}
	c.JSON = node.Attributes["json"]
	for next := node.Next; next != nil; next = next.Next {
		c.Value = append(c.Value, next.Value)
	}
	return c
}

// heredocLines counts the lines after the instruction itself: contents and terminators.
func heredocLines(node *parser.Node) int {
	count := 0
	for _, heredoc := range node.Heredocs {
		count += strings.Count(heredoc.Content, "\n") + 1
	}
	return count
}
