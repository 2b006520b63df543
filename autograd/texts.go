package autograd

import (
	"errors"
	"fmt"

	"github.com/luminavec/luminavec/internal/kernel"
)

// TextEncoder holds the numbers of a sentence encoder that are learnt. Of a text of
// tokens t with weights a_t it makes
//
//	f_t = max(0, W·e_t + b)   if Hidden > 0, else e_t
//	m   = Σ_t a_t·f_t         or, with Max, the element-wise maximum of the f_t
//	z   = P·m                 if Out > 0, else m
//
// All matrices are row-major with rows padded with zeros to kernel.Stride of
// their length; the zeros stay zero under every update.
type TextEncoder struct {
	Rows int // V, of the table
	Dim  int // length of a row of the table

	Table []float32 // e, V × Stride(Dim)

	Hidden int       // outputs of Linear and ReLU on each token; 0: there is none
	Linear []float32 // W, Hidden × Stride(Dim)
	Bias   []float32 // b, Stride(Hidden)

	Out        int       // outputs of the projection; 0: there is none
	Projection []float32 // P, Out × Stride(Width())

	Max bool // pool by the element-wise maximum; weights are not looked at
}

// Width is the length of what is pooled: Hidden or, without it, Dim.
func (e *TextEncoder) Width() int {
	if e.Hidden > 0 {
		return e.Hidden
	}
	return e.Dim
}

// VectorDim is the length of the vector of a text: Out or, without it, Width.
func (e *TextEncoder) VectorDim() int {
	if e.Out > 0 {
		return e.Out
	}
	return e.Width()
}

// check reports a matrix whose size does not fit.
func (e *TextEncoder) check() error {
	if e.Rows < 1 || e.Dim < 1 || e.Hidden < 0 || e.Out < 0 {
		return fmt.Errorf("text encoder: %d rows of %d numbers, hidden %d, out %d: there have to be rows", e.Rows, e.Dim, e.Hidden, e.Out)
	}
	for _, m := range []struct {
		name       string
		have, want int
	}{
		{"table", len(e.Table), e.Rows * kernel.Stride(e.Dim)},
		{"linear", len(e.Linear), e.Hidden * kernel.Stride(e.Dim)},
		{"bias", len(e.Bias), kernel.Stride(e.Hidden)},
		{"projection", len(e.Projection), e.Out * kernel.Stride(e.Width())},
	} {
		if m.have != m.want {
			return fmt.Errorf("text encoder: the %s holds %d numbers, its shape needs %d", m.name, m.have, m.want)
		}
	}
	return nil
}

// TextBatch is a batch of B examples with C texts each (2: pairs; more: pairs
// with given negatives). Text c·B+i is column c of example i: first all anchors,
// then all positives, then the negatives of each further column.
type TextBatch struct {
	Examples int // B
	Columns  int // C

	Rows    []int32   // [U] the distinct rows of the table that the batch reads
	Tokens  []int32   // indexes into Rows
	Offsets []int32   // [C·B+1] text k has Tokens[Offsets[k]:Offsets[k+1]]; there is at least one
	Weights []float32 // one a token: what it counts in the vector of its text (1/n for the mean); nil with Max

	// Scores are the labels of the examples: 0 or 1 for related and contrastive, any
	// number for the losses of similarity. Nil: there are none.
	Scores []float32 // [B]

	// Masked are the cells (i, j) of the in-batch loss that are no negatives: text
	// B+j, a positive or a given negative, goes with anchor i too. In ascending
	// order; nil: none. The positive of i itself is never among them.
	Masked [][2]int32

	// Dropout multiplies the pooled vectors; nil: none. [C·B × Stride(Width)]
	Dropout []float32
}

// Texts returns the number of texts, C·B.
func (b *TextBatch) Texts() int { return b.Examples * b.Columns }

var errTextBatch = errors.New("text batch: its parts do not fit")

