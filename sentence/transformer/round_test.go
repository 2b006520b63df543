package transformer

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel/rounded"
)

// Rounded networks make nearly the same vectors as exact ones.
func TestPrecisions(t *testing.T) {
	for _, name := range architectures {
		exact := open(t, name)
		texts, _ := golden(t, filepath.Join("testdata", name, "golden.jsonl"))
		a, _, err := exact.EncodeBatch(context.Background(), texts, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			precision Precision
			fast      bool
			least     float64
		}{{Int8, rounded.BytesFast(), 0.995}, {Bfloat16, rounded.BrainFast(), 0.9995}} {
			approximate, err := OpenWith(context.Background(), filepath.Join("testdata", name), Options{Precision: c.precision})
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]Precision{true: c.precision, false: Float32}[c.fast]; approximate.Precision() != want || exact.Precision() != Float32 {
				t.Errorf("%s: precision %s, want %s", name, approximate.Precision(), want)
			}
			b, _, err := approximate.EncodeBatch(context.Background(), texts, 1)
			if err != nil {
				t.Fatal(err)
			}
			for i, dim := 0, exact.Dim(); i < len(texts); i++ {
				x, y := a[i*dim:(i+1)*dim], b[i*dim:(i+1)*dim]
				if cos := dot(x, y) / math.Sqrt(dot(x, x)*dot(y, y)); !(cos > c.least) {
					t.Errorf("%s, %s: %q: cosine %g", name, c.precision, texts[i], cos)
				}
			}
		}
	}
	var named *fault.FieldError
	if _, err := OpenWith(context.Background(), "testdata/bert", Options{Precision: "int4"}); err == nil || !errors.As(err, &named) {
		t.Errorf("int4: %v", err)
	}
}
