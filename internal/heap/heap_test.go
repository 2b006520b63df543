package heap

import (
	"math/rand/v2"
	"slices"
	"testing"
)

type number int

func (n number) Before(m number) bool { return n < m }

func TestHeap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h Heap[number]
	var model []number
	for range 5000 {
		x := number(r.IntN(300))
		switch {
		case len(model) == 0 || r.IntN(5) > 1:
			h.Push(x)
			model = append(model, x)
		case r.IntN(2) == 0:
			if got := h.Pop(); got != model[0] {
				t.Fatalf("Pop returned %d, want %d", got, model[0])
			}
			model = model[1:]
		default:
			h.Replace(x)
			model[0] = x
		}
		slices.Sort(model)
		if len(model) > 0 && h[0] != model[0] {
			t.Fatalf("the first element is %d, want %d", h[0], model[0])
		}
	}
}
