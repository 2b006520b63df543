package vectors

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
)

// Writer writes the vectors of texts in a format.
type Writer interface {
	// Write writes the vector of a text of which the model knows so many words.
	Write(text string, known int, vector []float32) error
	Flush() error  // passes on what is written so far, if the format allows it
	Finish() error // after the last vector
	Close()        // frees what is held; after Finish or instead of it
}

// Sink is what a Writer writes to.
type Sink interface {
	io.Writer
	Flush() error
}

// NewWriter returns a writer of the format "npy", "tsv" or "jsonl" for vectors of
// dim values. npy needs the number of vectors first, so they are held until
// Finish: up to 64 MB in memory and the rest in a temporary file.
func NewWriter(format string, out Sink, dim int) Writer {
	switch format {
	case "npy":
		return &npyWriter{out: out, dim: dim}
	case "tsv":
		return &textWriter{out: out, line: tsvLine}
	default:
		return &textWriter{out: out, line: jsonLine}
	}
}

// textWriter writes a line of text for each vector.
type textWriter struct {
	out  Sink
	line func(dst []byte, text string, known int, vector []float32) ([]byte, error)
	buf  []byte
}

func (w *textWriter) Write(text string, known int, vector []float32) (err error) {
	if w.buf, err = w.line(w.buf[:0], text, known, vector); err != nil {
		return err
	}
	_, err = w.out.Write(append(w.buf, '\n'))
	return err
}

func (w *textWriter) Flush() error  { return w.out.Flush() }
func (w *textWriter) Finish() error { return nil }
func (w *textWriter) Close()        {}

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
