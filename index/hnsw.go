package index

import (
	"math"
	"sync"
	"sync/atomic"
	"unsafe"
)

// graph is the HNSW index.
//
// What a search reads while an insertion writes is atomic: link slots, the
// entry point, the chain of copies. Everything else about a node is written
// before the first link to it and never again until nobody can see it, so
// whoever has found the node may read it. Writers of one node's links hold its
// lock; no one holds two.
type graph struct {
	store
	nodes *chunked[node]
	upper *chunked[slot] // rows of M links: levels 1, 2, … of the nodes that have them

	upperRows int                   // rows of upper given out; under mu
	upperFree [maxLevel + 1][]int32 // [l]: rows of nodes of level l that are gone; under mu
	twins     idTable               // of the nodes, by their vectors; under mu
	copies    int                   // under mu
	moves     moves

	entry atomic.Int64 // an entryPoint
	raise sync.Mutex   // held by an insertion that may raise the top level
	locks [512]sync.Mutex

	deleted atomic.Int64 // nodes deleted that links may still lead to
	waiting []id         // those that no round has taken up yet; under mu
	round   round
}

// node is what the graph knows of a vector besides its place in the arena.
type node struct {
	upper  int32 // row of its level-1 links in graph.upper
	parent slot  // its place in the tree that keeps everything reachable; none at the root
	twin   id    // the node whose vector this is a copy of, or none
	next   slot  // next in the chain of copies, which starts at the twin
	prev   id    // the one before it in that chain; under mu

	children int16 // nodes whose parent this is, less than 2M; under the node's lock
	level    int8
}

const nodeSize = int(unsafe.Sizeof(node{}))

// maxLevel bounds the levels that can be drawn: M is at least 2 and 2⁻⁶³ the
// smallest chance.
const maxLevel = 63

// entryPoint is where a search starts: a node and its level, the highest there
// is, in one word; noEntry in an empty graph.
type entryPoint int64

const noEntry = entryPoint(-1)

func newEntry(n id, level int) entryPoint { return entryPoint(level)<<32 | entryPoint(n) }
func (e entryPoint) id() id               { return id(uint32(e)) }
func (e entryPoint) level() int           { return int(e >> 32) }

func newGraph(o Options) *graph {
	g := new(graph)
	g.init(o, 2*o.M)
	g.nodes = newChunked(1, nodeSize, func(n int) []node { return make([]node, n) })
	g.upper = newChunked(o.M, 4, func(n int) []slot { return make([]slot, n) })
	g.entry.Store(int64(noEntry))
	return g
}

func (g *graph) node(n id) *node        { return &g.nodes.row(int(n))[0] }
func (g *graph) lock(n id) *sync.Mutex  { return &g.locks[uint32(n)%uint32(len(g.locks))] }
func (g *graph) entryPoint() entryPoint { return entryPoint(g.entry.Load()) }

// links returns the link slots of n on a level that n has.
func (g *graph) links(n id, level int) []slot {
	if level == 0 {
		return g.arena.links(n)
	}
	return g.upper.row(int(g.node(n).upper) + level - 1)
}

// drawLevel draws the level of a node: l or more with chance M^-l, which is the
// paper's floor(-ln(U)/ln(M)) for uniform U, without its logarithms, so that it
// is the same on every machine. U comes from the seed and the label alone.
func (g *graph) drawLevel(label int64) int {
	u := mix(g.options.Seed ^ mix(uint64(label)+0x9e3779b97f4a7c15))
	m := uint64(g.options.M)
	level := 0
	for bound := math.MaxUint64 / m; u < bound; bound /= m {
		level++
	}
	return level
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// hash is equal for equal vectors, 0 and -0 being equal.
func hash(vector []float32) uint64 {
	h := uint64(len(vector))
	for _, v := range vector {
		h = (h ^ uint64(math.Float32bits(v+0))) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return mix(h)
}

func equal(x, y []float32) bool {
	for i, v := range x {
		if v != y[i] {
			return false
		}
	}
	return true
}
