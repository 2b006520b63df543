package train

import (
	"errors"
	"fmt"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Batch is a batch of B examples of C texts each (2: pairs; more: pairs with given
// negatives). Text c·B+i is column c of example i: first all anchors, then all
// positives, then the negatives of each further column.
type Batch struct {
	Examples int // B
	Columns  int // C

	Rows    []int32   // [U] the distinct rows of the table that the batch reads
	Tokens  []int32   // indexes into Rows
	Offsets []int32   // [C·B+1] text k has Tokens[Offsets[k]:Offsets[k+1]], at least one
	Weights []float32 // one per token: its weight in the vector of its text (1/n for the mean); nil with Max

	// Scores are the scores of the examples, or their labels, 0 or 1. Nil: none.
	Scores []float32 // [B]

	// Masked lists the cells (i, j) that the in-batch loss must not treat as negatives: text
	// B+j, a positive or a given negative, belongs to anchor i too. In ascending order; nil:
	// none. The positive of i itself is never among them.
	Masked [][2]int32

	// Dropout multiplies the pooled vectors; nil: none. [C·B × Stride(Width)]
	Dropout []float32

	byRow transposed // prepared by the trainer, while others train the batch before; else empty
}

// transposed is the transpose of a batch: row u is in the texts texts[offsets[u]:offsets[u+1]].
type transposed struct {
	offsets []int32
	texts   []int32
	weights []float32
}

// set lists the texts of each row, in the order of the texts.
func (x *transposed) set(b *Batch) {
	u := len(b.Rows)
	x.offsets = append(x.offsets[:0], make([]int32, u+1)...)
	for _, t := range b.Tokens {
		x.offsets[t+1]++
	}
	for i := range u {
		x.offsets[i+1] += x.offsets[i]
	}
	if n := len(b.Tokens); cap(x.texts) < n {
		x.texts, x.weights = make([]int32, n+n/4), make([]float32, n+n/4)
	}
	x.texts, x.weights = x.texts[:len(b.Tokens)], x.weights[:len(b.Tokens)]
	for k := range b.Texts() {
		for i := b.Offsets[k]; i < b.Offsets[k+1]; i++ {
			at := x.offsets[b.Tokens[i]]
			x.texts[at], x.weights[at] = int32(k), b.Weights[i]
			x.offsets[b.Tokens[i]]++
		}
	}
	// Each offset has moved to the place of the next one.
	copy(x.offsets[1:], x.offsets[:u])
	x.offsets[0] = 0
}

// Texts returns the number of texts, C·B.
func (b *Batch) Texts() int { return b.Examples * b.Columns }

var errBatch = errors.New("batch: its parts do not match")

// check returns an error if a part does not match the others or the encoder.
func (b *Batch) check(e *Parameters) error {
	n := b.Texts()
	switch {
	case b.Examples < 1 || b.Columns < 2:
		return fmt.Errorf("%w: %d examples of %d texts", errBatch, b.Examples, b.Columns)
	case len(b.Offsets) != n+1 || b.Offsets[0] != 0 || int(b.Offsets[n]) != len(b.Tokens):
		return fmt.Errorf("%w: %d offsets for %d texts", errBatch, len(b.Offsets), n)
	case !e.Max && len(b.Weights) != len(b.Tokens):
		return fmt.Errorf("%w: %d weights for %d tokens", errBatch, len(b.Weights), len(b.Tokens))
	case b.Scores != nil && len(b.Scores) != b.Examples:
		return fmt.Errorf("%w: %d scores for %d examples", errBatch, len(b.Scores), b.Examples)
	case b.Dropout != nil && len(b.Dropout) != n*kernel.Stride(e.Width()):
		return fmt.Errorf("%w: %d numbers of dropout for %d texts", errBatch, len(b.Dropout), n)
	}
	for k := range n {
		if b.Offsets[k] >= b.Offsets[k+1] {
			return fmt.Errorf("%w: text %d has no token", errBatch, k)
		}
	}
	for _, t := range b.Tokens {
		if uint(t) >= uint(len(b.Rows)) {
			return fmt.Errorf("%w: token %d of %d rows", errBatch, t, len(b.Rows))
		}
	}
	for _, r := range b.Rows {
		if uint(r) >= uint(e.Rows) {
			return fmt.Errorf("%w: row %d of a table of %d", errBatch, r, e.Rows)
		}
	}
	for _, m := range b.Masked {
		if uint(m[0]) >= uint(b.Examples) || uint(m[1]) >= uint(n-b.Examples) || m[0] == m[1] {
			return fmt.Errorf("%w: masked cell %v", errBatch, m)
		}
	}
	return nil
}
