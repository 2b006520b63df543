package search

import (
	"testing"

	"github.com/luminavec/luminavec/index"
)

// Without flags, "search build" makes the index that the library makes of zero options.
func TestIndexDefaults(t *testing.T) {
	for _, dim := range []int{2, 63, 64, 1024} {
		var flags index.Options
		var metric string
		indexFlags(&flags, &metric, index.Auto, index.KeepAuto)
		if err := checkIndex(&flags, metric); err != nil {
			t.Fatal(err)
		}
		flags.Dim = dim
		byFlags, err := index.New(flags)
		if err != nil {
			t.Fatal(err)
		}
		vector := make([]float32, dim)
		byDefault, err := index.Fill(t.Context(), index.Options{}, "", func(add func(int64, []float32) error) error { return add(1, vector) }, func(int64, int64) {})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := byFlags.Options(), byDefault.Options(); got != want {
			t.Errorf("%d values: the command's options are %+v, the library's %+v", dim, got, want)
		}
	}
}
