package adapt

import (
	"math"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/parallel"
	"github.com/luminavec/luminavec/sentence"
)

// The sizes of the blocks of a batch that a goroutine takes at a time.
const (
	textBlock  = 16 // texts
	rowBlock   = 64 // rows of the table
	logitBlock = 32 // rows of the logits
)

// scale is the factor of cosines, as in sentence/train. exp(scale·(cos−1)) is a normal float32 for
// all cosines.
const scale = 15

// tuner holds the rows of a table that the pairs use, and takes steps against the in-batch loss of
// sentence/train, in both directions:
//
//	z   = Σ_t a_t·e_t / tokens                     n = z / |z|
//	−s·cos(u_i,v_i) + log Σ_j exp(s·cos(u_i,v_j))  and the same with u and v exchanged
//
// The weight a_t of a token is the length of its row in the model, so that a token that says little
// keeps saying little, and e_t is trained with AdaGrad.
type tuner struct {
	dim, stride int
	threads     int
	local       []int32   // [V] row of a token, -1: in no pair
	tokens      []int32   // [R] token of a row
	rows        []float32 // [R × stride] e
	weights     []float32 // [R] a
	repeats     sentence.Repeats
	squares     []float32 // [R × stride] of AdaGrad

	batch
	z, unit, dunit []float32 // [2B × stride]
	norms          []float32 // [2B]
	logits         []float32 // [B × B]
	cosines        []float32 // [B] of the pairs
	sums           []float64 // [B] of rows
	columns        []float32 // [parts × B] sums of parts of columns
	factors        []float32 // [B] of columns
	gradient       []float32 // [U × stride]
}

// batch is a batch of pairs: first all anchors, then all positives.
type batch struct {
	used    []int32   // [U] the distinct rows
	place   []int32   // [R] 1 + the position of a row in used; 0: not in it
	ids     []int32   // rows of the tokens of all texts
	shares  []float32 // their weights
	offsets []int32   // [2B+1]
	masked  [][2]int32

	// The transpose: row used[u] is in the texts inTexts[inOffsets[u]:inOffsets[u+1]].
	inOffsets, inTexts []int32
	inShares           []float32
}

// newTuner takes the rows of the tokens that occur in pairs; counts are of all tokens.
func newTuner(dim, threads int, counts []int64, row func(dst []float32, token int32) error) (*tuner, error) {
	t := &tuner{dim: dim, stride: kernel.Stride(dim), threads: threads, local: make([]int32, len(counts))}
	for id, n := range counts {
		t.local[id] = -1
		if n > 0 {
			t.local[id] = int32(len(t.tokens))
			t.tokens = append(t.tokens, int32(id))
		}
	}
	n := len(t.tokens)
	t.rows, t.squares = kernel.Aligned(n*t.stride), kernel.Aligned(n*t.stride)
	t.weights, t.place = make([]float32, n), make([]int32, n)
	total := 0.0
	for i, token := range t.tokens {
		e := t.rows[i*t.stride:][:dim]
		if err := row(e, token); err != nil {
			return nil, err
		}
		t.weights[i] = kernel.Norm(e)
		total += float64(t.weights[i])
	}
	// The rows get the length of random rows of a new model: its learning rates are then usual.
	length := initialValue * float32(math.Sqrt(float64(dim)))
	for i, a := range t.weights {
		if a > 0 {
			kernel.Scale(t.rows[i*t.stride:][:dim], length/a)
			t.weights[i] = a / length
		}
	}
	return t, nil
}

// initialValue is the standard deviation of the values of a row.
const initialValue = 0.1

// fill makes the batch of pairs that were read.
func (t *tuner) fill(p *pairs.Batch) {
	b := &t.batch
	for _, r := range b.used {
		b.place[r] = 0
	}
	b.used, b.ids, b.shares, b.offsets, b.masked = b.used[:0], b.ids[:0], b.shares[:0], append(b.offsets[:0], 0), p.Masked
	for k := range p.Examples * p.Columns {
		ids := p.IDs[p.Offsets[k]:p.Offsets[k+1]]
		share := 1 / float32(len(ids))
		for _, id := range ids {
			r := t.local[id]
			if b.place[r] == 0 {
				b.used = append(b.used, r)
				b.place[r] = int32(len(b.used))
			}
			b.ids = append(b.ids, r)
			b.shares = append(b.shares, share*t.weights[r])
		}
		from := b.offsets[k]
		t.repeats.Scale(b.shares[from:], b.ids[from:])
		b.offsets = append(b.offsets, int32(len(b.ids)))
	}
}

// transpose lists the texts of each row, in the order of the texts.
func (b *batch) transpose() {
	u := len(b.used)
	b.inOffsets = append(b.inOffsets[:0], make([]int32, u+1)...)
	for _, r := range b.ids {
		b.inOffsets[b.place[r]]++
	}
	for i := range u {
		b.inOffsets[i+1] += b.inOffsets[i]
	}
	b.inTexts, b.inShares = grown(b.inTexts, len(b.ids)), grown(b.inShares, len(b.ids))
	for k := range len(b.offsets) - 1 {
		for i := b.offsets[k]; i < b.offsets[k+1]; i++ {
			u := b.place[b.ids[i]] - 1
			at := b.inOffsets[u]
			b.inTexts[at], b.inShares[at] = int32(k), b.shares[i]
			b.inOffsets[u]++
		}
	}
	// Each offset has moved to the place of the next one.
	copy(b.inOffsets[1:], b.inOffsets[:u])
	b.inOffsets[0] = 0
}

