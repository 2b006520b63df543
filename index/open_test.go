package index

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// inMemory returns file aligned like a mapped file.
func inMemory(file []byte) []byte {
	m := container.AsBytes(kernel.Aligned(len(file)/4 + 1))[:len(file)]
	copy(m, file)
	return m
}

// An opened index behaves like the one that was saved.
func TestOpenFile(t *testing.T) {
	const n, dim = 3000, 20
	vectors := clustered(n, dim, 4)
	copy(vectors[10*dim:20*dim], vectors[:dim])
	few, many := setOf(n, func(l int64) bool { return l%31 == 0 }), setOf(n, func(l int64) bool { return l%3 == 0 })
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		for _, m := range allMetrics {
			path := filepath.Join(t.TempDir(), "words.index")
			ix := filled(t, Options{Dim: dim, Kind: kind, Quantization: quant, Metric: m, M: 7, EfConstruction: 50, EfSearch: 30}, vectors[:2000*dim])
			if err := SaveFile(path, ix, false); err != nil {
				t.Fatal(err)
			}
			back, err := OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if back.Options() != ix.Options() || back.Len() != ix.Len() {
				t.Fatalf("options %+v and %d vectors", back.Options(), back.Len())
			}
			for i := range 50 {
				q := vectors[(2000+i)*dim:][:dim]
				for _, o := range []SearchOptions{{}, {Filter: func(l int64) bool { return l%3 == 0 }}, {Allowed: few}, {Allowed: many}} {
					want := mustSearch(t, ix, q, 10, o)
					if got := mustSearch(t, back, q, 10, o); !slices.Equal(got, want) {
						t.Fatalf("results %v after opening, %v before", got, want)
					}
				}
			}
			before, _ := os.ReadFile(path)
			a, _ := ix.Vector(7)
			if b, ok := back.Vector(7); !ok || !slices.Equal(a, b) {
				t.Errorf("label 7 has vector %v, want %v", b, a)
			}
			for i := range 500 {
				if err := errors.Join(back.Delete(int64(i)), back.Update(int64(i+500), vectors[(2500+i)*dim:][:dim])); err != nil {
					t.Fatal(err)
				}
			}
			if err := back.AddBatch(t.Context(), sequence(2000, 1000), vectors[2000*dim:]); err != nil {
				t.Fatal(err)
			}
			mustVerify(t, back)
			mustVerify(t, mustLoad(t, saved(t, back)))
			if after, _ := os.ReadFile(path); !slices.Equal(before, after) {
				t.Error("changes reached the file")
			}
			if err := SaveFile(path, back, true); err != nil {
				t.Fatal(err)
			}
			if again, err := OpenFile(path); err != nil || again.Len() != 2500 {
				t.Errorf("opening the saved index: %v", err)
			}
		}
	})
	if _, err := OpenFile(filepath.Join(t.TempDir(), "none")); err == nil || fault.Hint(err) == "" {
		t.Errorf("missing file: error %v", err)
	}
}

func TestOpenOldVersions(t *testing.T) {
	for _, name := range []string{"v1-flat.index", "v1-hnsw.index", "v2-int8.index", "v3-flat.index", "v3-hnsw.index", "v3-int8.index"} {
		ix, err := OpenFile(filepath.Join("testdata", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mustVerify(t, ix)
	}
}

// Damage is detected before the first change, and does not crash searches before that.
func TestOpenDamaged(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		t.Parallel()
		if kind == LSH {
			t.Skip("an LSH index is loaded, not mapped")
		}
		file := small(t, kind, quant)
		q := []float32{1, 2, 3}
		early := 0
		for _, i := range offsets(file) {
			for _, mask := range masks(i) {
				damaged := inMemory(file)
				damaged[i] ^= mask
				ix, err := openImage(damaged)
				if err == nil {
					mustNotPanic(ix, q)
					err = ix.Add(999, q)
				} else {
					early++
				}
				if err == nil || !strings.HasPrefix(err.Error(), "index: ") {
					t.Fatalf("byte %d ^ %#x: %v", i, mask, err)
				}
				// The same with valid checksums.
				if ix, err := openImage(inMemory(reseal(damaged))); err == nil && ix.Options().EfConstruction < 1000 && ix.Options().Dim == 3 {
					mustNotPanic(ix, q)
					if _, err := ix.Verify(t.Context()); err == nil && i%16 == 0 {
						exercise(t, ix)
					}
				}
			}
		}
		if early == 0 {
			t.Error("no damage was detected by opening")
		}
		for _, i := range offsets(file) {
			if _, err := openImage(inMemory(file[:i])); !errors.Is(err, io.ErrUnexpectedEOF) || fault.Hint(err) == "" {
				t.Fatalf("truncated to %d of %d bytes: error %v", i, len(file), err)
			}
		}
		if _, err := openImage(inMemory(append(file, 0))); err == nil {
			t.Error("an extra byte was accepted")
		}
	})
}

// mustNotPanic searches an index that may be damaged.
func mustNotPanic(ix Index, q []float32) {
	for _, o := range []SearchOptions{{Ef: 5}, {Ef: 20}, {Filter: func(l int64) bool { return l%2 == 0 }}} {
		_, _ = ix.Search(q, 3, o) // the results do not matter
	}
	_, _ = ix.SearchRange(q, 0.5, SearchOptions{})
}

func FuzzOpen(f *testing.F) {
	f.Add(small(f, Flat, NoQuantization))
	f.Add(small(f, HNSW, NoQuantization))
	f.Add(small(f, HNSW, Int8))
	f.Add(small(f, HNSW, Int4))
	withBlocks(f)
	f.Add(small(f, Flat, NoQuantization))
	f.Add(small(f, HNSW, Int8))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, file := range [][]byte{file, reseal(file)} {
			ix, err := openImage(inMemory(file))
			if err != nil || ix.Options().Dim > 1000 || ix.Options().EfConstruction > 1000 {
				continue
			}
			q := make([]float32, ix.Options().Dim)
			q[0] = 1
			mustNotPanic(ix, q)
			if _, err := ix.Verify(t.Context()); err == nil {
				exercise(t, ix)
			}
		}
	})
}
