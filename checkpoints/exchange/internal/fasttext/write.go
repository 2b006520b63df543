package fasttext

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
)

// Model is what Write writes.
type Model struct {
	Settings
	Words  []string
	Counts []int64
	// Own writes the own row of a word to dst, Gram that of a bucket, whose rows are zeros at the
	// start, Output the row of the output matrix.
	Own, Gram, Output func(dst []float32, i int)
}

// Write writes a model that fastText and gensim load.
func Write(ctx context.Context, w io.Writer, m *Model) error {
	b := bufio.NewWriterSize(w, 256<<10)
	b.WriteString(Magic)
	var word [8]byte
	int32s := func(values ...int32) {
		for _, v := range values {
			b.Write(little.AppendUint32(word[:0], uint32(v)))
		}
	}
	int64s := func(values ...int64) {
		for _, v := range values {
			b.Write(little.AppendUint64(word[:0], uint64(v)))
		}
	}
	int32s(version)
	for _, p := range m.numbers() {
		int32s(*p)
	}
	int64s(int64(math.Float64bits(m.Sample)))
	tokens := int64(0)
	for _, n := range m.Counts {
		tokens += min(n, math.MaxInt64-tokens)
	}
	words := int32(len(m.Words))
	int32s(words, words, 0)
	int64s(tokens, -1)
	for i, text := range m.Words {
		b.WriteString(text)
		b.WriteByte(0)
		int64s(m.Counts[i])
		b.WriteByte(0)
	}
	row, raw := make([]float32, m.Dim), make([]byte, 0, 4*m.Dim)
	rows := func(n int, fill func([]float32, int)) error {
		for i := range n {
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			clear(row)
			fill(row, i)
			raw = raw[:0]
			for k, x := range row {
				if math.IsInf(float64(x), 0) || x != x {
					return fmt.Errorf("value %d of row %d is too large for float32", k+1, i+1)
				}
				raw = little.AppendUint32(raw, math.Float32bits(x))
			}
			if _, err := b.Write(raw); err != nil {
				return err
			}
		}
		return nil
	}
	b.WriteByte(0)
	int64s(int64(len(m.Words))+int64(m.Bucket), int64(m.Dim))
	if err := rows(len(m.Words), m.Own); err != nil {
		return err
	}
	if err := rows(int(m.Bucket), m.Gram); err != nil {
		return err
	}
	b.WriteByte(0)
	int64s(int64(len(m.Words)), int64(m.Dim))
	if err := rows(len(m.Words), m.Output); err != nil {
		return err
	}
	return b.Flush()
}
