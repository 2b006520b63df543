// Package hnsw is the graph of near neighbors that an HNSW index walks: its nodes, their links, the spanning tree
// that keeps all of them reachable, insertion, the walk, and the cleanup of deleted nodes. The vectors and their
// labels are those of package rows.
//
//	NewNode ──► Insert, PublishNode ──► Explore … ──► Drop ──► AdvanceCleanup
package hnsw

import (
	"math"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/idtable"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// Graph is an HNSW graph.
//
// What a search reads while an insertion writes is atomic: link slots, the entry
// point, and the chain of copies. Everything else about a node is written before
// the first link to it, and not again while the node can be seen, so a goroutine that has
// found the node may read it. The links of a node are written under its lock; no goroutine
// holds two of these locks.
type Graph struct {
	*rows.Rows
	M              int    // links that a new node makes on each level
	EfConstruction int    // width of the beam that searches for them
	Seed           uint64 // determines the levels
	Squared        bool   // distances are squared, not negated inner products
	Inner          bool   // distances are inner products of vectors of any length
	KeepCandidates bool   // Scratch.Beams gets the candidates for the neighbors of a new node

	nodes *chunk.Array[node]
	upper *chunk.Array[slot] // rows of M links: levels 1, 2, … of the nodes that have them

	upperRows int                   // rows of upper in use; under Mu
	upperFree [maxLevel + 1][]int32 // [l]: rows of removed nodes of level l; under Mu
	twins     idtable.Table[id]     // the nodes by their vectors; under Mu
	copies    int                   // under Mu

	entry atomic.Int64 // an entryPoint
	raise sync.Mutex   // held by an insertion that may raise the top level
	locks [512]sync.Mutex

	deleted atomic.Int64 // deleted nodes that links may still lead to
	waiting []id         // deleted nodes that no cleanup has started on; under Mu
	cleanup cleanup
	chosen  [][][]key // of AddBlock: for each node of the block, by level
}

// Init makes g an empty graph of rows.
func (g *Graph) Init(r *rows.Rows) {
	g.Rows = r
	g.nodes = chunk.New(1, nodeSize, func(n int) []node { return make([]node, n) })
	g.upper = chunk.New(g.M, 4, func(n int) []slot { return make([]slot, n) })
	g.entry.Store(int64(noEntry))
}

// Recoded makes the graph fit to rows of which the first n have codes relative to another center, or another form.
func (g *Graph) Recoded(n int) {
	if g.Arena.Edges != nil {
		g.codeNeighbors(n)
	}
	if g.Arena.Form != arena.Full {
		g.fillTwins(n)
	}
}

// Bytes returns the memory of the graph besides that of the rows.
func (g *Graph) Bytes() int64 {
	g.Mu.RLock()
	defer g.Mu.RUnlock()
	return int64(g.nodes.Values()*nodeSize) + int64(g.upper.Values())*4 + g.twins.Bytes()
}

// Next returns the next copy of the vector of n, or walk.None.
func (g *Graph) Next(n id) id { return load(&g.node(n).next) }

// node describes a vector in the graph, besides its record in the arena.
type node struct {
	upper  int32 // row of its level-1 links in graph.upper
	parent slot  // in the spanning tree that keeps all nodes reachable; none for the root
	twin   id    // the node whose vector this is a copy of, or none
	next   slot  // next in the chain of copies, which starts at the twin
	prev   id    // the previous one in that chain; under Mu

	children int16 // nodes whose parent this is, fewer than 2M; under the node's lock
	level    int8
}

const nodeSize = int(unsafe.Sizeof(node{}))

// maxLevel bounds the levels that can be drawn: M is at least 2 and the smallest
// probability is 2⁻⁶³.
const maxLevel = 63

// entryPoint is where a search starts: a node and its level, the highest level of
// the graph, in one word. It is noEntry for an empty graph.
type entryPoint int64

const noEntry = entryPoint(-1)

func newEntry(n id, level int) entryPoint { return entryPoint(level)<<32 | entryPoint(n) }
func (e entryPoint) id() id               { return id(uint32(e)) }
func (e entryPoint) level() int           { return int(e >> 32) }

func (g *Graph) node(n id) *node        { return &g.nodes.Row(int(n))[0] }
func (g *Graph) lock(n id) *sync.Mutex  { return &g.locks[uint32(n)%uint32(len(g.locks))] }
func (g *Graph) entryPoint() entryPoint { return entryPoint(g.entry.Load()) }

// links returns the link slots of n on a level that it has.
func (g *Graph) links(n id, level int) []slot {
	if level == 0 {
		return g.Arena.Links(n)
	}
	return g.upper.Row(int(g.node(n).upper) + level - 1)
}

// drawLevel draws the level of a node: l or more with probability M^-l. This is the
// paper's floor(-ln(U)/ln(M)) for uniform U, but without logarithms, so that it is
// the same on every machine. U depends on the seed and the label only.
func (g *Graph) drawLevel(label int64) int {
	u := hashing.Mix(g.Seed ^ hashing.Mix(uint64(label)+0x9e3779b97f4a7c15))
	m := uint64(g.M)
	level := 0
	for bound := math.MaxUint64 / m; u < bound; bound /= m {
		level++
	}
	return level
}

func equal(x, y []float32) bool {
	for i, v := range x {
		if v != y[i] {
			return false
		}
	}
	return true
}

type (
	id   = walk.ID
	slot = walk.Slot
	key  = walk.Key
)

const none = walk.None

// widest is the maximum width of a beam.
const widest = 1 << 20

// load and put access a link.
func load(s *slot) id   { return s.Load() }
func put(s *slot, n id) { s.Put(n) }
