package index

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/problems"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/internal/kernel"
)

// lsh is an index of hash tables (see package hashing). In each table a search probes the query's
// bucket and the ef-1 most promising others (multi-probe), and compares the query with all vectors
// in them. A small index has no tables, and its searches are exact.
type lsh struct {
	store

	// tablesMu guards tables. It is acquired after Shown and Mu.
	tablesMu sync.RWMutex
	tables   *hashing.Tables
}

func init() {
	register(kindSpec{LSH, 2, "looks into buckets of hash tables: instant build, lower recall", false, func(o Options) kindIndex { return newLSH(o) }})
}

func newLSH(o Options) *lsh {
	l := new(lsh)
	l.init(o, 0)
	l.tables = hashing.NewTables(hashing.Options{
		Dim: o.Dim, Stride: l.Arena.Stride, Tables: o.Tables, Bits: o.Bits, Cells: o.Metric == Euclidean, Seed: o.Seed,
	}, l.Arena.Vector)
	return l
}

func (l *lsh) Add(label int64, vector []float32) error { return l.add(label, vector, l.insert) }

func (l *lsh) AddBatch(ctx context.Context, labels []int64, vectors []float32) error {
	return l.addBatch(ctx, labels, vectors, l.insert)
}

func (l *lsh) insert(w *scratch, label int64) {
	l.Mu.Lock()
	defer l.Mu.Unlock()
	n := l.Place(label, w.Query)
	l.SetID(label, n)
	l.log(changelog.Added, label, w.Query)
	l.put(n)
	l.Publish(n)
}

// put adds n to the tables. The caller holds Mu.
func (l *lsh) put(n id) {
	l.tablesMu.Lock()
	defer l.tablesMu.Unlock()
	if l.tables.Outgrown(l.Len() + 1) {
		all := append(l.All(), n)
		slices.Sort(all)
		l.tables.Build(all)
	} else {
		l.tables.Add(n)
	}
}

func (l *lsh) Delete(labels ...int64) error { return l.remove(labels, l.drop) }

// drop removes an id whose label is no longer in the table. The caller holds Shown and Mu.
func (l *lsh) drop(n id) {
	l.tablesMu.Lock()
	defer l.tablesMu.Unlock()
	l.tables.Remove(n)
	l.Mark(n, rows.Dead)
	l.Retire(n)
}

func (l *lsh) Update(label int64, vector []float32) error {
	return l.update(label, vector, func(w *scratch, label int64) id {
		n := l.Place(label, w.Query)
		l.put(n)
		return n
	}, l.drop)
}

func (l *lsh) Search(query []float32, k int, o SearchOptions) ([]Result, error) {
	return l.search(query, k, o, l.find)
}

func (l *lsh) SearchInto(dst []Result, query []float32, k int, o SearchOptions) ([]Result, error) {
	return l.searchInto(dst, query, k, o, l.find)
}

func (l *lsh) SearchBatch(ctx context.Context, queries []float32, k int, o SearchOptions) ([][]Result, error) {
	return l.searchBatch(ctx, queries, k, o, l.find)
}

func (l *lsh) SearchRange(query []float32, threshold float32, o SearchOptions) ([]Result, error) {
	return l.searchRange(query, threshold, o, func(w *scratch, r request) {
		l.Shown.RLock()
		defer l.Shown.RUnlock()
		l.scan(w, r)
	})
}

// find collects the best hits for w.Query in w.Top. With a filter it compares all
// allowed vectors.
func (l *lsh) find(w *scratch, r request) {
	l.Shown.RLock()
	defer l.Shown.RUnlock()
	l.tablesMu.RLock()
	exact := !l.tables.Ready() || !r.allow.All() || r.ef >= l.Len() || l.directionless(w.Query)
	if !exact {
		l.probe(w, r)
	}
	l.tablesMu.RUnlock()
	if exact || len(w.Top.Hits) < r.k {
		l.scan(w, r)
	}
}

// probe compares the query with the vectors in its buckets. The caller holds Shown
// and tablesMu.
func (l *lsh) probe(w *scratch, r request) {
	w.Top.Reset(w.Top.K)
	w.Seen.Start(int(l.Reserved.Load()))
	w.Fresh = l.tables.AppendNear(w.Fresh[:0], &w.Probe, w.Query, r.ef, &w.Seen)
	w.Fresh = slices.DeleteFunc(w.Fresh, func(n id) bool { return !l.Visible(n) })
	const ahead = 4
	for i, n := range w.Fresh {
		if i+ahead < len(w.Fresh) {
			kernel.Prefetch(l.Arena.Vector(w.Fresh[i+ahead]))
		}
		l.offer(w, r, hit{Distance: l.Distance(w.Query, l.Arena.Vector(n)), Label: l.Label(n)})
	}
	l.distances.Add(int64(len(w.Fresh)))
}

func (l *lsh) Stats() Stats {
	s := Stats{Kind: LSH, Vectors: l.Len(), Bytes: l.bytes(), Distances: l.distances.Load(), Longer: l.longer()}
	l.tablesMu.RLock()
	defer l.tablesMu.RUnlock()
	const bucket = 48 // key, slice and their share of the map's overhead
	if l.tables.Ready() {
		s.Bytes += int64(l.tables.Buckets())*bucket + int64(l.options.Tables)*int64(l.Len())*4
	}
	return s
}

func (l *lsh) Verify(ctx context.Context) (Report, error) {
	l.Gate.Lock()
	defer l.Gate.Unlock()
	var p problems.List
	if err := l.verify(ctx, &p, nil); err != nil {
		return Report{}, err
	}
	l.tablesMu.RLock()
	defer l.tablesMu.RUnlock()
	held := l.tables.Check(func(table int, n id) { p.Add("table %d: id %d is in the wrong bucket", table, n) })
	for t, n := range held {
		if n != l.Len() {
			p.Add("table %d holds %d vectors, expected %d", t, n, l.Len())
		}
	}
	return Report{Vectors: l.Len(), Room: int(l.Reserved.Load())}, p.Err()
}

func (l *lsh) Save(w io.Writer) error { return saveIndex(l, w) }

// write implements Save for a caller that holds Gate exclusively. The tables are not
// saved: they are derived from the vectors.
func (l *lsh) write(w io.Writer) error { return save(w, &l.store, nil) }

func (l *lsh) load(r *container.Reader) error {
	if err := l.store.load(r, nil); err != nil {
		return err
	}
	if l.tables.Outgrown(l.Len()) {
		l.tables.Build(l.All())
	}
	return nil
}

func (l *lsh) open(*container.Image) error { return errMustLoad } // the tables need all vectors
