package exchange

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Numbers of 16 bits are kept, and between two the nearest is taken, of two equally near the even
// one, as NumPy does: numpy.float32(2049).astype('f2') is 2048, that of 2051 is 2052.
func TestHalf(t *testing.T) {
	for h := range uint16(0x7c00) {
		x := halfValue(h)
		if half(x) != h || half(-x) != h|0x8000 {
			t.Fatalf("%#04x, %v: %#04x, %#04x", h, x, half(x), half(-x))
		}
		if h == 0x7bff {
			break
		}
		even := h + h&1
		if middle := float32((float64(x) + float64(halfValue(h+1))) / 2); half(middle) != even ||
			half(math.Nextafter32(middle, 0)) != h || half(math.Nextafter32(middle, 1e6)) != h+1 {
			t.Fatalf("near %v: %#04x, want %#04x", middle, half(middle), even)
		}
	}
	for x, want := range map[float32]uint16{2049: 0x6800, 2051: 0x6802, 65504: 0x7bff, 65519.996: 0x7bff, 65520: 0x7c00, 1e30: 0x7c00, 2e-8: 0, 6e-8: 1} {
		if got := half(x); got != want {
			t.Errorf("%v: %#04x, want %#04x", x, got, want)
		}
	}
}

// What a type cannot hold is an error that names the row, or is counted.
func TestValuesThatDoNotFit(t *testing.T) {
	write := func(shape Shape, values ...float32) (*Writer, error) {
		shape.Rows, shape.Dim = Unknown, len(values)
		w, err := NewWriter(new(bytes.Buffer), "jsonl", shape)
		if err != nil {
			return nil, err
		}
		return w, w.Write(Row{Values: values, ID: "x"})
	}
	nan := float32(math.NaN())
	for want, c := range map[string]struct {
		shape  Shape
		values []float32
	}{
		`row 1, id "x": value 2 is NaN`:                           {Shape{}, []float32{1, nan}},
		`row 1, id "x": value 1 is -Inf`:                          {Shape{DType: Binary}, []float32{float32(math.Inf(-1)), 1}},
		`row 1, id "x": value 2, 65520, is too large for float16`: {Shape{DType: Float16}, []float32{1, 65520}},
		`Scale must be a positive number`:                         {Shape{DType: Int8, Scale: -1}, []float32{1}},
		`"bfloat16" is not a type of values`:                      {Shape{DType: "bfloat16"}, []float32{1}},
		`cannot keep a field with the name "vector"`:              {Shape{Fields: []string{"vector"}}, []float32{1}},
	} {
		if _, err := write(c.shape, c.values...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	w, err := write(Shape{DType: Int8, Scale: 0.01}, 1, -1.5, 1.28)
	if c := w.Clipped(); err != nil || c.Values != 2 || c.Largest != 1.5 {
		t.Errorf("%+v, %v", c, err)
	}
}

// A file that is cut anywhere, or of which a byte differs, is an error or is read, and never a
// panic or more memory than it has bytes for.
func TestDamagedTables(t *testing.T) {
	for _, name := range []string{"parquet", "safetensors", "csv", "jsonl"} {
		f, _ := Lookup(Writable(), name)
		path := filepath.Join(t.TempDir(), "v"+f.Extensions[0])
		writeSample(t, path, name, Shape{Rows: 3, Dim: 10, HasID: true, Fields: []string{"lang"}, Text: true})
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		try := func(what string, at int, data []byte) {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadVectors(t.Context(), path, Options{}, func(int64, []float32) error { return nil })
			if err == nil && what == "cut" && (name == "parquet" || name == "safetensors") {
				t.Errorf("%s cut at byte %d was read", name, at)
			}
			if err != nil && (strings.Contains(err.Error(), "runtime error") || strings.Contains(err.Error(), "nil pointer")) {
				t.Errorf("%s, %s at byte %d: %v", name, what, at, err)
			}
		}
		for i := range data {
			try("cut", i, data[:i])
			changed := bytes.Clone(data)
			changed[i] ^= 0x55
			try("changed", i, changed)
		}
	}
}
