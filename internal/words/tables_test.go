package words_test

import (
	"slices"
	"testing"

	. "github.com/luminavec/luminavec/internal/words"
)

// Input vectors fill [-1/2d, 1/2d), output vectors and padding are zero, and a
// seed gives the same tables again.
func TestNewTables(t *testing.T) {
	const rows, dim = 500, 20
	a, err := NewTables(rows, dim, 1)
	if err != nil {
		t.Fatal(err)
	}
	const bound = float32(1) / (2 * dim)
	least, most := float32(0), float32(0)
	for i, v := range a.In {
		if i%a.Stride >= dim && v != 0 {
			t.Fatalf("padding of row %d is %g", i/a.Stride, v)
		}
		least, most = min(least, v), max(most, v)
	}
	if least < -bound || most >= bound || least > -0.99*bound || most < 0.99*bound {
		t.Errorf("values from %g to %g, want them to fill %g to %g", least, most, -bound, bound)
	}
	if slices.ContainsFunc(a.Out, func(v float32) bool { return v != 0 }) {
		t.Error("an output vector is not zero")
	}
	again, _ := NewTables(rows, dim, 1)
	other, _ := NewTables(rows, dim, 2)
	if !slices.Equal(a.In, again.In) || slices.Equal(a.In, other.In) {
		t.Error("tables do not follow from the seed")
	}
	for _, size := range [][2]int{{0, 1}, {1, 0}, {-1, 5}} {
		if _, err := NewTables(size[0], size[1], 1); err == nil {
			t.Errorf("%d rows of dimension %d: no error", size[0], size[1])
		}
	}
}
