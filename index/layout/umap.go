package layout

import (
	"context"
	"math"
	"slices"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/parallel"
)

// Up to exactNeighbors vectors, all pairs are compared; more are put into a graph, whose recall is
// about 0.95.
const exactNeighbors = 8000

// Constants of the reference implementation.
const (
	minScale  = 1e-3 // of the mean distance: the smallest sigma
	negatives = 5    // samples for each attraction
	maxStep   = 4    // of a gradient
	spread    = 1.0
)

// embed sets the positions by UMAP, starting from those of PCA.
func (m *Map) embed(ctx context.Context, r rows, o Options) error {
	if r.n < 2 {
		clear(m.X)
		clear(m.Y)
		m.near = func([]float32, int) ([]index.Result, error) { return make([]index.Result, r.n), nil }
		return nil
	}
	ix, err := r.index(ctx, o)
	if err != nil {
		return err
	}
	m.near = func(v []float32, k int) ([]index.Result, error) {
		return ix.Search(v, k, index.SearchOptions{})
	}
	g, err := m.graph(ctx, r, ix, o)
	if err != nil {
		return err
	}
	m.start(o.Seed)
	if err := m.optimize(ctx, g, o); err != nil {
		return err
	}
	m.gather()
	return nil
}

// index returns an index of the vectors by their numbers.
func (r rows) index(ctx context.Context, o Options) (index.Index, error) {
	options := index.Options{Dim: r.dim, Metric: o.Metric, Kind: index.Flat, Quantization: index.NoQuantization, Threads: o.Threads}
	if r.n > exactNeighbors {
		options.Kind, options.Deterministic = index.HNSW, true
		options.M, options.EfConstruction, options.EfSearch = 16, max(64, 2*o.Neighbors), max(64, 2*o.Neighbors)
	}
	ix, err := index.New(options)
	if err != nil {
		return nil, err
	}
	const batch = 8192
	labels := make([]int64, 0, batch)
	for from := 0; from < r.n; from += batch {
		o.OnProgress("index", int64(from), int64(r.n))
		to := min(from+batch, r.n)
		labels = labels[:0]
		for i := from; i < to; i++ {
			labels = append(labels, int64(i))
		}
		if err := ix.AddBatch(ctx, labels, r.vectors[from*r.dim:to*r.dim]); err != nil {
			return nil, err
		}
	}
	return ix, nil
}

// graph is the fuzzy simplicial set of the vectors: a weight from 0 to 1 for each pair of near vectors,
// in both directions.
type graph struct {
	start   []int // of the edges of a vector; one more at the end
	to      []int32
	weights []float32
}

// graph finds the neighbors and weighs them.
func (m *Map) graph(ctx context.Context, r rows, ix index.Index, o Options) (*graph, error) {
	n, k := r.n, min(o.Neighbors, r.n)
	ids, directed := make([]int32, n*(k-1)), make([]float32, n*(k-1)) // -1: none
	const batch = 4096
	for from := 0; from < n; from += batch {
		o.OnProgress("neighbors", int64(from), int64(n))
		to := min(from+batch, n)
		found, err := ix.SearchBatch(ctx, r.vectors[from*r.dim:to*r.dim], k, index.SearchOptions{})
		if err != nil {
			return nil, err
		}
		parallel.For(o.Threads, to-from, 64, func(a, b int) {
			for i := a; i < b; i++ {
				at, near := from+i, found[i]
				near = slices.DeleteFunc(near, func(r index.Result) bool { return r.Label == int64(at) })
				near = near[:min(len(near), k-1)]
				own, weights := ids[at*(k-1):(at+1)*(k-1)], directed[at*(k-1):(at+1)*(k-1)]
				for j := range own {
					own[j] = -1
				}
				for j, w := range smooth(m.distances(near), o.Neighbors) {
					own[j], weights[j] = int32(near[j].Label), float32(w)
				}
			}
		})
	}
	return symmetric(n, k-1, ids, directed), nil
}

