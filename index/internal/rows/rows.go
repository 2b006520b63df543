// Package rows holds the vectors of an index with their labels, and knows which of them a search may see.
//
// A vector is added under an id, which is the number of its row in several arrays. Its label is claimed
// first, so that no other addition takes it; then the vector is placed in a row, linked in whatever way the kind of
// index needs, and published. A removed id is retired, and used again for another vector once no goroutine
// can see it:
//
//	Claim ──► Place, SetID ──► Publish ──► Forget, Mark(Dead) ──► Retire ──► Place
package rows

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/epoch"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/idtable"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Rows are the vectors of an index. Init makes them usable.
type Rows struct {
	Arena    *arena.Arena
	Labels   *chunk.Array[int64]         // by id; labels of visible ids change under Shown
	States   *chunk.Array[atomic.Uint32] // by id
	Distance func(x, y []float32) float32

	// Gate is held for reading by changes, and for writing by Save, so that Save sees
	// no half-added vector.
	Gate sync.RWMutex

	// Shown is held for reading by a search while it maps ids to labels, and for
	// writing while a label is removed or moved: a search that begins afterwards never
	// returns the old id, and none returns a label twice. It is acquired before Mu.
	Shown sync.RWMutex

	Mu       sync.RWMutex         // guards IDs, Claimed and Limbo, and growing arrays
	IDs      idtable.Table[id]    // by label
	Claimed  map[int64]struct{}   // labels of running batches whose vectors have no id yet
	Reserved atomic.Int64         // number of ids, used and free; written under Mu
	Limbo    epoch.Limbo[id]      // retired ids
	Count    atomic.Int64         // number of vectors that a search can find
	Pool     epoch.Pool[*Scratch] // every goroutine that reads vectors holds one of these

	Mapped
	order order // see Find
}

type id = walk.ID

const none = walk.None

// BlockRows is the number of distances for which a Scratch has room in Block.
const BlockRows = 256

// Init prepares rows in an empty arena for vectors that are compared with distance.
func (r *Rows) Init(a *arena.Arena, distance func(x, y []float32) float32) {
	r.Arena, r.Distance = a, distance
	r.Labels = chunk.New(1, 8, func(n int) []int64 { return make([]int64, n) })
	r.States = chunk.New(1, 4, func(n int) []atomic.Uint32 { return make([]atomic.Uint32, n) })
	r.Pool.New = func() *Scratch {
		return &Scratch{Query: kernel.Aligned(a.Stride), Block: make([]float32, BlockRows)}
	}
}

// Len returns the number of vectors that a search can find.
func (r *Rows) Len() int { return int(r.Count.Load()) }

// Label returns the label of n.
func (r *Rows) Label(n id) int64 { return r.Labels.Row(int(n))[0] }

// Place stores a prepared vector under a vacant id. The caller holds Mu and has claimed the label.
func (r *Rows) Place(label int64, vector []float32) id {
	n := r.vacant()
	if r.Arena.Form != arena.Full {
		vector = slices.Clone(vector) // Put changes it
	}
	r.Arena.Put(n, vector)
	r.Labels.Row(int(n))[0] = label
	r.Reserved.Store(max(r.Reserved.Load(), int64(n)+1))
	return n
}

// Claim reserves labels for an addition, all or none.
func (r *Rows) Claim(labels []int64) error {
	r.Mu.Lock()
	defer r.Mu.Unlock()
	if r.IDs.Len()+len(r.Claimed)+len(labels) > walk.MaxNodes {
		return fmt.Errorf("index: label %d: the index is full: it can hold %d vectors", labels[0], walk.MaxNodes)
	}
	if r.Claimed == nil {
		r.Claimed = make(map[int64]struct{})
	}
	for i, label := range labels {
		if _, claimed := r.Claimed[label]; claimed || r.IDOf(label) != none {
			for _, l := range labels[:i] {
				delete(r.Claimed, l)
			}
			return fault.New("every vector needs a unique label", "index: label %d is already in the index", label)
		}
		r.Claimed[label] = struct{}{}
	}
	return nil
}

// Release gives up the claims on labels that did not get a vector. Other labels of the
// batch may have been deleted meanwhile, and claimed by another addition.
func (r *Rows) Release(labels []int64) {
	r.Mu.Lock()
	defer r.Mu.Unlock()
	for _, label := range labels {
		delete(r.Claimed, label)
	}
	if len(r.Claimed) == 0 {
		r.Claimed = nil // maps do not shrink
	}
}

// All returns the ids of all vectors in order. The caller holds Gate exclusively, or Mu.
func (r *Rows) All() []id {
	ids := make([]id, 0, r.Len())
	for i := range int(r.Reserved.Load()) {
		if r.Visible(id(i)) {
			ids = append(ids, id(i))
		}
	}
	return ids
}

// Read returns the vector of n with its padding, valid until the next call with w.
func (r *Rows) Read(w *Scratch, n id) []float32 {
	if r.Arena.Form != arena.Full && w.Vector == nil {
		w.Vector = make([]float32, r.Arena.Stride)
	}
	return r.Arena.Read(w.Vector, n)
}

// Rounded returns a prepared vector as it would be stored.
func (r *Rows) Rounded(vector []float32) []float32 {
	if r.Arena.Form == arena.Full {
		return vector
	}
	x := make([]float32, r.Arena.Stride)
	copy(x, vector)
	r.Arena.Round(x)
	return x
}

// Bytes returns the memory of the rows, except that of Arena.Space.
func (r *Rows) Bytes() int64 {
	r.Mu.RLock()
	defer r.Mu.RUnlock()
	return int64(r.Arena.Values())*4 + int64(r.Labels.Values())*12 + r.IDs.Bytes()
}

// The table of labels. The caller holds Mu.

// LabelHash returns the hash of a label.
func LabelHash(label int64) uint64 { return hashing.Mix(uint64(label) + 0x9e3779b97f4a7c15) }

func (r *Rows) labelHashOf(n id) uint64       { return LabelHash(r.Label(n)) }
func (r *Rows) has(label int64) func(id) bool { return func(n id) bool { return r.Label(n) == label } }

// IDOf returns the id of a label, or walk.None.
func (r *Rows) IDOf(label int64) id { return r.IDs.Find(LabelHash(label), r.has(label)) }

// SetID makes n the id of label, which is already in Labels.
func (r *Rows) SetID(label int64, n id) {
	delete(r.Claimed, label)
	if h := LabelHash(label); !r.IDs.Replace(h, r.has(label), n) {
		r.IDs.Add(h, n, r.labelHashOf)
	}
}

// Forget removes a label from the table.
func (r *Rows) Forget(label int64) { r.IDs.Remove(LabelHash(label), r.has(label), r.labelHashOf) }
