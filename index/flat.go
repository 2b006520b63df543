package index

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/problems"
	"github.com/luminavec/luminavec/index/internal/rows"
)

// flat compares the query with every vector.
type flat struct {
	store
	compared atomic.Bool // a batch was compared with all vectors because there were no codes
}

func init() {
	register(kindSpec{Flat, 0, "compares all vectors: exact", true, func(o Options) kindIndex { return newFlat(o) }})
}

func newFlat(o Options) *flat {
	f := new(flat)
	f.init(o, 0)
	f.finding = f.find
	return f
}

func (f *flat) Add(label int64, vector []float32) error { return f.add(label, vector, f.insert) }

func (f *flat) AddBatch(ctx context.Context, labels []int64, vectors []float32) error {
	return f.addBatch(ctx, labels, vectors, f.insert)
}

func (f *flat) insert(w *scratch, label int64) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	n := f.Place(label, w.Query)
	f.SetID(label, n)
	f.log(changelog.Added, label, w.Query)
	f.Publish(n)
}

func (f *flat) Delete(labels ...int64) error { return f.remove(labels, f.drop) }

// drop removes an id whose label is no longer in the table. The caller holds Shown and Mu.
func (f *flat) drop(n id) {
	f.Mark(n, rows.Dead)
	f.Retire(n)
}

func (f *flat) Update(label int64, vector []float32) error {
	return f.update(label, vector, func(w *scratch, label int64) id { return f.Place(label, w.Query) }, f.drop)
}

func (f *flat) Search(query []float32, k int, o SearchOptions) ([]Result, error) {
	f.encodeNow()
	return f.search(query, k, o, f.find)
}

func (f *flat) SearchInto(dst []Result, query []float32, k int, o SearchOptions) ([]Result, error) {
	f.encodeNow()
	return f.searchInto(dst, query, k, o, f.find)
}

func (f *flat) SearchBatch(ctx context.Context, queries []float32, k int, o SearchOptions) ([][]Result, error) {
	if f.Arena.Later.Load() && (len(queries) < minGroup*f.options.Dim || f.compared.Swap(true)) {
		f.encodeNow() // more will follow
	}
	if f.Arena.Signs != nil && !f.Arena.Later.Load() {
		return f.searchBatch(ctx, queries, k, o, f.find)
	}
	return f.scanBatch(ctx, queries, k, o, f.find)
}

func (f *flat) SearchRange(query []float32, threshold float32, o SearchOptions) ([]Result, error) {
	f.encodeNow()
	return f.searchRange(query, threshold, o, f.find)
}

func (f *flat) find(w *scratch, r request) {
	f.Shown.RLock()
	defer f.Shown.RUnlock()
	if f.Arena.Signs == nil || f.Arena.Later.Load() || !f.scanSigns(w, r) {
		f.scan(w, r)
	}
}

func (f *flat) Stats() Stats {
	return Stats{
		Kind:      Flat,
		Vectors:   f.Len(),
		Bytes:     f.bytes(),
		Distances: f.distances.Load(),
		Recall:    f.stated(),
		Longer:    f.longer(),
	}
}

func (f *flat) Verify(ctx context.Context) (Report, error) {
	if err := f.complete(); err != nil {
		return Report{}, err
	}
	f.Gate.Lock()
	defer f.Gate.Unlock()
	var p problems.List
	if err := f.verify(ctx, &p, nil); err != nil {
		return Report{}, err
	}
	return Report{Vectors: f.Len(), Room: int(f.Reserved.Load())}, p.Err()
}

func (f *flat) Save(w io.Writer) error { return saveIndex(f, w) }

// write implements Save for a caller that holds Gate exclusively.
func (f *flat) write(w io.Writer) error {
	if err := f.reduce(); err != nil {
		return err
	}
	return save(w, &f.store, nil)
}

func (f *flat) load(r *container.Reader) error { return f.store.load(r, nil) }

func (f *flat) open(m *container.Image) error { return f.store.open(m, nil) }
