package sentence

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// written returns a folder with the model of an encoder.
func written(t *testing.T, l Layers) string {
	t.Helper()
	e, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "model")
	if err := checkpoints.Write(context.Background(), dir, e.Checkpoint(), checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// An encoder of a mapped model gives the vectors of one in memory, bit for bit.
func TestMapped(t *testing.T) {
	words := append(wordList(100), "unknown", "waaab")
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range append(shapes(), shape{dim: 48}, shape{48, 16, 0, true}) {
		for _, pooling := range []Pooling{Mean, SIF, Max} {
			l := randomLayers(t, s, 100)
			if l.Pooling = pooling; pooling == SIF {
				l.Weights = randomTensor(r, 100)
			}
			if s.dim > 16 {
				l = withNGrams(t, l)
			}
			dir := written(t, l)
			c, err := checkpoints.Read(context.Background(), dir, checkpoints.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := FromCheckpoint(c)
			if err != nil {
				t.Fatal(err)
			}
			e, err := Open(context.Background(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := e.table.(*mappedTable); !ok {
				t.Skip("files cannot be mapped")
			}
			a, b := make([]float32, e.Dim()), make([]float32, e.Dim())
			for range 20 {
				var text strings.Builder
				for range r.IntN(9) {
					text.WriteString(words[r.IntN(len(words))] + " ")
				}
				n, err := e.Encode(a, text.String())
				if err != nil {
					t.Fatal(err)
				}
				if m, err := want.Encode(b, text.String()); m != n || err != nil || !slices.Equal(a, b) {
					t.Fatalf("%+v, %s, %q: %v of %d tokens, want %v of %d, error %v", s, pooling, text.String(), a, n, b, m, err)
				}
			}
		}
	}
}

// A damaged byte of a table is never used: texts with words of its block are an error, whatever the
// path to the row, and others have their vectors.
func TestMappedDamaged(t *testing.T) {
	for _, s := range []shape{{dim: 64}, {dim: 50}, {64, 8, 0, false}} {
		dir := written(t, randomLayers(t, s, 600)) // two blocks or more
		path := filepath.Join(dir, checkpoints.ModelFile)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		words := wordList(600)
		data[len(data)-100-4*s.hidden*(s.dim+1)] ^= 1 // in one of the last words
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		e, err := Open(context.Background(), dir)
		if s.hidden > 0 && err != nil { // linear.weight is in the same block
			if !strings.Contains(err.Error(), "model.safetensors: damaged: the checksum of the block at byte ") {
				t.Errorf("%+v: %v", s, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float32, e.Dim())
		if n, err := e.Encode(v, words[0]); n != 1 || err != nil {
			t.Errorf("%+v: %d known, error %v", s, n, err)
		}
		for range 2 {
			_, err = e.Encode(v, words[0]+" "+words[599])
			if err == nil || !strings.Contains(err.Error(), dir+": model.safetensors: damaged: the checksum of the block at byte ") || fault.Hint(err) == "" {
				t.Errorf("%+v: error %v", s, err)
			}
		}
		if _, _, err := e.EncodeBatch(context.Background(), []string{words[0], words[599]}, 2); err == nil {
			t.Errorf("%+v: a batch is encoded", s)
		}
		if _, err := e.Explain(words[599]); err == nil {
			t.Errorf("%+v: the word is explained", s)
		}
		if err := checkpoints.Write(context.Background(), filepath.Join(t.TempDir(), "copy"), e.Checkpoint(), checkpoints.WriteOptions{}); err == nil {
			t.Errorf("%+v: the model is copied", s)
		}
	}
}

// A model that is truncated while it is in use gives errors, not a fault.
func TestMappedTruncated(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mapped file cannot be truncated")
	}
	for _, s := range []shape{{dim: 64}, {dim: 50}, {64, 8, 0, false}} {
		dir := written(t, withNGrams(t, randomLayers(t, s, 100)))
		e, err := Open(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float32, e.Dim())
		if n, err := e.Encode(v, "waa wab unwaa"); n < 2 || err != nil {
			t.Fatalf("%+v: %d known, error %v", s, n, err)
		}
		if err := os.Truncate(filepath.Join(dir, checkpoints.ModelFile), 0); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"waa wab", "unwaa", "wac"} {
			if _, err := e.Encode(v, text); err == nil || !strings.Contains(err.Error(), "truncated while it was open") || fault.Hint(err) == "" {
				t.Errorf("%+v, %q: error %v", s, text, err)
			}
		}
	}
}
