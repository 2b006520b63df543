package index

import (
	"math"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/idtable"
)

// graph is the HNSW index.
//
// What a search reads while an insertion writes is atomic: link slots, the entry
// point, and the chain of copies. Everything else about a node is written before
// the first link to it, and not again while the node can be seen, so a goroutine that has
// found the node may read it. The links of a node are written under its lock; no goroutine
// holds two of these locks.
type graph struct {
	store
	nodes *chunk.Array[node]
	upper *chunk.Array[slot] // rows of M links: levels 1, 2, … of the nodes that have them

	upperRows int                   // rows of upper in use; under mu
	upperFree [maxLevel + 1][]int32 // [l]: rows of removed nodes of level l; under mu
	twins     idtable.Table[id]     // the nodes by their vectors; under mu
	copies    int                   // under mu
	moves     moves

	entry atomic.Int64 // an entryPoint
	raise sync.Mutex   // held by an insertion that may raise the top level
	locks [512]sync.Mutex

	deleted atomic.Int64 // deleted nodes that links may still lead to
	waiting []id         // deleted nodes that no cleanup has started on; under mu
	cleanup cleanup
}

func init() {
	register(kindSpec{HNSW, 1, "walks a graph of near neighbors: fast, approximate", true, func(o Options) kindIndex { return newGraph(o) }})
}

// node describes a vector in the graph, besides its record in the arena.
type node struct {
	upper  int32 // row of its level-1 links in graph.upper
	parent slot  // in the spanning tree that keeps all nodes reachable; none for the root
	twin   id    // the node whose vector this is a copy of, or none
	next   slot  // next in the chain of copies, which starts at the twin
	prev   id    // the previous one in that chain; under mu

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

func newGraph(o Options) *graph {
	g := new(graph)
	g.init(o, 2*o.M)
	g.nodes = chunk.New(1, nodeSize, func(n int) []node { return make([]node, n) })
	g.upper = chunk.New(o.M, 4, func(n int) []slot { return make([]slot, n) })
	g.entry.Store(int64(noEntry))
	g.measuring, g.finding = g.widthsFor, g.find
	g.recoded = func(n int) {
		if g.arena.Edges != nil {
			g.codeNeighbors(n)
		}
		if g.arena.Form != arena.Full {
			g.fillTwins(n)
		}
	}
	return g
}

func (g *graph) node(n id) *node        { return &g.nodes.Row(int(n))[0] }
func (g *graph) lock(n id) *sync.Mutex  { return &g.locks[uint32(n)%uint32(len(g.locks))] }
func (g *graph) entryPoint() entryPoint { return entryPoint(g.entry.Load()) }

// links returns the link slots of n on a level that it has.
func (g *graph) links(n id, level int) []slot {
	if level == 0 {
		return g.arena.Links(n)
	}
	return g.upper.Row(int(g.node(n).upper) + level - 1)
}

// drawLevel draws the level of a node: l or more with probability M^-l. This is the
// paper's floor(-ln(U)/ln(M)) for uniform U, but without logarithms, so that it is
// the same on every machine. U depends on the seed and the label only.
func (g *graph) drawLevel(label int64) int {
	u := hashing.Mix(g.options.Seed ^ hashing.Mix(uint64(label)+0x9e3779b97f4a7c15))
	m := uint64(g.options.M)
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
