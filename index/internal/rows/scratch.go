package rows

import (
	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/index/internal/edges"
	"github.com/luminavec/luminavec/index/internal/epoch"
	"github.com/luminavec/luminavec/index/internal/exact"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/topk"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// Scratch holds the buffers of one search or insertion. They are reused, so that a warm
// index allocates nothing but results. Every goroutine that reads vectors holds one, so that an id
// that nothing links to can be reused once all that were lent before are back (see package epoch).
type Scratch struct {
	epoch.Lent

	Query  []float32 // prepared, with its padding
	Vector []float32 // decoded, if vectors are not kept in float32
	Block  []float32 // distances of a block of vectors (exact search)
	Top    topk.List
	Seen   walk.Visited
	Near   walk.Heap   // to be expanded, complemented: the nearest first
	Beam   walk.Heap   // the best so far, the farthest first
	Fresh  []id        // neighbors not seen before
	Away   []float32   // their distances
	Ended  bool        // the walk has met all that it can reach
	Ahead  []id        // like Fresh, of the node that is expanded next
	Code   codes.Query // the query of a search that compares codes
	Counts int64       // number of distances computed
	Signs  exact.Signs // exact search with codes and signs
	Codes  exact.Codes // exact search with codes alone
	Target any         // what that search reports to, kept by its caller

	Edges  edges.Scratch // the query of a walk that compares coded neighbors
	Coding id            // the node that Edges is prepared for
	Pool   walk.Pool     // of estimates

	Widen int       // the beam grows until the best so many have settled; 0: it does not
	Best  walk.Heap // these, the farthest first

	Reach Reach // where the walk ends

	Starts  []walk.Key   // where the walk on a level starts (insertion)
	Turned  []float32    // what a code represents, rotated
	Sorted  []walk.Key   // the beam in order (insertion)
	Full    []walk.Key   // a full list of links
	Keep    []walk.Key   // what the heuristic keeps of it
	Vectors [][]float32  // of those that it has kept so far
	Others  []id         // nodes whose distances from another are asked
	Apart   []float32    // these
	Base    codes.Query  // the other, if vectors are what codes represent
	Chosen  [][]walk.Key // neighbors of a new node, by level
	Beams   [][]walk.Key // the candidates for them (deterministic batches)
	Queue   []id         // of nodes in the tree

	Wants    Wanted        // which nodes go into the beam
	Allow    Allow         // for WantAllowed
	Children []id          // of a node that is removed from the tree
	Offers   []walk.Key    // candidates for links
	Probe    hashing.Probe // (LSH)
}

// Reach is where a walk ends by the distances of what it has met.
type Reach struct {
	Slack   float32 // what is farther than the nearest by this part of their distance; 0: they do not matter
	Nearest int     // the number of the nearest
	Least   int     // candidates that are expanded however far they are
	Most    int     // candidates at a time
	Scale   float32 // of distances as the walk sees them
	Error   float32 // of a distance, per bound of a code
}

// Allow decides which labels a search may return. The zero value allows all.
type Allow struct {
	Filter func(int64) bool
	Set    *roaring64.Bitmap
}

// All reports whether all labels are allowed.
func (a Allow) All() bool { return a.Filter == nil && a.Set == nil }

// Label reports whether a label is allowed.
func (a Allow) Label(label int64) bool {
	return (a.Set == nil || a.Set.Contains(uint64(label))) && (a.Filter == nil || a.Filter(label))
}

// Wanted selects which of the nodes that a walk visits go into its beam.
type Wanted uint8

const (
	WantAll         Wanted = iota
	WantUndeleted          // nodes that are not deleted
	WantUncondemned        // nodes that no cleanup is removing
	WantAllowed            // nodes that may be returned, or have a copy that may
)

// Begin empties the sets of a walk and makes room for n nodes.
func (w *Scratch) Begin(n int) {
	w.Seen.Start(n)
	w.Near, w.Beam = w.Near[:0], w.Beam[:0]
}

// BegunBest begins a walk whose beam may grow.
func (w *Scratch) BegunBest() { w.Best = w.Best[:0] }

// Better reports whether k is among the best w.Widen so far.
func (w *Scratch) Better(k walk.Key) bool {
	if len(w.Best) < w.Widen {
		w.Best.Push(k)
		return true
	}
	if k >= w.Best[0] {
		return false
	}
	w.Best.Replace(k)
	return true
}
