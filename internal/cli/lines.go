package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// MaxLine is the longest line, in bytes, that Lines returns: a line is one text or
// one document, and is held in memory.
const MaxLine = 16 << 20

// Line is one line of a source.
type Line struct {
	Text   string // without the line break
	File   string // as the source names it, "-" for standard input
	Number int64  // from 1
}

// Lines streams the whole lines of src, in order. The last pair has the error
// that ended the source, if one did: also when a line is longer than MaxLine,
// or ctx ended.
func Lines(ctx context.Context, src *text.Source) iter.Seq2[Line, error] {
	return lines(ctx, src, MaxLine)
}

var errStopped = errors.New("the receiver wants no more lines")

func lines(ctx context.Context, src *text.Source, limit int) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		var begun []byte // of a line that comes in several chunks
		err := src.Read(ctx, func(c text.Chunk) error {
			if len(begun)+len(c.Text) > limit {
				return fault.New("each line is one text: break it into lines (a model trains on lines of any length)",
					"%s:%d: the line is longer than %s", InputName(c.File), c.Line, Bytes(int64(limit)))
			}
			text := c.Text
			if len(begun) > 0 || !c.LineEnd {
				begun = append(begun, c.Text...)
				text = begun
			}
			if !c.LineEnd {
				return nil
			}
			line := Line{Text: string(text), File: c.File, Number: c.Line}
			if cap(begun) > 1<<20 {
				begun = nil
			}
			begun = begun[:0]
			if !yield(line, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && err != errStopped {
			yield(Line{}, err)
		}
	}
}

// InputName is how messages call an input: standard input is "-" in a list of
// files.
func InputName(file string) string {
	if file == text.Stdin {
		return "standard input"
	}
	return file
}

// Place is how a terminal shows where a passage is: file:first-last (id). Lines of 0 and no id are left out.
func Place(file string, lines [2]int, id string) string {
	s := Printable(InputName(file))
	if lines[0] > 0 {
		s += fmt.Sprintf(":%d", lines[0])
	}
	if lines[1] > lines[0] {
		s += fmt.Sprintf("-%d", lines[1])
	}
	if id != "" {
		s += " (" + Printable(id) + ")"
	}
	return s
}

// Blank reports whether a line has only white space.
func Blank(text string) bool { return strings.TrimSpace(text) == "" }
