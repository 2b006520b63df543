// Package cluster groups the vectors of an index: near duplicates by a threshold ([Duplicates]), and
// topics by k-means ([KMeans]), which [Label] names by their characteristic words.
package cluster

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
)

// Item is a vector of an index and what identifies its text.
type Item struct {
	Label int64
	Text  string // or a hash of it; items with the same Text are duplicates. "": none has it
}

// Group is a group of duplicates.
type Group struct {
	Labels []int64 // ascending
	Equal  bool    // all have the same text
	// Score is the lowest score by which one of them joined the others: those of equal texts do not count.
	// It is 0 if Equal.
	Score float32
}

// Duplicates joins items with the same text, and items whose vectors have a score of threshold or nearer,
// into groups, so that a chain of near items is one group. Groups of one are left out; those of equal
// texts come first, then the largest. The result does not depend on threads (0: one per core), but an
// index that is a graph may miss a pair.
func Duplicates(ctx context.Context, ix index.Index, items []Item, threshold float32, threads int) ([]Group, error) {
	if t := float64(threshold); math.IsNaN(t) || ix.Options().Metric == index.Cosine && math.Abs(t) > 1 || ix.Options().Metric == index.Euclidean && t < 0 {
		return nil, fault.Field("Threshold", "", "must be %s, got %v", map[index.Metric]string{
			index.Cosine: "from -1 to 1, a cosine", index.Euclidean: "a distance of 0 or more", index.Dot: "a number"}[ix.Options().Metric], threshold)
	}
	place := make(map[int64]int, len(items))
	sets := newSets(len(items))
	var first []int // an item of each text
	texts := map[string]int{}
	for i, item := range items {
		place[item.Label] = i
		if j, ok := texts[item.Text]; ok && item.Text != "" {
			sets.join(i, j)
			continue
		}
		texts[item.Text] = i
		first = append(first, i)
	}
	nearer := func(a, b float32) bool { return a > b }
	if ix.Options().Metric == index.Euclidean {
		nearer = func(a, b float32) bool { return a < b }
	}
	type link struct {
		a, b  int
		score float32
	}
	var mu sync.Mutex
	var links []link
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	const block = 64 // items
	workers := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(threads)
	for part := range slices.Chunk(first, block) {
		workers.Go(func(ctx context.Context) error {
			var found []link
			for _, i := range part {
				if err := ctx.Err(); err != nil {
					return err
				}
				v, ok := ix.Vector(items[i].Label)
				if !ok {
					continue
				}
				near, err := ix.SearchRange(v, threshold, index.SearchOptions{})
				if err != nil {
					return err
				}
				for _, r := range near {
					if j, ok := place[r.Label]; ok && j != i {
						found = append(found, link{i, j, r.Score})
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			links = append(links, found...)
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	// The nearest first: the score of a group is that of the last link that it needs.
	slices.SortFunc(links, func(x, y link) int {
		switch {
		case nearer(x.score, y.score):
			return -1
		case nearer(y.score, x.score):
			return 1
		}
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	scores := map[int]float32{} // by root
	for _, l := range links {
		if sets.root(l.a) != sets.root(l.b) {
			sets.join(l.a, l.b)
			scores[sets.root(l.a)] = l.score
		}
	}
	members := map[int][]int64{}
	for i, item := range items {
		members[sets.root(i)] = append(members[sets.root(i)], item.Label)
	}
	var groups []Group
	for root, labels := range members {
		if len(labels) < 2 {
			continue
		}
		score, near := scores[root]
		slices.Sort(labels)
		groups = append(groups, Group{labels, !near, score})
	}
	order := func(g Group) int {
		if g.Equal {
			return 0
		}
		return 1
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(len(b.Labels), len(a.Labels)), cmp.Compare(a.Labels[0], b.Labels[0]))
	})
	return groups, nil
}

// sets are disjoint sets of numbers (union-find with path halving; the smaller root wins).
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) root(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

func (s sets) join(i, j int) {
	i, j = s.root(i), s.root(j)
	s[max(i, j)] = min(i, j)
}
