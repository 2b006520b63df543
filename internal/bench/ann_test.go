package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/index"
)

func results(labels ...int64) []index.Result {
	rs := make([]index.Result, len(labels))
	for i, l := range labels {
		rs[i].Label = l
	}
	return rs
}

func TestHits(t *testing.T) {
	for _, c := range []struct {
		truth, found []int64
		want         int
	}{
		{[]int64{1, 2, 3}, []int64{3, 2, 1}, 3},
		{[]int64{1, 2, 3}, []int64{4, 2}, 1},
		{[]int64{1, 2, 3}, nil, 0},
		{nil, []int64{1}, 0},
	} {
		if got := hits(c.truth, results(c.found...)); got != c.want {
			t.Errorf("hits(%v, %v) = %d, want %d", c.truth, c.found, got, c.want)
		}
	}
}

func TestRecall(t *testing.T) {
	for _, c := range []struct {
		name         string
		truth, found [][]index.Result
		want         float64
	}{
		{"all", [][]index.Result{results(1, 2), results(3)}, [][]index.Result{results(2, 1), results(3)}, 1},
		{"queries count by their true results", [][]index.Result{results(1, 2, 3), results(4)}, [][]index.Result{results(1, 2, 9), results(5)}, 0.5},
		{"none", [][]index.Result{results(1)}, [][]index.Result{nil}, 0},
		{"nothing to find", [][]index.Result{nil}, [][]index.Result{nil}, 1},
	} {
		if got := recall(c.truth, c.found); got != c.want {
			t.Errorf("%s: recall %g, want %g", c.name, got, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	const n, dim, queries = 50, 2, 7
	all := make([]float32, n*dim)
	for i := range all {
		all[i] = float32(i)
	}
	base, asked := split(all, dim, queries)
	if len(asked) != queries*dim || len(base) != (n-queries)*dim {
		t.Fatalf("%d numbers of queries and %d of the base, want %d and %d", len(asked), len(base), queries*dim, (n-queries)*dim)
	}
	for _, part := range [][]float32{base, asked} {
		if !slices.IsSorted(part) {
			t.Errorf("%v is not in the order of the file", part)
		}
		for i := 0; i < len(part); i += dim {
			if part[i+1] != part[i]+1 || int(part[i])%dim != 0 {
				t.Errorf("%v is not a row of the file", part[i:i+dim])
			}
		}
	}
	both := slices.Sorted(slices.Values(slices.Concat(base, asked)))
	if !slices.Equal(both, all) {
		t.Error("base and queries together are not the vectors of the file")
	}
	if _, again := split(all, dim, queries); !slices.Equal(again, asked) {
		t.Error("a second split chose other queries")
	}
}

func TestSpeedAtRecall(t *testing.T) {
	r := annRow{Points: []annPoint{{Ef: 10, Recall: 0.5, Speed: 10_000}, {Ef: 20, Recall: 0.75, Speed: 1000}, {Ef: 40, Recall: 0.75, Speed: 900}, {Ef: 80, Recall: 0.875, Speed: 100}}}
	for _, c := range []struct{ recall, want float64 }{
		{0.5, 10_000},               // a measured point
		{0.75, 1000},                // the faster of two points with the same recall
		{0.625, 3162.2776601683795}, // halfway: the geometric mean, √(10,000·1,000)
		{0.8125, 300},               // √(900·100)
		{0.5625, 5623.413251903491}, // a quarter of the way: 10^(4-1/4)
		{0.875, 100},
		{0.49, 0}, // outside the curve
		{0.9, 0},
	} {
		if got := r.at(c.recall); !near(got, c.want) {
			t.Errorf("speed at recall %g = %g, want %g", c.recall, got, c.want)
		}
	}
	for _, points := range [][]annPoint{nil, {{Ef: 0, Recall: 1, Speed: 75}}} {
		if got := (annRow{Points: points}).at(1); got != 0 {
			t.Errorf("speed on a curve of %d points = %g, want 0", len(points), got)
		}
	}
}

func TestWriteRecalls(t *testing.T) {
	var w strings.Builder
	writeRecalls(&w, 10, []annRow{
		{system: "Flat", Seconds: 0.52, Bytes: 145e6, Points: []annPoint{{Ef: 0, Recall: 1, Speed: 75.4}}, Batch: 913.6},
		{system: "HNSW", Seconds: 98.76, Bytes: 214e6, Points: []annPoint{{Ef: 20, Recall: 0.7404, Speed: 10_510.7}, {Ef: 40, Recall: 0.8296, Speed: 7096}}},
		{system: "HNSW, asked for a recall", Seconds: 98.76, Bytes: 214e6, Points: []annPoint{{Recall: 0.829, Speed: 7000, asked: 0.8}}},
	})
	want := `| system | build s | memory | recall@10 → queries/s |
|---|---|---|---|
| Flat | 0.5 | 145 MB | 1.000 → 75 · in one call 914 |
| HNSW | 98.8 | 214 MB | 0.740 → 10,511 · 0.830 → 7,096 |
| HNSW, asked for a recall | 98.8 | 214 MB | 0.8: 0.829 → 7,000 |
`
	if w.String() != want {
		t.Errorf("table is\n%swant\n%s", w.String(), want)
	}
}

func TestWriteSpeeds(t *testing.T) {
	ours := annRow{system: "ours", Points: []annPoint{{Ef: 1, Recall: 0.5, Speed: 4000}, {Ef: 2, Recall: 0.75, Speed: 1000}, {Ef: 4, Recall: 1, Speed: 250}}}
	flat := annRow{system: "flat", Points: []annPoint{{Ef: 0, Recall: 1, Speed: 75}}}
	peer := annRow{system: "hnswlib", Points: []annPoint{{Ef: 1, Recall: 0.5, Speed: 1600}, {Ef: 2, Recall: 0.75, Speed: 400}}}
	symphony := annRow{system: "SymphonyQG (rabitqlib)", Points: []annPoint{{Ef: 1, Recall: 0.75, Speed: 4000}, {Ef: 2, Recall: 1, Speed: 1000}}}
	for _, c := range []struct {
		name string
		rows []annRow
		want string
	}{
		{"with the reference", []annRow{flat, ours, peer}, `
| queries/s at recall | 0.625 | 0.75 | 0.875 |
|---|---|---|---|
| ours | 2,000 | 1,000 | 500 |
| hnswlib | 800 | 400 | – |

| times hnswlib at recall | 0.625 | 0.75 | 0.875 |
|---|---|---|---|
| ours | 2.50× | 2.50× | – |
| hnswlib | 1.00× | 1.00× | – |
`},
		{"with both", []annRow{ours, peer, symphony}, `
| queries/s at recall | 0.625 | 0.75 | 0.875 |
|---|---|---|---|
| ours | 2,000 | 1,000 | 500 |
| hnswlib | 800 | 400 | – |
| SymphonyQG (rabitqlib) | – | 4,000 | 2,000 |

| times hnswlib at recall | 0.625 | 0.75 | 0.875 |
|---|---|---|---|
| ours | 2.50× | 2.50× | – |
| hnswlib | 1.00× | 1.00× | – |
| SymphonyQG (rabitqlib) | – | 10.00× | – |

| times SymphonyQG (rabitqlib) at recall | 0.625 | 0.75 | 0.875 |
|---|---|---|---|
| ours | – | 0.25× | 0.25× |
| hnswlib | – | 0.10× | – |
| SymphonyQG (rabitqlib) | – | 1.00× | 1.00× |
`},
		{"without it", []annRow{flat, ours}, `
| queries/s at recall | 0.625 | 0.75 | 0.875 |
|---|---|---|---|
| ours | 2,000 | 1,000 | 500 |
`},
	} {
		// Halfway between two measured points the speed is their geometric mean: √(4000·1000) = 2000.
		var w strings.Builder
		writeSpeeds(&w, []float64{0.625, 0.75, 0.875}, c.rows)
		if w.String() != c.want {
			t.Errorf("%s: table is\n%swant\n%s", c.name, w.String(), c.want)
		}
	}
}

func TestWriteDisk(t *testing.T) {
	var w strings.Builder
	writeDisk(&w, []annRow{{system: "Flat"}})
	if w.String() != "" {
		t.Errorf("without a file the table is %q, want none", w.String())
	}
	writeDisk(&w, []annRow{{system: "Flat"}, {system: "int8", disk: &annDisk{bytes: 230e6, save: 482 * time.Millisecond, write: 1124 * time.Millisecond,
		first: 47_449 * time.Microsecond, heap: 11_700_000, touched: 100e6, vectors: 136e6}}})
	want := `
| as a file | size | saving | writing and syncing the same bytes | opening to first answer | own memory | mapped memory after all queries | of it, full vectors |
|---|---|---|---|---|---|---|---|
| int8 | 230 MB | 482 ms | 1124 ms | 47.4 ms | 11.7 MB | 100 MB | 100 MB |
`
	if w.String() != want {
		t.Errorf("table is\n%swant\n%s", w.String(), want)
	}
}

func TestParseStatus(t *testing.T) {
	own, file := parseStatus("Name:\tbench\nVmRSS:\t  300 kB\nRssAnon:\t     200 kB\nRssFile:\t      90 kB\nRssShmem:\t 10 kB\nThreads:\t3\n\n")
	if own != 200*1024 || file != 90*1024 {
		t.Errorf("own memory %d and mapped %d, want 204800 and 92160", own, file)
	}
	if own, file := parseStatus(""); own != 0 || file != 0 {
		t.Errorf("memory of an empty text is %d and %d, want 0", own, file)
	}
}

// TestMeasureAnnTiny runs the whole measurement on vectors in a plane, where every
// search finds all true neighbors.
func TestMeasureAnnTiny(t *testing.T) {
	const n, dim = 60, 4
	b := &annBench{queries: 5, k: 3, efs: []int{60}, dim: dim, index: index.Options{Dim: dim, M: 8, EfConstruction: 60, Threads: 1}}
	all := make([]float32, 0, n*dim)
	for i := range n {
		x := float32(i)
		all = append(all, x, x*x/100, 1, float32(i%7))
	}
	metric, err := index.ParseMetric("euclidean")
	if err != nil {
		t.Fatal(err)
	}
	b.index.Metric = metric
	b.base, b.asked = split(all, dim, b.queries)
	flat, err := b.flat(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if flat.Points[0].Recall != 1 || flat.Points[0].Speed <= 0 || flat.Batch <= 0 || len(b.truth) != b.queries*b.k {
		t.Errorf("exact search: %+v with %d true labels, want recall 1, positive speeds and %d labels", flat, len(b.truth), b.queries*b.k)
	}
	graph, err := b.ours(t.Context(), index.HNSW, index.NoQuantization)
	if err != nil {
		t.Fatal(err)
	}
	if p := graph.Points[0]; p.Ef != 60 || p.Recall != 1 || p.Speed <= 0 {
		t.Errorf("a graph of %d vectors searched with efSearch 60: %+v, want recall 1", n-b.queries, p)
	}
	if len(graph.asked) != len(annAsked) || graph.asked[0].Recall != 1 || graph.asked[0].Speed <= 0 {
		t.Errorf("searches for recalls: %+v", graph.asked)
	}
	if graph.disk == nil || graph.disk.bytes <= 0 {
		t.Errorf("the graph as a file: %+v, want its size", graph.disk)
	}
	shares, err := b.filtered(t.Context(), b.exact, []int{3, 1, 20, 50})
	if err != nil {
		t.Fatal(err)
	}
	if shares != [2]float64{1, 1} {
		t.Errorf("exact search among four allowed vectors has recall %v, want 1", shares)
	}
}
