package index

import (
	"context"
	"io"
	"math/bits"
	"slices"
	"sync"

	"github.com/luminavec/luminavec/internal/kernel"
)

// lsh is the index of hash tables. In each table a vector lies in the bucket
// that its hash names, and near vectors often share one. A search looks into the
// query's bucket and the ef-1 most promising beside it (multi-probe), in each
// table, and compares the query with all it finds there.
//
// The hashes get finer as the index grows: at each power of four of vectors all
// are hashed anew. Below the first such power there are no tables, and the search
// is exact.
type lsh struct {
	store

	// hashing is held alone by who changes the tables. It is taken after shown
	// and mu.
	hashing sync.RWMutex
	family  *family           // nil without tables
	tables  []map[uint64][]id // of each bucket
	next    int               // vectors from which on the hashes are too coarse
}

// firstTables is how many vectors it takes for tables to be worth it.
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
	l.note(added, label, w.query)
	l.put(w, n)
	l.show(n)
}

// put hashes n into the tables. The caller holds mu.
func (l *lsh) put(w *scratch, n id) {
	l.hashing.Lock()
	defer l.hashing.Unlock()
	if l.Len()+1 >= l.next {
		l.rehash(w, n)
		return
	}
	l.enter(w, n)
}

// enter puts n into its buckets.
func (l *lsh) enter(w *scratch, n id) {
	if l.family == nil {
		return
	}
	w.hashes = l.family.project(w.hashes, l.arena.vector(n))
	for t, table := range l.tables {
		key := l.family.key(w.hashes, t)
		table[key] = append(table[key], n)
	}
}

// rehash makes the tables anew, for all that shows and for n.
func (l *lsh) rehash(w *scratch, n id) {
	var all []id
	for i := range int(l.reserved.Load()) {
		if l.shows(id(i)) || id(i) == n {
			all = append(all, id(i))
		}
	}
	for l.next <= len(all) {
		l.next *= 4
	}
	l.family = newFamily(l.options, l.arena, all)
	l.tables = make([]map[uint64][]id, l.options.Tables)
	for t := range l.tables {
		l.tables[t] = make(map[uint64][]id)
	}
	for _, n := range all {
		l.enter(w, n)
	}
}

func (l *lsh) Delete(labels ...int64) error { return l.remove(labels, l.drop) }

// drop gives up an id whose label is gone. The caller holds shown and mu.
func (l *lsh) drop(n id) {
	l.hashing.Lock()
	defer l.hashing.Unlock()
	if l.family != nil {
		hashes := l.family.project(nil, l.arena.vector(n))
		for t, table := range l.tables {
			key := l.family.key(hashes, t)
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
	w := l.scratch.get()
	defer l.scratch.put(w)
	if same, err := l.check(w, label, vector); err != nil || same {
		return err
	}
	l.gate.RLock()
	defer l.gate.RUnlock()
	l.shown.Lock()
	defer l.shown.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.current(label); !ok {
		return l.unknown(label)
	}
	n := l.place(label, w.query)
	l.put(w, n)
	return l.replace(label, n, l.drop)
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

// find leaves the best hits for w.query in w.top. With a filter it compares all
// that is allowed.
func (l *lsh) find(w *scratch, r request) {
	l.shown.RLock()
	defer l.shown.RUnlock()
	l.hashing.RLock()
	exact := l.family == nil || !r.allow.all() || r.ef >= l.Len() || l.options.Metric == Cosine && zero(w.query)
	if !exact {
		l.probe(w, r)
	}
	l.hashing.RUnlock()
	if exact || len(w.top.hits) < r.k {
		l.scan(w, r)
	}
}

// probe compares the query with what is in its buckets. The caller holds shown
// and hashing.
func (l *lsh) probe(w *scratch, r request) {
	w.top.reset(w.top.k)
	w.seen.start(int(l.reserved.Load()))
	w.hashes = l.family.project(w.hashes, w.query)
	w.fresh = w.fresh[:0]
	for t, table := range l.tables {
		w.probes.begin(l.family, w.hashes, t)
		for range r.ef {
			key, ok := w.probes.next()
			if !ok {
				break
			}
			for _, n := range table[key] {
				if w.seen.add(n) && l.shows(n) {
					w.fresh = append(w.fresh, n)
				}
			}
		}
	}
	const ahead = 4
	for i, n := range w.fresh {
		if i+ahead < len(w.fresh) {
			kernel.Prefetch(l.arena.vector(w.fresh[i+ahead]))
		}
		l.offer(w, r, hit{l.distance(w.query, l.arena.vector(n)), l.label(n)})
	}
	l.distances.Add(int64(len(w.fresh)))
}

func (l *lsh) Stats() Stats {
	s := Stats{Kind: LSH, Vectors: l.Len(), Bytes: l.bytes(), Distances: l.distances.Load()}
	l.hashing.RLock()
	defer l.hashing.RUnlock()
	const bucket = 48 // key, slice and their share of the map
	for _, table := range l.tables {
		s.Bytes += int64(len(table))*bucket + int64(l.Len())*4
	}
	return s
}

func (l *lsh) Verify(ctx context.Context) (Report, error) {
	l.gate.Lock()
	defer l.gate.Unlock()
	var p problems
	if err := l.verify(ctx, &p, nil); err != nil {
		return Report{}, err
	}
	l.hashing.RLock()
	defer l.hashing.RUnlock()
	for t, table := range l.tables {
		held := 0
		for key, bucket := range table {
			for _, n := range bucket {
				held++
				if !l.shows(n) || l.family.key(l.family.project(nil, l.arena.vector(n)), t) != key {
					p.add("table %d: place %d is in the wrong bucket", t, n)
				}
			}
		}
		if held != l.Len() {
			p.add("table %d holds %d of %d vectors", t, held, l.Len())
		}
	}
	return Report{Vectors: l.Len(), Room: int(l.reserved.Load())}, p.err()
}

func (l *lsh) Save(w io.Writer) error {
	l.gate.Lock()
	defer l.gate.Unlock()
	return l.write(w)
}

// write is Save for who holds gate alone. The tables are not in the file: they
// follow from the vectors.
func (l *lsh) write(w io.Writer) error { return save(w, &l.store, nil) }

// hashAll makes the tables of a loaded index.
func (l *lsh) hashAll() {
	if l.Len() < l.next {
		return
	}
	w := l.scratch.get()
	defer l.scratch.put(w)
	l.rehash(w, none)
}

// autoBits is the length of a hash in bits for n vectors: buckets of about eight.
func autoBits(n int) int { return max(4, min(maxBits, bits.Len(uint(n/8)))) }
