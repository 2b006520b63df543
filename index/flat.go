package index

import (
	"context"
	"io"
)

// flat compares the query with every vector.
type flat struct{ store }

func newFlat(o Options) *flat {
	f := new(flat)
	f.init(o, 0)
	return f
}

func (f *flat) Add(label int64, vector []float32) error { return f.add(label, vector, f.insert) }

func (f *flat) AddBatch(ctx context.Context, labels []int64, vectors []float32) error {
	return f.addBatch(ctx, labels, vectors, f.insert)
}

func (f *flat) insert(w *scratch, label int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.place(label, w.query)
	f.ids[label] = n
	f.note(added, label, w.query)
	f.show(n)
}

func (f *flat) Delete(labels ...int64) error { return f.remove(labels, f.drop) }

// drop gives up an id whose label is gone. The caller holds shown and mu.
func (f *flat) drop(n id) {
	f.mark(n, dead)
	f.retire(n)
}

func (f *flat) Update(label int64, vector []float32) error {
	w := f.scratch.get()
	defer f.scratch.put(w)
	if same, err := f.check(w, label, vector); err != nil || same {
		return err
	}
	f.gate.RLock()
	defer f.gate.RUnlock()
	f.shown.Lock()
	defer f.shown.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.current(label); !ok {
		return f.unknown(label)
	}
	return f.replace(label, f.place(label, w.query), f.drop)
}

func (f *flat) Search(query []float32, k int, o SearchOptions) ([]Result, error) {
	return f.search(query, k, o, f.find)
}

func (f *flat) SearchInto(dst []Result, query []float32, k int, o SearchOptions) ([]Result, error) {
	return f.searchInto(dst, query, k, o, f.find)
}

func (f *flat) SearchBatch(ctx context.Context, queries []float32, k int, o SearchOptions) ([][]Result, error) {
	return f.scanBatch(ctx, queries, k, o, f.find)
}

func (f *flat) SearchRange(query []float32, threshold float32, o SearchOptions) ([]Result, error) {
	return f.searchRange(query, threshold, o, f.find)
}

func (f *flat) find(w *scratch, r request) {
	f.shown.RLock()
	defer f.shown.RUnlock()
	f.scan(w, r)
}

func (f *flat) Stats() Stats {
	return Stats{
		Kind:      Flat,
		Vectors:   f.Len(),
		Bytes:     f.bytes(),
		Distances: f.distances.Load(),
	}
}

func (f *flat) Save(w io.Writer) error {
	if err := f.complete(); err != nil {
		return err
	}
	f.gate.Lock()
	defer f.gate.Unlock()
	return f.write(w)
}

// write is Save for who holds gate alone.
func (f *flat) write(w io.Writer) error { return save(w, &f.store, nil) }
