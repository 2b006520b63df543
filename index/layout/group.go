package layout

import (
	"context"
	"math"
	"slices"

	"github.com/luminavec/luminavec/index/cluster"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/parallel"
)

// groupSample is the largest number of vectors of which clusters are found; the others join the nearest.
const groupSample = 10_000

// minGroup is the least number of points that are worth dividing.
const minGroup = 8

// mostGroups is the largest number of clusters that is chosen: more cannot be told apart by color.
const mostGroups = 24

// Group divides the points into clusters, by [cluster.KMeans], and sets Cluster and Clusters. Those of UMAP
// are regions of the map, those of PCA groups of near vectors, which are in the order of the points. If K
// is 0, it is a third of the square root of the number of points, from 2 to 24. Fewer than eight points are
// then not divided. The clusters have no names.
func (m *Map) Group(ctx context.Context, vectors []float32, o cluster.Options) error {
	m.Cluster, m.Clusters = nil, nil
	if err := o.Validate(); err != nil {
		return err
	}
	n := m.Len()
	if o.K == 0 {
		if n < minGroup {
			return nil
		}
		o.K = min(mostGroups, max(2, int(math.Sqrt(float64(n))/3+0.5)))
	}
	r := rows{vectors: vectors, dim: m.Dim, n: n, unit: true}
	if m.Method == UMAP {
		r.vectors, r.dim = m.lifted(), 3
	}
	step := (n + groupSample - 1) / groupSample
	var sample []float32
	for i := 0; i < n; i += max(1, step) {
		sample = append(sample, r.row(i)...)
	}
	found, err := cluster.KMeans(ctx, sample, r.dim, o)
	if err != nil {
		return err
	}
	of := make([]int32, n)
	parallel.For(max(1, o.Threads), n, 256, func(from, to int) {
		packed := r.pack(make([]float32, (to-from)*r.dim), from, to)
		cosines := make([]float32, (to-from)*found.K)
		kernel.Gemm(false, true, to-from, found.K, r.dim, 1, packed, r.dim, found.Centers, r.dim, 0, cosines, found.K)
		for i := from; i < to; i++ {
			own := cosines[(i-from)*found.K:][:found.K]
			of[i] = int32(slices.Index(own, slices.Max(own)))
		}
	})
	m.setClusters(of, found.K)
	return nil
}

// lifted returns the points on a plane that touches a sphere, so small that their directions are as far
// apart as the points: k-means compares directions.
func (m *Map) lifted() []float32 {
	n := m.Len()
	var x, y float64
	for i := range n {
		x, y = x+float64(m.X[i])/float64(n), y+float64(m.Y[i])/float64(n)
	}
	far := 0.0
	for i := range n {
		far = max(far, math.Hypot(float64(m.X[i])-x, float64(m.Y[i])-y))
	}
	if far == 0 {
		far = 1
	}
	v := make([]float32, 0, 3*n)
	for i := range n {
		v = append(v, float32((float64(m.X[i])-x)/far/2), float32((float64(m.Y[i])-y)/far/2), 1)
	}
	return v
}

// setClusters sets the clusters by those of the points, renumbered by size. Empty ones are left out.
func (m *Map) setClusters(of []int32, k int) {
	members := make([][]int, k)
	for i, c := range of {
		members[c] = append(members[c], i)
	}
	members = slices.DeleteFunc(members, func(l []int) bool { return len(l) == 0 })
	slices.SortStableFunc(members, func(a, b []int) int { return len(b) - len(a) })
	m.Cluster = of
	for c, list := range members {
		x, y := make([]float32, 0, len(list)), make([]float32, 0, len(list))
		for _, i := range list {
			of[i] = int32(c)
			x, y = append(x, m.X[i]), append(y, m.Y[i])
		}
		slices.Sort(x)
		slices.Sort(y)
		m.Clusters = append(m.Clusters, Cluster{ID: c, X: x[len(x)/2], Y: y[len(y)/2], Size: len(list)})
	}
}

// Central returns of each cluster the k points nearest to its median, the nearest first.
func (m *Map) Central(k int) [][]int {
	central := make([][]int, len(m.Clusters))
	far := func(i int) float64 {
		c := m.Clusters[m.Cluster[i]]
		return math.Hypot(float64(m.X[i]-c.X), float64(m.Y[i]-c.Y))
	}
	for i, c := range m.Cluster {
		if c < 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(central[c], far(i), func(j int, d float64) int {
			if far(j) <= d {
				return -1
			}
			return 1
		})
		if at < k {
			central[c] = slices.Insert(central[c], at, i)
			central[c] = central[c][:min(k, len(central[c]))]
		}
	}
	return central
}
