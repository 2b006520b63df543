package index

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/epoch"
	"github.com/luminavec/luminavec/index/internal/idtable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// store is the part that all kinds share: the vectors, their labels, and the checks
// that a vector must pass.
type store struct {
	options  Options
	distance distance
	arena    *arena.Arena
	labels   *chunk.Array[int64]         // by id; labels of visible ids change under shown
	states   *chunk.Array[atomic.Uint32] // by id

	// gate is held for reading by changes, and for writing by Save, so that Save sees
	// no half-added vector.
	gate sync.RWMutex

	// shown is held for reading by a search while it maps ids to labels, and for
	// writing while a label is removed or moved: a search that begins afterwards never
	// returns the old id, and none returns a label twice. It is acquired before mu.
	shown sync.RWMutex

	mu       sync.RWMutex       // guards ids, claimed and limbo, and growing arrays
	ids      idtable.Table[id]  // by label
	claimed  map[int64]struct{} // labels of running batches whose vectors have no id yet
	reserved atomic.Int64       // number of ids, used and free; written under mu
	limbo    epoch.Limbo[id]    // retired ids
	count    atomic.Int64       // number of vectors that a search can find

	unchecked  atomic.Bool           // opened, but large sections were not checked
	completing func() error          // see complete
	path       string                // of the opened file
	blocks     [3]*container.Blocks  // of the records, the vectors and the signs; nil: checked
	damage     atomic.Pointer[error] // found in them by a search

	threadsSaved bool // in the file, of an earlier release, that the index was loaded from

	recoding sync.RWMutex // held for reading by searches whose codes or vectors may be replaced; see recodes
	recenter atomic.Int64 // number of vectors with which the center is looked at again

	logID     uint64         // of the change log that belongs to the index, or 0
	changes   atomic.Uint64  // number of changes in that log; written under mu
	changeLog *changelog.Log // nil if changes are not logged
	replaying bool           // vectors are already prepared
	distances atomic.Int64   // number of distances computed by searches
	scratch   epoch.Pool[*scratch]
	widths    atomic.Pointer[widths]
	calibrate sync.Mutex                                // held while widths are measured
	measuring func(queries []float32, truth [][]Result) // measures widths, or nil
	recoded   func(n int)                               // called when n vectors have codes relative to another center, or another form; or nil
	finding   finder                                    // searches

	held     []float32                // queries of Calibrate, until vectors are reduced
	measured atomic.Pointer[Measured] // or nil
}

func (s *store) init(o Options, slots int) {
	s.options = o
	s.distance = o.Metric.distance()
	bits, signs := o.Quantization.bits(), slots == 0 && o.Quantization != NoQuantization
	if signs && bits == 1 && o.KeepVectors != KeepNone {
		bits = 0 // the signs are all
	}
	s.arena = arena.New(o.Dim, slots, bits, signs, o.Metric == Euclidean, o.Metric == Cosine, o.Quantization == Edges, o.Seed)
	s.labels = chunk.New(1, 8, func(n int) []int64 { return make([]int64, n) })
	s.states = chunk.New(1, 4, func(n int) []atomic.Uint32 { return make([]atomic.Uint32, n) })
	s.scratch.New = func() *scratch {
		return &scratch{query: kernel.Aligned(s.arena.Stride), block: make([]float32, scanBlock)}
	}
}

func (s *store) base() *store     { return s }
func (s *store) Len() int         { return int(s.count.Load()) }
func (s *store) Options() Options { return s.options }

// log logs a change, if changes are logged. The caller holds mu, so that the log has
// changes to one label in the order in which they were made.
func (s *store) log(c changelog.Change, label int64, vector []float32) {
	if s.changeLog != nil {
		s.changeLog.Note(s.changes.Add(1), c, label, vector)
	}
}

func (s *store) Vector(label int64) ([]float32, bool) {
	if s.complete() != nil {
		return nil, false
	}
	s.recoding.RLock()
	defer s.recoding.RUnlock()
	s.mu.RLock()
	defer s.mu.RUnlock() // until the copy is made: the id may be reused for another vector
	n := s.idOf(label)
	if n == none {
		return nil, false
	}
	return append([]float32(nil), s.arena.Vector(n)[:s.options.Dim]...), true
}

func (s *store) label(n id) int64 { return s.labels.Row(int(n))[0] }

// place stores a prepared vector under a vacant id. The caller holds mu and has
// claimed the label.
func (s *store) place(label int64, vector []float32) id {
	n := s.vacant()
	if s.arena.Form != arena.Full {
		vector = slices.Clone(vector) // Put changes it
	}
	s.arena.Put(n, vector)
	s.labels.Row(int(n))[0] = label
	s.reserved.Store(max(s.reserved.Load(), int64(n)+1))
	return n
}

