package kernel

import (
	"math"
	"testing"
)

// TestWindowPanics checks that arguments that do not fit together cause a panic before
// anything is written.
func TestWindowPanics(t *testing.T) {
	const stride, n = 32, 2
	panics(t, "context 0", PanicScratch, func() { NewWindowScratch(0, n, stride) })
	panics(t, "outputs 1", PanicScratch, func() { NewWindowScratch(1, 1, stride) })
	panics(t, "stride 24", PanicStride, func() { NewWindowScratch(1, n, 24) })
	panics(t, "stride 0", PanicStride, func() { NewWindowScratch(1, n, 0) })

	good := []int32{2, 0, 1, 0, 1}
	table := func() []float32 {
		x := Aligned(4 * stride)
		for i := range x {
			x[i] = 1
		}
		return x
	}
	for _, c := range []struct {
		what, want string
		in, out    []float32
		stride     int
		batch      []int32
		outputs    int
	}{
		{"stride", PanicStride, table(), table(), 31, nil, n},
		{"other stride", PanicOutputs, table(), table(), 16, nil, n},
		{"other outputs", PanicOutputs, table(), table(), stride, nil, 3},
		{"ragged input", PanicTable, table()[:40], table(), stride, nil, n},
		{"ragged output", PanicTable, table(), table()[:40], stride, nil, n},
		{"input not aligned", PanicTable, Aligned(33)[1:], table(), stride, nil, n},
		{"output not aligned", PanicTable, table(), Aligned(33)[1:], stride, nil, n},
		{"no context", PanicContext, table(), table(), stride, []int32{0, 0, 1}, n},
		{"negative context", PanicContext, table(), table(), stride, []int32{-1, 0, 1}, n},
		{"long context", PanicContext, table(), table(), stride, []int32{5, 0, 0, 0, 0, 0, 0, 1}, n},
		{"context cut", PanicBatch, table(), table(), stride, []int32{2, 0}, n},
		{"outputs cut", PanicBatch, table(), table(), stride, []int32{2, 0, 1, 0}, n},
		{"context id", PanicID, table(), table(), stride, []int32{2, 0, 4, 0, 1}, n},
		{"context id below", PanicID, table(), table(), stride, []int32{2, 0, -1, 0, 1}, n},
		{"context id least", PanicID, table(), table(), stride, []int32{2, 0, math.MinInt32, 0, 1}, n},
		{"output id", PanicID, table(), table(), stride, []int32{2, 0, 1, 0, 4}, n},
		{"output id below", PanicID, table(), table(), stride, []int32{2, 0, 1, -2, 0}, n},
		{"no rows", PanicID, nil, table(), stride, good, n},
	} {
		for _, k := range windowCases {
			s := NewWindowScratch(4, n, stride)
			batch := c.batch
			if c.want == PanicID || c.want == PanicBatch || c.want == PanicContext {
				batch = append(append([]int32{}, good...), c.batch...)
			}
			panics(t, k.name+": "+c.what, c.want, func() { k.kernel(c.in, c.out, c.stride, batch, c.outputs, 0.1, s) })
			for _, x := range [][]float32{c.in, c.out} {
				for i, v := range x {
					if v != 1 && len(x) == 4*stride {
						t.Fatalf("%s: %s: value %d was overwritten", k.name, c.what, i)
					}
				}
			}
		}
	}
	for _, k := range windowCases {
		loss, targets := k.kernel(table(), table(), stride, nil, n, 0.1, NewWindowScratch(4, n, stride))
		if loss != 0 || targets != 0 {
			t.Errorf("%s of no windows: loss %g, targets %g", k.name, loss, targets)
		}
	}
}
