package layout

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/index"
)

// The values are those of find_ab_params of umap-learn 0.5.12.
func TestFit(t *testing.T) {
	for minDist, want := range map[float64][2]float64{
		0.1: {1.57694346, 0.89506088}, 0.5: {0.58303002, 1.33416699}, 0: {1.93280840, 0.79049497}, 0.99: {0.11930530, 1.91639042},
	} {
		if a, b := fit(minDist); math.Abs(a-want[0]) > 1e-4 || math.Abs(b-want[1]) > 1e-4 {
			t.Errorf("%g: %g, %g, want %v", minDist, a, b, want)
		}
	}
}

// The values are those of smooth_knn_dist of umap-learn 0.5.12.
func TestSmooth(t *testing.T) {
	for _, c := range []struct{ distances, want []float64 }{
		{[]float64{0.1, 0.2, 0.25, 0.5}, []float64{1, 0.6406656, 0.5127989, 0.1684712}},
		{[]float64{0, 0.3, 0.3, 0.9}, []float64{1, 1, 1, 0}},
		{[]float64{0.4, 0.4, 0.4, 0.4}, []float64{1, 1, 1, 1}},
		{[]float64{0, 0}, []float64{1, 1}},
		{nil, nil},
	} {
		got := smooth(c.distances, 5)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-5 }) {
			t.Errorf("%v: %v, want %v", c.distances, got, c.want)
		}
	}
}

// The values are those of fuzzy_simplicial_set of umap-learn 0.5.12.
func TestGraph(t *testing.T) {
	r := rows{vectors: waves(12), dim: 20, n: 12}
	o := Options{Metric: index.Euclidean, Neighbors: 4}.withDefaults(12)
	ix, err := r.index(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	g, err := (&Map{Metric: o.Metric}).graph(context.Background(), r, ix, o)
	if err != nil {
		t.Fatal(err)
	}
	type edges struct {
		to      []int32
		weights []float32
	}
	for i, want := range map[int]edges{
		0:  {[]int32{1, 9, 10}, []float32{0.74999, 1, 0.74757}},
		5:  {[]int32{4, 6, 7}, []float32{1, 0.63757, 0.36244}},
		11: {[]int32{2, 3, 8}, []float32{1, 1, 1}},
	} {
		to, weights := g.to[g.start[i]:g.start[i+1]], g.weights[g.start[i]:g.start[i+1]]
		if !slices.Equal(to, want.to) {
			t.Errorf("%d: edges to %v, want %v", i, to, want.to)
		}
		near(t, "weights", weights, want.weights...)
	}
}

// All but one of the points are within 2 of the middle, so the edge is at 2.3. The point at 23 moves to
// 2.3·(1 + ln(10)/2) = 4.947973.
func TestGather(t *testing.T) {
	m := &Map{}
	for i := range 60 {
		m.X, m.Y = append(m.X, 5+float32([]float64{2, -2, 0, 0}[i%4])), append(m.Y, float32([]float64{0, 0, 2, -2}[i%4]))
	}
	m.X, m.Y = append(m.X, 5), append(m.Y, 23)
	m.gather()
	near(t, "x", append(m.X[:4:4], m.X[60]), 7, 3, 5, 5, 5)
	near(t, "y", append(m.Y[:4:4], m.Y[60]), 0, 0, 2, -2, 4.947973)
}

// The tables agree with the formulas.
func TestForces(t *testing.T) {
	a, b := fit(0.1)
	f := newForces(a, b)
	for _, d := range []float64{1e-9, 0.0123, 0.5, 1, 1.007, 3, 400, 1e9} {
		attraction := 2 * a * b * math.Pow(d, b-1) / (1 + a*math.Pow(d, b))
		repulsion := 2 * b / ((0.001 + d) * (1 + a*math.Pow(d, b)))
		if got := float64(look(f.attraction, float32(d))); math.Abs(got/attraction-1) > 2e-4 {
			t.Errorf("attraction at %g: %g, want %g", d, got, attraction)
		}
		if got := float64(look(f.repulsion, float32(d))); math.Abs(got/repulsion-1) > 2e-4 {
			t.Errorf("repulsion at %g: %g, want %g", d, got, repulsion)
		}
	}
	for _, d := range []float32{0, 1e-38, 3e38, float32(math.Inf(1))} {
		if v := look(f.attraction, d); v-v != 0 {
			t.Errorf("attraction at %g: %g", d, v)
		}
	}
}

// islands returns n vectors around centers in random directions, and which each belongs to.
func islands(n, dim, centers int) (vectors []float32, of []int) {
	rng := rand.New(rand.NewPCG(1, 2))
	middle := make([]float32, centers*dim)
	for i := range middle {
		middle[i] = float32(rng.NormFloat64())
	}
	for i := range n {
		c := i % centers
		of = append(of, c)
		for j := range dim {
			vectors = append(vectors, middle[c*dim+j]+0.3*float32(rng.NormFloat64()))
		}
	}
	return vectors, of
}

// nearest returns the k vectors nearest to one.
func nearest(vectors []float32, dim, i, k int) []int {
	n := len(vectors) / dim
	far := make([]float64, n)
	order := make([]int, n)
	for j := range n {
		order[j] = j
		for d := range dim {
			x := float64(vectors[i*dim+d] - vectors[j*dim+d])
			far[j] += x * x
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(far[a], far[b]), cmp.Compare(a, b)) })
	return slices.DeleteFunc(order, func(j int) bool { return j == i })[:k]
}

