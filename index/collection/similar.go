package collection

import (
	"cmp"
	"context"
	"math"
	"path/filepath"
	"slices"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Find returns the labels of the passages of a file, by its path as Files has it, or of the records with
// an id; none if there are neither.
func (c *Collection) Find(ctx context.Context, name string) ([]int64, error) {
	files, err := c.Files()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if path := filepath.Clean(name); f.Path == name || f.Path == path {
			return f.Labels(), nil
		}
	}
	var labels []int64
	err = c.EachPassage(ctx, func(p *Stored) {
		if p.ID == name && name != "" {
			labels = append(labels, p.Label)
		}
	})
	return labels, err
}

// Similar returns the k passages whose vectors are nearest to the mean of those of the passages of labels
// and of texts, without the passages of labels; with group, the best passage of each file, without the
// files that the passages of labels are from.
func (c *Collection) Similar(ctx context.Context, labels []int64, texts []string, k int, group bool) (*Answer, error) {
	if c.asks == nil {
		return nil, errWords
	}
	dim := c.asks.Dim()
	vectors, known, err := cmp.Or(c.model, c.asks).EncodeBatch(ctx, texts, 0)
	if err != nil {
		return nil, err
	}
	mean := make([]float32, dim)
	n := 0
	add := func(v []float32) {
		if norm := kernel.Norm(v); norm > 0 {
			kernel.Axpy(mean, 1/norm, v)
			n++
		}
	}
	for i := range texts {
		if known[i] > 0 {
			add(vectors[i*dim:][:dim])
		}
	}
	if c.info.Rescored {
		own, err := c.encode(ctx, labels)
		if err != nil {
			return nil, err
		}
		for i := range labels {
			add(own[i*dim:][:dim])
		}
	} else {
		for _, label := range labels {
			if v, ok := c.index.Vector(label); ok {
				add(v)
			}
		}
	}
	if norm := kernel.Norm(mean); norm > 0 {
		kernel.Scale(mean, 1/norm)
	} else {
		return nil, fault.Mark(fault.New("the model does not know its words", "the text has no vector"), ErrNoWord)
	}
	return c.near(ctx, mean, labels, k, group)
}

// Near returns the k passages whose vectors are nearest to a vector; with group, the best passage of each file.
func (c *Collection) Near(ctx context.Context, vector []float32, k int, group bool) (*Answer, error) {
	switch norm := kernel.Norm(vector); {
	case len(vector) != c.info.Dim:
		return nil, fault.Field("Vector", "", "must have %d values, as those of the collection, got %d", c.info.Dim, len(vector))
	case !(norm <= math.MaxFloat32):
		return nil, fault.Field("Vector", "", "must have finite values")
	case norm == 0 && c.index.Options().Metric == index.Cosine:
		return nil, fault.Field("Vector", "", "must not be zero")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.near(ctx, vector, nil, k, group)
}

// near finds the passages nearest to a vector, without those of labels and, with group, their files.
func (c *Collection) near(ctx context.Context, vector []float32, labels []int64, k int, group bool) (*Answer, error) {
	own := map[string]bool{}
	if group {
		paths, err := c.paths(labels)
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			own[p] = true
		}
	}
	answer := &Answer{Mode: fusion.Dense}
	for wide := k + len(labels); ; wide *= 4 {
		found, err := c.nearest(ctx, vector, wide, index.SearchOptions{Recall: 0.99})
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(r index.Result) bool { return slices.Contains(labels, r.Label) })
		all := make([]int64, len(found))
		for i, r := range found {
			all[i] = r.Label
		}
		stored, err := c.Passages(all)
		if err != nil {
			return nil, err
		}
		answer.Hits = answer.Hits[:0]
		place := map[string]int{}
		for i, p := range stored {
			score := float64(found[i].Score)
			if group {
				if own[p.Path] {
					continue
				}
				if at, ok := place[p.Path]; ok {
					answer.Hits[at].More++
					continue
				}
				place[p.Path] = len(answer.Hits)
			}
			answer.Hits = append(answer.Hits, Match{Stored: p, Score: score, Dense: &score})
		}
		if len(answer.Hits) >= k || wide >= c.Len() {
			answer.Hits = answer.Hits[:min(k, len(answer.Hits))]
			return answer, nil
		}
	}
}
