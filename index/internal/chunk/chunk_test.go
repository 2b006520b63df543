package chunk

import "testing"

// Rows keep their contents and their place while the array grows, whether they
// were allocated or adopted.
func TestGrow(t *testing.T) {
	const width = 3
	alloc := func(n int) []int64 { return make([]int64, n) }
	for _, n := range []int{0, 1, 1<<14 - 1, 1 << 14, 1<<14 + 1, 100_000} {
		data := make([]int64, n*width)
		for i := range data {
			data[i] = int64(i)
		}
		a := New(width, 8, alloc)
		a.Adopt(data, n)
		var held []int64
		if n > 0 {
			held = a.Row(n - 1)
		}
		a.Grow(n + 50_000)
		a.Row(n)[0] = -1
		if n > 0 {
			if held[0] = -2; a.Row(n - 1)[0] != -2 {
				t.Errorf("%d rows: the last row moved", n)
			}
			a.Row(n - 1)[0] = int64((n - 1) * width)
		}
		for at := 0; at < n; {
			rows, count := a.Run(at, n-at)
			if count < 1 || len(rows) != count*width {
				t.Fatalf("%d rows: a run of %d rows with %d values", n, count, len(rows))
			}
			for i, v := range rows {
				if v != int64(at*width+i) {
					t.Fatalf("%d rows: value %d is %d", n, at*width+i, v)
				}
			}
			at += count
		}
		if a.Row(n)[0] != -1 || a.Values() < (n+50_000)*width {
			t.Errorf("%d rows: %d values allocated", n, a.Values())
		}
	}
}
