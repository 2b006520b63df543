package transformer

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Rounded networks make nearly the same vectors as exact ones.
func TestInt8(t *testing.T) {
	for _, name := range architectures {
		exact := open(t, name)
		rounded, err := OpenWith(context.Background(), filepath.Join("testdata", name), Options{Precision: Int8})
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]Precision{true: Int8, false: Float32}[kernel.BytesFast()]; rounded.Precision() != want || exact.Precision() != Float32 {
			t.Errorf("%s: precision %s, want %s", name, rounded.Precision(), want)
		}
		texts, _ := golden(t, filepath.Join("testdata", name, "golden.jsonl"))
		a, _, err := exact.EncodeBatch(context.Background(), texts, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := rounded.EncodeBatch(context.Background(), texts, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, dim := 0, exact.Dim(); i < len(texts); i++ {
			x, y := a[i*dim:(i+1)*dim], b[i*dim:(i+1)*dim]
			if c := dot(x, y) / math.Sqrt(dot(x, x)*dot(y, y)); !(c > 0.995) {
				t.Errorf("%s: %q: cosine %g", name, texts[i], c)
			}
		}
	}
	var named *fault.FieldError
	if _, err := OpenWith(context.Background(), "testdata/bert", Options{Precision: "int4"}); err == nil || !errors.As(err, &named) {
		t.Errorf("int4: %v", err)
	}
}
