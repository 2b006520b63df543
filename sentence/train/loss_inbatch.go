package train

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/kernel"
)

// InBatch is the softmax cross-entropy of finding the positive of an anchor among
// the positives and given negatives of the whole batch (multiple negatives ranking:
// Henderson et al., 2017; InfoNCE: van den Oord et al., 2018):
//
//	−s·cos(u_i,v_i) + log Σ_j exp(s·cos(u_i,v_j))
//
// With Symmetric it is the mean of that and of finding the anchor among the anchors
// of the batch, given the positive (Radford et al., 2021).
const InBatch Loss = "in-batch"

var inBatch = lossDef{
	name: InBatch, summary: "find the partner among the texts of the batch", usual: []pairs.Kind{pairs.Paired},
	card: func(o *Options) string {
		text := fmt.Sprintf("in-batch: softmax cross-entropy of finding a text's partner among those of its batch, by %g times the cosine", o.Scale)
		if o.Symmetric {
			text += ", in both directions"
		}
		return text
	},
	scores: noScores, minTexts: 2, scale: true, symmetric: true, acrossBatch: true,
	graph: inBatchGraph,
	fused: (*lossPass).inBatch,
}

// inBatchGraph is the cross-entropy of the partner in column i: of the positive in
// that of an anchor and, if symmetric, of the anchor in that of a positive.
func inBatchGraph(o Objective, t Nodes, _ bool) *G.Node {
	// The softmax goes down the columns: along rows gorgonia's uses a wrong maximum.
	log := G.Must(G.LogSoftMax(add(scaled(t.Cosine, o.Scale), t.Candidates), 0))
	partner, share := transpose(t.Pair), -1/float64(t.Examples)
	if o.Symmetric {
		partner, share = add(partner, t.Pair), share/2
	}
	return scaled(total(times(log, partner)), share)
}

// sharedShift is the scale up to which exp(s·(cos−1)) is a normal float32 for all
// cosines: one exponential then serves rows and columns, without a search for maxima.
const sharedShift = 40

// inBatch returns the loss of the unit vectors and sets dunit.
func (l *lossPass) inBatch(b *Batch, dim, stride int, grad float32) float64 {
	rows, cols := b.Examples, b.Texts()-b.Examples
	u, v := l.unit[:rows*stride], l.unit[rows*stride:]
	l.logits, l.sums = grown(l.logits, rows*cols), grown(l.sums, rows)
	kernel.GemmParallel(l.threads, false, true, rows, cols, dim, 1, u, stride, v, stride, 0, l.logits, cols)
	var loss float64
	if l.objective.Scale <= sharedShift {
		loss = l.softmax(b, rows, cols, grad)
	} else {
		loss = l.wideSoftmax(b, rows, cols, grad)
	}
	du, dv := l.dunit[:rows*stride], l.dunit[rows*stride:]
	kernel.GemmParallel(l.threads, false, false, rows, dim, cols, 1, l.logits, cols, v, stride, 0, du, stride)
	kernel.GemmParallel(l.threads, true, false, cols, dim, rows, 1, l.logits, cols, u, stride, 0, dv, stride)
	return loss
}

// never is the cosine of a masked cell: its exponential is 0.
const never = -1e30

// logitBlock is how many rows of the logits a goroutine takes at a time.
const logitBlock = 32

