package autograd

import (
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// lossPass computes a loss of sentence vectors and its gradient. It knows
// nothing of how the vectors came about.
type lossPass struct {
	spec    TextLoss
	dims    []int // of the vectors' beginnings that are judged
	threads int
	loss    float64 // of the last run

	unit  []float32 // [C·B × stride] the vectors divided by their length
	dunit []float32 // its gradient
	norms []float32 // [C·B]

	// Of the in-batch loss.
	logits    []float32 // [B × K]
	positives []float32 // [B] cosines of the pairs
	sums      []float64 // [B] of rows
	factors   []float32 // [B] of columns
	columns   []float32 // [parts × B] sums of parts of columns

	// Of the others: cosines, and what they have to change.
	cosines, dcosines [][]float32
}

// run sets loss, and adds up in dz the gradient of grad times it, for vectors
// whose rows are stride apart.
func (l *lossPass) run(b *TextBatch, z, dz []float32, stride int, grad float32) {
	n := b.Texts()
	clear(dz[:n*stride])
	share := 1 / float64(len(l.dims))
	l.loss = 0
	for _, dim := range l.dims {
		to := kernel.Stride(dim)
		l.unit, l.dunit, l.norms = grown(l.unit, n*to), grown(l.dunit, n*to), grown(l.norms, n)
		parallel(l.threads, n, textBlock, func(from, until int) {
			for k := from; k < until; k++ {
				l.norms[k] = direction(l.unit[k*to:(k+1)*to], z[k*stride:k*stride+dim])
			}
		})
		if l.spec.Name == LossInBatch {
			l.loss += share * l.inBatch(b, dim, to, grad*float32(share))
		} else {
			l.loss += share * l.pairwise(b, to, grad*float32(share))
		}
		parallel(l.threads, n, textBlock, func(from, until int) {
			for k := from; k < until; k++ {
				undirect(dz[k*stride:k*stride+dim], l.unit[k*to:(k+1)*to], l.dunit[k*to:(k+1)*to], l.norms[k])
			}
		})
	}
}

// leastNorm is the length below which a vector has no direction: its unit vector
// and its gradient are zero.
const leastNorm = 1e-12

// direction sets dst to z divided by its length, and its padding to zero.
func direction(dst, z []float32) (norm float32) {
	clear(dst[len(z):])
	dst = dst[:len(z)]
	copy(dst, z)
	if norm = kernel.Norm(z); !(norm > leastNorm) {
		if norm == norm {
			clear(dst)
		}
		return 0
	}
	if math.IsInf(float64(norm), 1) {
		norm = float32(math.NaN()) // the numbers have left float32: no loss may come of them
	}
	kernel.Scale(dst, 1/norm)
	return norm
}

// undirect adds to dz the gradient of z, given that of its direction n:
// (dn − (n·dn)·n) / |z|.
func undirect(dz, n, dn []float32, norm float32) {
	if norm == 0 {
		return
	}
	along := kernel.Dot(n[:len(dz)], dn)
	kernel.Axpy(dz, 1/norm, dn[:len(dz)])
	kernel.Axpy(dz, -along/norm, n[:len(dz)])
}

// sharedShift is the scale up to which exp(s·(cos−1)) stays a normal float32 for all
// cosines: then one exponential serves rows and columns, without looking for maxima.
const sharedShift = 40

// inBatch returns LossInBatch of the unit vectors and sets dunit.
func (l *lossPass) inBatch(b *TextBatch, dim, stride int, grad float32) float64 {
	rows, cols := b.Examples, b.Texts()-b.Examples
	u, v := l.unit[:rows*stride], l.unit[rows*stride:]
	l.logits, l.sums = grown(l.logits, rows*cols), grown(l.sums, rows)
	kernel.GemmParallel(l.threads, false, true, rows, cols, dim, 1, u, stride, v, stride, 0, l.logits, cols)
	var loss float64
	if l.spec.Scale <= sharedShift {
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
func (l *lossPass) softmax(b *TextBatch, rows, cols int, grad float32) float64 {
	s := float32(l.spec.Scale)
	l.columns = grown(l.columns, (rows+logitBlock-1)/logitBlock*rows)
	l.positives = grown(l.positives, rows)
	cosine := l.positives
	mask := masks(b.Masked, rows)
	parallel(l.threads, rows, logitBlock, func(from, to int) {
		part := l.columns[from/logitBlock*rows:][:rows]
		clear(part)
		for i := from; i < to; i++ {
			row := l.logits[i*cols : (i+1)*cols]
			cosine[i] = row[i]
			for _, m := range mask(i) {
				row[m[1]] = never
			}
			var sum float64
			if l.spec.Symmetric {
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
	if l.spec.Symmetric {
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
	parallel(l.threads, rows, logitBlock, func(from, to int) {
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

// wideSoftmax is softmax for scales whose exponentials would not fit float32: each
// row and each column is shifted by its own maximum.
func (l *lossPass) wideSoftmax(b *TextBatch, rows, cols int, grad float32) float64 {
	s := l.spec.Scale
	mask := masks(b.Masked, rows)
	g := make([]float32, rows*cols)
	parts := make([]float64, rows)
	scale := float64(grad) * s / float64(rows)
	half := 1.0
	if l.spec.Symmetric {
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
	parallel(l.threads, rows, logitBlock, func(from, to int) {
		for i := from; i < to; i++ {
			parts[i] = line(l.logits[i*cols:(i+1)*cols], g[i*cols:(i+1)*cols], cols, 1, i)
		}
	})
	if l.spec.Symmetric {
		parallel(l.threads, rows, logitBlock, func(from, to int) {
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

// masks returns a function that gives the masked cells of a row.
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

// grown returns s with n elements, in its own memory where that is enough. Floats
// of new memory begin at a cache line.
func grown[T float32 | float64](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	if s, ok := any(kernel.Aligned(n)).([]T); ok {
		return s
	}
	return make([]T, n)
}
