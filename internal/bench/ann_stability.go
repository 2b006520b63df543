package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
)

// stable measures the recall of the default index after different histories and returns
// a line for each.
func (b *annBench) stable(cmd *cobra.Command) ([]string, error) {
	ctx := cmd.Context()
	n := len(b.base) / b.dim
	order := rand.New(rand.NewPCG(2, 0)).Perm(n)
	backwards := make([]int, n)
	for i := range backwards {
		backwards[i] = n - 1 - i
	}
	o := b.index
	o.Kind = index.HNSW
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	var plain index.Index
	for _, form := range []struct {
		name    string
		threads int
		order   []int
	}{
		{"in file order, 1 thread", 1, nil},
		{"in file order, 2 threads", 2, nil},
		{"in reverse order, 2 threads", 2, backwards},
		{"shuffled, 2 threads", 2, order},
	} {
		cli.Note(cmd, "%s", form.name)
		o.Threads = form.threads
		ix, err := index.New(o)
		if err != nil {
			return nil, err
		}
		labels, vectors := count(n), b.base
		if form.order != nil {
			vectors = make([]float32, 0, len(b.base))
			for i, at := range form.order {
				labels[i] = int64(at)
				vectors = append(vectors, b.base[at*b.dim:(at+1)*b.dim]...)
			}
		}
		if err := ix.AddBatch(ctx, labels, vectors); err != nil {
			return nil, err
		}
		recall, _, err := b.ask(ctx, ix, b.asked, index.SearchOptions{})
		if err != nil {
			return nil, err
		}
		note("%s: %.4f", form.name, recall)
		if form.threads == 2 && plain == nil {
			plain = ix
		}
	}
	for _, allowed := range []int{n / 2, n / 20, n / 1000, 1} {
		recall, err := b.filtered(ctx, plain, order[:allowed])
		if err != nil {
			return nil, err
		}
		note("%s allowed, by a filter and by a bitmap: %.4f and %.4f", cli.Plural(allowed, "vector", "vectors"), recall[0], recall[1])
	}
	cli.Note(cmd, "deleting and adding half of the vectors")
	for round := range 2 {
		labels := make([]int64, n/2)
		vectors := make([]float32, 0, len(b.base)/2)
		for i, at := range order[round*(n/2) : (round+1)*(n/2)] {
			labels[i] = int64(at)
			vectors = append(vectors, b.base[at*b.dim:(at+1)*b.dim]...)
		}
		if err := plain.Delete(labels...); err != nil {
			return nil, err
		}
		if err := plain.AddBatch(ctx, labels, vectors); err != nil {
			return nil, err
		}
		recall, _, err := b.ask(ctx, plain, b.asked, index.SearchOptions{})
		if err != nil {
			return nil, err
		}
		note("half deleted and added again, round %d: %.4f", round+1, recall)
	}
	report, err := plain.Verify(ctx)
	if err != nil {
		return nil, err
	}
	note("after that, Verify reports no error in %s vectors", cli.Thousands(report.Vectors))
	return notes, nil
}

// filtered returns the recall among the allowed vectors, first with a filter function, then
// with a bitmap.
func (b *annBench) filtered(ctx context.Context, ix index.Index, allowed []int) (shares [2]float64, err error) {
	set := roaring64.New()
	for _, l := range allowed {
		set.Add(uint64(l))
	}
	const queries = 300
	asked := b.asked[:min(queries, b.queries)*b.dim]
	truth, err := b.exact.SearchBatch(ctx, asked, b.k, index.SearchOptions{Allowed: set})
	if err != nil {
		return shares, err
	}
	for i, o := range []index.SearchOptions{{Filter: func(l int64) bool { return set.Contains(uint64(l)) }}, {Allowed: set}} {
		found, err := ix.SearchBatch(ctx, asked, b.k, o)
		if err != nil {
			return shares, err
		}
		shares[i] = recall(truth, found)
	}
	return shares, nil
}
