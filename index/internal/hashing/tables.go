package hashing

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/walk"
)

// firstTables is the minimum number of vectors for which tables pay off.
const firstTables = 1 << 10

// Tables are hash tables of vectors. Each table has every vector in the bucket of its hash. The
// hashes get longer as there are more vectors: all are hashed again each time their number has
// quadrupled. Below 1,024 vectors there are no tables.
type Tables struct {
	options Options
	vector  func(walk.ID) []float32
	family  *Family // nil without tables
	tables  []map[uint64][]walk.ID
	next    int       // number of vectors at which the hashes become too short
	hashes  []float32 // projections of the vector that is added
}

// NewTables returns tables for the vectors that vector returns by their ids, with their padding.
func NewTables(o Options, vector func(walk.ID) []float32) *Tables {
	return &Tables{options: o, vector: vector, next: firstTables}
}

// Ready reports whether there are tables.
func (t *Tables) Ready() bool { return t.family != nil }

// Outgrown reports whether the hashes are too short for n vectors; Build makes longer ones.
func (t *Tables) Outgrown(n int) bool { return n >= t.next }

// Build makes the tables again, for the vectors all.
func (t *Tables) Build(all []walk.ID) {
	for t.next <= len(all) {
		t.next *= 4
	}
	t.family = NewFamily(t.options, len(all), func(i int) []float32 { return t.vector(all[i]) })
	t.tables = make([]map[uint64][]walk.ID, t.options.Tables)
	for i := range t.tables {
		t.tables[i] = make(map[uint64][]walk.ID)
	}
	for _, n := range all {
		t.Add(n)
	}
}

// Add adds n to its buckets, if there are tables.
func (t *Tables) Add(n walk.ID) {
	if t.family == nil {
		return
	}
	t.hashes = t.family.Project(t.hashes, t.vector(n))
	for i, table := range t.tables {
		key := t.family.Key(t.hashes, i)
		table[key] = append(table[key], n)
	}
}

// Remove removes n from its buckets, if there are tables.
func (t *Tables) Remove(n walk.ID) {
	if t.family == nil {
		return
	}
	t.hashes = t.family.Project(t.hashes, t.vector(n))
	for i, table := range t.tables {
		key := t.family.Key(t.hashes, i)
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

// A Probe holds the buffers of AppendNear.
type Probe struct {
	hashes []float32
	probes Probes
}

// AppendNear appends the ids in the buckets most promising for query, count in each table, that are
// not yet in seen. There must be tables; several goroutines may call it with their own p.
func (t *Tables) AppendNear(dst []walk.ID, p *Probe, query []float32, count int, seen *walk.Visited) []walk.ID {
	p.hashes = t.family.Project(p.hashes, query)
	for i, table := range t.tables {
		p.probes.Begin(t.family, p.hashes, i)
		for range count {
			key, ok := p.probes.Next()
			if !ok {
				break
			}
			for _, n := range table[key] {
				if seen.Add(n) {
					dst = append(dst, n)
				}
			}
		}
	}
	return dst
}

// Buckets returns the number of buckets of all tables.
func (t *Tables) Buckets() int {
	n := 0
	for _, table := range t.tables {
		n += len(table)
	}
	return n
}

// Check calls misplaced for each id that is in the wrong bucket of a table, and returns the number
// of ids in each table.
func (t *Tables) Check(misplaced func(table int, n walk.ID)) []int {
	held := make([]int, len(t.tables))
	for i, table := range t.tables {
		for key, bucket := range table {
			held[i] += len(bucket)
			for _, n := range bucket {
				if t.family.Key(t.family.Project(nil, t.vector(n)), i) != key {
					misplaced(i, n)
				}
			}
		}
	}
	return held
}
