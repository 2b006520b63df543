package kernel

// The plain Go path of processors without assembly. The loops of the definitions (the files
// _go.go) load two values for each product, and two loads a cycle is all that a processor does.
// These loops take several rows at a time, so that a value is used several times once it is
// loaded, and have six to eight sums, so that additions overlap: more do not fit in the 15
// registers that the compiler has for floats on amd64. For the same reason they are not unrolled:
// the compiler keeps more values at a time if they are. Sums are in other orders than those of
// the definitions. The slices are cut to one length, so that the loops need no checks of bounds
// (see TestPlainGoChecks).

// A rowTable is a table of rows of which the first values are used; the others are zero.
type rowTable struct {
	x              []float32
	stride, values int
}

func (m *rowTable) row(id int32) []float32 {
	at := int(id) * m.stride
	return m.x[at : at+m.values]
}

// dotSix returns the inner products of q with six rows as long as q.
//
//go:noinline
//go:norace
func dotSix(q []float32, m *rowTable, ids *[6]int32) (s, t, u, v, w, x float32) {
	a := m.row(ids[0])[:len(q)]
	b := m.row(ids[1])[:len(q)]
	c := m.row(ids[2])[:len(q)]
	d := m.row(ids[3])[:len(q)]
	e := m.row(ids[4])[:len(q)]
	f := m.row(ids[5])[:len(q)]
	for k, y := range q {
		s += y * a[k]
		t += y * b[k]
		u += y * c[k]
		v += y * d[k]
		w += y * e[k]
		x += y * f[k]
	}
	return s, t, u, v, w, x
}

// dotFour is dotSix for four rows.
//
//go:noinline
//go:norace
func dotFour(q []float32, m *rowTable, ids *[4]int32) (s, t, u, v float32) {
	a := m.row(ids[0])[:len(q)]
	b := m.row(ids[1])[:len(q)]
	c := m.row(ids[2])[:len(q)]
	d := m.row(ids[3])[:len(q)]
	for k, y := range q {
		s += y * a[k]
		t += y * b[k]
		u += y * c[k]
		v += y * d[k]
	}
	return s, t, u, v
}

// dotTwoThree returns the inner products of p with three rows, then those of q.
//
//go:noinline
//go:norace
func dotTwoThree(p, q []float32, m *rowTable, ids *[3]int32) (s, t, u, v, w, x float32) {
	q = q[:len(p)]
	a := m.row(ids[0])[:len(p)]
	b := m.row(ids[1])[:len(p)]
	c := m.row(ids[2])[:len(p)]
	for k, y := range p {
		z := q[k]
		r := a[k]
		s += r * y
		v += r * z
		r = b[k]
		t += r * y
		w += r * z
		r = c[k]
		u += r * y
		x += r * z
	}
	return s, t, u, v, w, x
}

// dotTwoTwo returns the inner products of p with a and b, then those of q.
//
//go:noinline
//go:norace
func dotTwoTwo(p, q []float32, m *rowTable, ids *[2]int32) (s, t, u, v float32) {
	q = q[:len(p)]
	a := m.row(ids[0])[:len(p)]
	b := m.row(ids[1])[:len(p)]
	for k, y := range p {
		z := q[k]
		r := a[k]
		s += r * y
		u += r * z
		r = b[k]
		t += r * y
		v += r * z
	}
	return s, t, u, v
}

