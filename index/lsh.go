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
	"github.com/luminavec/luminavec/internal/kernel"
)

// lsh is an index of hash tables. Each table stores a vector in the bucket of its hash, and
// near vectors often share a bucket. In each table a search probes the query's bucket and the
// ef-1 most promising others (multi-probe), and compares the query with all vectors in them.
//
// The hashes get longer as the index grows: all vectors are hashed again each time
// their number has quadrupled. A small index has no tables, and its searches are exact.
type lsh struct {
	store

	// tablesMu guards family and tables. It is acquired after shown and mu.
	tablesMu sync.RWMutex
	family   *hashing.Family   // nil without tables
	tables   []map[uint64][]id // the ids in each bucket
	next     int               // number of vectors at which the hashes become too short
}

func init() {
	register(kindSpec{LSH, 2, "looks into buckets of hash tables: instant build, lower recall", false, func(o Options) kindIndex { return newLSH(o) }})
}

// firstTables is the minimum number of vectors for which tables pay off.
const firstTables = 1 << 10

func newLSH(o Options) *lsh {
	l := new(lsh)
	l.init(o, 0)
	l.next = firstTables
	return l
}

func (l *lsh) Add(label int64, vector []float32) error { return l.add(label, vector, l.insert) }

func (l *lsh) AddBatch(ctx context.Context, labels []int64, vectors []float32) error {
	return l.addBatch(ctx, labels, vectors, l.insert)
}

func (l *lsh) insert(w *scratch, label int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.place(label, w.query)
	l.setID(label, n)
	l.log(changelog.Added, label, w.query)
	l.put(w, n)
	l.publish(n)
}

// put adds n to the tables. The caller holds mu.
func (l *lsh) put(w *scratch, n id) {
	l.tablesMu.Lock()
	defer l.tablesMu.Unlock()
	if l.Len()+1 >= l.next {
		l.rehash(w, n)
		return
	}
	l.enter(w, n)
}

// enter adds n to its buckets.
func (l *lsh) enter(w *scratch, n id) {
	if l.family == nil {
		return
	}
	w.hashes = l.family.Project(w.hashes, l.arena.Vector(n))
	for t, table := range l.tables {
		key := l.family.Key(w.hashes, t)
		table[key] = append(table[key], n)
	}
}

// rehash builds the tables again, with all visible vectors and n.
func (l *lsh) rehash(w *scratch, n id) {
	var all []id
	for i := range int(l.reserved.Load()) {
		if l.visible(id(i)) || id(i) == n {
			all = append(all, id(i))
		}
	}
	for l.next <= len(all) {
		l.next *= 4
	}
	l.family = hashing.NewFamily(l.familyOptions(), len(all), func(i int) []float32 { return l.arena.Vector(all[i]) })
	l.tables = make([]map[uint64][]id, l.options.Tables)
	for t := range l.tables {
		l.tables[t] = make(map[uint64][]id)
	}
	for _, n := range all {
		l.enter(w, n)
	}
}

func (l *lsh) familyOptions() hashing.Options {
	o := l.options
	return hashing.Options{Dim: o.Dim, Stride: l.arena.Stride, Tables: o.Tables, Bits: o.Bits, Cells: o.Metric == Euclidean, Seed: o.Seed}
}

func (l *lsh) Delete(labels ...int64) error { return l.remove(labels, l.drop) }

// drop removes an id whose label is no longer in the table. The caller holds shown and mu.
func (l *lsh) drop(n id) {
	l.tablesMu.Lock()
	defer l.tablesMu.Unlock()
	if l.family != nil {
		hashes := l.family.Project(nil, l.arena.Vector(n))
		for t, table := range l.tables {
			key := l.family.Key(hashes, t)
			bucket := table[key]
			if at := slices.Index(bucket, n); at >= 0 {
				bucket[at] = bucket[len(bucket)-1]
				table[key] = bucket[:len(bucket)-1]
			}
			if len(table[key]) == 0 {
				delete(table, key)
			}
		}
	}
	l.mark(n, dead)
	l.retire(n)
}

