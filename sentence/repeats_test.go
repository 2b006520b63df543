package sentence

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
)

// With the power 0.5, a token that occurs 4 times counts 2 times: by hand, "a b a a c a" with the rows
// (3, 0), (0, 5) and (1, 1) has the sum 2·(3, 0) + (0, 5) + (1, 1) = (7, 6).
func TestRepeats(t *testing.T) {
	tokenizer := tokenizerOf(t, "a", "b", "c")
	table := checkpoints.NewTensor(3, 2)
	copy(table.Row(0), []float32{3, 0})
	copy(table.Row(1), []float32{0, 5})
	copy(table.Row(2), []float32{1, 1})
	const text = "a b a a unknown c a"
	check := func(name string, e *Encoder, want ...float64) {
		t.Helper()
		got := make([]float32, 2)
		if n, err := e.Encode(got, text); err != nil || n != 6 {
			t.Fatalf("%s: %d tokens, %v", name, n, err)
		}
		length := math.Hypot(want[0], want[1])
		for i, w := range want {
			if math.Abs(float64(got[i])-w/length) > 1e-6 {
				t.Errorf("%s: %v, want %v divided by %g", name, got, want, length)
			}
		}
		x, err := e.Explain(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range x.Vector {
			if math.Abs(float64(v-got[i])) > 1e-6 {
				t.Errorf("%s: explained as %v, encoded as %v", name, x.Vector, got)
			}
		}
	}
	l := Layers{Tokenizer: tokenizer, Embedding: table, Normalize: true, Repeats: 0.5}
	e, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	check("mean", e, 7, 6)
	x, err := e.Explain(text)
	if err != nil || x.Tokens[0].Repeats != 0.5 || x.Tokens[1].Repeats != 1 || math.Abs(float64(x.Mean[0])-7./6) > 1e-6 {
		t.Errorf("explained as %+v, %v", x, err)
	}
	var shown strings.Builder
	if _, err := x.WriteTo(&shown); err != nil || !strings.Contains(shown.String(), "m = the sum of repeats times these rows, divided by 6") {
		t.Errorf("printed: %s, %v", shown.String(), err)
	}
	for _, repeats := range []float64{0, 1} {
		l.Repeats = repeats
		plain, err := New(l)
		if err != nil {
			t.Fatal(err)
		}
		check("every occurrence", plain, 13, 6)
	}
	l.Repeats, l.Pooling = 0.5, SIF
	l.Weights = &checkpoints.Tensor{Shape: []int{3}, Data: []float32{0.5, 1, 2}}
	weighted, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	check("sif", weighted, 5, 7)
	folded, err := weighted.Fold()
	if err != nil || !folded.Folded() {
		t.Fatalf("folded: %v", err)
	}
	check("folded", folded, 5, 7)
	if x, err = weighted.Explain(text); err != nil || x.Folded == nil || x.Folded.Difference > 1e-6 {
		t.Errorf("folding: %+v, %v", x.Folded, err)
	}
	dir := filepath.Join(t.TempDir(), "model")
	c := weighted.Checkpoint()
	if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	check("opened", opened, 5, 7)
	var config struct{ Format int }
	if data, err := os.ReadFile(filepath.Join(dir, "config.json")); err != nil || json.Unmarshal(data, &config) != nil || config.Format != 4 {
		t.Errorf("format %d, %v: an earlier version would compute other vectors", config.Format, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "modules.json")); err == nil {
		t.Error("the folder says that sentence-transformers computes its vectors")
	}
	if _, err := WordVectors(c); err == nil || !strings.Contains(err.Error(), "counts n^0.5 times") {
		t.Errorf("WordVectors: %v", err)
	}
	if words, err := TokenVectors(c); err != nil || words.Embedding().Row(2)[1] != 2 {
		t.Errorf("TokenVectors: %v", err)
	}
	for _, wrong := range []Layers{
		{Tokenizer: tokenizer, Embedding: table, Repeats: -1}, {Tokenizer: tokenizer, Embedding: table, Repeats: 2},
		{Tokenizer: tokenizer, Embedding: table, Repeats: math.NaN()}, {Tokenizer: tokenizer, Embedding: table, Repeats: 0.5, Pooling: Max},
	} {
		if _, err := New(wrong); err == nil || !strings.Contains(err.Error(), "repeats must be") {
			t.Errorf("repeats %g, pooling %q: %v", wrong.Repeats, wrong.Pooling, err)
		}
	}
}