// addTwoSix adds six rows to p, each times one of the first six factors, and to q, each times
// one of the others.
//
//go:noinline
//go:norace
func addTwoSix(p, q []float32, by *[12]float32, m *rowTable, ids *[6]int32) {
	q = q[:len(p)]
	a := m.row(ids[0])[:len(p)]
	b := m.row(ids[1])[:len(p)]
	c := m.row(ids[2])[:len(p)]
	d := m.row(ids[3])[:len(p)]
	e := m.row(ids[4])[:len(p)]
	f := m.row(ids[5])[:len(p)]
	f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11 := by[0], by[1], by[2], by[3], by[4], by[5], by[6], by[7], by[8], by[9], by[10], by[11]
	for k, s := range p {
		t := q[k]
		r := a[k]
		s += r * f0
		t += r * f6
		r = b[k]
		s += r * f1
		t += r * f7
		r = c[k]
		s += r * f2
		t += r * f8
		r = d[k]
		s += r * f3
		t += r * f9
		r = e[k]
		s += r * f4
		t += r * f10
		r = f[k]
		s += r * f5
		t += r * f11
		p[k], q[k] = s, t
	}
}

// addTwoFour is addTwoSix for four rows.
//
//go:noinline
//go:norace
func addTwoFour(p, q []float32, f *[8]float32, m *rowTable, ids *[4]int32) {
	q = q[:len(p)]
	a := m.row(ids[0])[:len(p)]
	b := m.row(ids[1])[:len(p)]
	c := m.row(ids[2])[:len(p)]
	d := m.row(ids[3])[:len(p)]
	f0, f1, f2, f3, f4, f5, f6, f7 := f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
	for k, s := range p {
		t := q[k]
		r := a[k]
		s += r * f0
		t += r * f4
		r = b[k]
		s += r * f1
		t += r * f5
		r = c[k]
		s += r * f2
		t += r * f6
		r = d[k]
		s += r * f3
		t += r * f7
		p[k], q[k] = s, t
	}
}

// addTwoTwo is addTwoSix for two rows.
//
//go:noinline
//go:norace
func addTwoTwo(p, q []float32, e, f, g, h float32, m *rowTable, ids *[2]int32) {
	q = q[:len(p)]
	a := m.row(ids[0])[:len(p)]
	b := m.row(ids[1])[:len(p)]
	for k, s := range p {
		t := q[k]
		r := a[k]
		s += r * e
		t += r * g
		r = b[k]
		s += r * f
		t += r * h
		p[k], q[k] = s, t
	}
}

// addSix adds six rows to dst, each times a factor.
//
//go:noinline
//go:norace
func addSix(dst []float32, by *[6]float32, m *rowTable, ids *[6]int32) {
	a := m.row(ids[0])[:len(dst)]
	b := m.row(ids[1])[:len(dst)]
	c := m.row(ids[2])[:len(dst)]
	d := m.row(ids[3])[:len(dst)]
	e := m.row(ids[4])[:len(dst)]
	f := m.row(ids[5])[:len(dst)]
	f0, f1, f2, f3, f4, f5 := by[0], by[1], by[2], by[3], by[4], by[5]
	for k, s := range dst {
		dst[k] = ((s + f0*a[k]) + (f1*b[k] + f2*c[k])) + ((f3*d[k] + f4*e[k]) + f5*f[k])
	}
}

// addTwoRows adds two rows to dst, each times a factor.
//
//go:noinline
//go:norace
func addTwoRows(dst []float32, e, f float32, m *rowTable, ids *[2]int32) {
	a := m.row(ids[0])[:len(dst)]
	b := m.row(ids[1])[:len(dst)]
	for k, s := range dst {
		dst[k] = s + (e*a[k] + f*b[k])
	}
}

// combine adds to dst the rows ids of a table, row i times factors[step*i].
//
//go:norace
func combine(dst []float32, factors []float32, step int, m *rowTable, ids []int32) {
	i := 0
	f := func(i int) float32 { return factors[step*i] }
	for ; i+5 < len(ids); i += 6 {
		addSix(dst, &[6]float32{f(i), f(i + 1), f(i + 2), f(i + 3), f(i + 4), f(i + 5)}, m, (*[6]int32)(ids[i:]))
	}
	for ; i+1 < len(ids); i += 2 {
		addTwoRows(dst, f(i), f(i+1), m, (*[2]int32)(ids[i:]))
	}
	if i < len(ids) {
		axpyGo(dst, f(i), m.row(ids[i]))
	}
}

