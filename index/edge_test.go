package index

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// eachKind runs fn for every kind, and unless withoutCodes is set for some with quantization.
func eachKind(t *testing.T, fn func(t *testing.T, kind Kind, quant Quantization)) {
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) { fn(t, kind, NoQuantization) })
	}
	if withoutCodes {
		return
	}
	t.Run("hnsw-int8", func(t *testing.T) { fn(t, HNSW, Int8) })
	t.Run("hnsw-int4", func(t *testing.T) { fn(t, HNSW, Int4) })
	t.Run("flat-int4", func(t *testing.T) { fn(t, Flat, Int4) })
	t.Run("flat-int1", func(t *testing.T) { fn(t, Flat, Int1) })
}

func TestBadVectorsChangeNothing(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	ctx := context.Background()
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		for _, m := range allMetrics {
			ix := filled(t, Options{Dim: 2, Metric: m, Kind: kind, Quantization: quant}, []float32{1, 0, 0, 1})
			before := string(saved(t, ix))
			for name, try := range map[string]func() error{
				"label 1 ":  func() error { return ix.Add(1, []float32{2, 2}) },
				"label 71:": func() error { return ix.Add(71, []float32{2}) },
				"label 72:": func() error { return ix.Add(72, []float32{2, nan}) },
				"label 73:": func() error { return ix.Add(73, []float32{-inf, 0}) },
				"label 0 ":  func() error { return ix.AddBatch(ctx, []int64{80, 0}, []float32{1, 1, 2, 2}) },
				"label 81 ": func() error { return ix.AddBatch(ctx, []int64{81, 82, 81}, []float32{1, 1, 2, 2, 3, 3}) },
				"label 83:": func() error { return ix.AddBatch(ctx, []int64{84, 83}, []float32{1, 1, 2, nan}) },
				"2 labels":  func() error { return ix.AddBatch(ctx, []int64{85, 86}, []float32{1, 1, 2}) },
			} {
				err := try()
				if err == nil || !strings.Contains(err.Error(), name) || fault.Hint(err) == "" {
					t.Errorf("%v: error %v (hint %q), want one that mentions %q", m, err, fault.Hint(err), name)
				}
			}
			if string(saved(t, ix)) != before || ix.Len() != 2 {
				t.Errorf("%v: a rejected vector changed the index", m)
			}
			// Labels of rejected vectors can be used again.
			if err := ix.AddBatch(ctx, []int64{80, 81, 83}, []float32{1, 1, 2, 2, 3, 3}); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestBadSearches(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := filled(t, Options{Dim: 2, Kind: kind, Quantization: quant}, []float32{1, 0, 0, 1})
		for name, err := range map[string]error{
			"got 0":    second(ix.Search([]float32{1, 1}, 0, SearchOptions{})),
			"got -3":   second(ix.Search([]float32{1, 1}, -3, SearchOptions{})),
			"3 values": second(ix.Search([]float32{1, 1, 1}, 1, SearchOptions{})),
			"query":    second(ix.Search([]float32{float32(math.NaN()), 1}, 1, SearchOptions{})),
			"Ef":       second(ix.Search([]float32{1, 1}, 1, SearchOptions{Ef: -1})),
		} {
			if err == nil || !strings.Contains(err.Error(), name) || fault.Hint(err) == "" {
				t.Errorf("error %v (hint %q), want one that mentions %q", err, fault.Hint(err), name)
			}
		}
	})
}

func second(_ []Result, err error) error { return err }

func TestBadOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"Dim":            {},
		"Metric":         {Dim: 2, Metric: 7},
		"Kind":           {Dim: 2, Kind: "tree"},
		"M must":         {Dim: 2, M: 1},
		"EfConstruction": {Dim: 2, EfConstruction: -1},
		"EfSearch":       {Dim: 2, EfSearch: MaxEf + 1},
		"Threads":        {Dim: 2, Threads: -1},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one that mentions %q", err, name)
		}
	}
	if _, err := ParseMetric("hamming"); err == nil {
		t.Error("ParseMetric accepted an unknown metric")
	}
	for _, m := range allMetrics {
		if got, err := ParseMetric(m.String()); err != nil || got != m {
			t.Errorf("ParseMetric(%q) = %v, %v", m.String(), got, err)
		}
	}
}

func TestMoreThanThereIs(t *testing.T) {
	vectors := clustered(300, 8, 1)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		for _, n := range []int{0, 1, 2, 300} {
			ix := filled(t, Options{Dim: 8, Kind: kind, Quantization: quant}, vectors[:n*8])
			for _, k := range []int{1, n, n + 1, 10 * n, math.MaxInt} {
				if k <= 0 {
					continue
				}
				if rs := mustSearch(t, ix, vectors[:8], k, SearchOptions{}); len(rs) != min(k, n) || rs == nil {
					t.Errorf("searching for %d of %d vectors found %d", k, n, len(rs))
				}
			}
		}
	})
}

