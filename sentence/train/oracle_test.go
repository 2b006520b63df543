package train

import (
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// oracle computes a loss and its gradient in float64 with plain loops, one text and one
// pair of texts at a time, straight from the formulas of [Objective].
type oracle struct {
	e    *Parameters
	loss Objective
	b    *Batch

	z, dz [][]float64 // vectors of the texts and their gradients

	y      [][]float64 // the vectors cut and normalized
	length []float64
	short  float64     // the smallest length above 0
	dcos   [][]float64 // gradient of the loss with respect to cos(i, j)
}

// gradient64 is a Gradient in float64, without padding.
type gradient64 struct{ rows, linear, bias, projection [][]float64 }

func zeros(rows, cols int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, cols)
	}
	return m
}

func unpadded(src []float32, rows, cols int) [][]float64 {
	m := zeros(rows, cols)
	for i, row := range m {
		for j := range row {
			row[j] = float64(src[i*kernel.Stride(cols)+j])
		}
	}
	return m
}

func dot64(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// oracleGradient returns the loss, its gradient and the length of the shortest vector that
// is not zero.
func oracleGradient(e *Parameters, of Objective, b *Batch) (loss float64, g gradient64, shortest float64) {
	o := &oracle{e: e, loss: of, b: b, short: math.Inf(1)}
	n, width := b.Texts(), e.Width()
	linear, projection := unpadded(e.Linear, e.Hidden, e.Dim), unpadded(e.Projection, e.Out, width)
	g = gradient64{rows: zeros(len(b.Rows), e.Dim), linear: zeros(e.Hidden, e.Dim), projection: zeros(e.Out, width)}
	if e.Hidden > 0 {
		g.bias = zeros(1, e.Hidden)
	}

	// Forward: rows to features, features to texts.
	rows, features := zeros(len(b.Rows), e.Dim), make([][]float64, len(b.Rows))
	for i, r := range b.Rows {
		for j := range rows[i] {
			rows[i][j] = float64(e.Table[int(r)*kernel.Stride(e.Dim)+j])
		}
		features[i] = rows[i]
		if e.Hidden > 0 {
			features[i] = make([]float64, width)
			for h := range width {
				features[i][h] = max(0, dot64(linear[h], rows[i])+float64(e.Bias[h]))
			}
		}
	}
	pooled, best := zeros(n, width), make([][]int32, n)
	factor := func(k, j int) float64 {
		if b.Dropout == nil {
			return 1
		}
		return float64(b.Dropout[k*kernel.Stride(width)+j])
	}
	for k := range n {
		best[k] = make([]int32, width)
		for j := range width {
			for t := b.Offsets[k]; t < b.Offsets[k+1]; t++ {
				v := features[b.Tokens[t]][j]
				switch {
				case !e.Max:
					pooled[k][j] += float64(b.Weights[t]) * v
				case t == b.Offsets[k] || v > pooled[k][j]:
					pooled[k][j], best[k][j] = v, b.Tokens[t]
				}
			}
			pooled[k][j] *= factor(k, j)
		}
	}
	o.z = pooled
	if e.Out > 0 {
		o.z = zeros(n, e.Out)
		for k := range n {
			for j := range e.Out {
				o.z[k][j] = dot64(projection[j], pooled[k])
			}
		}
	}
	o.dz = zeros(n, e.VectorDim())

	dims := of.Matryoshka
	if dims == nil {
		dims = []int{e.VectorDim()}
	}
	for _, d := range dims {
		loss += o.cut(d, 1/float64(len(dims))) / float64(len(dims))
	}

	// Backward.
	dpooled := o.dz
	if e.Out > 0 {
		dpooled = zeros(n, width)
		for k := range n {
			for j, d := range o.dz[k] {
				for i := range width {
					g.projection[j][i] += d * pooled[k][i]
					dpooled[k][i] += d * projection[j][i]
				}
			}
		}
	}
	dfeatures := zeros(len(b.Rows), width)
	for k := range n {
		for j := range width {
			d := dpooled[k][j] * factor(k, j)
			if e.Max {
				dfeatures[best[k][j]][j] += d
				continue
			}
			for t := b.Offsets[k]; t < b.Offsets[k+1]; t++ {
				dfeatures[b.Tokens[t]][j] += float64(b.Weights[t]) * d
			}
		}
	}
	if e.Hidden == 0 {
		g.rows = dfeatures
		return loss, g, o.short
	}
	for i := range rows {
		for h, d := range dfeatures[i] {
			if features[i][h] <= 0 {
				continue
			}
			g.bias[0][h] += d
			for j, v := range rows[i] {
				g.linear[h][j] += d * v
				g.rows[i][j] += d * linear[h][j]
			}
		}
	}
	return loss, g, o.short
}

// cut returns the loss of the vectors cut to d numbers and adds share times its gradient to dz.
func (o *oracle) cut(d int, share float64) float64 {
	n := o.b.Texts()
	o.y, o.length, o.dcos = zeros(n, d), make([]float64, n), zeros(n, n)
	for k := range n {
		o.length[k] = math.Sqrt(dot64(o.z[k][:d], o.z[k][:d]))
		if o.length[k] > 0 {
			o.short = min(o.short, o.length[k])
			for j := range d {
				o.y[k][j] = o.z[k][j] / o.length[k]
			}
		}
	}
	var loss float64
	switch o.loss.Loss {
	case InBatch:
		loss = o.inBatch()
	case Related, Contrastive:
		loss = o.labelled()
	case Cosine:
		loss = o.cosine()
	case Align:
		for i := range o.b.Examples {
			loss += (1 - o.cos(i, o.b.Examples+i)) / float64(o.b.Examples)
			o.dcos[i][o.b.Examples+i] -= 1 / float64(o.b.Examples)
		}
	case CoSENT:
		loss = o.coSENT()
	case Triplet:
		loss = o.triplet()
	}
	for i := range n {
		for j, g := range o.dcos[i] {
			if g == 0 {
				continue
			}
			cos := o.cos(i, j)
			for _, at := range [2][2]int{{i, j}, {j, i}} {
				a, b := at[0], at[1]
				if o.length[a] == 0 {
					continue
				}
				for x := range d {
					o.dz[a][x] += share * g * (o.y[b][x] - cos*o.y[a][x]) / o.length[a]
				}
			}
		}
	}
	return loss
}

func (o *oracle) cos(i, j int) float64 { return dot64(o.y[i], o.y[j]) }

func (o *oracle) masked(i, text int) bool {
	for _, m := range o.b.Masked {
		if int(m[0]) == i && int(m[1]) == text-o.b.Examples {
			return true
		}
	}
	return false
}

// choice is −log of the softmax of finding right among the texts; share times its gradient is noted.
func (o *oracle) choice(of, right int, texts []int, share float64) float64 {
	s, most := o.loss.Scale, math.Inf(-1)
	for _, j := range texts {
		most = max(most, s*o.cos(of, j))
	}
	sum := 0.0
	for _, j := range texts {
		sum += math.Exp(s*o.cos(of, j) - most)
	}
	for _, j := range texts {
		o.dcos[of][j] += share * s * math.Exp(s*o.cos(of, j)-most) / sum
	}
	o.dcos[of][right] -= share * s
	return -s*o.cos(of, right) + most + math.Log(sum)
}

func (o *oracle) inBatch() float64 {
	B, loss := o.b.Examples, 0.0
	share := 1 / float64(B)
	if o.loss.Symmetric {
		share /= 2
	}
	for i := range B {
		var texts []int
		for j := B; j < o.b.Texts(); j++ {
			if !o.masked(i, j) {
				texts = append(texts, j)
			}
		}
		loss += share * o.choice(i, B+i, texts, share)
		if !o.loss.Symmetric {
			continue
		}
		texts = nil
		for j := range B {
			if !o.masked(j, B+i) {
				texts = append(texts, j)
			}
		}
		loss += share * o.choice(B+i, i, texts, share)
	}
	return loss
}

// label is the loss of a pair that is related to the degree y, times share.
func (o *oracle) label(i, j int, y, share float64) float64 {
	cos, s, m := o.cos(i, j), o.loss.Scale, o.loss.Margin
	if o.loss.Loss == Related {
		p := 1 / (1 + math.Exp(-s*(cos-m)))
		o.dcos[i][j] += share * s * (p - y)
		loss := 0.0
		if y > 0 {
			loss -= y * math.Log(p)
		}
		if y < 1 {
			loss -= (1 - y) * math.Log(1-p)
		}
		return share * loss
	}
	d := 1 - cos
	far := max(0, m-d)
	o.dcos[i][j] += share * (-y*d + (1-y)*far)
	return share * (y*d*d/2 + (1-y)*far*far/2)
}

func (o *oracle) labelled() float64 {
	B, loss := o.b.Examples, 0.0
	for i := range B {
		switch {
		case o.b.Scores != nil:
			loss += o.label(i, B+i, float64(o.b.Scores[i]), 1/float64(B))
		case B == 1:
			loss += o.label(i, B+i, 1, 1)
		default:
			loss += o.label(i, B+i, 1, 1/float64(2*B))
			loss += o.label(i, B+(i+1)%B, 0, 1/float64(2*B))
		}
	}
	return loss
}

func (o *oracle) cosine() float64 {
	B, loss := o.b.Examples, 0.0
	for i := range B {
		miss := o.cos(i, B+i) - float64(o.b.Scores[i])
		loss += miss * miss / float64(B)
		o.dcos[i][B+i] += 2 * miss / float64(B)
	}
	return loss
}

func (o *oracle) coSENT() float64 {
	B, s, sum := o.b.Examples, o.loss.Scale, 1.0
	each := func(do func(i, j int, exp float64)) {
		for i := range B {
			for j := range B {
				if o.b.Scores[i] > o.b.Scores[j] {
					do(i, j, math.Exp(s*(o.cos(j, B+j)-o.cos(i, B+i))))
				}
			}
		}
	}
	each(func(_, _ int, exp float64) { sum += exp })
	each(func(i, j int, exp float64) {
		o.dcos[j][B+j] += s * exp / sum
		o.dcos[i][B+i] -= s * exp / sum
	})
	return math.Log(sum)
}

func (o *oracle) triplet() float64 {
	B, loss := o.b.Examples, 0.0
	share := 1 / float64(B*(o.b.Columns-2))
	for i := range B {
		for c := 2; c < o.b.Columns; c++ {
			over := o.cos(i, c*B+i) - o.cos(i, B+i) + o.loss.Margin
			if over > 0 {
				loss += share * over
				o.dcos[i][c*B+i] += share
				o.dcos[i][B+i] -= share
			}
		}
	}
	return loss
}