// check reports a part that does not fit the others or the encoder.
func (b *TextBatch) check(e *TextEncoder) error {
	n := b.Texts()
	switch {
	case b.Examples < 1 || b.Columns < 2:
		return fmt.Errorf("%w: %d examples of %d texts", errTextBatch, b.Examples, b.Columns)
	case len(b.Offsets) != n+1 || b.Offsets[0] != 0 || int(b.Offsets[n]) != len(b.Tokens):
		return fmt.Errorf("%w: %d offsets for %d texts", errTextBatch, len(b.Offsets), n)
	case !e.Max && len(b.Weights) != len(b.Tokens):
		return fmt.Errorf("%w: %d weights for %d tokens", errTextBatch, len(b.Weights), len(b.Tokens))
	case b.Scores != nil && len(b.Scores) != b.Examples:
		return fmt.Errorf("%w: %d scores for %d examples", errTextBatch, len(b.Scores), b.Examples)
	case b.Dropout != nil && len(b.Dropout) != n*kernel.Stride(e.Width()):
		return fmt.Errorf("%w: %d numbers of dropout for %d texts", errTextBatch, len(b.Dropout), n)
	}
	for k := range n {
		if b.Offsets[k] >= b.Offsets[k+1] {
			return fmt.Errorf("%w: text %d has no token", errTextBatch, k)
		}
	}
	for _, t := range b.Tokens {
		if uint(t) >= uint(len(b.Rows)) {
			return fmt.Errorf("%w: token %d of %d rows", errTextBatch, t, len(b.Rows))
		}
	}
	for _, r := range b.Rows {
		if uint(r) >= uint(e.Rows) {
			return fmt.Errorf("%w: row %d of a table of %d", errTextBatch, r, e.Rows)
		}
	}
	for _, m := range b.Masked {
		if uint(m[0]) >= uint(b.Examples) || uint(m[1]) >= uint(n-b.Examples) || m[0] == m[1] {
			return fmt.Errorf("%w: masked cell %v", errTextBatch, m)
		}
	}
	return nil
}

// TextGradient is what a batch asks the encoder to change, the gradient of its
// loss; laid out as the encoder's own matrices are.
type TextGradient struct {
	Rows       []float32 // [U × Stride(Dim)] of the rows TextBatch.Rows of the table
	Linear     []float32 // nil without Linear
	Bias       []float32
	Projection []float32 // nil without a projection
}

// TextEngine computes losses of batches and their gradients with respect to a
// TextEncoder, which it does not change. It belongs to one goroutine.
type TextEngine interface {
	// Gradient returns the mean loss of the examples of a batch, in nats where
	// the loss is a likelihood, and its gradient, which is valid until the next call.
	Gradient(b *TextBatch) (loss float64, g *TextGradient, err error)
	// Close frees what the engine holds.
	Close() error
}

// The losses of sentence vectors. u, v and w are the vectors of an anchor, its
// positive (or the second text) and a given negative, cos their cosine, s the
// Scale, m the Margin, y the score of an example. Each is the mean over the batch.
const (
	// LossInBatch is the softmax cross-entropy of finding the positive of an anchor
	// among the positives and given negatives of the whole batch (multiple
	// negatives ranking: Henderson et al., 2017; InfoNCE: van den Oord et al., 2018):
	//
	//	−s·cos(u_i,v_i) + log Σ_j exp(s·cos(u_i,v_j))
	//
	// With Symmetric it is the mean of that and of finding the anchor among the
	// anchors of the batch, given the positive (Radford et al., 2021).
	LossInBatch = "in-batch"
	// LossRelated is the logistic loss of predicting whether two texts are related,
	// y = 1, or not, y = 0: p = σ(s·(cos(u,v) − m)). Without scores the pairs are
	// related, and each anchor with the positive of the next example is not: the mean
	// over both.
	LossRelated = "related"
	// LossCosine is the squared difference of cosine and score, (cos(u,v) − y)².
	LossCosine = "cosine"
	// LossCoSENT is log(1 + Σ exp(s·(cos_j − cos_i))) over the pairs of examples with
	// y_i > y_j (Su, 2022): the order of the cosines is to be that of the scores. It
	// is one number for the batch, not a mean.
	LossCoSENT = "cosent"
	// LossContrastive is, with d = 1 − cos(u,v), the mean of y·d²/2 +
	// (1−y)·max(0, m−d)²/2 (Hadsell, Chopra and LeCun, 2006). Without scores as LossRelated.
	LossContrastive = "contrastive"
	// LossTriplet is max(0, cos(u,w) − cos(u,v) + m) (Schroff et al., 2015, with
	// cosines); of several given negatives the mean.
	LossTriplet = "triplet"
)

// TextLoss says which loss of sentence vectors is to be minimised.
type TextLoss struct {
	Name      string  // LossInBatch, …
	Scale     float64 // s, of in-batch, related and cosent
	Margin    float64 // m, of related, contrastive and triplet
	Symmetric bool    // of in-batch: both ways

	// Matryoshka are dimensions, each at most that of the vectors: the loss is the
	// mean of the losses of the vectors cut to each of these (Kusupati et al., 2022).
	// Nil: the whole vectors only.
	Matryoshka []int
}
