package collection

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/cluster"
	"github.com/luminavec/luminavec/index/layout"
	"github.com/luminavec/luminavec/internal/fault"
)

// mapPart is the map of the passages. A collection has one if SetMap has stored it. Changes keep it as it
// is: passages keep their labels.
const mapPart = "map"

// SetMap stores a map of the passages in the collection in dir, instead of the one that it has.
func SetMap(ctx context.Context, dir string, m *layout.Map) error {
	data, err := m.MarshalBinary()
	if err != nil {
		return err
	}
	_, err = change(ctx, dir, ChangeOptions{}, func(w *changer) error {
		if m.Dim != w.info.Dim {
			return fault.New("compute the map again", "the map is of vectors of %d dimensions, but those of %s have %d", m.Dim, dir, w.info.Dim)
		}
		w.touched = true
		w.parts = slices.DeleteFunc(w.parts, func(p Part) bool { return strings.HasSuffix(p.Name, "."+mapPart) })
		return w.put(ctx, w.next(mapPart), func(out io.Writer) error { _, err := out.Write(data); return err })
	})
	return err
}

// HasMap reports whether a map is stored.
func (c *Collection) HasMap() bool { return len(c.info.parts(mapPart)) > 0 }

// Map returns the stored map, or nil if there is none. Points of passages that are gone are left out, and
// passages that are newer than the map are the last ones, where [layout.Map.Locate] puts them: Located and
// Removed count both. The map may be changed; each call returns another one.
func (c *Collection) Map(ctx context.Context) (*layout.Map, error) {
	m, err := c.storedMap()
	if m == nil || err != nil {
		return nil, err
	}
	labels, err := index.Labels(c.index)
	if err != nil {
		return nil, err
	}
	live, drawn := roaring64.New(), roaring64.New()
	for _, label := range labels {
		live.Add(uint64(label))
	}
	m.Keep(func(label int64) bool { return live.Contains(uint64(label)) })
	for _, label := range m.Labels {
		drawn.Add(uint64(label))
	}
	later := context.WithoutCancel(ctx) // the map is used when this call has returned
	m.Connect(func(vector []float32, k int) ([]index.Result, error) {
		return c.nearest(later, vector, k, index.SearchOptions{Allowed: drawn})
	})
	live.AndNot(drawn)
	newer := make([]int64, 0, live.GetCardinality())
	for it := live.Iterator(); it.HasNext(); {
		newer = append(newer, int64(it.Next()))
	}
	dim := c.index.Options().Dim
	if err := c.eachVectors(ctx, newer, func(part []int64, vectors []float32) error {
		for i, label := range part {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := m.Put(label, vectors[i*dim:][:dim]); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return m, nil
}

// storedMap reads the map.
func (c *Collection) storedMap() (*layout.Map, error) {
	found := c.info.parts(mapPart)
	if len(found) == 0 {
		return nil, nil
	}
	path := filepath.Join(c.dir, found[0].Name)
	done, err := c.store.use()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.NewSectionReader(c.store.drawn, 0, found[0].Size))
	done()
	m := &layout.Map{}
	if err == nil {
		err = m.UnmarshalBinary(data)
	}
	if err == nil && (m.Dim != c.info.Dim || m.Metric != c.index.Options().Metric) {
		err = fault.New("compute the map again", "its vectors have %d dimensions and the metric %s, those of the collection %d and %s", m.Dim, m.Metric, c.info.Dim, c.info.Metric)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// ComputeMap computes a map of the passages that have a vector, with clusters that are named by their
// characteristic words. Default: the metric of the collection. It does not store it.
func (c *Collection) ComputeMap(ctx context.Context, o layout.Options, groups cluster.Options) (*layout.Map, error) {
	labels, err := index.Labels(c.index)
	if err != nil {
		return nil, err
	}
	dim := c.index.Options().Dim
	o.Metric = c.index.Options().Metric
	vectors := make([]float32, 0, len(labels)*dim)
	place := make(map[int64]int, len(labels))
	for i, label := range labels {
		place[label] = i
	}
	if err := c.eachVectors(ctx, labels, func(_ []int64, part []float32) error {
		vectors = append(vectors, part...)
		return nil
	}); err != nil {
		return nil, err
	}
	m, err := layout.Compute(ctx, vectors, dim, o)
	if err != nil {
		return nil, err
	}
	m.Labels = labels
	if err := m.Group(ctx, vectors, groups); err != nil {
		return nil, err
	}
	words := cluster.NewWords(len(m.Clusters))
	if err := c.EachPassage(ctx, func(p *Stored) {
		if i, ok := place[p.Label]; ok && m.Cluster != nil {
			words.Add(int(m.Cluster[i]), p.Text)
		}
	}); err != nil {
		return nil, err
	}
	all := words.Label(namesOfCluster, nil)
	for i, names := range words.Label(namesOfCluster, c.Common()) {
		if len(names) == 0 { // only stop words
			names = all[i]
		}
		m.Clusters[i].Name = strings.Join(names, ", ")
	}
	return m, nil
}

// namesOfCluster is the number of words that name a cluster on a map.
const namesOfCluster = 3

// Common returns a function that reports whether a word is a stop word, or nil if the collection has no
// full-text index.
func (c *Collection) Common() func(word string) bool {
	if c.words == nil {
		return nil
	}
	return func(word string) bool { return len(c.words.Terms(word)) == 0 }
}