// softmax turns the cosines in logits into their gradient and returns the loss.
// With e_ij = exp(s·(cos_ij − 1)), row sums r_i and column sums c_j it is
//
//	∂cos_ij = s/B · (e_ij·(w/r_i + w'/c_j) − [i=j]),  w + w' = 1
//
// where w' is 1/2 in the symmetric loss, for columns of positives, and else 0.
func (l *lossPass) softmax(b *Batch, rows, cols int, grad float32) float64 {
	s := float32(l.objective.Scale)
	l.columns = grown(l.columns, (rows+logitBlock-1)/logitBlock*rows)
	l.positives = grown(l.positives, rows)
	cosine := l.positives
	mask := masks(b.Masked, rows)
	autograd.Parallel(l.threads, rows, logitBlock, func(from, to int) {
		part := l.columns[from/logitBlock*rows:][:rows]
		clear(part)
		for i := from; i < to; i++ {
			row := l.logits[i*cols : (i+1)*cols]
			cosine[i] = row[i]
			for _, m := range mask(i) {
				row[m[1]] = never
			}
			var sum float64
			if l.objective.Symmetric {
				sum = float64(kernel.ExpSumColumns(row[:rows], part, row[:rows], s, -s))
			} else {
				sum = float64(kernel.ExpSum(row[:rows], row[:rows], s, -s))
			}
			l.sums[i] = sum + float64(kernel.ExpSum(row[rows:], row[rows:], s, -s))
		}
	})
	// Sums of columns, in the order of the parts.
	l.factors = grown(l.factors, rows)
	clear(l.factors)
	loss, across := 0.0, 0.0
	rowShare := 1.0
	for i, sum := range l.sums[:rows] {
		loss += math.Log(sum) + float64(s)*(1-float64(cosine[i]))
	}
	scale := grad * s / float32(rows)
	if l.objective.Symmetric {
		rowShare = 0.5
		for at := 0; at < len(l.columns); at += rows {
			kernel.Axpy(l.factors, 1, l.columns[at:at+rows])
		}
		for j, sum := range l.factors {
			across += math.Log(float64(sum)) + float64(s)*(1-float64(cosine[j]))
			l.factors[j] = scale * 0.5 / sum
		}
		loss = (loss + across) / 2
	}
	autograd.Parallel(l.threads, rows, logitBlock, func(from, to int) {
		for i := from; i < to; i++ {
			row := l.logits[i*cols : (i+1)*cols]
			along := scale * float32(rowShare/l.sums[i])
			kernel.SoftmaxGradient(row[:rows], row[:rows], l.factors, along)
			kernel.Scale(row[rows:], along)
			row[i] -= scale
		}
	})
	return loss / float64(rows)
}

// wideSoftmax is softmax for scales whose exponentials do not fit float32: each row and
// each column is shifted by its own maximum.
func (l *lossPass) wideSoftmax(b *Batch, rows, cols int, grad float32) float64 {
	s := l.objective.Scale
	mask := masks(b.Masked, rows)
	g := make([]float32, rows*cols)
	parts := make([]float64, rows)
	scale := float64(grad) * s / float64(rows)
	half := 1.0
	if l.objective.Symmetric {
		half = 0.5
	}
	for i := range rows {
		for _, m := range mask(i) {
			l.logits[i*cols+int(m[1])] = never
		}
	}
	// line adds the softmax of n cells, step apart, whose target is the i-th.
	line := func(cells, out []float32, n, step, i int) float64 {
		top := float64(never)
		for j := range n {
			top = max(top, float64(cells[j*step]))
		}
		sum := 0.0
		for j := range n {
			sum += math.Exp(s * (float64(cells[j*step]) - top))
		}
		for j := range n {
			out[j*step] += float32(scale * half * math.Exp(s*(float64(cells[j*step])-top)) / sum)
		}
		out[i*step] -= float32(scale * half)
		return half * (math.Log(sum) + s*(top-float64(cells[i*step])))
	}
	autograd.Parallel(l.threads, rows, logitBlock, func(from, to int) {
		for i := from; i < to; i++ {
			parts[i] = line(l.logits[i*cols:(i+1)*cols], g[i*cols:(i+1)*cols], cols, 1, i)
		}
	})
	if l.objective.Symmetric {
		autograd.Parallel(l.threads, rows, logitBlock, func(from, to int) {
			for j := from; j < to; j++ {
				parts[j] += line(l.logits[j:], g[j:], rows, cols, j)
			}
		})
	}
	copy(l.logits, g)
	loss := 0.0
	for _, p := range parts {
		loss += p
	}
	return loss / float64(rows)
}

// masks returns a function that returns the masked cells of a row.
func masks(cells [][2]int32, rows int) func(i int) [][2]int32 {
	if len(cells) == 0 {
		return func(int) [][2]int32 { return nil }
	}
	begins := make([]int, rows+1)
	for _, c := range cells {
		begins[c[0]+1]++
	}
	for i := range rows {
		begins[i+1] += begins[i]
	}
	return func(i int) [][2]int32 { return cells[begins[i]:begins[i+1]] }
}
