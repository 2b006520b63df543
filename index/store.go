package index

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/internal/fault"
)

// store is what both kinds have: the vectors, their labels, and the checks
// that everything must pass to get in.
type store struct {
	options  Options
	distance distance
	arena    *arena
	labels   *chunked[int64]         // of each id; a label given to another id changes under shown
	states   *chunked[atomic.Uint32] // of each id

	// gate is held shared by changes and alone by Save, which so sees no vector
	// half added.
	gate sync.RWMutex

	// shown is held shared by a search while it turns ids into labels, and alone
	// by who takes a label away: a search that begins afterwards never returns
	// it, and none returns it twice. It is taken before mu.
	shown sync.RWMutex

	mu       sync.RWMutex       // guards ids, free, limbo and the growing of arrays
	ids      idTable            // of all labels
	claimed  map[int64]struct{} // labels of batches under way whose vectors have no id yet
	reserved atomic.Int64       // ids there are; written under mu
	free     []id               // ids to be given out again
	limbo    []retired          // ids to be free
	count    atomic.Int64       // vectors that a search can find

	unchecked  atomic.Bool  // opened, and large sections not looked at
	completing func() error // see complete

	logName   uint64        // of the log that belongs to the index, or 0
	changes   atomic.Uint64 // changes that this log has counted; written under mu
	log       *changeLog    // nil when changes are not logged
	replaying bool          // vectors come prepared
	distances atomic.Int64  // computed by searches
	scratch   scratchPool
}

func (s *store) init(o Options, slots int) {
	s.options = o
	s.distance = o.Metric.distance()
	s.arena = newArena(o, slots)
	s.labels = newChunked(1, 8, func(n int) []int64 { return make([]int64, n) })
	s.states = newChunked(1, 4, func(n int) []atomic.Uint32 { return make([]atomic.Uint32, n) })
	s.scratch.stride = s.arena.stride
}

func (s *store) Len() int         { return int(s.count.Load()) }
func (s *store) Options() Options { return s.options }

func (s *store) Vector(label int64) ([]float32, bool) {
	if s.complete() != nil {
		return nil, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock() // to the end: the id may be given to another vector
	n := s.idOf(label)
	if n == none {
		return nil, false
	}
	return append([]float32(nil), s.arena.vector(n)[:s.options.Dim]...), true
}

func (s *store) label(n id) int64 { return s.labels.row(int(n))[0] }

// place stores a vector, already prepared, under an id that is new or free. The
// caller holds mu and has claimed the label.
func (s *store) place(label int64, vector []float32) id {
	n := s.vacant()
	copy(s.arena.vector(n), vector)
	s.arena.encode(n, s.options.Dim)
	s.labels.row(int(n))[0] = label
	s.reserved.Store(max(s.reserved.Load(), int64(n)+1))
	return n
}

// claim takes labels for an addition, all or none.
func (s *store) claim(labels []int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids.count+len(s.claimed)+len(labels) > maxNodes {
		return fmt.Errorf("index: label %d: an index holds at most %d vectors", labels[0], maxNodes)
	}
	if s.claimed == nil {
		s.claimed = make(map[int64]struct{})
	}
	for i, label := range labels {
		if s.taken(label) {
			for _, l := range labels[:i] {
				delete(s.claimed, l)
			}
			return fault.New("every vector needs a label of its own", "index: label %d is taken", label)
		}
		s.claimed[label] = struct{}{}
	}
	return nil
}

// release ends a batch. It gives back the labels that got no vector. The others
// may have been deleted, and claimed by another addition.
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

// fits checks the vector to be stored under label and writes it, prepared, to dst.
func (s *store) fits(dst []float32, label int64, vector []float32) error {
	if len(vector) != s.options.Dim {
		return fault.New(fmt.Sprintf("this index takes vectors of %d values", s.options.Dim),
			"index: label %d: vector of %d values", label, len(vector))
	}
	if s.replaying {
		copy(dst, vector)
		return nil
	}
	if err := s.options.Metric.prepare(dst, vector); err != nil {
		return fmt.Errorf("index: label %d: %w", label, err)
	}
	return nil
}

// add is Add, with insert to store one prepared vector whose label is claimed.
func (s *store) add(label int64, vector []float32, insert func(*scratch, int64)) error {
	if err := s.complete(); err != nil {
		return err
	}
	w := s.scratch.get()
	defer s.scratch.put(w)
	if err := s.fits(w.query, label, vector); err != nil {
		return err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	one := [1]int64{label}
	if err := s.claim(one[:]); err != nil {
		return err
	}
	insert(w, label)
	return nil
}

// addBatch is AddBatch, with insert as in add.
func (s *store) addBatch(ctx context.Context, labels []int64, vectors []float32, insert func(*scratch, int64)) error {
	if err := s.claimBatch(ctx, labels, vectors); err != nil || len(labels) == 0 {
		return err
	}
	dim, threads := s.options.Dim, s.options.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	threads = min(threads, len(labels))
	var next, added atomic.Int64
	workers := pool.New().WithMaxGoroutines(threads)
	for range threads {
		workers.Go(func() {
			w := s.scratch.get()
			defer s.scratch.put(w)
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(labels) {
					return
				}
				s.scratch.renew(w)
				s.gate.RLock()
				if s.fits(w.query, labels[i], vectors[i*dim:(i+1)*dim]) == nil { // as checked above
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
		return fmt.Errorf("index: %d of %d vectors added: %w", n, len(labels), ctx.Err())
	}
	return nil
}

// claimBatch checks a batch and takes its labels, all or none.
func (s *store) claimBatch(ctx context.Context, labels []int64, vectors []float32) error {
	if err := s.complete(); err != nil {
		return err
	}
	dim := s.options.Dim
	if len(vectors) != len(labels)*dim {
		return fault.New(fmt.Sprintf("this index takes vectors of %d values, packed", dim),
			"index: %d labels with %d values", len(labels), len(vectors))
	}
	if len(labels) == 0 {
		return ctx.Err()
	}
	check := make([]float32, dim)
	for i, label := range labels {
		if i%1024 == 0 && ctx.Err() != nil {
			return fmt.Errorf("index: nothing added: %w", ctx.Err())
		}
		if err := s.fits(check, label, vectors[i*dim:(i+1)*dim]); err != nil {
			return err
		}
	}
	return s.claim(labels)
}

// bytes is the memory of what the store holds.
func (s *store) bytes() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return int64(s.arena.values())*4 + int64(s.labels.values())*12 + s.ids.bytes()
}
