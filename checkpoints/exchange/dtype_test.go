package exchange

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
		step := 1
		if testing.Short() {
			step = 7
		}
		for i := 0; i < len(data); i += step {
			try("cut", i, data[:i])
			changed := bytes.Clone(data)
			changed[i] ^= 0x55
			try("changed", i, changed)
		}
	}
}