// distances turns scores, best first, into distances.
func (m *Map) distances(found []index.Result) []float64 {
	d := make([]float64, len(found))
	for i, f := range found {
		switch m.Metric {
		case index.Euclidean:
			d[i] = max(0, float64(f.Score))
		case index.Dot: // only their differences matter
			d[i] = float64(found[0].Score) - float64(f.Score)
		default:
			d[i] = max(0, 1-float64(f.Score))
		}
	}
	return d
}

// smooth returns the weights of neighbors at ascending distances: 1 up to the first that is not 0, rho, and
// exp(-(d-rho)/sigma) beyond it, where sigma makes their sum log2(k).
func smooth(distances []float64, k int) []float64 {
	rho, mean := 0.0, 0.0
	for _, d := range distances {
		if rho == 0 {
			rho = d
		}
		mean += d / float64(len(distances)+1) // the vector itself counts
	}
	weights := make([]float64, len(distances))
	weigh := func(sigma float64) (sum float64) {
		for i, d := range distances {
			weights[i] = 1
			if d > rho {
				weights[i] = math.Exp(-(d - rho) / sigma)
			}
			sum += weights[i]
		}
		return sum
	}
	target, low, high, sigma := math.Log2(float64(k)), 0.0, math.Inf(1), 1.0
	for range 64 {
		sum := weigh(sigma)
		if math.Abs(sum-target) < 1e-5 {
			break
		}
		if sum > target {
			high = sigma
			sigma = (low + high) / 2
		} else if low = sigma; math.IsInf(high, 1) {
			sigma *= 2
		} else {
			sigma = (low + high) / 2
		}
	}
	weigh(max(sigma, minScale*mean, math.SmallestNonzeroFloat32))
	return weights
}

// symmetric joins the weights a and b of the two directions of a pair as a + b − ab.
func symmetric(n, k int, ids []int32, weights []float32) *graph {
	type edge struct {
		from, to int32
		w        float32
	}
	edges := make([]edge, 0, 2*len(ids))
	for i, to := range ids {
		if to >= 0 {
			edges = append(edges, edge{int32(i / k), to, weights[i]}, edge{to, int32(i / k), weights[i]})
		}
	}
	// A counting sort by vector, then a sort of its few edges.
	g := &graph{start: make([]int, n+1)}
	for _, e := range edges {
		g.start[e.from+1]++
	}
	for i := range n {
		g.start[i+1] += g.start[i]
	}
	next, sorted := slices.Clone(g.start), make([]edge, len(edges))
	for _, e := range edges {
		sorted[next[e.from]] = e
		next[e.from]++
	}
	g.to, g.weights = make([]int32, 0, len(edges)), make([]float32, 0, len(edges))
	for i := range n {
		own := sorted[g.start[i]:g.start[i+1]]
		slices.SortFunc(own, func(a, b edge) int { return int(a.to) - int(b.to) })
		g.start[i] = len(g.to)
		for j := 0; j < len(own); j++ {
			w := own[j].w
			if j+1 < len(own) && own[j+1].to == own[j].to {
				w = own[j].w + own[j+1].w - own[j].w*own[j+1].w
				j++
			}
			g.to, g.weights = append(g.to, own[j].to), append(g.weights, w)
		}
	}
	g.start[n] = len(g.to)
	return g
}

