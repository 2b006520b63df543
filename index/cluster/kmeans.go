package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/parallel"
)

// Options control KMeans.
type Options struct {
	K       int    // clusters; default 0: chosen, see KMeans
	Seed    uint64 // of the first centers; default 0
	Rounds  int    // at most; default 50
	Threads int    // goroutines; default one per core. The result does not depend on it
}

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	if o.K < 0 || o.K == 1 {
		return fault.Field("K", "leave it out to let it be chosen", "must be at least 2, got %d", o.K)
	}
	if o.Rounds < 0 {
		return fault.Field("Rounds", "50 is usual", "must not be negative, got %d", o.Rounds)
	}
	return nil
}

// Clusters is a partition of vectors.
type Clusters struct {
	K       int
	Of      []int     // cluster of each vector, from 0; the largest cluster is 0
	Near    []float32 // cosine of each vector with the center of its cluster
	Centers []float32 // [K × dim], of length 1
	// Silhouette is the mean over vectors of (b−a)/max(a,b), where a is the distance (1 − cosine) to the
	// own center and b to the nearest other: near 1 for clusters that are far apart, 0 for none.
	Silhouette float64
}

// Sizes returns the number of vectors of each cluster.
func (c *Clusters) Sizes() []int {
	sizes := make([]int, c.K)
	for _, k := range c.Of {
		sizes[k]++
	}
	return sizes
}

// choices are the numbers of clusters that are tried.
var choices = []int{2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 50}

// KMeans partitions n vectors of dim values each, which it divides by their lengths in place, by spherical k-means: the center of a
// cluster is the direction of the mean of its vectors. First centers are drawn by k-means++ (Arthur
// and Vassilvitskii, 2007). If K is 0, numbers from 2 to 50, but at most n/3, are tried, and the one of
// the best silhouette is taken.
func KMeans(ctx context.Context, vectors []float32, dim int, o Options) (*Clusters, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	n := len(vectors) / max(1, dim)
	if o.Rounds == 0 {
		o.Rounds = 50
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	for i := range n {
		if v := vectors[i*dim : (i+1)*dim]; kernel.Norm(v) > 0 {
			kernel.Scale(v, 1/kernel.Norm(v))
		}
	}
	if o.K > 0 {
		if o.K > n {
			return nil, fault.Field("K", "lower it", "must be at most the number of vectors, %d, got %d", n, o.K)
		}
		return kmeans(ctx, vectors, dim, o.K, o)
	}
	var best *Clusters
	for _, k := range choices {
		if k > n/3 && k > 2 || k > n {
			break
		}
		c, err := kmeans(ctx, vectors, dim, k, o)
		if err != nil {
			return nil, err
		}
		if best == nil || c.Silhouette > best.Silhouette {
			best = c
		}
	}
	if best == nil {
		return nil, fault.New("add more texts", "%s cannot be divided into clusters", fault.Count(n, "vector"))
	}
	return best, nil
}

func kmeans(ctx context.Context, vectors []float32, dim, k int, o Options) (*Clusters, error) {
	n := len(vectors) / dim
	c := &Clusters{K: k, Of: make([]int, n), Near: make([]float32, n), Centers: firstCenters(vectors, dim, k, o.Seed)}
	second := make([]float32, n) // cosine with the nearest other center
	for i := range c.Of {
		c.Of[i] = -1
	}
	for round := 0; ; round++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		changed := c.assign(vectors, dim, second, o.Threads)
		if changed == 0 || round >= o.Rounds {
			break
		}
		c.center(vectors, dim)
	}
	sum := 0.0
	for i := range n {
		a, b := max(0, 1-float64(c.Near[i])), max(0, 1-float64(second[i]))
		if m := max(a, b); m > 0 {
			sum += (b - a) / m
		}
	}
	c.Silhouette = sum / float64(n)
	c.order(dim)
	return c, nil
}

// firstCenters draws vectors, each with a probability in proportion to its squared distance to the
// nearest center so far.
func firstCenters(vectors []float32, dim, k int, seed uint64) []float32 {
	n := len(vectors) / dim
	rng := rand.New(rand.NewPCG(seed, 0x6b2d6d65616e73))
	row := func(i int) []float32 { return vectors[i*dim : (i+1)*dim] }
	centers := slices.Clone(row(rng.IntN(n)))
	far := make([]float64, n)
	for i := range far {
		far[i] = math.Inf(1)
	}
	for len(centers) < k*dim {
		last := centers[len(centers)-dim:]
		total := 0.0
		for i := range far {
			d := max(0, 1-float64(kernel.Dot(row(i), last))) // half the squared distance
			far[i] = min(far[i], d)
			total += far[i]
		}
		at, draw := 0, rng.Float64()*total
		for ; at < n-1 && draw >= far[at]; at++ {
			draw -= far[at]
		}
		centers = append(centers, row(at)...)
	}
	return centers
}

// assign finds the nearest center of each vector, the first of equal ones, and returns how many vectors
// have changed their cluster.
func (c *Clusters) assign(vectors []float32, dim int, second []float32, threads int) int {
	const block = 256 // vectors
	n := len(c.Of)
	changes := make([]int, (n+block-1)/block)
	parallel.For(threads, n, block, func(from, to int) {
		cosines := make([]float32, (to-from)*c.K)
		kernel.Gemm(false, true, to-from, c.K, dim, 1, vectors[from*dim:], dim, c.Centers, dim, 0, cosines, c.K)
		for i := from; i < to; i++ {
			best, near, next := 0, float32(math.Inf(-1)), float32(math.Inf(-1))
			for k, x := range cosines[(i-from)*c.K:][:c.K] {
				switch {
				case x > near:
					best, near, next = k, x, near
				case x > next:
					next = x
				}
			}
			if best != c.Of[i] {
				changes[from/block]++
			}
			c.Of[i], c.Near[i], second[i] = best, near, next
		}
	})
	sum := 0
	for _, x := range changes {
		sum += x
	}
	return sum
}

// center moves each center to the mean of its cluster. The center of an empty cluster moves to the
// vector that is farthest from its own.
func (c *Clusters) center(vectors []float32, dim int) {
	clear(c.Centers)
	sizes := c.Sizes()
	for i, k := range c.Of {
		kernel.Axpy(c.Centers[k*dim:(k+1)*dim], 1, vectors[i*dim:(i+1)*dim])
	}
	for k := range c.K {
		center := c.Centers[k*dim : (k+1)*dim]
		if norm := kernel.Norm(center); sizes[k] > 0 && norm > 0 {
			kernel.Scale(center, 1/norm)
			continue
		}
		far := 0
		for i, x := range c.Near {
			if x < c.Near[far] {
				far = i
			}
		}
		copy(center, vectors[far*dim:(far+1)*dim])
		c.Near[far] = 1 // taken
	}
}

// order numbers the clusters by size, of equal ones by their first vectors.
func (c *Clusters) order(dim int) {
	sizes, first := c.Sizes(), make([]int, c.K)
	for i, k := range slices.Backward(c.Of) {
		first[k] = i
	}
	old := make([]int, c.K)
	for k := range old {
		old[k] = k
	}
	slices.SortStableFunc(old, func(a, b int) int {
		if sizes[a] != sizes[b] {
			return sizes[b] - sizes[a]
		}
		return first[a] - first[b]
	})
	now, centers := make([]int, c.K), make([]float32, 0, len(c.Centers))
	for i, k := range old {
		now[k] = i
		centers = append(centers, c.Centers[k*dim:(k+1)*dim]...)
	}
	for i, k := range c.Of {
		c.Of[i] = now[k]
	}
	c.Centers = centers
}