// combineTwo is combine for two rows p and q, with the factors f and g.
//
//go:norace
func combineTwo(p, q, f, g []float32, step int, m *rowTable, ids []int32) {
	j, at := 0, 0
	for ; j+5 < len(ids); j += 6 {
		addTwoSix(p, q, &[12]float32{
			f[at], f[at+step], f[at+2*step], f[at+3*step], f[at+4*step], f[at+5*step],
			g[at], g[at+step], g[at+2*step], g[at+3*step], g[at+4*step], g[at+5*step],
		}, m, (*[6]int32)(ids[j:]))
		at += 6 * step
	}
	for ; j+3 < len(ids); j += 4 {
		by := [8]float32{f[at], f[at+step], f[at+2*step], f[at+3*step], g[at], g[at+step], g[at+2*step], g[at+3*step]}
		addTwoFour(p, q, &by, m, (*[4]int32)(ids[j:]))
		at += 4 * step
	}
	for ; j+1 < len(ids); j += 2 {
		addTwoTwo(p, q, f[at], f[at+step], g[at], g[at+step], m, (*[2]int32)(ids[j:]))
		at += 2 * step
	}
	if j < len(ids) {
		axpyGo(p, f[at], m.row(ids[j]))
		axpyGo(q, g[at], m.row(ids[j]))
	}
}

// addRows adds to each row ids[i] of dst the rows others of m, row j times factors[i*down+j*right].
//
//go:norace
func addRows(dst *rowTable, ids []int32, factors []float32, down, right int, m *rowTable, others []int32) {
	i := 0
	for ; i+1 < len(ids); i += 2 {
		f, g := factors[i*down:], factors[(i+1)*down:]
		if ids[i] == ids[i+1] {
			combine(dst.row(ids[i]), f, right, m, others)
			combine(dst.row(ids[i]), g, right, m, others)
			continue
		}
		combineTwo(dst.row(ids[i]), dst.row(ids[i+1]), f, g, right, m, others)
	}
	if i < len(ids) {
		combine(dst.row(ids[i]), factors[i*down:], right, m, others)
	}
}

// addToRows adds x to each row ids[i] of m, times factors[step*i].
//
//go:norace
func addToRows(m *rowTable, ids []int32, factors []float32, step int, x []float32) {
	i := 0
	for ; i+1 < len(ids) && ids[i] != ids[i+1]; i += 2 {
		addToTwo(m.row(ids[i]), m.row(ids[i+1]), factors[step*i], factors[step*(i+1)], x)
	}
	for ; i < len(ids); i++ {
		axpyGo(m.row(ids[i]), factors[step*i], x)
	}
}

// addToTwo adds x times f to p, and x times g to q.
//
//go:noinline
//go:norace
func addToTwo(p, q []float32, f, g float32, x []float32) {
	p, q = p[:len(x)], q[:len(x)]
	for k, v := range x {
		p[k] += v * f
		q[k] += v * g
	}
}

// scoresOf sets dst[j] to the inner product of x and row ids[j].
//
//go:norace
func scoresOf(dst, x []float32, m *rowTable, ids []int32) {
	dst = dst[:len(ids)]
	j := 0
	for ; j+5 < len(ids); j += 6 {
		dst[j], dst[j+1], dst[j+2], dst[j+3], dst[j+4], dst[j+5] = dotSix(x, m, (*[6]int32)(ids[j:]))
	}
	for ; j+3 < len(ids); j += 4 {
		dst[j], dst[j+1], dst[j+2], dst[j+3] = dotFour(x, m, (*[4]int32)(ids[j:]))
	}
	for ; j < len(ids); j++ {
		dst[j] = dotGo(x, m.row(ids[j]))
	}
}

