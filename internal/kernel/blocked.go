package kernel

import "math"

// The plain Go path of processors without assembly. The loops of the definitions (the files
// _go.go) load two values for each product, and two loads a cycle is all that a processor does.
// These loops take several rows at a time, so that a value is used several times once it is
// loaded, and keep eight sums, so that additions overlap. Sums are in other orders than those of
// the definitions. Conversions to arrays take the checks of bounds out of the loops.

// dotFour returns the inner products of q with four rows as long as q.
//
//go:norace
func dotFour(q, a, b, c, d []float32) (s, t, u, v float32) {
	a, b, c, d = a[:len(q)], b[:len(q)], c[:len(q)], d[:len(q)]
	var s1, t1, u1, v1 float32
	k := 0
	for ; k < len(q)-3; k += 4 {
		q0, q1, q2, q3 := q[k], q[k+1], q[k+2], q[k+3]
		s += q0 * a[k]
		t += q0 * b[k]
		u += q0 * c[k]
		v += q0 * d[k]
		s1 += q1 * a[k+1]
		t1 += q1 * b[k+1]
		u1 += q1 * c[k+1]
		v1 += q1 * d[k+1]
		s += q2 * a[k+2]
		t += q2 * b[k+2]
		u += q2 * c[k+2]
		v += q2 * d[k+2]
		s1 += q3 * a[k+3]
		t1 += q3 * b[k+3]
		u1 += q3 * c[k+3]
		v1 += q3 * d[k+3]
	}
	for ; k < len(q); k++ {
		s += q[k] * a[k]
		t += q[k] * b[k]
		u += q[k] * c[k]
		v += q[k] * d[k]
	}
	return s + s1, t + t1, u + u1, v + v1
}

