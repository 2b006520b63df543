// Package layout draws vectors in two dimensions: every vector becomes a point of a [Map], so that near
// vectors are near points.
//
//	vectors ──► neighbors of each ──► weights of pairs ──► points that attract and repel each other ──► Map
//	       └──► two principal axes ───────────────────────────── first positions ▲
//
// There are two methods:
//
//   - PCA projects the vectors on the two orthogonal axes along which they vary most. It takes a second for
//     100,000 vectors. Distances are never larger than those of the vectors, but far vectors can be near
//     points, because only a part of the variation is shown ([Map.Explained]).
//   - UMAP (McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension
//     Reduction", 2018, arXiv:1802.03426) keeps neighbors together: groups of near vectors become islands.
//     Distances between islands, and sizes of islands, mean little.
//
// The same vectors, options and seed give the same map with any number of threads.
//
//	m, err := layout.Compute(ctx, vectors, dim, layout.Options{Seed: 1})
//	x, y, err := m.Locate(vector) // where another vector belongs
package layout

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/parallel"
)

// Method is how a map is computed.
type Method string

const (
	UMAP Method = "umap" // keeps neighbors together
	PCA  Method = "pca"  // the two axes of the largest variance
)

// Methods returns all methods.
func Methods() []Method { return []Method{UMAP, PCA} }

// Summary describes a method in a few words. It is empty for an unknown one.
func (m Method) Summary() string {
	switch m {
	case UMAP:
		return "near vectors form islands"
	case PCA:
		return "the two axes of the largest variance, at once"
	}
	return ""
}

// Options control Compute. Those after Metric and before Threads are of UMAP.
type Options struct {
	Method Method       // default UMAP
	Seed   uint64       // of UMAP; default 0
	Metric index.Metric // how vectors are compared; default Cosine. PCA divides vectors by their lengths for Cosine

	Neighbors int     // of each vector, itself included; default 15. More show the whole, fewer show details
	MinDist   float64 // distance of the nearest points, from 0 to 1; default 0: 0.1
	Epochs    int     // rounds of optimization; default 0: 500 up to 10,000 vectors, and 200 for more

	Threads int // number of goroutines; default 0: one per core. The map does not depend on it

	// OnProgress, if set, is called with the name of a stage and how much of it is done.
	OnProgress func(stage string, done, total int64)
}

// The defaults of UMAP, and the limits of options.
const (
	DefaultNeighbors = 15
	DefaultMinDist   = 0.1

	maxNeighbors = 1000
	maxEpochs    = 100_000
)

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	switch {
	case o.Method != "" && o.Method.Summary() == "":
		return fault.Field("Method", "", "must be one of %s, got %q", fault.OneOf(Methods()), string(o.Method))
	case o.Neighbors < 0 || o.Neighbors == 1 || o.Neighbors > maxNeighbors:
		return fault.Field("Neighbors", "15 is usual", "must be from 2 to %d, got %d", maxNeighbors, o.Neighbors)
	case !(o.MinDist >= 0 && o.MinDist <= 1):
		return fault.Field("MinDist", "0.1 is usual", "must be from 0 to 1, got %v", o.MinDist)
	case o.Epochs < 0 || o.Epochs > maxEpochs:
		return fault.Field("Epochs", "leave it out to let it be chosen", "must be from 1 to %d, got %d", maxEpochs, o.Epochs)
	case o.Threads < 0:
		return fault.Field("Threads", "leave it out for one per core", "must not be negative, got %d", o.Threads)
	}
	return nil
}