func (l *lsh) Update(label int64, vector []float32) error {
	return l.update(label, vector, func(w *scratch, label int64) id {
		n := l.place(label, w.query)
		l.put(w, n)
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
		l.shown.RLock()
		defer l.shown.RUnlock()
		l.scan(w, r)
	})
}

// find collects the best hits for w.query in w.top. With a filter it compares all
// allowed vectors.
func (l *lsh) find(w *scratch, r request) {
	l.shown.RLock()
	defer l.shown.RUnlock()
	l.tablesMu.RLock()
	exact := l.family == nil || !r.allow.all() || r.ef >= l.Len() || l.directionless(w.query)
	if !exact {
		l.probe(w, r)
	}
	l.tablesMu.RUnlock()
	if exact || len(w.top.hits) < r.k {
		l.scan(w, r)
	}
}

// probe compares the query with the vectors in its buckets. The caller holds shown
// and tablesMu.
func (l *lsh) probe(w *scratch, r request) {
	w.top.reset(w.top.k)
	w.seen.Start(int(l.reserved.Load()))
	w.hashes = l.family.Project(w.hashes, w.query)
	w.fresh = w.fresh[:0]
	for t, table := range l.tables {
		w.probes.Begin(l.family, w.hashes, t)
		for range r.ef {
			key, ok := w.probes.Next()
			if !ok {
				break
			}
			for _, n := range table[key] {
				if w.seen.Add(n) && l.visible(n) {
					w.fresh = append(w.fresh, n)
				}
			}
		}
	}
	const ahead = 4
	for i, n := range w.fresh {
		if i+ahead < len(w.fresh) {
			kernel.Prefetch(l.arena.Vector(w.fresh[i+ahead]))
		}
		l.offer(w, r, hit{l.distance(w.query, l.arena.Vector(n)), l.label(n)})
	}
	l.distances.Add(int64(len(w.fresh)))
}

func (l *lsh) Stats() Stats {
	s := Stats{Kind: LSH, Vectors: l.Len(), Bytes: l.bytes(), Distances: l.distances.Load()}
	l.tablesMu.RLock()
	defer l.tablesMu.RUnlock()
	const bucket = 48 // key, slice and their share of the map's overhead
	for _, table := range l.tables {
		s.Bytes += int64(len(table))*bucket + int64(l.Len())*4
	}
	return s
}

func (l *lsh) Verify(ctx context.Context) (Report, error) {
	l.gate.Lock()
	defer l.gate.Unlock()
	var p problems.List
	if err := l.verify(ctx, &p, nil); err != nil {
		return Report{}, err
	}
	l.tablesMu.RLock()
	defer l.tablesMu.RUnlock()
	for t, table := range l.tables {
		held := 0
		for key, bucket := range table {
			for _, n := range bucket {
				held++
				if !l.visible(n) || l.family.Key(l.family.Project(nil, l.arena.Vector(n)), t) != key {
					p.Add("table %d: id %d is in the wrong bucket", t, n)
				}
			}
		}
		if held != l.Len() {
			p.Add("table %d holds %d vectors, expected %d", t, held, l.Len())
		}
	}
	return Report{Vectors: l.Len(), Room: int(l.reserved.Load())}, p.Err()
}

func (l *lsh) Save(w io.Writer) error { return saveIndex(l, w) }

// write implements Save for a caller that holds gate exclusively. The tables are not
// saved: they are derived from the vectors.
func (l *lsh) write(w io.Writer) error { return save(w, &l.store, nil) }

func (l *lsh) load(r *container.Reader) error {
	if err := l.store.load(r, nil); err != nil || l.Len() < l.next {
		return err
	}
	w := l.scratch.get()
	defer l.scratch.put(w)
	l.rehash(w, none)
	return nil
}

func (l *lsh) open(*container.Image) error { return errMustLoad } // the tables need all vectors