// With Cosine, a zero vector scores 0 for every query, and every vector scores 0 for a
// zero query.
func TestZeroVectors(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := filled(t, Options{Dim: 2, Kind: kind, Quantization: quant}, []float32{0, 0, 1, 1, -1, -1, 0, 0})
		rs := mustSearch(t, ix, []float32{2, 2}, 4, SearchOptions{})
		for i, want := range []Result{{1, 1}, {0, 0}, {3, 0}, {2, -1}} {
			if rs[i].Label != want.Label || math.Abs(float64(rs[i].Score-want.Score)) > 1e-6 {
				t.Fatalf("got %v", rs)
			}
		}
		big := mustNew(t, Options{Dim: 8, Kind: kind, Quantization: quant})
		vectors := clustered(1000, 8, 6)
		if err := big.AddBatch(context.Background(), sequence(0, 1000), vectors); err != nil {
			t.Fatal(err)
		}
		for i, r := range mustSearch(t, big, make([]float32, 8), 5, SearchOptions{}) {
			if r.Label != int64(i) || r.Score != 0 || math.Signbit(float64(r.Score)) {
				t.Errorf("zero query: result %d is %v", i, r)
			}
		}
	})
}

// The largest and smallest float32 values keep their directions and order.
func TestExtremeValues(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		const huge, tiny = math.MaxFloat32, math.SmallestNonzeroFloat32
		ix := filled(t, Options{Dim: 2, Kind: kind, Quantization: quant}, []float32{huge, huge, tiny, 0, -huge, tiny})
		rs := mustSearch(t, ix, []float32{huge, 0}, 3, SearchOptions{})
		if rs[0].Label != 1 || rs[1].Label != 0 || rs[2].Label != 2 {
			t.Errorf("cosine: %v", rs)
		}
		ix = filled(t, Options{Dim: 2, Kind: kind, Quantization: quant, Metric: Euclidean}, []float32{8.9e18, 0, -8.9e18, 0, 0, 1})
		rs = mustSearch(t, ix, []float32{8.9e18, 0}, 3, SearchOptions{})
		if rs[0].Label != 0 || rs[1].Label != 2 || rs[2].Label != 1 || math.IsInf(float64(rs[2].Score), 0) {
			t.Errorf("euclidean: %v", rs)
		}
	})
}

// Vectors on a small lattice have few distinct distances. Ties are sorted by label,
// whatever the order in which the vectors were added.
func TestManyTies(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := mustNew(t, Options{Dim: 3, Kind: kind, Quantization: quant, Metric: Euclidean, EfSearch: 200})
		label := int64(5000)
		for range 4 {
			for i := range 512 {
				if err := ix.Add(label, []float32{float32(i & 7), float32(i >> 3 & 7), float32(i >> 6)}); err != nil {
					t.Fatal(err)
				}
				label--
			}
		}
		rs := mustSearch(t, ix, []float32{3, 3, 3}, 28, SearchOptions{})
		for i, r := range rs {
			if want := float32(min(i/4, 1)); r.Score != want {
				t.Fatalf("result %d has distance %v, want %v: %v", i, r.Score, want, rs)
			}
		}
	})
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	vectors := clustered(400, 8, 1)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := mustNew(t, Options{Dim: 8, Kind: kind, Quantization: quant})
		if err := ix.AddBatch(ctx, sequence(0, 400), vectors); !errors.Is(err, context.Canceled) || ix.Len() != 0 {
			t.Errorf("canceled before AddBatch: error %v, %d vectors", err, ix.Len())
		}
		// If canceled in the middle, the vectors added remain, and the rest can be added.
		count := &countdown{Context: context.Background(), left: 150}
		err := ix.AddBatch(count, sequence(0, 400), vectors)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("canceled during AddBatch: %v", err)
		}
		n := ix.Len()
		if n == 0 || n == 400 {
			t.Fatalf("added %d of 400 vectors", n)
		}
		missing, rest := []int64(nil), []float32(nil)
		for i := range 400 {
			if _, ok := ix.Vector(int64(i)); !ok {
				missing = append(missing, int64(i))
				rest = append(rest, vectors[i*8:(i+1)*8]...)
			}
		}
		if len(missing)+n != 400 {
			t.Errorf("%d of 400 vectors present, %d missing", n, len(missing))
		}
		if err := ix.AddBatch(context.Background(), missing, rest); err != nil {
			t.Fatal(err)
		}
		if rs := mustSearch(t, ix, vectors[:8], 400, SearchOptions{}); len(rs) != 400 {
			t.Errorf("found %d of 400", len(rs))
		}
	})
}

// The error wraps that of the context, whatever its cause.
func TestCancelWithCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("the cause"))
	vectors := clustered(100, 8, 1)
	for _, deterministic := range []bool{false, true} {
		ix := mustNew(t, Options{Dim: 8, Deterministic: deterministic})
		count := &countdown{Context: ctx, left: 10}
		if err := ix.AddBatch(count, sequence(0, 100), vectors); !errors.Is(err, context.Canceled) || ix.Len() == 100 {
			t.Errorf("added %d vectors: %v", ix.Len(), err)
		}
	}
}