// start scales the positions of PCA to at most 10 from the middle, and moves them a little, so that equal
// ones can part.
func (m *Map) start(seed uint64) {
	largest := float32(0)
	for i := range m.X {
		largest = max(largest, m.X[i], -m.X[i], m.Y[i], -m.Y[i])
	}
	factor := float32(0)
	if largest > 0 {
		factor = 10 / largest
	}
	for i := range m.X {
		a, b := mix(seed^uint64(i)<<1), mix(seed^uint64(i)<<1^1)
		m.X[i] = m.X[i]*factor + 1e-3*(float32(a>>40)/(1<<24)-0.5)
		m.Y[i] = m.Y[i]*factor + 1e-3*(float32(b>>40)/(1<<24)-0.5)
	}
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// optimize moves the points by stochastic gradient descent on the cross entropy of the weights and those
// of the map, 1/(1+a·d^2b). The reference implementation moves both ends of an edge at once. Here every
// point moves itself, by the positions that the others had before the epoch, so that the points can be
// divided among goroutines. Its random numbers depend on the seed, the epoch and the point.
func (m *Map) optimize(ctx context.Context, g *graph, o Options) error {
	n := m.Len()
	largest := float32(0)
	for _, w := range g.weights {
		largest = max(largest, w)
	}
	// An edge is due once in period epochs.
	period, due := make([]float32, len(g.to)), make([]float32, len(g.to))
	for i, w := range g.weights {
		period[i] = float32(math.Inf(1))
		if w*float32(o.Epochs) >= largest {
			period[i] = largest / w
		}
		due[i] = period[i]
	}
	f := newForces(fit(o.MinDist))
	now, next := make([][2]float32, n), make([][2]float32, n)
	for i := range now {
		now[i] = [2]float32{m.X[i], m.Y[i]}
	}
	for epoch := range o.Epochs {
		if err := ctx.Err(); err != nil {
			return err
		}
		o.OnProgress("layout", int64(epoch), int64(o.Epochs))
		rate := 1 - float32(epoch)/float32(o.Epochs)
		parallel.For(o.Threads, n, 512, func(from, to int) {
			for i := from; i < to; i++ {
				p := now[i]
				random := mix(mix(o.Seed^uint64(epoch)<<32) ^ uint64(i))
				for e := g.start[i]; e < g.start[i+1]; e++ {
					if due[e] > float32(epoch) {
						continue
					}
					due[e] += period[e]
					p = f.attract(p, now[g.to[e]], rate)
					for range negatives {
						random += 0x9e3779b97f4a7c15
						high := mix(random) >> 32
						if j := int(high * uint64(n) >> 32); j != i {
							p = f.repel(p, now[j], rate)
						}
					}
				}
				next[i] = p
			}
		})
		now, next = next, now
	}
	for i, p := range now {
		m.X[i], m.Y[i] = p[0], p[1]
	}
	o.OnProgress("layout", int64(o.Epochs), int64(o.Epochs))
	return nil
}

// gather pulls points that repulsion has driven far away nearer: the distance r from the middle, beyond the
// edge R that encloses nearly all points, becomes R·(1 + ln(r/R)/2). Points stay in their order and directions,
// so that neighbors remain neighbors. The reference implementation leaves them there, and the rest of the
// map is then small.
func (m *Map) gather() {
	const enclosed, room = 0.98, 1.15
	n := m.Len()
	median := func(v []float32) float64 {
		v = slices.Clone(v)
		slices.Sort(v)
		return float64(v[n/2])
	}
	x, y := median(m.X), median(m.Y)
	far := make([]float64, n)
	for i := range far {
		far[i] = math.Hypot(float64(m.X[i])-x, float64(m.Y[i])-y)
	}
	sorted := slices.Sorted(slices.Values(far))
	edge := room * sorted[int(enclosed*float64(n-1))]
	for i, r := range far {
		if r > edge && edge > 0 {
			part := edge * (1 + math.Log(r/edge)/2) / r
			m.X[i], m.Y[i] = float32(x+part*(float64(m.X[i])-x)), float32(y+part*(float64(m.Y[i])-y))
		}
	}
}

// forces are the gradients by the squared distance, tabulated in steps of 1/64 of a power of two.
type forces struct {
	attraction, repulsion []float32
}

// The squared distances of the tables.
const (
	lowestPower  = -40
	highestPower = 40
	steps        = 64
)

func newForces(a, b float64) *forces {
	var f forces
	for i := range (highestPower-lowestPower)*steps + 1 {
		d := math.Ldexp(1+float64(i%steps)/steps, lowestPower+i/steps)
		p := math.Pow(d, b)
		f.attraction = append(f.attraction, float32(2*a*b*p/d/(1+a*p)))
		f.repulsion = append(f.repulsion, float32(2*b/((0.001+d)*(1+a*p))))
	}
	return &f
}

// look returns the value of a table for a squared distance.
func look(table []float32, d float32) float32 {
	bits := math.Float32bits(d)
	const drop = 23 - 6
	i := int(bits>>drop) - (127+lowestPower)*steps
	if i < 0 {
		return table[0]
	}
	if i+1 >= len(table) {
		return table[len(table)-1]
	}
	part := float32(bits&(1<<drop-1)) / (1 << drop)
	return table[i] + part*(table[i+1]-table[i])
}

func (f *forces) attract(p, q [2]float32, rate float32) [2]float32 {
	dx, dy := p[0]-q[0], p[1]-q[1]
	d := dx*dx + dy*dy
	if d == 0 {
		return p
	}
	c := 2 * look(f.attraction, d)
	p[0] -= rate * clip(c*dx)
	p[1] -= rate * clip(c*dy)
	return p
}

func (f *forces) repel(p, q [2]float32, rate float32) [2]float32 {
	dx, dy := p[0]-q[0], p[1]-q[1]
	d := dx*dx + dy*dy
	if d == 0 {
		return p
	}
	c := look(f.repulsion, d)
	p[0] += rate * clip(c*dx)
	p[1] += rate * clip(c*dy)
	return p
}

func clip(x float32) float32 { return min(maxStep, max(-maxStep, x)) }

// fit returns the a and b for which 1/(1+a·x^2b) is nearest to the curve that is 1 up to minDist and
// exp(-(x-minDist)/spread) beyond it, at 300 distances up to 3 (Levenberg-Marquardt).
func fit(minDist float64) (a, b float64) {
	la, lb := 0.0, 0.0 // logarithms, so that both stay positive
	loss := func(la, lb float64) (sum float64, h [3]float64, g [2]float64) {
		a, b := math.Exp(la), math.Exp(lb)
		for i := range 300 {
			x := 3 * spread * float64(i) / 299
			y := 1.0
			if x >= minDist {
				y = math.Exp(-(x - minDist) / spread)
			}
			if x == 0 {
				continue // 1 for all a and b
			}
			p := a * math.Pow(x, 2*b)
			v := 1 / (1 + p)
			da, db := -v*v*p, -v*v*p*2*b*math.Log(x)
			sum += (v - y) * (v - y)
			h[0] += da * da
			h[1] += da * db
			h[2] += db * db
			g[0] += da * (v - y)
			g[1] += db * (v - y)
		}
		return sum, h, g
	}
	damp := 1e-3
	sum, h, g := loss(la, lb)
	for range 100 {
		p, q := h[0]*(1+damp), h[2]*(1+damp)
		det := p*q - h[1]*h[1]
		na, nb := la-(q*g[0]-h[1]*g[1])/det, lb-(p*g[1]-h[1]*g[0])/det
		if s, nh, ng := loss(na, nb); s < sum {
			la, lb, sum, h, g, damp = na, nb, s, nh, ng, damp/3
		} else {
			damp *= 3
		}
	}
	return math.Exp(la), math.Exp(lb)
}

// between returns the geometric median of the positions of neighbors, best first, with the weights of
// smooth: where most of them are, not halfway between two islands. A vector of the map is at its point.
func (m *Map) between(found []index.Result) (x, y float32, err error) {
	if len(found) == 0 {
		return 0, 0, nil
	}
	distances := m.distances(found)
	if distances[0] < 1e-6 && m.Metric != index.Dot {
		return m.X[found[0].Label], m.Y[found[0].Label], nil
	}
	weights := smooth(distances, len(found)+1)
	far := make([]float64, len(found)) // from the last approximation
	for i := range far {
		far[i] = 1
	}
	var px, py float64
	for range 30 { // Weiszfeld (1937)
		var sum float64
		sx, sy := 0.0, 0.0
		for i, f := range found {
			w := weights[i] / far[i]
			sx, sy, sum = sx+w*float64(m.X[f.Label]), sy+w*float64(m.Y[f.Label]), sum+w
		}
		px, py = sx/sum, sy/sum
		for i, f := range found {
			far[i] = max(1e-3, math.Hypot(px-float64(m.X[f.Label]), py-float64(m.Y[f.Label])))
		}
	}
	return float32(px), float32(py), nil
}