// step moves the rows of the batch against the gradient of its loss, which it returns.
func (t *tuner) step(rate float64) float64 {
	loss := t.pass()
	parallel.For(t.threads, len(t.used), rowBlock, func(from, to int) {
		for u := from; u < to; u++ {
			at := int(t.used[u]) * t.stride
			kernel.AdaGradRow(t.rows[at:at+t.stride], t.squares[at:at+t.stride], t.gradient[u*t.stride:(u+1)*t.stride], float32(rate), 1e-10)
		}
	})
	return loss
}

// pass returns the loss of the batch and sets the gradient of its rows.
func (t *tuner) pass() float64 {
	n, stride, dim := len(t.offsets)-1, t.stride, t.dim
	b := n / 2
	t.z, t.unit, t.dunit, t.norms = grown(t.z, n*stride), grown(t.unit, n*stride), grown(t.dunit, n*stride), grown(t.norms, n)
	parallel.For(t.threads, n, textBlock, func(from, to int) {
		for k := from; k < to; k++ {
			z, unit := t.z[k*stride:(k+1)*stride], t.unit[k*stride:(k+1)*stride]
			kernel.BagSum(z, t.rows, stride, t.ids[t.offsets[k]:t.offsets[k+1]], t.shares[t.offsets[k]:t.offsets[k+1]])
			copy(unit, z)
			if t.norms[k] = kernel.Norm(z[:dim]); t.norms[k] > leastNorm {
				kernel.Scale(unit[:dim], 1/t.norms[k])
			} else {
				t.norms[k] = 0
				clear(unit)
			}
		}
	})
	u, v := t.unit[:b*stride], t.unit[b*stride:]
	t.logits = grown(t.logits, b*b)
	kernel.GemmParallel(t.threads, false, true, b, b, dim, 1, u, stride, v, stride, 0, t.logits, b)
	loss := t.softmax(b)
	clear(t.dunit)
	kernel.GemmParallel(t.threads, false, false, b, dim, b, 1, t.logits, b, v, stride, 0, t.dunit[:b*stride], stride)
	kernel.GemmParallel(t.threads, true, false, b, dim, b, 1, t.logits, b, u, stride, 0, t.dunit[b*stride:], stride)
	dz := t.z // no longer needed
	parallel.For(t.threads, n, textBlock, func(from, to int) {
		for k := from; k < to; k++ {
			dz := dz[k*stride : (k+1)*stride]
			clear(dz)
			if t.norms[k] == 0 {
				continue
			}
			unit, dunit := t.unit[k*stride:][:dim], t.dunit[k*stride:][:dim]
			along := kernel.Dot(unit, dunit)
			kernel.Axpy(dz[:dim], 1/t.norms[k], dunit)
			kernel.Axpy(dz[:dim], -along/t.norms[k], unit)
		}
	})
	t.transpose()
	t.gradient = grown(t.gradient, len(t.used)*stride)
	parallel.For(t.threads, len(t.used), rowBlock, func(from, to int) {
		for r := from; r < to; r++ {
			lo, hi := t.inOffsets[r], t.inOffsets[r+1]
			kernel.BagSum(t.gradient[r*stride:(r+1)*stride], dz, stride, t.inTexts[lo:hi], t.inShares[lo:hi])
		}
	})
	return loss
}

const (
	leastNorm = 1e-12 // length up to which a vector has no direction
	never     = -1e30 // the cosine of a masked cell
)

// softmax turns the cosines in logits into their gradient and returns the loss. With e_ij =
// exp(s·(cos_ij − 1)), row sums r_i and column sums c_j it is
//
//	∂cos_ij = s/B · (e_ij·(½/r_i + ½/c_j) − [i=j])
func (t *tuner) softmax(b int) float64 {
	t.cosines, t.sums, t.factors = grown(t.cosines, b), grown(t.sums, b), grown(t.factors, b)
	t.columns = grown(t.columns, (b+logitBlock-1)/logitBlock*b)
	for i := range b {
		t.cosines[i] = t.logits[i*b+i]
	}
	for _, m := range t.masked {
		t.logits[int(m[0])*b+int(m[1])] = never
	}
	parallel.For(t.threads, b, logitBlock, func(from, to int) {
		part := t.columns[from/logitBlock*b:][:b]
		clear(part)
		for i := from; i < to; i++ {
			row := t.logits[i*b : (i+1)*b]
			t.sums[i] = float64(kernel.ExpSumColumns(row, part, row, scale, -scale))
		}
	})
	clear(t.factors)
	for at := 0; at < len(t.columns); at += b {
		kernel.Axpy(t.factors, 1, t.columns[at:at+b])
	}
	loss := 0.0
	share := float32(scale) / float32(b)
	for i := range b {
		loss += math.Log(t.sums[i]) + math.Log(float64(t.factors[i])) + 2*scale*(1-float64(t.cosines[i]))
		t.factors[i] = share * 0.5 / t.factors[i]
	}
	parallel.For(t.threads, b, logitBlock, func(from, to int) {
		for i := from; i < to; i++ {
			row := t.logits[i*b : (i+1)*b]
			kernel.SoftmaxGradient(row, row, t.factors, share*float32(0.5/t.sums[i]))
			row[i] -= share
		}
	})
	return loss / 2 / float64(b)
}

// grown returns s with n elements, reusing its memory if there is enough.
func grown[T int32 | float32 | float64](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	if s, ok := any(kernel.Aligned(n)).([]T); ok {
		return s
	}
	return make([]T, n)
}
