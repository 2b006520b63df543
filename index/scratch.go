package index

import (
	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/index/internal/edges"
	"github.com/luminavec/luminavec/index/internal/epoch"
	"github.com/luminavec/luminavec/index/internal/exact"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/topk"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// The types of packages walk and topk.
type (
	id   = walk.ID
	slot = walk.Slot
	key  = walk.Key
	hit  = topk.Hit
)

const (
	none     = walk.None
	maxNodes = walk.MaxNodes
)

// load and put access a link.
func load(s *slot) id   { return s.Load() }
func put(s *slot, n id) { s.Put(n) }

// scratch holds the buffers of one search or insertion. They are reused, so that a warm
// index allocates nothing but results. Every goroutine that reads vectors holds one, so that an id
// that nothing links to can be reused once all that were lent before are back (see package epoch).
type scratch struct {
	epoch.Lent

	query  []float32 // prepared, with its padding
	vector []float32 // decoded, if vectors are not kept in float32
	block  []float32 // distances of a block of vectors (exact search)
	top    topk.List
	seen   walk.Visited
	near   walk.Heap   // to be expanded, complemented: the nearest first
	beam   walk.Heap   // the best so far, the farthest first
	fresh  []id        // neighbors not seen before
	away   []float32   // their distances
	code   codes.Query // the query of a search that compares codes
	counts int64       // number of distances computed
	signs  exact.Signs // exact search with codes
	target signTarget

	edges  edges.Scratch // the query of a walk that compares coded neighbors
	coding id            // the node that edges is prepared for
	pool   walk.Pool     // of estimates

	widen int       // the beam grows until the best so many have settled; 0: it does not
	best  walk.Heap // these, the farthest first

	starts []key   // where the walk on a level starts (insertion)
	sorted []key   // the beam in order (insertion)
	full   []key   // a full list of links
	keep   []key   // what the heuristic keeps of it
	chosen [][]key // neighbors of a new node, by level
	beams  [][]key // the candidates for them (deterministic batches)
	queue  []id    // of nodes in the tree

	wants    wanted        // which nodes go into the beam
	allow    allow         // for wantAllowed
	children []id          // of a node that is removed from the tree
	offers   []key         // candidates for links
	probe    hashing.Probe // (LSH)
}
