package index

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/internal/kernel"
)

// eachKept runs f for every kind and quantization that can be combined with vectors that are not kept.
func eachKept(t *testing.T, f func(t *testing.T, o Options)) {
	for _, kind := range []Kind{Flat, HNSW} {
		for _, quant := range []Quantization{NoQuantization, Int8, Int4, Int2, Int1, Edges} {
			for _, keep := range keeps[1:3] {
				o := Options{Dim: 4, Kind: kind, Quantization: quant, KeepVectors: keep}
				if o.Validate() != nil {
					continue
				}
				t.Run(fmt.Sprintf("%s %s %s", kind, quant, keep), func(t *testing.T) { f(t, o) })
			}
		}
	}
}

// remains are what Vector returns of all labels of an index.
type remains struct {
	metric  Metric
	labels  []int64
	vectors [][]float32
}

func remainsOf(t *testing.T, ix Index) remains {
	t.Helper()
	labels, err := Labels(ix)
	if err != nil {
		t.Fatal(err)
	}
	c := remains{metric: ix.Options().Metric, labels: labels}
	for _, label := range labels {
		x, ok := ix.Vector(label)
		if !ok {
			t.Fatalf("no vector %d", label)
		}
		c.vectors = append(c.vectors, x)
	}
	return c
}

// nearest returns the results of comparing the query with all.
func (c remains) nearest(t *testing.T, query []float32, k int, allowed func(int64) bool) []Result {
	t.Helper()
	m := c.metric
	q := make([]float32, len(query))
	if _, err := m.prepare(q, query); err != nil {
		t.Fatal(err)
	}
	var all []Result
	for n, label := range c.labels {
		if allowed != nil && !allowed(label) {
			continue
		}
		sum := 0.0
		for i, v := range c.vectors[n] {
			if d := float64(v) - float64(q[i]); m == Euclidean {
				sum += d * d
			} else {
				sum += float64(v) * float64(q[i])
			}
		}
		score := float32(sum)
		if m == Euclidean {
			score = float32(math.Sqrt(sum))
		}
		all = append(all, Result{Label: label, Score: score})
	}
	slices.SortFunc(all, func(a, b Result) int {
		if a.Score == b.Score {
			return int(a.Label - b.Label)
		}
		if m.reaches(a.Score, b.Score) {
			return -1
		}
		return 1
	})
	return all[:min(k, len(all))]
}

// same reports whether results are equal, but for the rounding of scores.
func same(got, want []Result) bool {
	return slices.EqualFunc(got, want, func(a, b Result) bool {
		return math.Abs(float64(a.Score)-float64(b.Score)) <= 2e-5*(1+math.Abs(float64(b.Score)))
	})
}

