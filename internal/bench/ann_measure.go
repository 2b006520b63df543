package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/luminavec/luminavec/index"
)

// split divides the vectors into base and queries, both in file order. The choice of queries
// depends only on the number of vectors.
func split(all []float32, dim, queries int) (base, asked []float32) {
	n := len(all) / dim
	chosen := make([]bool, n)
	for _, row := range rand.New(rand.NewPCG(1, 0)).Perm(n)[:queries] {
		chosen[row] = true
	}
	for row := range n {
		v := all[row*dim : (row+1)*dim]
		if chosen[row] {
			asked = append(asked, v...)
		} else {
			base = append(base, v...)
		}
	}
	return base, asked
}

// hits counts the results whose labels are among the true ones.
func hits(truth []int64, found []index.Result) int {
	n := 0
	for _, r := range found {
		if slices.Contains(truth, r.Label) {
			n++
		}
	}
	return n
}

// recall returns the fraction of true results that were found, over all queries, or 1 if there
// are no true results.
func recall(truth, found [][]index.Result) float64 {
	right, all := 0, 0
	for q, want := range truth {
		labels := make([]int64, len(want))
		for i, r := range want {
			labels[i] = r.Label
		}
		all += len(labels)
		right += hits(labels, found[q])
	}
	if all == 0 {
		return 1
	}
	return float64(right) / float64(all)
}

// build builds an index of the base.
func (b *annBench) build(ctx context.Context, o index.Options) (index.Index, time.Duration, error) {
	ix, err := index.New(o)
	if err != nil {
		return nil, 0, err
	}
	labels := count(len(b.base) / b.dim)
	began := time.Now()
	err = ix.AddBatch(ctx, labels, b.base)
	return ix, time.Since(began), err
}

// count returns the numbers from 0 to n-1.
func count(n int) []int64 {
	numbers := make([]int64, n)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	return numbers
}

// flat measures exact search, whose results are the true results for the other kinds.
func (b *annBench) flat(ctx context.Context) (annRow, error) {
	o := b.index
	o.Kind, o.Threads = index.Flat, 1
	before := resident()
	ix, took, err := b.build(ctx, o)
	if err != nil {
		return annRow{}, err
	}
	r := annRow{system: "LuminaVec Flat", Seconds: took.Seconds(), Bytes: resident() - before}
	b.exact = ix
	for range annRounds {
		began := time.Now()
		found, err := ix.SearchBatch(ctx, b.asked, b.k, index.SearchOptions{})
		if err != nil {
			return annRow{}, err
		}
		r.Batch = max(r.Batch, float64(b.queries)/time.Since(began).Seconds())
		b.truth = b.truth[:0]
		for _, rs := range found {
			for _, r := range rs {
				b.truth = append(b.truth, r.Label)
			}
		}
	}
	single := b.asked[:min(annSingle, b.queries)*b.dim]
	_, speed, err := b.ask(ctx, ix, single, index.SearchOptions{})
	r.Points = []annPoint{{Recall: 1, Speed: speed}}
	return r, err
}

// annAsked are the recalls that searches of a graph ask for.
var annAsked = []float64{0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998}

const (
	annRounds = 3   // rounds of queries; the fastest counts
	annSingle = 200 // number of single queries for slow indexes
)

// ask searches for the queries one after another on one thread and returns the recall
// and the queries per second of the fastest round.
func (b *annBench) ask(ctx context.Context, ix index.Index, queries []float32, o index.SearchOptions) (recall, speed float64, err error) {
	var rs []index.Result
	n := len(queries) / b.dim
	for range annRounds {
		found := 0
		began := time.Now()
		for i := range n {
			if i%100 == 0 && ctx.Err() != nil {
				return 0, 0, ctx.Err()
			}
			if rs, err = ix.SearchInto(rs[:0], queries[i*b.dim:(i+1)*b.dim], b.k, o); err != nil {
				return 0, 0, err
			}
			found += hits(b.truth[i*b.k:(i+1)*b.k], rs)
		}
		speed = max(speed, float64(n)/time.Since(began).Seconds())
		recall = float64(found) / float64(n*b.k)
	}
	return recall, speed, nil
}

// ours measures an index at each search width.
func (b *annBench) ours(ctx context.Context, kind index.Kind, quant index.Quantization) (annRow, error) {
	o := b.index
	o.Kind, o.Quantization = kind, quant
	before := resident()
	ix, took, err := b.build(ctx, o)
	if err != nil {
		return annRow{}, err
	}
	r := annRow{Seconds: took.Seconds(), Bytes: resident() - before}
	asked := b.asked
	if kind == index.LSH { // slow
		asked = asked[:min(annSingle, b.queries)*b.dim]
	}
	for _, ef := range b.efs {
		recall, speed, err := b.ask(ctx, ix, asked, index.SearchOptions{Ef: ef})
		if err != nil {
			return annRow{}, err
		}
		r.Points = append(r.Points, annPoint{Ef: ef, Recall: recall, Speed: speed})
	}
	if kind == index.HNSW {
		for _, asked := range annAsked {
			o := index.SearchOptions{Recall: asked}
			ix.SearchInto(nil, b.asked[:b.dim], b.k, o) // which measures what a recall takes; ask reports errors
			recall, speed, err := b.ask(ctx, ix, b.asked, o)
			if err != nil {
				return annRow{}, err
			}
			r.asked = append(r.asked, annPoint{asked: asked, Recall: recall, Speed: speed})
		}
		r.disk, err = b.onDisk(ctx, ix)
	}
	return r, err
}
