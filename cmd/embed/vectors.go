package main

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/luminavec/luminavec/internal/cli"
)

// vectorWriter writes vectors in one of the formats of "embed text".
type vectorWriter interface {
	write(text string, known int, vector []float32) error
	flush() error  // passes on what is written so far, where the format can
	finish() error // after the last vector
	close()        // frees what is held; after finish or instead of it
}

func newVectorWriter(format string, out *cli.Output, dim int) (vectorWriter, error) {
	switch format {
	case "npy":
		return &npyWriter{out: out, dim: dim}, nil
	case "tsv":
		return &textWriter{out: out, line: tsvLine}, nil
	default:
		return &textWriter{out: out, line: jsonLine}, nil
	}
}

// textWriter writes a line of text for each vector.
type textWriter struct {
	out  *cli.Output
	line func(dst []byte, text string, known int, vector []float32) ([]byte, error)
	buf  []byte
}

func (w *textWriter) write(text string, known int, vector []float32) (err error) {
	if w.buf, err = w.line(w.buf[:0], text, known, vector); err != nil {
		return err
	}
	_, err = w.out.Write(append(w.buf, '\n'))
	return err
}

func (w *textWriter) flush() error  { return w.out.Flush() }
func (w *textWriter) finish() error { return nil }
func (w *textWriter) close()        {}

func tsvLine(dst []byte, _ string, _ int, vector []float32) ([]byte, error) {
	return appendNumbers(dst, vector, '\t'), nil
}

func jsonLine(dst []byte, text string, known int, vector []float32) ([]byte, error) {
	quoted, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	dst = append(dst, `{"text":`...)
	dst = append(dst, quoted...)
	dst = append(dst, `,"known":`...)
	dst = strconv.AppendInt(dst, int64(known), 10)
	dst = append(dst, `,"vector":[`...)
	return append(appendNumbers(dst, vector, ','), ']', '}'), nil
}

// appendNumbers writes each number with the fewest digits that give the same
// float32 back.
func appendNumbers(dst []byte, vector []float32, separator byte) []byte {
	for i, v := range vector {
		if i > 0 {
			dst = append(dst, separator)
		}
		format := byte('f')
		if a := math.Abs(float64(v)); a != 0 && (a < 1e-4 || a >= 1e9) {
			format = 'e'
		}
		dst = strconv.AppendFloat(dst, float64(v), format, -1, 32)
	}
	return dst
}
