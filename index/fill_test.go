package index

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestFill(t *testing.T) {
	const n = 2*fillPortion + 3
	read := func(add func(int64, []float32) error) error {
		vector := make([]float32, 2) // reused, as readers of files do
		for i := range n {
			vector[0], vector[1] = float32(i), 1
			if err := add(n, vector); err != nil {
				return err
			}
		}
		return nil
	}
	var done []int64
	ix, err := Fill(t.Context(), Options{Kind: Flat, Metric: Dot}, "v.npy", read, func(d, total int64) {
		if total != n {
			t.Errorf("total %d, want %d", total, n)
		}
		done = append(done, d)
	})
	if err != nil || ix.Len() != n || ix.Options().Dim != 2 || !slices.Equal(done, []int64{fillPortion, 2 * fillPortion, n}) {
		t.Fatalf("%v, progress %v, error %v", ix, done, err)
	}
	for _, label := range []int64{0, fillPortion, n - 1} {
		if v, ok := ix.Vector(label); !ok || v[0] != float32(label) {
			t.Errorf("vector %d is %v", label, v)
		}
	}
}

func TestFillWithoutVectors(t *testing.T) {
	none := func(int64, int64) { t.Error("progress of nothing") }
	if ix, err := Fill(t.Context(), Options{}, "v.npy", func(func(int64, []float32) error) error { return nil }, none); ix != nil || err != nil {
		t.Errorf("index %v, error %v", ix, err)
	}
	failed := errors.New("the disk is gone")
	if ix, err := Fill(t.Context(), Options{}, "v.npy", func(func(int64, []float32) error) error { return failed }, none); ix != nil || err != failed {
		t.Errorf("index %v, error %v", ix, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fill(ended, Options{}, "v.npy", func(func(int64, []float32) error) error { return nil }, none); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