// withDefaults fills in defaults for n vectors.
func (o Options) withDefaults(n int) Options {
	if o.Method == "" {
		o.Method = UMAP
	}
	if o.Neighbors == 0 {
		o.Neighbors = DefaultNeighbors
	}
	if o.MinDist == 0 {
		o.MinDist = DefaultMinDist
	}
	if o.Epochs == 0 {
		o.Epochs = 200
		if n <= 10_000 {
			o.Epochs = 500
		}
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.OnProgress == nil {
		o.OnProgress = func(string, int64, int64) {}
	}
	return o
}

// Map is vectors in two dimensions.
type Map struct {
	Method    Method
	Metric    index.Metric
	Dim       int // of the vectors
	Seed      uint64
	Neighbors int     // of UMAP
	MinDist   float64 // of UMAP

	Labels []int64   // of the points. Compute numbers them from 0
	X, Y   []float32 // positions

	Cluster  []int32   // of each point, a place in Clusters, or -1; nil if there are none
	Clusters []Cluster // the largest first

	// Explained is the share of the variance of the vectors that each axis of PCA has.
	Explained [2]float64

	// Located is the number of points that were put between the others after the map had been computed.
	// They are the last ones. Removed is the number of points whose vectors are gone.
	Located, Removed int

	mean, axes []float32 // PCA: [dim], [2 × dim]

	// near returns the k vectors nearest to one, as rows of X and Y with scores of the metric.
	near func(vector []float32, k int) ([]index.Result, error)
}

// Cluster is a group of points.
type Cluster struct {
	ID   int     `json:"id"`   // its place in Map.Clusters
	Name string  `json:"name"` // characteristic words, or ""
	X    float32 `json:"x"`    // median of its points
	Y    float32 `json:"y"`
	Size int     `json:"size"` // points
}

// Len returns the number of points.
func (m *Map) Len() int { return len(m.X) }

// Compute returns the map of the vectors, packed one after another, of dim values each. It does not
// change them. It returns an error if a value is NaN or infinite. A map of no vectors is empty, and a
// single vector, or equal ones with PCA, are at (0, 0).
func Compute(ctx context.Context, vectors []float32, dim int, o Options) (*Map, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if dim < 1 || len(vectors)%dim != 0 {
		return nil, fault.New("", "%d values are not vectors of %d dimensions", len(vectors), dim)
	}
	n := len(vectors) / dim
	if int64(n) > math.MaxInt32 {
		return nil, fault.New("use a sample", "%d vectors are too many for a map", n)
	}
	o = o.withDefaults(n)
	m := &Map{Method: o.Method, Metric: o.Metric, Dim: dim, Seed: o.Seed, Labels: make([]int64, n), X: make([]float32, n), Y: make([]float32, n)}
	for i := range m.Labels {
		m.Labels[i] = int64(i)
	}
	rows := rows{vectors: vectors, dim: dim, n: n, unit: o.Metric == index.Cosine}
	if i := rows.invalid(o.Threads); i >= 0 {
		return nil, fault.New("remove it", "vector %d contains NaN or an infinity", i)
	}
	if err := m.project(ctx, rows, o); err != nil {
		return nil, err
	}
	if o.Method == PCA {
		return m, nil
	}
	m.Neighbors, m.MinDist = o.Neighbors, o.MinDist
	m.mean, m.axes, m.Explained = nil, nil, [2]float64{}
	if err := m.embed(ctx, rows, o); err != nil {
		return nil, err
	}
	return m, nil
}

// Locate returns where a vector belongs on the map: its projection on the axes of PCA, or between its
// nearest neighbors by UMAP, with their weights. The points of the map do not move.
func (m *Map) Locate(vector []float32) (x, y float32, err error) {
	if len(vector) != m.Dim {
		return 0, 0, fault.New("use the model of the map", "the vector has %d values, but those of the map have %d", len(vector), m.Dim)
	}
	for _, v := range vector {
		if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
			return 0, 0, fault.New("", "the vector contains NaN or an infinity")
		}
	}
	switch {
	case m.Len() == 0:
		return 0, 0, nil
	case m.axes != nil:
		v := append([]float32(nil), vector...)
		if m.Metric == index.Cosine {
			unit(v)
		}
		kernel.Axpy(v, -1, m.mean)
		return kernel.Dot(v, m.axes[:m.Dim]), kernel.Dot(v, m.axes[m.Dim:]), nil
	case m.near == nil:
		return 0, 0, fmt.Errorf("the map has no vectors to compare with")
	}
	found, err := m.near(vector, max(2, m.Neighbors-1))
	if err != nil {
		return 0, 0, err
	}
	return m.between(found)
}

// unit divides a vector by its length, unless that is 0.
func unit(v []float32) {
	if norm := kernel.Norm(v); norm > 0 && !math.IsInf(float64(norm), 0) {
		kernel.Scale(v, 1/norm)
	}
}

// rows are the vectors as they are compared.
type rows struct {
	vectors []float32
	dim, n  int
	unit    bool
}

// row returns a vector as it was given.
func (r rows) row(i int) []float32 { return r.vectors[i*r.dim : (i+1)*r.dim] }

// pack copies the vectors [from, to) to dst, of length 1 if unit is set.
func (r rows) pack(dst []float32, from, to int) []float32 {
	dst = dst[:copy(dst, r.vectors[from*r.dim:to*r.dim])]
	if r.unit {
		for at := 0; at < len(dst); at += r.dim {
			unit(dst[at : at+r.dim])
		}
	}
	return dst
}

// invalid returns the first vector with NaN or an infinity, or -1.
func (r rows) invalid(threads int) int {
	const block = 4096
	first := make([]int, (r.n+block-1)/block)
	parallel.For(threads, r.n, block, func(from, to int) {
		first[from/block] = -1
		for i, v := range r.vectors[from*r.dim : to*r.dim] {
			if d := v - v; d != 0 { // NaN for both
				first[from/block] = from + i/r.dim
				return
			}
		}
	})
	for _, i := range first {
		if i >= 0 {
			return i
		}
	}
	return -1
}