// What remains of the vectors after an index is saved is near them; the index is exact for what remains,
// before and after it is loaded or opened, whatever is changed.
func TestKeepVectors(t *testing.T) {
	eachKept(t, func(t *testing.T, o Options) {
		n := 500
		if o.Kind == HNSW {
			n = size(500, calibrateFrom+200)
		}
		for _, metric := range allMetrics {
			o.Dim, o.Metric, o.EfConstruction, o.M, o.Threads = 40, metric, 60, 8, 2
			vectors := clustered(n+60, o.Dim, 31)
			for i := range o.Dim {
				vectors[i] += 40 // one is far away
			}
			copy(vectors[5*o.Dim:6*o.Dim], vectors[6*o.Dim:]) // copies
			clear(vectors[7*o.Dim : 8*o.Dim])
			ix := filled(t, o, vectors[:n*o.Dim])
			if Rounded(ix) {
				t.Fatal("rounded before it is saved")
			}
			path := filepath.Join(t.TempDir(), "k.lvx")
			if err := SaveFile(path, ix, false); err != nil {
				t.Fatal(err)
			}
			opened, err := OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			loaded := mustLoad(t, saved(t, ix))
			m := ix.Stats().Recall
			if least := map[KeepVectors]float64{KeepFloat16: 0.97, KeepNone: 0.25}[o.KeepVectors]; m.Queries != sampleWith || m.Recall < least || m.Vectors != n {
				t.Errorf("%s: %+v", metric, m)
			}
			if file := saved(t, ix); !bytes.Equal(saved(t, loaded), file) {
				t.Error("after loading, the saved file differs")
			}
			for name, ix := range map[string]Index{"saved": ix, "opened": opened, "loaded": loaded} {
				if !Rounded(ix) || ix.Stats().Recall != m || ix.Options().KeepVectors != o.KeepVectors {
					t.Fatalf("%s: %v, options %+v", name, ix.Stats().Recall, ix.Options())
				}
				checkKept(t, name, ix, vectors, n)
				changeKept(t, ix, vectors[n*o.Dim:], n)
				checkKept(t, name+", changed", ix, nil, n)
				if _, err := ix.Verify(background); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func changeKept(t *testing.T, ix Index, fresh []float32, n int) {
	t.Helper()
	dim := ix.Options().Dim
	if err := ix.AddBatch(background, sequence(n, 30), fresh[:30*dim]); err != nil {
		t.Fatal(err)
	}
	if err := ix.Delete(sequence(100, 150)...); err != nil {
		t.Fatal(err)
	}
	for i := range int64(30) {
		if err := ix.Update(i+10, fresh[(i+30)*int64(dim):][:dim]); err != nil {
			t.Fatal(err)
		}
	}
	before, _ := ix.Vector(12)
	if err := ix.Update(12, fresh[32*dim:33*dim]); err != nil {
		t.Fatal(err)
	}
	if after, _ := ix.Vector(12); !slices.Equal(before, after) {
		t.Error("an update with the same vector changes it")
	}
}

// checkKept compares the searches of an index with those of what it has, and that with what it had.
func checkKept(t *testing.T, name string, ix Index, vectors []float32, n int) {
	t.Helper()
	o := ix.Options()
	r := rand.New(rand.NewPCG(1, 9))
	third := func(l int64) bool { return l%3 == 0 }
	queries, all := clustered(20, o.Dim, 99), remainsOf(t, ix)
	var unfiltered [][]Result
	for i := range 20 {
		q := queries[i*o.Dim : (i+1)*o.Dim]
		for _, allowed := range []func(int64) bool{nil, third} {
			so := SearchOptions{Filter: allowed, Ef: MaxEf}
			if o.Kind == HNSW && allowed != nil {
				so.Ef = ix.Len() - 1
			}
			want := all.nearest(t, q, 10, allowed)
			if got := mustSearch(t, ix, q, 10, so); !same(got, want) {
				t.Fatalf("%s %s: %v, want %v", name, o.Metric, got, want)
			}
			if allowed == nil {
				unfiltered = append(unfiltered, want)
			}
		}
	}
	batch, err := ix.SearchBatch(background, queries, 10, SearchOptions{Ef: MaxEf})
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range batch {
		if want := unfiltered[i]; !same(got, want) {
			t.Fatalf("%s %s: batch: %v, want %v", name, o.Metric, got, want)
		}
	}
	if vectors == nil {
		return
	}
	if x, _ := ix.Vector(7); !zero(x) && o.Metric == Cosine {
		t.Errorf("%s: the zero vector is %v", name, x)
	}
	for range 50 {
		label := r.IntN(n)
		x := make([]float32, o.Dim)
		if _, err := o.Metric.prepare(x, vectors[label*o.Dim:(label+1)*o.Dim]); err != nil {
			t.Fatal(err)
		}
		got, _ := ix.Vector(int64(label))
		off, length := 0.0, 0.0
		for i, v := range x {
			off += math.Pow(float64(v)-float64(got[i]), 2)
			length += float64(v) * float64(v)
		}
		limit := 0.001
		if o.KeepVectors == KeepNone {
			limit = map[Quantization]float64{Int8: 0.02, Edges: 0.02, Int4: 0.15, Int2: 0.5, Int1: 1.2}[o.Quantization]
		}
		if math.Sqrt(off) > limit*math.Sqrt(length)+1e-9 {
			t.Fatalf("%s %s: vector %d is off by %.4f of %.4f", name, o.Metric, label, math.Sqrt(off), math.Sqrt(length))
		}
	}
}

// The values of halves, worked out by hand: 0.1 is 819.2 of 8192, and 819 is a half, but 819.2 is not.
func TestKeepFloat16Values(t *testing.T) {
	for _, kind := range []Kind{Flat, HNSW} {
		ix := mustNew(t, Options{Dim: 3, Kind: kind, Metric: Euclidean, KeepVectors: KeepFloat16})
		if err := ix.Add(5, []float32{1, 2, 0.1}); err != nil {
			t.Fatal(err)
		}
		if x, _ := ix.Vector(5); !slices.Equal(x, []float32{1, 2, 0.1}) {
			t.Errorf("before it is saved: %v", x)
		}
		back := mustLoad(t, saved(t, ix))
		if x, _ := back.Vector(5); !slices.Equal(x, []float32{1, 2, 819.0 / 8192}) {
			t.Errorf("%v", x)
		}
		if rs := mustSearch(t, back, []float32{1, 2, 819.0 / 8192}, 1, SearchOptions{}); rs[0].Score != 0 {
			t.Errorf("%v", rs)
		}
	}
}

// Whichever byte of a file of any kind is changed, it is refused by Load, and by Verify once it is opened;
// a search of an opened file is refused or returns what it would have.
func TestEveryByteOnce(t *testing.T) {
	all := map[string]Options{"lsh": {Kind: LSH, Tables: 2}}
	for _, kind := range []Kind{Flat, HNSW} {
		for _, quant := range []Quantization{NoQuantization, Int8, Int4, Int2, Int1, Edges} {
			for _, keep := range keeps[1:3] { // other tests have float32
				o := Options{Dim: 3, Kind: kind, Quantization: quant, KeepVectors: keep, M: 2, EfConstruction: 5, Threads: 1}
				if o.Validate() == nil {
					all[fmt.Sprintf("%s %s %s", kind, quant, keep)] = o
				}
			}
		}
	}
	for name, o := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Dim = 3
			vectors := clustered(11, 3, 8)
			copy(vectors[24:], vectors[:6])
			file := saved(t, filled(t, o, vectors))
			open := func() (Index, error) {
				inPlace := slices.Clip(append(container.AsBytes(kernel.Aligned(len(file)/4 + 1))[:0], file...))
				ix, err := openImage(inPlace)
				if err == errMustLoad {
					return Load(bytes.NewReader(file))
				}
				return ix, err
			}
			intact, err := open()
			if err != nil {
				t.Fatal(err)
			}
			want := mustSearch(t, intact, vectors[:3], 4, SearchOptions{})
			for _, i := range offsets(file) { // all, in slow tests
				file[i] ^= masks(i)[0]
				if _, err := Load(bytes.NewReader(file)); err == nil {
					t.Fatalf("byte %d of %d: loaded", i, len(file))
				}
				if ix, err := open(); err == nil {
					if got, err := ix.Search(vectors[:3], 4, SearchOptions{}); err == nil && !slices.Equal(got, want) {
						t.Fatalf("byte %d of %d: found %v, want %v", i, len(file), got, want)
					}
					if _, err := ix.Verify(background); err == nil {
						t.Fatalf("byte %d of %d: verified", i, len(file))
					}
				}
				file[i] ^= masks(i)[0]
			}
		})
	}
}

// Changes of an index with reduced vectors survive a crash.
func TestKeepDurable(t *testing.T) {
	eachKept(t, func(t *testing.T, o Options) {
		o.Dim, o.M, o.EfConstruction, o.Metric = 20, 6, 30, Euclidean
		path := filepath.Join(t.TempDir(), "d.lvx")
		vectors := clustered(400, o.Dim, 5)
		d, err := OpenDurable(path, DurableOptions{Create: o})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.AddBatch(background, sequence(0, 200), vectors[:200*o.Dim]); err != nil {
			t.Fatal(err)
		}
		if err := d.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := d.AddBatch(background, sequence(200, 100), vectors[200*o.Dim:300*o.Dim]); err != nil {
			t.Fatal(err)
		}
		for i := range 50 {
			if err := d.Update(int64(i), vectors[(300+i)*o.Dim:][:o.Dim]); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Delete(sequence(100, 50)...); err != nil {
			t.Fatal(err)
		}
		var want [][]float32
		labels, _ := Labels(d)
		for _, l := range labels {
			x, _ := d.Vector(l)
			want = append(want, x)
		}
		d.log.Close() // as if the program were killed
		again, err := OpenDurable(path, DurableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		for i, l := range labels {
			if x, ok := again.Vector(l); !ok || !slices.Equal(x, want[i]) {
				t.Fatalf("label %d is %v, want %v", l, x, want[i])
			}
		}
		if _, err := again.Verify(background); err != nil {
			t.Fatal(err)
		}
	})
}

// Searches, additions and saves at once see either form of the vectors.
func TestKeepConcurrently(t *testing.T) {
	eachKept(t, func(t *testing.T, o Options) {
		o.Dim, o.M, o.EfConstruction = 16, 6, 30
		vectors := clustered(600, o.Dim, 6)
		ix := filled(t, o, vectors[:300*o.Dim])
		ctx, stop := context.WithCancel(background)
		done := make(chan error, 2)
		go func() {
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := ix.Search(vectors[i%300*o.Dim:][:o.Dim], 5, SearchOptions{}); err != nil {
					done <- err
					return
				}
				ix.Vector(int64(i % 300))
				ix.Stats()
			}
			done <- nil
		}()
		go func() {
			for i := 300; i < 600; i++ {
				if err := ix.Add(int64(i), vectors[i*o.Dim:][:o.Dim]); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		saved(t, ix)
		saved(t, ix)
		stop()
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ix.Verify(background); err != nil || ix.Len() != 600 || ix.(kindIndex).base().Arena.Form == arena.Full {
			t.Error(ix.Len(), err)
		}
	})
}

func TestKeepOptions(t *testing.T) {
	for _, o := range []Options{
		{Dim: 3, KeepVectors: "half"}, {Dim: 3, KeepVectors: KeepNone, Quantization: NoQuantization}, {Dim: 3, Kind: LSH, KeepVectors: KeepFloat16},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("no error for %+v", o)
		}
	}
	for _, c := range []struct {
		o    Options
		want KeepVectors
	}{
		{Options{Dim: 63, Quantization: Int4}, KeepFloat32}, {Options{Dim: 64}, KeepFloat16}, {Options{Dim: 64, Quantization: Edges}, KeepNone},
		{Options{Dim: 64, Quantization: NoQuantization}, KeepFloat32}, {Options{Dim: 64, Kind: LSH}, KeepFloat32},
	} {
		c.o.KeepVectors = KeepAuto
		if got := mustNew(t, c.o).Options().KeepVectors; got != c.want {
			t.Errorf("%+v: %s, want %s", c.o, got, c.want)
		}
	}
	for dim, want := range map[int]Quantization{3: Int8, 63: Int8, 64: Int4} {
		if got := mustNew(t, Options{Dim: dim, KeepVectors: KeepNone}).Options().Quantization; got != want {
			t.Errorf("%d values: %s", dim, got)
		}
	}
}
