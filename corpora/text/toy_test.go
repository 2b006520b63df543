package text_test

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
)

// A toy format, as a stranger would add one: a record is a block of lines "name: value",
// and blank lines separate records. This file is all of it.
var _ = text.Register(&text.Format{
	Name: "blocks",
	Detect: func(h text.Head) text.Confidence {
		if h.Ext() == ".blocks" {
			return text.Certain
		}
		return text.No
	},
	Open: func(f *text.File) (text.RecordReader, error) {
		return &blocks{in: bufio.NewScanner(f), at: text.Position{File: f.Name}}, nil
	},
})

type blocks struct {
	in *bufio.Scanner
	at text.Position
}

func (b *blocks) Next(r *text.Record) error {
	*r = text.Record{Names: r.Names[:0], Fields: r.Fields[:0]}
	var bad error
	for b.in.Scan() {
		b.at.Line++
		line := b.in.Text()
		if line == "" && len(r.Names) == 0 && bad == nil {
			continue
		}
		if line == "" {
			break
		}
		if len(r.Names) == 0 && bad == nil {
			r.Position = b.at
		}
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			bad = &text.BadRecord{Position: b.at, Err: errors.New("the line has no colon")}
		}
		r.Names, r.Fields = append(r.Names, name), append(r.Fields, value)
	}
	if err := b.in.Err(); err != nil {
		return err
	}
	if bad != nil {
		return bad
	}
	if len(r.Names) == 0 {
		return io.EOF
	}
	return nil
}
