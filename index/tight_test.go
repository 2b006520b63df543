package index

import (
	"slices"
	"sync"
	"testing"
)

// hnswlibBytes is what hnswlib 0.8.0 takes for a vector of 1,024 values with M 16.
const hnswlibBytes = 4425

// Codes alone take at most a quarter of the memory of hnswlib at 1,024 values: a flat index with any of them, and a
// graph with up to 4 bits. Codes of 8 bits, 1,024 bytes, and 32 links leave no room for a graph in that.
func TestMemoryOfCodes(t *testing.T) {
	const n, dim = 8192, 1024 // many enough that chunks of labels do not count
	vectors := clustered(n, dim, 3)
	for _, o := range []Options{
		{Kind: Flat, Quantization: Int8}, {Kind: Flat, Quantization: Int4}, {Kind: Flat, Quantization: Int2}, {Kind: Flat, Quantization: Int1},
		{Kind: HNSW, Quantization: Int4}, {Kind: HNSW, Quantization: Int1},
	} {
		if o.Quantization != Int8 && !slow {
			continue
		}
		o.Dim, o.KeepVectors, o.M, o.EfConstruction = dim, KeepNone, 16, 20
		ix := filled(t, o, vectors)
		file := saved(t, ix)
		for what, ix := range map[string]Index{"saved": ix, "loaded": mustLoad(t, file)} {
			bytes := float64(ix.Stats().Bytes) / n
			t.Logf("%s %s, %s: %.0f bytes, in the file %d", o.Kind, o.Quantization, what, bytes, len(file)/n)
			if bytes > hnswlibBytes/4 {
				t.Errorf("%s %s, %s: %.0f bytes per vector, want at most %d", o.Kind, o.Quantization, what, bytes, hnswlibBytes/4)
			}
		}
	}
}

// Codes without padding represent the same vectors as those with it, and searches find the same, whatever was changed
// since; also far from zero, where vectors are rounded more than codes.
func TestTightCodes(t *testing.T) {
	// The values and three numbers of four bytes; of 8 bits, the signs have the highest.
	for q, bytes := range map[Quantization]int{Int8: 128*7/8 + 12, Int4: 128/2 + 12, Int2: 128/4 + 12, Int1: 128/8 + 12} {
		t.Run(string(q), func(t *testing.T) { testTight(t, q, bytes) })
	}
}

func testTight(t *testing.T, quantization Quantization, bytes int) {
	const n, dim = 700, 70
	for _, far := range []float32{0, 1e6} {
		vectors := clustered(n+50, dim, 4)
		for i := range vectors {
			vectors[i] += far
		}
		for _, m := range allMetrics {
			o := Options{Dim: dim, Kind: Flat, Quantization: quantization, KeepVectors: KeepNone, Metric: m}
			var all [2]Index
			for i := range all {
				ix := filled(t, o, vectors[:n*dim])
				s := ix.(kindIndex).base()
				s.Arena.Whole = i == 1
				saved(t, ix)
				if s.Arena.Tight != (i == 0) {
					t.Fatalf("tight: %v", s.Arena.Tight)
				}
				if err := ix.Delete(sequence(100, 40)...); err != nil {
					t.Fatal(err)
				}
				for label := range int64(20) {
					if err := ix.Update(2*label, vectors[(n+int(label))*dim:][:dim]); err != nil {
						t.Fatal(err)
					}
				}
				all[i] = mustLoad(t, saved(t, ix)) // without the ids of those deleted
				mustVerify(t, all[i])
			}
			if got, want := all[0].(kindIndex).base().Arena.Records.Width()*4, bytes; got != want {
				t.Errorf("records of %d bytes, want %d", got, want)
			}
			for label := range int64(n) {
				x, there := all[0].Vector(label)
				y, _ := all[1].Vector(label)
				if there == (label >= 100 && label < 140) || !slices.Equal(x, y) {
					t.Fatalf("%s, %v: vector %d is %v, want %v", m, far, label, x, y)
				}
			}
			for i := range 50 {
				q := vectors[(n+i)*dim:][:dim]
				for _, o := range []SearchOptions{{}, {Recall: 1}, {Filter: func(l int64) bool { return l%3 == 0 }}} {
					if got, want := mustSearch(t, all[0], q, 10, o), mustSearch(t, all[1], q, 10, o); !slices.Equal(got, want) {
						t.Fatalf("%s, %v: found %v, want %v", m, far, got, want)
					}
				}
			}
		}
	}
}

