// Package edges codes the neighbors of a node of a graph beside its links, so that a walk that
// expands the node estimates the distances of all of them at once (SymphonyQG: Gou, Gao, Xu and Long
// 2025, "SymphonyQG: Towards Symphonious Integration of Quantization and Graph for Approximate
// Nearest Neighbor Search", SIGMOD).
//
// For a node p and a neighbor c, a code has the signs of R(c-p), where R is a rotation: one bit
// for each value, as in RaBitQ (Gao and Long 2024, arXiv:2405.12497). Because the code is relative
// to the node, its error shrinks with the distance between the two. With o = c-p, x the signs of Ro
// and f = |o|²/Σ|Ro|, the inner product of o with any vector v is about f·⟨Rv,x⟩, so
//
//	|q-c|²  ≈ |q-p|² + |o|² + 2f⟨Rp,x⟩ - 2f⟨Rq,x⟩
//	-⟨q,c⟩  ≈ -⟨q,p⟩ - ⟨p,o⟩ + f⟨Rp,x⟩ - f⟨Rq,x⟩
//
// The first term is the distance of the node itself, which the walk knows exactly. The last is a
// factor of the code times what [kernel.ScanQuery] computes for 32 codes at once. All others do not
// depend on the query and are stored with the code, as its bias.
//
// Unlike SymphonyQG's, a code can be replaced at any time, at the cost of one rotation, so that the
// graph can change. A walk that reads a code while it is replaced gets a wrong estimate for this
// neighbor; it never returns one, because it compares all that it expands by their vectors.
package edges

import (
	"math"

	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/internal/kernel"
)

// A Coder codes the neighbors of the nodes of a graph.
type Coder struct {
	blocks, size int  // of codes for each node; rotated values
	squared      bool // distances are squared ones, not negated inner products
}

// NewCoder returns a coder for nodes with the given number of slots for neighbors and vectors of size
// rotated values.
func NewCoder(slots, size int, squared bool) *Coder {
	return &Coder{blocks: (slots + kernel.ScanCodes - 1) / kernel.ScanCodes, size: size, squared: squared}
}

// Width returns the number of floats of the codes of a node.
func (c *Coder) Width() int { return c.blocks * kernel.ScanWidth(c.size, false) }

// Scratch holds the buffers of one goroutine.
type Scratch struct {
	node, offset []float32 // rotated
	query        kernel.ScanQuery
	asked        []float32 // room for the query, rotated
	away         []float32
	masks        []uint32
}

func (c *Coder) block(codes []float32, slot int) []float32 {
	width := kernel.ScanWidth(c.size, false)
	return codes[slot/kernel.ScanCodes*width:][:width]
}

// Node prepares for coding neighbors of a node with vector p. Everything is relative to the center of
// the space, so that vectors that are all far away in one direction lose nothing.
func (c *Coder) Node(s *Scratch, space *codes.Space, p []float32) {
	if s.node == nil {
		s.node, s.offset = kernel.Aligned(c.size), kernel.Aligned(c.size)
	}
	space.Centered(s.node, p)
}

// Set stores the code of the neighbor with vector v in a slot of the codes of the node with vector p,
// which Node has prepared.
func (c *Coder) Set(s *Scratch, space *codes.Space, codes []float32, slot int, p, v []float32) {
	factor, bias, _ := c.encode(s, space, p, v)
	kernel.SetSigns(c.block(codes, slot), slot%kernel.ScanCodes, s.offset, factor, bias, 0)
}

// encode computes Ro in s.offset, and the terms of the code. The bias is a sum of terms of at most
// the given size.
func (c *Coder) encode(s *Scratch, space *codes.Space, p, v []float32) (factor, bias, size float32) {
	o := s.offset
	clear(o[copy(o, v):])
	kernel.Axpy(o[:len(p)], -1, p)
	square, along := kernel.Dot(o[:len(p)], o[:len(p)]), kernel.Dot(o[:len(p)], p)
	space.Apply(o)
	sum, node := kernel.SignSums(o, s.node)
	if sum == 0 {
		return 0, 0, 0
	}
	f := square / sum
	if c.squared {
		return -2 * f, square + 2*f*node, square + 2*f*abs(node)
	}
	return -f, f*node - along, f*abs(node) + abs(along)
}

// Ask makes q the query of Estimate.
func (c *Coder) Ask(s *Scratch, q *codes.Query) {
	if s.asked == nil {
		s.asked, s.masks, s.away = kernel.Aligned(c.size), make([]uint32, c.blocks), make([]float32, c.blocks*kernel.ScanCodes)
	}
	s.query.Encode(q.Centered(s.asked))
}

// Estimate returns for each slot of the codes of a node the estimated distance to the query less that
// of the node itself, and for each 32 slots a mask of those that are at most limit. Both
// are valid until the next call. Slots without a code have any estimate. Meanwhile the codes of a node
// that will be asked for soon, ahead, are prefetched; they may be nil.
func (c *Coder) Estimate(s *Scratch, codes, ahead []float32, limit float32) (more []float32, masks []uint32) {
	s.query.ScanFetching(s.away, s.masks, codes, ahead, limit)
	return s.away, s.masks
}

// Equal reports whether the code of a slot is that of the neighbor with vector v. Node has
// prepared the node with vector p.
func (c *Coder) Equal(s *Scratch, space *codes.Space, codes []float32, slot int, p, v []float32) bool {
	block, i := c.block(codes, slot), slot%kernel.ScanCodes
	again := append([]float32(nil), block...)
	factor, bias, size := c.encode(s, space, p, v)
	kernel.SetSigns(again, i, s.offset, factor, bias, 0)
	for j, x := range block[:c.size] {
		if math.Float32bits(x) != math.Float32bits(again[j]) {
			return false
		}
	}
	// Terms are sums, which the kernels of another machine round differently.
	const rounding = 1e-3
	f, b := block[c.size+i], block[c.size+kernel.ScanCodes+i]
	return near(f, factor, rounding*abs(factor)) && near(b, bias, rounding*size)
}

// near reports whether x and y differ by most at most, or neither is finite, as with vectors of great length.
func near(x, y, most float32) bool { return abs(x-y) <= most || x-x != 0 && y-y != 0 }

func abs(x float32) float32 { return max(x, -x) }
