package kernel

import "math"

// skipGramReference is the definition in float64, written like the matrix equations.
func skipGramReference(in, out []float64, stride int, batch []int32, outputs int, alpha float64) (loss, targets float64) {
	for len(batch) > 0 {
		m := int(batch[0])
		ctx, outs := batch[1:1+m], batch[1+m:1+m+outputs]
		batch = batch[1+m+outputs:]
		x, y := gather(in, stride, ctx), gather(out, stride, outs)
		for i := range ctx {
			for j := range outs {
				g, l := referenceGradient(x[i], y[j], j == 0)
				loss += l
				for k := range stride {
					in[int(ctx[i])*stride+k] += alpha * g * y[j][k]
					out[int(outs[j])*stride+k] += alpha * g * x[i][k]
				}
			}
		}
		targets += float64(m)
	}
	return loss, targets
}

func cbowReference(average bool) func(in, out []float64, stride int, batch []int32, outputs int, alpha float64) (loss, targets float64) {
	return func(in, out []float64, stride int, batch []int32, outputs int, alpha float64) (loss, targets float64) {
		for len(batch) > 0 {
			m := int(batch[0])
			ctx, outs := batch[1:1+m], batch[1+m:1+m+outputs]
			batch = batch[1+m+outputs:]
			x, y := gather(in, stride, ctx), gather(out, stride, outs)
			part := 1.0
			if average {
				part = 1 / float64(m)
			}
			h := make([]float64, stride)
			for i := range ctx {
				for k := range h {
					h[k] += x[i][k] * part
				}
			}
			for j := range outs {
				g, l := referenceGradient(h, y[j], j == 0)
				loss += l
				for k := range h {
					for _, c := range ctx {
						in[int(c)*stride+k] += alpha * g * y[j][k]
					}
					out[int(outs[j])*stride+k] += alpha * g * h[k]
				}
			}
			targets++
		}
		return loss, targets
	}
}

func gather(table []float64, stride int, ids []int32) [][]float64 {
	rows := make([][]float64, len(ids))
	for i, id := range ids {
		rows[i] = append([]float64(nil), table[int(id)*stride:(int(id)+1)*stride]...)
	}
	return rows
}

func referenceGradient(x, y []float64, positive bool) (g, loss float64) {
	var s float64
	for k := range x {
		s += x[k] * y[k]
	}
	if positive {
		return 1 / (1 + math.Exp(s)), softplus(-s)
	}
	return -1 / (1 + math.Exp(-s)), softplus(s)
}

func softplus(t float64) float64 { return max(t, 0) + math.Log1p(math.Exp(-math.Abs(t))) }

func widen(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}
