package autograd

import "testing"

func TestTextFused(t *testing.T) {
	for _, threads := range []int{1, 2} {
		checkTextEngine(t, "fused", func(e *TextEncoder, loss TextLoss) (TextEngine, error) { return NewTextFused(e, loss, threads) })
	}
}
