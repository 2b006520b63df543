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
	f.place(label, w.query)
	f.count.Store(f.reserved.Load())
}

func (f *flat) Search(query []float32, k int, o SearchOptions) ([]Result, error) {
	w := f.scratch.get()
	defer f.scratch.put(w)
	k, _, err := f.ask(w, query, k, o)
	if err != nil {
		return nil, err
	}
	f.scan(w, k, o.Filter, nil)
	return w.top.results(f.options.Metric), nil
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
	f.gate.Lock()
	defer f.gate.Unlock()
	return save(w, &f.store, nil)
}
