package collection

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/index"
)

// The model of a collection takes a byte for each value of its table. With the vectors kept as they are,
// so is the model.
func TestModelIsCompact(t *testing.T) {
	const words, dim = 4200, 64 // 1.03 MiB of float32
	model := randomEncoder(t, words, dim)
	for _, c := range []struct {
		keep      index.KeepVectors
		quantized bool
		most      float64 // squared distance of vectors of length 1
	}{{"", true, 1e-4}, {index.KeepFloat32, false, 1e-10}} {
		dir := filepath.Join(t.TempDir(), "docs")
		texts := []string{"w1 w2 w3", "w4 w5", "w6", "w7 w8"}
		o := BuildOptions{Index: index.Options{KeepVectors: c.keep}}
		if _, err := BuildPassages(context.Background(), dir, model, yield(nil, texts...), o); err != nil {
			t.Fatal(err)
		}
		stored, err := checkpoints.Read(context.Background(), filepath.Join(dir, modelDir), checkpoints.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		bytes := stored.Embedding().Bytes()
		if got := stored.Quantized(); got != c.quantized || got && bytes > words*(dim+4) {
			t.Errorf("KeepVectors %q: quantized %v, %d bytes, want %v", c.keep, got, bytes, c.quantized)
		}
		got := open1(t, dir)
		for i, text := range texts {
			want, _, err := model.EncodeBatch(context.Background(), []string{text}, 1)
			if err != nil {
				t.Fatal(err)
			}
			vector, _ := got.Index().Vector(int64(i))
			own, _, err := got.Model().EncodeBatch(context.Background(), []string{text}, 1)
			if err != nil {
				t.Fatal(err)
			}
			if d := squared(want, vector); d > c.most {
				t.Errorf("KeepVectors %q: %q is %g away from its vector", c.keep, text, d)
			}
			if d := squared(want, own); d > c.most {
				t.Errorf("KeepVectors %q: %q as a question is %g away from its vector", c.keep, text, d)
			}
		}
	}
}

// squared returns the squared distance of two vectors that are divided by their lengths.
func squared(x, y []float32) (sum float64) {
	length := func(x []float32) float64 {
		n := 0.0
		for _, v := range x {
			n += float64(v) * float64(v)
		}
		return math.Sqrt(n)
	}
	lx, ly := length(x), length(y)
	for i := range x {
		d := float64(x[i])/lx - float64(y[i])/ly
		sum += d * d
	}
	return sum
}