// claim reserves labels for an addition, all or none.
func (s *store) claim(labels []int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids.Len()+len(s.claimed)+len(labels) > maxNodes {
		return fmt.Errorf("index: label %d: the index is full: it can hold %d vectors", labels[0], maxNodes)
	}
	if s.claimed == nil {
		s.claimed = make(map[int64]struct{})
	}
	for i, label := range labels {
		if s.taken(label) {
			for _, l := range labels[:i] {
				delete(s.claimed, l)
			}
			return fault.New("every vector needs a unique label", "index: label %d is already in the index", label)
		}
		s.claimed[label] = struct{}{}
	}
	return nil
}

// release gives up the claims on labels that did not get a vector. Other labels of the
// batch may have been deleted meanwhile, and claimed by another addition.
func (s *store) release(labels []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, label := range labels {
		delete(s.claimed, label)
	}
	if len(s.claimed) == 0 {
		s.claimed = nil // maps do not shrink
	}
}

// fits checks a vector to be stored under label and writes it, prepared, to dst.
func (s *store) fits(dst []float32, label int64, vector []float32) error {
	if len(vector) != s.options.Dim {
		return s.dimensionError(fmt.Sprintf("label %d", label), len(vector))
	}
	if s.replaying {
		copy(dst, vector)
		return nil
	}
	if err := s.options.Metric.prepare(dst, vector, MinLength); err != nil {
		return fmt.Errorf("index: label %d: %w", label, err)
	}
	return nil
}

// add implements Add. insert stores the prepared vector of the scratch under a claimed
// label.
func (s *store) add(label int64, vector []float32, insert func(*scratch, int64)) error {
	if err := s.complete(); err != nil {
		return err
	}
	w := s.scratch.Get()
	defer s.scratch.Put(w)
	if err := s.fits(w.query, label, vector); err != nil {
		return err
	}
	s.center(1, nil)
	s.gate.RLock()
	defer s.gate.RUnlock()
	one := [1]int64{label}
	if err := s.claim(one[:]); err != nil {
		return err
	}
	insert(w, label)
	return nil
}

// addBatch implements AddBatch, with insert as in add. Without a graph one worker adds the vectors
// in their order: several would wait for each other, and their timing would be in the file.
func (s *store) addBatch(ctx context.Context, labels []int64, vectors []float32, insert func(*scratch, int64)) error {
	if err := s.claimBatch(ctx, labels, vectors); err != nil || len(labels) == 0 {
		return err
	}
	dim, threads := s.options.Dim, 1
	if s.options.Kind == HNSW {
		threads = min(s.threads(), len(labels))
	}
	var next, added atomic.Int64
	workers := pool.New().WithMaxGoroutines(threads)
	for range threads {
		workers.Go(func() {
			w := s.scratch.Get()
			defer s.scratch.Put(w)
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(labels) {
					return
				}
				s.scratch.Renew(w)
				s.gate.RLock()
				if s.fits(w.query, labels[i], vectors[i*dim:(i+1)*dim]) == nil { // checked above
					insert(w, labels[i])
					added.Add(1)
				} else {
					s.release(labels[i : i+1])
				}
				s.gate.RUnlock()
			}
		})
	}
	workers.Wait()
	s.release(labels[min(int(next.Load()), len(labels)):])
	if n := added.Load(); n < int64(len(labels)) {
		return fmt.Errorf("index: added %d of %d vectors: %w", n, len(labels), ctx.Err())
	}
	return nil
}

// claimBatch checks a batch and claims its labels, all or none.
func (s *store) claimBatch(ctx context.Context, labels []int64, vectors []float32) error {
	if err := s.complete(); err != nil {
		return err
	}
	dim := s.options.Dim
	if len(vectors) != len(labels)*dim {
		return s.packedError(fmt.Sprintf("%d labels", len(labels)), len(vectors))
	}
	if len(labels) == 0 {
		return ctx.Err()
	}
	check := make([]float32, dim)
	for i, label := range labels {
		if i%1024 == 0 && ctx.Err() != nil {
			return fmt.Errorf("index: added no vectors: %w", ctx.Err())
		}
		if err := s.fits(check, label, vectors[i*dim:(i+1)*dim]); err != nil {
			return err
		}
	}
	if err := s.claim(labels); err != nil {
		return err
	}
	s.center(len(labels), vectors)
	return nil
}

// bytes returns the memory of the store.
func (s *store) bytes() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var extra int64
	if s.options.Quantization != NoQuantization {
		s.recoding.RLock()
		defer s.recoding.RUnlock()
		extra = s.arena.Space.Bytes()
	}
	return extra + int64(s.arena.Values())*4 + int64(s.labels.Values())*12 + s.ids.Bytes()
}