// dotTwoFour is dotFour for two vectors: the products of p are the first four. Their length is a
// multiple of Lanes.
//
//go:norace
func dotTwoFour(dst *[8]float32, p, q, a, b, c, d []float32) {
	q, a, b, c, d = q[:len(p)], a[:len(p)], b[:len(p)], c[:len(p)], d[:len(p)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for k := 0; k < len(p)-1; k += 2 {
		x, y := p[k], q[k]
		w := a[k]
		s0, s4 = s0+w*x, s4+w*y
		w = b[k]
		s1, s5 = s1+w*x, s5+w*y
		w = c[k]
		s2, s6 = s2+w*x, s6+w*y
		w = d[k]
		s3, s7 = s3+w*x, s7+w*y
		x, y = p[k+1], q[k+1]
		w = a[k+1]
		s0, s4 = s0+w*x, s4+w*y
		w = b[k+1]
		s1, s5 = s1+w*x, s5+w*y
		w = c[k+1]
		s2, s6 = s2+w*x, s6+w*y
		w = d[k+1]
		s3, s7 = s3+w*x, s7+w*y
	}
	*dst = [8]float32{s0, s1, s2, s3, s4, s5, s6, s7}
}

// axpyFour adds the sum of four rows, each times a factor, to dst.
//
//go:norace
func axpyFour(dst []float32, e, f, g, h float32, a, b, c, d []float32) {
	a, b, c, d = a[:len(dst)], b[:len(dst)], c[:len(dst)], d[:len(dst)]
	for k := 0; k < len(dst)-1; k += 2 {
		dst[k] += (e*a[k] + f*b[k]) + (g*c[k] + h*d[k])
		dst[k+1] += (e*a[k+1] + f*b[k+1]) + (g*c[k+1] + h*d[k+1])
	}
	if k := len(dst) - 1; len(dst)%2 > 0 {
		dst[k] += (e*a[k] + f*b[k]) + (g*c[k] + h*d[k])
	}
}

// axpyTwo is axpyFour for two rows.
//
//go:norace
func axpyTwo(dst []float32, e, f float32, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for k := 0; k < len(dst)-1; k += 2 {
		dst[k] += e*a[k] + f*b[k]
		dst[k+1] += e*a[k+1] + f*b[k+1]
	}
	if k := len(dst) - 1; len(dst)%2 > 0 {
		dst[k] += e*a[k] + f*b[k]
	}
}

// combine adds to dst the rows ids of table, row i times factors[step*i].
//
//go:norace
func combine(dst []float32, factors []float32, step int, table []float32, ids []int32) {
	stride, i := len(dst), 0
	f := func(i int) float32 { return factors[step*i] }
	for ; i+3 < len(ids); i += 4 {
		axpyFour(dst, f(i), f(i+1), f(i+2), f(i+3), row(table, stride, ids[i]), row(table, stride, ids[i+1]),
			row(table, stride, ids[i+2]), row(table, stride, ids[i+3]))
	}
	for ; i+1 < len(ids); i += 2 {
		axpyTwo(dst, f(i), f(i+1), row(table, stride, ids[i]), row(table, stride, ids[i+1]))
	}
	if i < len(ids) {
		axpyGo(dst, f(i), row(table, stride, ids[i]))
	}
}

// scoresOf sets dst[j] to the inner product of x and row ids[j].
//
//go:norace
func scoresOf(dst, x, table []float32, ids []int32) {
	stride, j := len(x), 0
	for ; j+3 < len(ids); j += 4 {
		dst[j], dst[j+1], dst[j+2], dst[j+3] = dotFour(x, row(table, stride, ids[j]), row(table, stride, ids[j+1]),
			row(table, stride, ids[j+2]), row(table, stride, ids[j+3]))
	}
	for ; j < len(ids); j++ {
		dst[j] = dotGo(x, row(table, stride, ids[j]))
	}
}

// scoresOfTwo is scoresOf for two vectors.
//
//go:norace
func scoresOfTwo(dst, more, x, y, table []float32, ids []int32) {
	stride, j := len(x), 0
	var s [8]float32
	for ; j+3 < len(ids); j += 4 {
		dotTwoFour(&s, x, y, row(table, stride, ids[j]), row(table, stride, ids[j+1]), row(table, stride, ids[j+2]), row(table, stride, ids[j+3]))
		copy(dst[j:j+4], s[:4])
		copy(more[j:j+4], s[4:])
	}
	for ; j+1 < len(ids); j += 2 {
		dst[j], dst[j+1], more[j], more[j+1] = dotTwoTwo(x, y, row(table, stride, ids[j]), row(table, stride, ids[j+1]))
	}
	if j < len(ids) {
		r := row(table, stride, ids[j])
		dst[j], more[j] = dotGo(x, r), dotGo(y, r)
	}
}

// dotTwoTwo returns the inner products of p with a and b, then those of q. Their length is even.
//
//go:norace
func dotTwoTwo(p, q, a, b []float32) (s, t, u, v float32) {
	q, a, b = q[:len(p)], a[:len(p)], b[:len(p)]
	var s1, t1, u1, v1 float32
	for k := 0; k < len(p)-1; k += 2 {
		x, y, w := p[k], q[k], a[k]
		s, u = s+w*x, u+w*y
		w = b[k]
		t, v = t+w*x, v+w*y
		x, y, w = p[k+1], q[k+1], a[k+1]
		s1, u1 = s1+w*x, u1+w*y
		w = b[k+1]
		t1, v1 = t1+w*x, v1+w*y
	}
	return s + s1, t + t1, u + u1, v + v1
}

//go:norace
func skipGramBlocked(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (loss float64) {
	for len(batch) > 0 {
		var first int
		var ctx, outs []int32
		first, ctx, outs, batch = s.cut(batch)

		g := s.grad[:len(ctx)*outputs]
		i := 0
		for ; i+1 < len(ctx); i += 2 {
			scoresOfTwo(g[i*outputs:], g[(i+1)*outputs:], row(in, stride, ctx[i]), row(in, stride, ctx[i+1]), out, outs)
		}
		if i < len(ctx) {
			scoresOf(g[i*outputs:], row(in, stride, ctx[i]), out, outs)
		}
		for i := range ctx {
			w := s.weight(first, i)
			loss += float64(w) * gradientBlocked(g[i*outputs:(i+1)*outputs], alpha*w)
		}
		// The updates of the outputs first, aside, while the context rows are as they were.
		dy := s.dy[:outputs*stride]
		clear(dy)
		for j := range outs {
			combine(dy[j*stride:(j+1)*stride], g[j:], outputs, in, ctx)
		}
		for i, c := range ctx {
			combine(row(in, stride, c), g[i*outputs:], 1, out, outs)
		}
		for j, o := range outs {
			axpyGo(row(out, stride, o), 1, dy[j*stride:(j+1)*stride])
		}
	}
	return loss
}

//go:norace
func cbowBlocked(in, out []float32, stride int, batch []int32, outputs int, alpha float32, average bool, s *WindowScratch) (loss float64) {
	h, dx := s.hid[:stride], s.dx[:stride]
	one := []float32{1}
	for len(batch) > 0 {
		var first int
		var ctx, outs []int32
		first, ctx, outs, batch = s.cut(batch)

		clear(h)
		weights, step := one, 0
		if s.places != nil {
			weights, step = s.places[first:], 1
		}
		combine(h, weights, step, in, ctx)
		total := s.total(first, len(ctx), average)
		scaleGo(h, 1/total)
		g := s.grad[:outputs]
		scoresOf(g, h, out, outs)
		by := float32(1) // the weight of the window
		if s.places != nil {
			by = total
		}
		loss += float64(by) * gradientBlocked(g, alpha*by)
		clear(dx)
		combine(dx, g, 1, out, outs)
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

// gradientBlocked is gradientGo with the exponential of the assembly, and one logarithm for all
// factors 1+exp(-|t|), whose product is at most 2 to the power of their number.
func gradientBlocked(s []float32, alpha float32) (loss float64) {
	a := alpha
	product := 1.0
	for j, t := range s {
		if j == 0 {
			t = -t
		} else {
			a = -alpha
		}
		e := expGo(-max(t, -t))
		sigma := e
		if t >= 0 {
			loss += float64(t)
			sigma = 1
		}
		if t != t {
			loss += float64(t) // NaN, so that the loss shows it
		}
		sigma /= 1 + e
		if product *= float64(1 + e); product > 1<<500 {
			loss += math.Log(product)
			product = 1
		}
		s[j] = a * sigma
	}
	return loss + math.Log(product)
}

// dotsBlocked sets dst[i] to the inner product of q and rows[i*stride:].
//
//go:norace
func dotsBlocked(dst, q, rows []float32, stride int) {
	i := 0
	at := func(i int) []float32 { return rows[i*stride : i*stride+len(q)] }
	for ; i+3 < len(dst); i += 4 {
		dst[i], dst[i+1], dst[i+2], dst[i+3] = dotFour(q, at(i), at(i+1), at(i+2), at(i+3))
	}
	for ; i < len(dst); i++ {
		dst[i] = dotGo(q, at(i))
	}
}

// dotPair returns the inner products of q with two rows, with the bits of dotGo: the sums are in
// the same order.
//
//go:norace
func dotPair(q, a, b []float32) (s, t float32) {
	a, b = a[:len(q)], b[:len(q)]
	var s1, s2, s3, t1, t2, t3 float32
	k := 0
	for ; k < len(q)-3; k += 4 {
		q0, q1, q2, q3 := q[k], q[k+1], q[k+2], q[k+3]
		s += q0 * a[k]
		t += q0 * b[k]
		s1 += q1 * a[k+1]
		t1 += q1 * b[k+1]
		s2 += q2 * a[k+2]
		t2 += q2 * b[k+2]
		s3 += q3 * a[k+3]
		t3 += q3 * b[k+3]
	}
	for ; k < len(q); k++ {
		s += q[k] * a[k]
		t += q[k] * b[k]
	}
	return (s + s1) + (s2 + s3), (t + t1) + (t2 + t3)
}

func dotScanBlocked(dst, q, rows []float32, stride int) {
	i := 0
	at := func(i int) []float32 { return rows[i*stride : i*stride+len(q)] }
	for ; i+1 < len(dst); i += 2 {
		dst[i], dst[i+1] = dotPair(q, at(i), at(i+1))
	}
	if i < len(dst) {
		dst[i] = dotGo(q, at(i))
	}
}