// Islands stay islands, which PCA cannot show, and vectors that were left out are located on theirs. The
// map is the same with any number of threads.
func TestUMAP(t *testing.T) {
	const n, dim, centers, k = 1200, 40, 12, 10
	vectors, of := islands(n+50, dim, centers)
	m, err := Compute(context.Background(), vectors[:n*dim], dim, Options{Seed: 3, Threads: 1, Epochs: 200})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Compute(context.Background(), vectors[:n*dim], dim, Options{Seed: 3, Threads: 5, Epochs: 200})
	if err != nil || !slices.Equal(m.X, again.X) || !slices.Equal(m.Y, again.Y) {
		t.Errorf("other positions with five threads: %v", err)
	}
	other, err := Compute(context.Background(), vectors[:n*dim], dim, Options{Seed: 4, Epochs: 200})
	if err != nil || slices.Equal(m.X, other.X) {
		t.Errorf("the same positions with another seed: %v", err)
	}
	flat := func(m *Map) (points []float32) {
		for i := range m.X {
			points = append(points, m.X[i], m.Y[i])
		}
		return points
	}
	same := func(points []float32) float64 { // share of the neighbors that are of the same island
		count := 0
		for i := 0; i < n; i += 7 {
			for _, j := range nearest(points, 2, i, k) {
				if of[i] == of[j] {
					count++
				}
			}
		}
		return float64(count) / float64(k*((n+6)/7))
	}
	if share := same(flat(m)); share < 0.99 {
		t.Errorf("%.3f of the neighbors are of the same island", share)
	}
	if tw := trust(vectors[:n*dim], dim, flat(m), k); tw < 0.85 {
		t.Errorf("trustworthiness %.3f", tw)
	}
	for i := n; i < n+50; i++ {
		x, y, err := m.Locate(vectors[i*dim : (i+1)*dim])
		if err != nil {
			t.Fatal(err)
		}
		if found := nearest(append(flat(m), x, y), 2, n, 3); of[found[0]] != of[i] || of[found[1]] != of[i] {
			t.Errorf("vector %d of island %d is located at %v", i, of[i], found)
		}
	}
	if x, y, err := m.Locate(vectors[5*dim : 6*dim]); err != nil || x != m.X[5] || y != m.Y[5] {
		t.Errorf("a vector of the map is located at (%g, %g), its point is (%g, %g): %v", x, y, m.X[5], m.Y[5], err)
	}
	if _, _, err := m.Locate(vectors[:dim-1]); err == nil {
		t.Error("a short vector is located")
	}
}

// trust is the trustworthiness (Venna and Kaski, 2001): 1 if the k nearest points of each are its nearest
// vectors, and about 0.5 for random positions.
func trust(vectors []float32, dim int, points []float32, k int) float64 {
	n := len(vectors) / dim
	sum, count := 0, 0
	for i := 0; i < n; i += 5 {
		rank := make([]int, n)
		for r, j := range nearest(vectors, dim, i, n-1) {
			rank[j] = r + 1
		}
		for _, j := range nearest(points, 2, i, k) {
			sum += max(0, rank[j]-k)
		}
		count++
	}
	return 1 - 2*float64(sum)/float64(count*k*(2*n-3*k-1))
}

// The graph of more vectors comes from an approximate index.
func TestUMAPLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const dim = 8
	vectors, _ := islands(exactNeighbors+500, dim, 30)
	var maps []*Map
	for _, threads := range []int{1, 4} {
		m, err := Compute(context.Background(), vectors, dim, Options{Threads: threads, Epochs: 20})
		if err != nil {
			t.Fatal(err)
		}
		maps = append(maps, m)
	}
	if !slices.Equal(maps[0].X, maps[1].X) || !slices.Equal(maps[0].Y, maps[1].Y) {
		t.Error("other positions with four threads")
	}
}