// Codes are computed when the first search needs them, at the latest; searches find the same as without codes before and
// after, and the saved file is that of an index whose codes were there all the time.
func TestCodesLater(t *testing.T) {
	const n, dim = 600, 70
	vectors := clustered(2*n, dim, 4)
	for _, keep := range []KeepVectors{KeepNone, KeepFloat16} {
		for _, q := range []Quantization{Int8, Int2, Int1} {
			var files [2][]byte
			for i := range files {
				exact := filled(t, Options{Dim: dim, Kind: Flat}, vectors[:n*dim])
				ix := mustNew(t, Options{Dim: dim, Kind: Flat, Quantization: q, KeepVectors: keep})
				later := &ix.(kindIndex).base().Arena.Later
				if !later.Load() {
					t.Fatalf("%s, %s: codes are computed at once", keep, q)
				}
				later.Store(i == 0)
				if err := ix.AddBatch(t.Context(), sequence(0, n), vectors[:n*dim]); err != nil {
					t.Fatal(err)
				}
				same := func() {
					t.Helper()
					for j := n; j < n+20; j++ {
						x := vectors[j*dim:][:dim]
						if got, want := mustSearch(t, ix, x, 10, SearchOptions{}), mustSearch(t, exact, x, 10, SearchOptions{}); !slices.Equal(got, want) {
							t.Fatalf("%s, %s: found %v, want %v", keep, q, got, want)
						}
					}
				}
				batch, err := ix.SearchBatch(t.Context(), vectors[n*dim:(n+20)*dim], 10, SearchOptions{})
				if err != nil || !slices.Equal(batch[3], mustSearch(t, exact, vectors[(n+3)*dim:][:dim], 10, SearchOptions{})) {
					t.Fatalf("%s, %s: batch %v, %v", keep, q, batch, err)
				}
				if later.Load() != (i == 0) {
					t.Fatalf("%s, %s: a batch that compares all needs no codes", keep, q)
				}
				same()
				if later.Load() {
					t.Fatalf("%s, %s: a search has no codes", keep, q)
				}
				for _, ix := range []Index{exact, ix} {
					if err := ix.Delete(5); err != nil {
						t.Fatal(err)
					}
					if err := ix.Update(7, vectors[(n+100)*dim:][:dim]); err != nil {
						t.Fatal(err)
					}
				}
				same()
				files[i] = saved(t, ix)
			}
			if !slices.Equal(files[0], files[1]) {
				t.Errorf("%s, %s: the saved files differ", keep, q)
			}
		}
	}
}

// Searches may come while vectors are added, before and after the codes are computed.
func TestConcurrentCodesLater(t *testing.T) {
	const n, dim, writers = 900, 70, 3
	vectors := clustered(n, dim, 4)
	for _, keep := range []KeepVectors{KeepNone, KeepFloat16} {
		ix := mustNew(t, Options{Dim: dim, Kind: Flat, Quantization: Int2, KeepVectors: keep})
		var work sync.WaitGroup
		for w := range writers {
			work.Go(func() {
				for i := w; i < n; i += writers {
					x := vectors[i*dim:][:dim]
					if err := ix.Add(int64(i), x); err != nil {
						t.Error(err)
					}
					if i < n/3 {
						continue
					}
					rs, err := ix.Search(x, 3, SearchOptions{})
					if err != nil || !slices.ContainsFunc(rs, func(r Result) bool { return r.Label == int64(i) }) {
						t.Errorf("%s: vector %d is not among the nearest of itself: %v, %v", keep, i, rs, err)
					}
				}
			})
		}
		work.Wait()
		if ix.(kindIndex).base().Arena.Later.Load() {
			t.Errorf("%s: no codes", keep)
		}
		mustVerify(t, ix)
	}
}
