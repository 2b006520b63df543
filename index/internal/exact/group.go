package exact

import (
	"math"
	"slices"

	"github.com/luminavec/luminavec/index/internal/topk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// MaxRows is the number of vectors that a group compares at once.
const MaxRows = 512

// A Group is a group of queries that are compared together, by a matrix product: it reads each vector once
// for all of them. The product is only a sieve, because it adds in another order than Distance does: what
// may be among the best is compared again by Distance.
type Group struct {
	Stride   int  // floats of a query and of a vector, with zeros
	Unit     bool // all lengths are 0 or 1
	Squared  bool // distances are squared, not negated products
	Distance func(x, y []float32) float32
	Tops     []topk.List // the best of each query

	queries []float32 // one row each
	lengths []float64
	rows    []float32 // gathered, if only some of a run are wanted
	halves  []float32 // squared distances: for each row, minus half its squared length
	scores  []float32 // products, one row per query
	longest float64   // greatest length of the current rows
}

// Begin makes room for n queries, which Set sets.
func (g *Group) Begin(n int) {
	if len(g.queries) < n*g.Stride {
		g.queries = kernel.Aligned(n * g.Stride)
		g.scores = kernel.Aligned(n * MaxRows)
		g.Tops = make([]topk.List, n)
	}
	g.Tops, g.lengths = g.Tops[:n], slices.Grow(g.lengths[:0], n)[:n]
}

// Set sets query i to the first Stride values of x.
func (g *Group) Set(i int, x []float32) {
	q := g.query(i)
	copy(q, x)
	g.lengths[i] = math.Sqrt(float64(kernel.Dot(q, q)))
}

func (g *Group) query(i int) []float32 { return g.queries[i*g.Stride : (i+1)*g.Stride] }

// Compare offers the wanted of up to MaxRows rows of width floats, all if some is false. Row i has label
// labels[i].
func (g *Group) Compare(rows []float32, width int, wanted []int32, some bool, labels []int64) {
	if some {
		g.rows = g.rows[:0]
		for _, i := range wanted {
			g.rows = append(g.rows, rows[int(i)*width:][:g.Stride]...)
		}
		rows, width = g.rows, g.Stride
	}
	count := len(wanted)
	beta := g.initScores(rows, width, count)
	kernel.Gemm(false, true, len(g.Tops), count, g.Stride, 1, g.queries, g.Stride, rows, width, beta, g.scores, MaxRows)
	for i := range g.Tops {
		top, q, scores := &g.Tops[i], g.query(i), g.scores[i*MaxRows:][:count]
		bound := g.sieve(top, g.lengths[i])
		for at := kernel.FirstAbove(scores, bound); at < count; at += 1 + kernel.FirstAbove(scores[at+1:], bound) {
			top.Offer(topk.Hit{Distance: g.Distance(q, rows[at*width:][:g.Stride]), Label: labels[wanted[at]]})
			bound = g.sieve(top, g.lengths[i])
		}
	}
}

// initScores sets the scores to what the inner products are added to, and returns the
// factor that keeps them. The squared distance is smaller the greater the product less half the
// row's squared length is.
func (g *Group) initScores(rows []float32, width, count int) (beta float32) {
	g.longest = 1
	if g.Unit {
		return 0
	}
	g.longest = 0
	g.halves = slices.Grow(g.halves[:0], count)[:count]
	for i := range g.halves {
		x := rows[i*width:][:g.Stride]
		square := kernel.Dot(x, x)
		g.halves[i] = -square / 2
		g.longest = max(g.longest, math.Sqrt(float64(square)))
	}
	if !g.Squared {
		return 0
	}
	for i := range g.Tops {
		copy(g.scores[i*MaxRows:], g.halves)
	}
	return 1
}

// sieve returns a bound: only a vector whose product with the query, of the given length, is above it
// can be among the best of top. For squared distances, the product is less half the vector's squared
// length. Two ways of computing the same sum differ by rounding, by at most the number of
// additions times the unit roundoff times the greatest possible sum.
func (g *Group) sieve(top *topk.List, query float64) float32 {
	if len(top.Hits) < top.K {
		return float32(math.Inf(-1))
	}
	worst := float64(top.Hits[0].Distance)
	score := -worst
	if g.Squared {
		score = (query*query - worst) / 2
	}
	sum := (query + g.longest) * (query + g.longest)
	slack := float64(2*g.Stride+16) * 0x1p-23 * sum
	return float32(score - slack - math.Abs(score)*0x1p-22)
}
