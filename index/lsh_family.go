package index

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/luminavec/luminavec/internal/kernel"
)

// maxBits bounds the length of a hash.
const maxBits = 32

// family is the hash functions of all tables.
//
// For cosine and dot a function is a random hyperplane and says on which side of
// it a vector lies (Charikar, "Similarity estimation techniques from rounding
// algorithms", STOC 2002). The plane goes through the mean of the vectors, not the
// origin, so that both sides hold about as many. For Euclidean it cuts a random line into cells of one
// width, and says in which of them the projection falls (Datar, Immorlica, Indyk
// and Mirrokni, "Locality-sensitive hashing scheme based on p-stable
// distributions", SoCG 2004). The hash of a table is that of all its functions
// together.
type family struct {
	each   int       // functions of a table
	stride int       // of lines
	lines  []float32 // random directions, a row a function, tables × each
	cells  bool      // Euclidean
	shift  []float32 // by function: where its cells begin, or the projection of its plane
	width  float32   // of a cell
}

// newFamily draws the functions for the vectors of ids.
func newFamily(o Options, a *arena, ids []id) *family {
	r := rand.New(rand.NewPCG(o.Seed, 0x15b4e29d))
	b := o.Bits
	if b == 0 {
		b = autoBits(len(ids))
	}
	f := &family{each: b, stride: a.stride, cells: o.Metric == Euclidean}
	if f.cells {
		// A normal distribution cut into cells as wide as its standard deviation
		// has about two bits.
		f.each = (b + 1) / 2
	}
	n := o.Tables * f.each
	f.lines = kernel.Aligned(n * f.stride)
	f.shift = make([]float32, n)
	for i := range n {
		for j := range o.Dim {
			f.lines[i*f.stride+j] = float32(r.NormFloat64())
		}
		f.shift[i] = r.Float32()
	}
	means, deviation := f.spread(a, ids)
	if f.cells {
		f.width = deviation
		return f
	}
	for i, mean := range means {
		f.shift[i] = float32(mean)
	}
	return f
}

// spread is the means of the projections of some of the vectors, and their
// standard deviation over all functions, 1 when they are all one.
func (f *family) spread(a *arena, ids []id) (means []float64, deviation float32) {
	const some = 1000
	var hashes []float32
	var sum, squares float64
	step := max(1, len(ids)/some)
	count := 0.0
	means = make([]float64, len(f.shift))
	for pass := range 2 {
		for i := 0; i < len(ids); i += step {
			hashes = f.project(hashes, a.vector(ids[i]))
			for j, h := range hashes {
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

// project returns the inner products of vector, with its padding, and all lines,
// in dst when there is room.
func (f *family) project(dst, vector []float32) []float32 {
	dst = slices.Grow(dst[:0], len(f.shift))[:len(f.shift)]
	kernel.Dots(dst, vector[:f.stride], f.lines, f.stride)
	return dst
}

// cell is the cell of function i that a projection falls in, and how far from
// its lower border, as a part of the width.
func (f *family) cell(i int, projection float32) (cell int64, above float32) {
	at := float64(projection)/float64(f.width) + float64(f.shift[i])
	floor := math.Floor(at)
	return int64(max(-1e15, min(1e15, floor))), float32(at - floor)
}

// key is the hash of a vector in table t, of its projections.
func (f *family) key(projections []float32, t int) uint64 {
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

// cellKey is the part of a hash that one function gives. Parts are added up, so
// that the hash of a neighbouring cell follows from one.
func cellKey(i int, cell int64) uint64 { return mix(uint64(i)<<48 ^ mix(uint64(cell))) }