// scoresOfTwo is scoresOf for two vectors.
//
//go:norace
func scoresOfTwo(dst, more, x, y []float32, m *rowTable, ids []int32) {
	dst, more = dst[:len(ids)], more[:len(ids)]
	j := 0
	for ; j+2 < len(ids) && j+4 != len(ids); j += 3 {
		dst[j], dst[j+1], dst[j+2], more[j], more[j+1], more[j+2] = dotTwoThree(x, y, m, (*[3]int32)(ids[j:]))
	}
	for ; j+1 < len(ids); j += 2 {
		dst[j], dst[j+1], more[j], more[j+1] = dotTwoTwo(x, y, m, (*[2]int32)(ids[j:]))
	}
	if j < len(ids) {
		r := m.row(ids[j])
		dst[j], more[j] = dotGo(x, r), dotGo(y, r)
	}
}

//go:norace
func skipGramBlocked(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) float64 {
	x, y, was := &rowTable{in, stride, s.values}, &rowTable{out, stride, s.values}, &rowTable{s.dx, stride, s.values}
	losses := s.losses()
	for len(batch) > 0 {
		var first int
		var ctx, outs []int32
		first, ctx, outs, batch = s.cut(batch)

		// The updates of the outputs need the context rows as they were.
		own := s.own[:len(ctx)]
		for i, c := range ctx {
			copy(was.row(own[i]), x.row(c))
		}
		g := s.grad[:len(ctx)*outputs]
		i := 0
		for ; i+1 < len(own); i += 2 {
			scoresOfTwo(g[i*outputs:], g[(i+1)*outputs:], was.row(own[i]), was.row(own[i+1]), y, outs)
		}
		if i < len(own) {
			scoresOf(g[i*outputs:], was.row(own[i]), y, outs)
		}
		var weights []float32
		if s.places != nil {
			weights = s.places[first:]
		}
		gradientBlocked(g, outputs, alpha, weights, losses[min(first, len(losses)-1):])
		addRows(x, ctx, g, outputs, 1, y, outs)
		addRows(y, outs, g, 1, outputs, was, own)
	}
	return losses.sum()
}

//go:norace
func cbowBlocked(in, out []float32, stride int, batch []int32, outputs int, alpha float32, average bool, s *WindowScratch) (loss float64) {
	x, y := &rowTable{in, stride, s.values}, &rowTable{out, stride, s.values}
	h, dx := s.hid[:s.values], s.dx[:s.values]
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
		combine(h, weights, step, x, ctx)
		total := s.total(first, len(ctx), average)
		scaleGo(h, 1/total)
		g := s.grad[:outputs]
		scoresOf(g, h, y, outs)
		by := float32(1) // the weight of the window
		if s.places != nil {
			by = total
		}
		l := windowLosses{{1, 0, float64(by)}}
		gradientBlocked(g, outputs, alpha*by, nil, l)
		loss += l.sum()
		clear(dx)
		combine(dx, g, 1, y, outs)
		addToRows(y, outs, g, 1, h)
		if s.places != nil {
			scaleGo(dx, 1/total)
		}
		addToRows(x, ctx, weights, step, dx)
	}
	return loss
}

// dotsBlocked sets dst[i] to the inner product of q and rows[i*stride:].
//
//go:norace
func dotsBlocked(dst, q, rows []float32, stride int) {
	m := &rowTable{rows, stride, len(q)}
	i, n := int32(0), int32(len(dst))
	for ; i < n-5; i += 6 {
		d := (*[6]float32)(dst[i:])
		d[0], d[1], d[2], d[3], d[4], d[5] = dotSix(q, m, &[6]int32{i, i + 1, i + 2, i + 3, i + 4, i + 5})
	}
	for ; i < n-3; i += 4 {
		d := (*[4]float32)(dst[i:])
		d[0], d[1], d[2], d[3] = dotFour(q, m, &[4]int32{i, i + 1, i + 2, i + 3})
	}
	for ; i < n; i++ {
		dst[i] = dotGo(q, m.row(i))
	}
}
