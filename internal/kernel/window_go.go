package kernel

import "math"

// The plain Go versions of the window kernels: definition, fallback and oracle. They
// read and write rows that other goroutines write, hence norace (see Hogwild in the
// package comment).

//go:norace
func skipGramGo(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (loss float64) {
	for len(batch) > 0 {
		var first int
		var ctx, outs []int32
		first, ctx, outs, batch = s.cut(batch)

		g := s.grad[:len(ctx)*outputs]
		for i, c := range ctx {
			x := row(in, stride, c)
			for j, o := range outs {
				g[i*outputs+j] = dotGo(x, row(out, stride, o))
			}
			w := s.weight(first, i)
			loss += float64(w) * gradientGo(g[i*outputs:(i+1)*outputs], alpha*w)
		}
		dy := s.dy[:outputs*stride]
		clear(dy)
		dx := s.dx[:len(ctx)*stride]
		clear(dx)
		for i, c := range ctx {
			x := row(in, stride, c)
			for j, o := range outs {
				axpyGo(dx[i*stride:(i+1)*stride], g[i*outputs+j], row(out, stride, o))
				axpyGo(dy[j*stride:(j+1)*stride], g[i*outputs+j], x)
			}
		}
		for i, c := range ctx {
			axpyGo(row(in, stride, c), 1, dx[i*stride:(i+1)*stride])
		}
		for j, o := range outs {
			axpyGo(row(out, stride, o), 1, dy[j*stride:(j+1)*stride])
		}
	}
	return loss
}

//go:norace
func cbowGo(in, out []float32, stride int, batch []int32, outputs int, alpha float32, average bool, s *WindowScratch) (loss float64) {
	h, dx := s.hid[:stride], s.dx[:stride]
	for len(batch) > 0 {
		var first int
		var ctx, outs []int32
		first, ctx, outs, batch = s.cut(batch)

		clear(h)
		for i, c := range ctx {
			axpyGo(h, s.weight(first, i), row(in, stride, c))
		}
		total := s.total(first, len(ctx), average)
		scaleGo(h, 1/total)
		g := s.grad[:outputs]
		for j, o := range outs {
			g[j] = dotGo(h, row(out, stride, o))
		}
		by := float32(1) // the weight of the window
		if s.places != nil {
			by = total
		}
		loss += float64(by) * gradientGo(g, alpha*by)
		clear(dx)
		for j, o := range outs {
			axpyGo(dx, g[j], row(out, stride, o))
		}
		for j, o := range outs {
			axpyGo(row(out, stride, o), g[j], h)
		}
		for i, c := range ctx {
			part := float32(1)
			if s.places != nil {
				part = s.weight(first, i) / total
			}
			axpyGo(row(in, stride, c), part, dx)
		}
	}
	return loss
}

// gradientGo replaces the scores of one context word by alpha·(label - σ(score)), where
// the first label is 1 and the others are 0, and returns their loss.
// With t = -s for label 1 and t = s for label 0 the loss is log(1+exp(t)) and its
// gradient ±σ(t); both come from e = exp(-|t|), which cannot overflow.
func gradientGo(s []float32, alpha float32) (loss float64) {
	a := alpha
	for j, v := range s {
		t := float64(v)
		if j == 0 {
			t = -t
		} else {
			a = -alpha
		}
		e := math.Exp(-math.Abs(t))
		loss += max(t, 0) + math.Log1p(e)
		sigma := e / (1 + e)
		if t >= 0 {
			sigma = 1 / (1 + e)
		}
		s[j] = a * float32(sigma)
	}
	return loss
}

// share returns the weight of each of m context rows in the hidden row.
func share(m int, average bool) float32 {
	if average {
		return 1 / float32(m)
	}
	return 1
}

// row returns row id of a table.
func row(table []float32, stride int, id int32) []float32 {
	return table[int(id)*stride : (int(id)+1)*stride : (int(id)+1)*stride]
}
