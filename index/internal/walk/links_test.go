package walk

import (
	"math"
	"slices"
	"testing"
)

// Points on a line; the base is 0.
func TestDiverse(t *testing.T) {
	at := []float64{1, 1.5, -2, -2.5, 4}
	var candidates []Key
	for i, x := range at {
		candidates = append(candidates, NewKey(float32(math.Abs(x)), ID(i)))
	}
	spread := func(c Key, chosen []Key) bool {
		return !slices.ContainsFunc(chosen, func(k Key) bool {
			return math.Abs(at[c.ID()]-at[k.ID()]) < float64(c.Distance())
		})
	}
	is := func(ids ...ID) func(ID) bool { return func(n ID) bool { return slices.Contains(ids, n) } }
	for _, c := range []struct {
		m    int
		must func(ID) bool
		want []ID
	}{
		{5, nil, []ID{0, 1, 2, 3, 4}},
		{4, nil, []ID{0, 2}},
		{1, nil, []ID{0}},
		{2, is(4), []ID{0, 4}},
		{3, is(3, 4), []ID{0, 3, 4}},
		{2, is(3, 4), []ID{3, 4}},
	} {
		var got []ID
		for _, k := range Diverse(nil, candidates, c.m, c.must, spread) {
			got = append(got, k.ID())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d links: %v, want %v", c.m, got, c.want)
		}
	}
}

func TestCycle(t *testing.T) {
	for _, c := range []struct {
		parents []ID
		cycle   bool
	}{
		{nil, false}, {[]ID{None}, false}, {[]ID{0}, true}, {[]ID{1, None}, false}, {[]ID{1, 2, 3, None, 3}, false},
		{[]ID{None, 2, 3, 1}, true}, {[]ID{None, 0, 1, 4, 3}, true},
	} {
		at := Cycle(len(c.parents), func(n ID) ID { return c.parents[n] })
		if (at != None) != c.cycle {
			t.Errorf("parents %v: %d", c.parents, at)
		}
	}
}
