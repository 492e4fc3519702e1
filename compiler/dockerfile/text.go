package dockerfile

import (
	"errors"
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Bounds for hostile text: BuildKit recurses over nested ONBUILD, over JSON and over ${a:-${b}}, and the stack of the
// JavaScript engine is small. No real Dockerfile comes near.
const (
	maxBrackets = 200
	maxOnbuild  = 50
	maxMessage  = 1000
)

// checkNesting measures each instruction, however many lines it goes on for, without knowing where its strings are: it counts
// what could nest.
func checkNesting(text string) *problem {
	brackets, onbuild := 0, 0
	for i, line := range strings.Split(text, "\n") {
		if isComment(line) {
			continue
		}
		for _, char := range []byte(line) {
			switch char {
			case '[', '{':
				brackets++
			case ']', '}':
				brackets = max(brackets-1, 0)
			}
			if brackets > maxBrackets {
				return &problem{Line: i + 1, Message: "it is nested too deeply: at most 200 brackets are open at once"}
			}
		}
		onbuild += strings.Count(strings.ToLower(line), "onbuild")
		if onbuild > maxOnbuild {
			return &problem{Line: i + 1, Message: "it is nested too deeply: at most 50 ONBUILD in one instruction"}
		}
		if !continues(line) {
			brackets, onbuild = 0, 0
		}
	}
	return nil
}

// continues is also true for lines that only may go on, which is the safe side: blank ones, and either escape character.
func continues(line string) bool {
	trimmed := strings.TrimSpace(line)
	return trimmed == "" || strings.HasSuffix(trimmed, "\\") || strings.HasSuffix(trimmed, "`")
}

func physicalLines(text string) []string {
	return strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "\ufeff"), "\n"), "\n")
}

func isComment(line string) bool {
	return strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "#")
}

// commentsIn gives the comments of the lines from first to last, counted from 1.
func commentsIn(lines []string, first, last int) []comment {
	var found []comment
	for at := first; at <= last && at <= len(lines); at++ {
		line := lines[at-1]
		if isComment(line) {
			column := strings.Index(line, "#")
			found = append(found, comment{Line: at, Column: column + 1, Text: strings.TrimSpace(line[column:])})
		}
	}
	return found
}

func problemOf(err error) *problem {
	p := &problem{Line: 1, Message: "it is not a Dockerfile that BuildKit takes: " + err.Error()}
	if len(p.Message) > maxMessage {
		p.Message = strings.ToValidUTF8(p.Message[:maxMessage], "") + "..."
	}
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		p.Line = max(located.Locations[0][0].Start.Line, 1)
	}
	return p
}
