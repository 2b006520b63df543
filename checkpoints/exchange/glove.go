package exchange

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

func init() {
	Register(Format{
		Name: "glove", Extensions: []string{".txt"}, Words: true,
		Description: "text without a header line",
		Detect:      func(Head) Match { return Maybe }, // any text, unless another format knows it
		Read:        readGlove,
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, nil, appendLine), nil
		},
	})
}

func readGlove(_ context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	head, err := r.Peek(r.Size())
	if err != nil && err != io.EOF {
		return nil, err
	}
	lines := 256
	if v.Options.Unnamed {
		lines = 1 // of vectors without names, all rows are alike
	}
	dim := guessDim(head, err == io.EOF, lines)
	if dim == 0 {
		return nil, fault.New(Hint(), "%s holds no vectors: none of its first lines is a word followed by numbers", v.Name())
	}
	return &textRows{v: v, r: r}, v.SetDim(int64(dim))
}

// guessDim returns the number of values that most of the first lines of head have, 0 if
// none has any: words that contain spaces make some lines longer. whole is whether head
// is the whole file.
func guessDim(head []byte, whole bool, lines int) int {
	votes := map[int]int{}
	for lines > 0 {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		if !ended && (!whole || len(line) == 0) {
			break
		}
		head = rest
		fields := bytes.FieldsFunc(bytes.TrimRight(line, "\r"), isSeparator)
		if len(fields) == 0 {
			continue
		}
		lines--
		n := 0
		for n < len(fields)-1 && isNumber(fields[len(fields)-1-n]) {
			n++
		}
		if n > 0 {
			votes[n]++
		}
	}
	best := 0
	for n, count := range votes {
		if count > votes[best] || count == votes[best] && n < best {
			best = n
		}
	}
	return best
}
