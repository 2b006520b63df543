package exchange

import (
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// testdata/peers holds what NumPy 2.4.6, pyarrow 26.0.1 and safetensors wrote (make.py).
func TestPeers(t *testing.T) {
	const values = "[[1 -2.5 3] [0.5 0 64]]"
	for name, c := range map[string]struct {
		o    Options
		want string // the rows, or a part of the error
	}{
		"fixed_half.parquet": {want: values}, "fixed_float.parquet": {want: values}, "fixed_double.parquet": {want: values},
		"list_half.parquet": {want: values}, "list_float.parquet": {want: values}, "list_double.parquet": {want: values},
		"large.parquet": {want: values}, "int8.parquet": {want: "[[127 -128 3] [0 1 -1]]"},
		"null.parquet":       {want: "row 2: column embedding: the vector is missing (null)"},
		"null_value.parquet": {want: "row 2: column embedding: the vector is empty, or one of its values is missing (null)"},
		"ragged.parquet":     {want: "row 2: expected 3 values in column embedding but found 2"},
		"text.parquet":       {want: "no column holds vectors"},
		"int64.parquet":      {want: "no column holds vectors"},
		"two.parquet":        {want: "several columns hold vectors: \"a\", \"b\""},
		"i1.npy":             {want: "[[127 -128 3] [0 1 -1]]"},
		"u1.npy":             {want: "expected values of type f2, f4 or f8"},
		"f16.safetensors":    {want: values}, "bf16.safetensors": {want: values}, "i8.safetensors": {want: "[[127 -128 3] [0 1 -1]]"},
	} {
		check := func(what string, o Options, want string) {
			t.Helper()
			var rows []string
			_, err := ReadVectors(t.Context(), "testdata/peers/"+name, o, func(_ int64, v []float32) error {
				rows = append(rows, fmt.Sprint(v))
				return nil
			})
			if err != nil && (!strings.Contains(err.Error(), want) || fault.Hint(err) == "" || !strings.Contains(err.Error(), name)) || err == nil && fmt.Sprint(rows) != want {
				t.Errorf("%s%s: %v, %v, hint %q; want %s", name, what, rows, err, fault.Hint(err), want)
			}
		}
		check("", c.o, c.want)
		switch name {
		case "two.parquet":
			check(" a", Options{VectorColumn: "a"}, "[[1 2] [3 4]]")
			check(" b", Options{VectorColumn: "b"}, "[[5] [6]]")
			check(" c", Options{VectorColumn: "c"}, `no column has the name "c"`)
		case "text.parquet":
			check(" chosen", Options{VectorColumn: "embedding"}, "column embedding does not hold vectors")
		case "u1.npy":
			check(" as bits", Options{DType: Binary}, "[[1 -1 1 -1 -1 -1 -1 -1] [1 -1 1 -1 -1 -1 -1 -1]]")
			check(" as 3 bits", Options{DType: Binary, Dim: 3}, "[[1 -1 1] [1 -1 1]]")
		}
	}
}
