package index

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// countdown is a context that is canceled after left calls of Err.
type countdown struct {
	context.Context
	mu   sync.Mutex
	left int
}

func (c *countdown) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// Every node of a graph built by many threads is reachable.
func TestConcurrentBuild(t *testing.T) {
	const dim = 12
	n := size(2200, 3000)
	vectors := clustered(n, dim, 13)
	for i := range 300 {
		copy(vectors[(i*7+1)*dim:][:dim], vectors[:dim])
	}
	for _, o := range []Options{
		{Dim: dim, Threads: 8},
		{Dim: dim, Threads: 8, M: 2, EfConstruction: 4}, // the tightest limits
		{Dim: dim, Threads: 8, M: 3, EfConstruction: 10, Metric: Dot},
		{Dim: dim, Threads: 8, Quantization: Int8},
	} {
		ix := filled(t, o, vectors)
		s := ix.Stats()
		if s.Unreachable != 0 || s.Vectors != n {
			t.Errorf("%+v: %d vectors, %d unreachable", o, s.Vectors, s.Unreachable)
		}
		mustVerify(t, ix)
		mustLoad(t, saved(t, ix)) // which checks the tree
	}
}

// During concurrent searches, additions and saves, searches find every vector whose addition has
// returned, and the graph is as good as one built without concurrency.
func TestConcurrentSearch(t *testing.T) {
	const dim, writers = 8, 3
	n := size(1200, 2400)
	vectors := clustered(n, dim, 17)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := mustNew(t, Options{Dim: dim, Kind: kind, Quantization: quant, M: 8, EfConstruction: 40, Threads: 2})
		var added atomic.Int64
		var adding, using sync.WaitGroup
		for w := range writers {
			adding.Go(func() {
				for i := w; i < n; i += writers {
					var err error
					if i%5 == 0 {
						err = ix.AddBatch(context.Background(), []int64{int64(i)}, vectors[i*dim:(i+1)*dim])
					} else {
						err = ix.Add(int64(i), vectors[i*dim:(i+1)*dim])
					}
					if err != nil {
						t.Error(err)
						return
					}
					added.Add(1)
				}
			})
		}
		stop := make(chan struct{})
		for u := range 3 {
			using.Go(func() {
				r := rand.New(rand.NewPCG(1, uint64(u)))
				for {
					select {
					case <-stop:
						return
					default:
					}
					atLeast := int(added.Load())
					i := r.IntN(n)
					q := vectors[i*dim : (i+1)*dim]
					rs, err := ix.Search(q, 10, SearchOptions{})
					if err != nil || len(rs) < min(10, atLeast) {
						t.Errorf("%d results from at least %d vectors: error %v", len(rs), atLeast, err)
						return
					}
					checkOrder(t, ix, rs)
					ix.Vector(int64(i))
					switch r.IntN(60) {
					case 0:
						ix.Stats()
					case 1:
						if _, err := Load(bytes.NewReader(saved(t, ix))); err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		adding.Wait()
		close(stop)
		using.Wait()
		if s := ix.Stats(); s.Vectors != n || s.Unreachable != 0 {
			t.Errorf("%d vectors, %d unreachable", s.Vectors, s.Unreachable)
		}
		exact := filled(t, Options{Dim: dim, Kind: Flat}, vectors)
		if r := recall(t, exact, ix, vectors[:200*dim], 10, SearchOptions{}); r < 0.95 {
			t.Errorf("recall@10 %.4f", r)
		}
	})
}

// A vector is found as soon as Add has returned, even a copy of one that another goroutine is
// still adding.
func TestConcurrentCopies(t *testing.T) {
	ix := mustNew(t, Options{Dim: 4, M: 4, EfConstruction: 20, EfSearch: 40})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(23, 0)) // the same vectors in every goroutine
			for i := range 300 {
				v := []float32{r.Float32(), r.Float32(), r.Float32(), r.Float32()}
				label := int64(w*1000 + i)
				if err := ix.Add(label, v); err != nil {
					t.Error(err)
					return
				}
				rs, err := ix.Search(v, 8, SearchOptions{})
				found := false
				for _, res := range rs {
					found = found || res.Label == label
				}
				if err != nil || !found {
					t.Errorf("label %d is not found: results %v, error %v", label, rs, err)
				}
			}
		})
	}
	wg.Wait()
	if c := ix.Stats().Copies; c != 900 {
		t.Errorf("%d copies, want 900", c)
	}
}

// Of several batches with a common label, exactly one is added.
func TestConcurrentBatches(t *testing.T) {
	vectors := clustered(200, 4, 1)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := mustNew(t, Options{Dim: 4, Kind: kind, Quantization: quant, Threads: 2})
		var wg sync.WaitGroup
		var in atomic.Int64
		for range 4 {
			wg.Go(func() {
				if ix.AddBatch(context.Background(), sequence(0, 200), vectors) == nil {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 || ix.Len() != 200 {
			t.Errorf("added %d batches with %d vectors", in.Load(), ix.Len())
		}
	})
}

// An index that several goroutines empty and fill repeatedly remains valid: all vectors are
// reachable, and it can be saved and loaded.
func TestConcurrentlyEmptied(t *testing.T) {
	for round := range uint64(size(50, 100)) {
		ix := mustNew(t, Options{Dim: 2, Metric: Euclidean, M: 2, EfConstruction: 4, Deterministic: round%5 == 0})
		var wg sync.WaitGroup
		for u := range uint64(4) {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(round, u))
				for range 60 {
					l, v := r.Int64N(6), []float32{float32(r.IntN(5)), float32(r.IntN(5))}
					switch r.IntN(6) { // some fail because of the other goroutines
					case 0, 1:
						_ = ix.Add(l, v)
					case 2, 3:
						_ = ix.Delete(l)
					case 4:
						_ = ix.Update(l, v)
					default:
						_ = ix.AddBatch(t.Context(), []int64{l, l + 6}, append(v, v[1], v[0]))
						_ = ix.Delete(l + 6)
					}
				}
			})
		}
		wg.Wait()
		mustVerify(t, ix)
		if s := ix.Stats(); s.Unreachable > 0 {
			t.Fatalf("%d nodes are unreachable", s.Unreachable)
		}
		exercise(t, ix)
	}
}

// All queries of a group use the same k, although the length of the index changes.
func TestSearchBatchOfAFillingIndex(t *testing.T) {
	f := mustNew(t, Options{Dim: 2, Kind: Flat, Threads: 1}).(*flat)
	if err := f.Add(1, []float32{1, 1}); err != nil {
		t.Fatal(err)
	}
	g := f.newGroup()
	defer f.Pool.Put(g.own)
	queries := make([]float32, 2*2000)
	for range 20 {
		done := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for n := int64(0); ; n ^= 1 {
				select {
				case <-done:
					return
				default:
					f.Count.Store(n)
				}
			}
		})
		err := g.begin(queries, 0, 5, SearchOptions{})
		close(done)
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		for i := range g.Tops {
			if g.Tops[i].K != g.request.k {
				t.Fatalf("query %d has k %d, the group has %d", i, g.Tops[i].K, g.request.k)
			}
		}
		if err := g.scan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
