package hashing

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/luminavec/luminavec/internal/kernel"
)

// MaxBits is the maximum length of a hash.
const MaxBits = 32

// A Family holds the hash functions of all tables of an index.
//
// For angles a function is a random hyperplane, and its value is the side on which a
// vector lies (Charikar, "Similarity estimation techniques from rounding
// algorithms", STOC 2002). The plane passes through the mean of the vectors, not
// the origin, so that both sides hold about equally many. For Euclidean distance a
// function divides a random line into cells of equal width, and its value is the
// cell into which the projection falls (Datar, Immorlica, Indyk and Mirrokni,
// "Locality-sensitive hashing scheme based on p-stable distributions", SoCG
// 2004). The hash of a table combines all its functions.
type Family struct {
	each   int       // functions per table
	stride int       // of lines
	lines  []float32 // random directions, one row per function, tables × each
	cells  bool      // Euclidean
	shift  []float32 // per function: the offset of its cells, or the projection of its plane
	width  float32   // width of a cell
}

// Options describes a Family.
type Options struct {
	Dim    int
	Stride int // length of the vectors with their padding
	Tables int
	Bits   int  // length of a hash; 0 chooses it by the number of vectors
	Cells  bool // Euclidean distance instead of angles
	Seed   uint64
}

// NewFamily draws the functions for n vectors, which vector returns with their
// padding.
func NewFamily(o Options, n int, vector func(i int) []float32) *Family {
	r := rand.New(rand.NewPCG(o.Seed, 0x15b4e29d))
	b := o.Bits
	if b == 0 {
		b = autoBits(n)
	}
	f := &Family{each: b, stride: o.Stride, cells: o.Cells}
	if f.cells {
		// A normal distribution divided into cells as wide as its standard deviation
		// has about two bits.
		f.each = (b + 1) / 2
	}
	functions := o.Tables * f.each
	f.lines = kernel.Aligned(functions * f.stride)
	f.shift = make([]float32, functions)
	for i := range functions {
		for j := range o.Dim {
			f.lines[i*f.stride+j] = float32(r.NormFloat64())
		}
		f.shift[i] = r.Float32()
	}
	means, deviation := f.spread(n, vector)
	if f.cells {
		f.width = deviation
		return f
	}
	for i, mean := range means {
		f.shift[i] = float32(mean)
	}
	return f
}

// autoBits returns the length of a hash, in bits, with which n vectors fill buckets of
// about eight.
func autoBits(n int) int { return max(4, min(MaxBits, bits.Len(uint(n/8)))) }

// spread returns the means of the projections of a sample of the vectors, and
// their standard deviation over all functions, or 1 if it is zero.
func (f *Family) spread(n int, vector func(i int) []float32) (means []float64, deviation float32) {
	const sample = 1000
	var projections []float32
	var sum, squares float64
	step := max(1, n/sample)
	count := 0.0
	means = make([]float64, len(f.shift))
	for pass := range 2 {
		for i := 0; i < n; i += step {
			projections = f.Project(projections, vector(i))
			for j, h := range projections {
				if pass == 0 {
					means[j] += float64(h)
					continue
				}
				d := float64(h) - means[j]
				squares += d * d
				sum++
			}
			count++
		}
		for j := range means {
			if pass == 0 {
				means[j] /= count
			}
		}
	}
	if d := float32(math.Sqrt(squares / sum)); d > 0 {
		return means, d
	}
	return means, 1
}

// Project returns the inner products of vector, with its padding, and all lines.
// It reuses dst if that is large enough.
func (f *Family) Project(dst, vector []float32) []float32 {
	dst = slices.Grow(dst[:0], len(f.shift))[:len(f.shift)]
	kernel.Dots(dst, vector[:f.stride], f.lines, f.stride)
	return dst
}

// cell returns the cell of function i into which a projection falls, and its
// distance from the lower border as a fraction of the width.
func (f *Family) cell(i int, projection float32) (cell int64, above float32) {
	at := float64(projection)/float64(f.width) + float64(f.shift[i])
	floor := math.Floor(at)
	return int64(max(-1e15, min(1e15, floor))), float32(at - floor)
}

// Key returns the hash in table t of a vector with these projections.
func (f *Family) Key(projections []float32, t int) uint64 {
	key := uint64(0)
	for i := t * f.each; i < (t+1)*f.each; i++ {
		if f.cells {
			c, _ := f.cell(i, projections[i])
			key += cellKey(i, c)
		} else if projections[i] >= f.shift[i] {
			key |= 1 << (i - t*f.each)
		}
	}
	return key
}

// cellKey returns the part of a hash that one function contributes. Parts are
// added, so that the hash of a neighboring cell can be derived from another.
func cellKey(i int, cell int64) uint64 { return Mix(uint64(i)<<48 ^ Mix(uint64(cell))) }
