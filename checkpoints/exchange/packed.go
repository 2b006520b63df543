package exchange

import (
	"bufio"
	"fmt"
	"io"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/wordlist"
)

// packedRows reads rows of fixed size from a stream, for the binary formats.
type packedRows struct {
	v      *Vectors
	r      *bufio.Reader
	words  *wordlist.List // nil: none are wanted
	decode func(dst []float32, raw []byte)
	raw    []byte // a row
	values []float32
	more   bool // other data may follow
}

// newPackedRows returns a reader of rows of width bytes.
func newPackedRows(v *Vectors, r *bufio.Reader, words *wordlist.List, width int, decode func(dst []float32, raw []byte)) *packedRows {
	return &packedRows{v: v, r: r, words: words, decode: decode, raw: make([]byte, width), values: make([]float32, v.Dim)}
}

// decoder returns how values of the type of v are read.
func (v *Vectors) decoder() func(dst []float32, raw []byte) {
	return func(dst []float32, raw []byte) { v.DType.unpack(dst, raw, v.Scale) }
}

func (p *packedRows) Place() string { return fmt.Sprintf("%s: row %d", p.v.Name(), p.v.stats.Rows) }

func (p *packedRows) Next() (Row, error) {
	i := p.v.stats.Rows
	row := Row{Count: -1, Values: p.values}
	if i < p.v.Rows || p.v.Rows == 0 {
		switch _, err := io.ReadFull(p.r, p.raw); {
		case err == io.EOF && p.v.Rows == 0:
			if p.words != nil {
				_, _, err = p.words.Next(p.v.Name(), i, i)
			}
			return Row{}, err
		case err != nil:
			return Row{}, p.v.cutHere(i+1, err)
		}
	}
	if p.words != nil {
		n := p.v.Rows
		if n == 0 {
			n = i + 1 // unknown
		}
		var err error
		if row.Token, row.Count, err = p.words.Next(p.v.Name(), i, n); err != nil && err != io.EOF {
			return Row{}, err
		}
		if p.words.IDs() {
			row.ID = string(row.Token)
		}
	}
	if i == p.v.Rows && p.v.Rows > 0 {
		if p.more {
			return Row{}, io.EOF
		}
		return Row{}, p.v.nothingMore(p.r)
	}
	p.decode(p.values, p.raw)
	return row, nil
}
