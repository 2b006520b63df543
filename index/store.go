package index

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/topk"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// store is the part that all kinds share: the vectors, their labels, and the checks
// that a vector must pass.
type store struct {
	options Options
	rows.Rows

	completing func() error // see complete

	threadsSaved bool // in the file, of an earlier release, that the index was loaded from

	recoding sync.RWMutex // held for reading by searches whose codes or vectors may be replaced; see recodes
	recenter atomic.Int64 // number of vectors with which the center is looked at again

	logID     uint64         // of the change log that belongs to the index, or 0
	changes   atomic.Uint64  // number of changes in that log; written under Mu
	changeLog *changelog.Log // nil if changes are not logged
	replaying bool           // vectors are already prepared
	distances atomic.Int64   // number of distances computed by searches
	widths    atomic.Pointer[widths]
	reach     atomic.Pointer[lengths] // nil: usualLengths
	calibrate sync.Mutex              // held while widths are measured
	measuring func(...asked)          // measures widths, or nil
	between   func(int) []float32     // that many queries near vectors, or nil
	recoded   func(n int)             // called when n vectors have codes relative to another center, or another form; or nil
	finding   finder                  // searches

	held     []float32                // queries of Calibrate, until vectors are reduced
	measured atomic.Pointer[Measured] // or nil
}

// The types of packages rows, walk and topk.
type (
	scratch = rows.Scratch
	id      = walk.ID
	hit     = topk.Hit
)

const (
	none     = walk.None
	maxNodes = walk.MaxNodes
)

func (s *store) init(o Options, slots int) {
	s.options = o
	bits, signs := o.Quantization.bits(), slots == 0 && o.Quantization != NoQuantization
	if signs && bits == 1 && o.KeepVectors != KeepNone {
		bits = 0 // the signs are all
	}
	s.Init(s.newArena(slots, bits, signs, true), o.Metric.distance())
	s.Arena.Later.Store(signs && o.KeepVectors != KeepFloat32)
}

func (s *store) newArena(slots, bits int, signs, short bool) *arena.Arena {
	o := s.options
	return arena.New(o.Dim, slots, bits, signs, o.Metric == Euclidean, o.Metric == Cosine, o.Quantization == Edges, short, o.Seed)
}

// lengthen makes the codes of an empty index as long as in files before version 7.
func (s *store) lengthen() {
	if a := s.Arena; a.Space != nil && a.Space.Short() {
		s.Arena = s.newArena(a.Slots, a.Bits, a.Signs != nil, false)
	}
}

func (s *store) base() *store     { return s }
func (s *store) Options() Options { return s.options }

// log logs a change, if changes are logged, and takes note of the length of its vector. The caller holds Mu, so that
// the log has changes to one label in the order in which they were made.
func (s *store) log(c changelog.Change, label int64, vector []float32) {
	s.extend(vector)
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
	s.Mu.RLock()
	defer s.Mu.RUnlock() // until the copy is made: the id may be reused for another vector
	n := s.IDOf(label)
	if n == none {
		return nil, false
	}
	return append([]float32(nil), s.Arena.Vector(n)[:s.options.Dim]...), true
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
	length, err := s.options.Metric.prepare(dst, vector)
	if err == nil {
		err = s.representable(length)
	}
	if err != nil {
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
	w := s.Pool.Get()
	defer s.Pool.Put(w)
	if err := s.fits(w.Query, label, vector); err != nil {
		return err
	}
	s.center(1, nil)
	s.Gate.RLock()
	defer s.Gate.RUnlock()
	one := [1]int64{label}
	if err := s.Claim(one[:]); err != nil {
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
			w := s.Pool.Get()
			defer s.Pool.Put(w)
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(labels) {
					return
				}
				s.Pool.Renew(w)
				s.Gate.RLock()
				if s.fits(w.Query, labels[i], vectors[i*dim:(i+1)*dim]) == nil { // checked above
					insert(w, labels[i])
					added.Add(1)
				} else {
					s.Release(labels[i : i+1])
				}
				s.Gate.RUnlock()
			}
		})
	}
	workers.Wait()
	s.Release(labels[min(int(next.Load()), len(labels)):])
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
	if err := s.Claim(labels); err != nil {
		return err
	}
	s.center(len(labels), vectors)
	return nil
}

// bytes returns the memory of the store.
func (s *store) bytes() int64 {
	n := s.Bytes()
	if s.options.Quantization != NoQuantization {
		s.recoding.RLock()
		defer s.recoding.RUnlock()
		n += s.Arena.Space.Bytes()
	}
	return n
}
