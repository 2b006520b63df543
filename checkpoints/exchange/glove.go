package exchange

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/textlook"
	"github.com/luminavec/luminavec/internal/fault"
)

func init() {
	Register(Format{
		Name: "glove", Extensions: []string{".txt"}, Words: true,
		Holds:       Holds{Words: Inside},
		Description: "text without a header line",
		Detect:      func(Head) Match { return Maybe }, // any text, unless another format knows it
		Read:        readGlove,
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, nil, appendLine), nil
		},
	})
}

func readGlove(_ context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	l, err := v.look(r)
	if err != nil {
		return nil, err
	}
	if v.Options.Format == "glove" {
		n := l.Dim()
		if n == 0 {
			return nil, fault.New(Hint(), "%s: none of its first lines is a word followed by numbers", v.Name())
		}
		return &textRows{textLines: textLines{v: v, r: r}}, v.SetDim(int64(n))
	}
	_, n, err := l.Format(v.Path, lookOptions(v.Options))
	if err != nil {
		return nil, err
	}
	return &textRows{textLines: textLines{v: v, r: r}}, v.SetDim(int64(n))
}

// look describes the lines at the start of v.
func (v *Vectors) look(r *bufio.Reader) (*textlook.Look, error) {
	if v.start.look != nil && bytes.IndexByte(v.start.Data, 0) < 0 {
		return v.start.look(), nil
	}
	head, err := r.Peek(r.Size())
	if err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return nil, fault.Mention(Hint()+"; if it is values alone, set Format to raw", "%s is binary, but in no known format", v.Name())
	}
	return textlook.At(head, err == io.EOF), nil
}
