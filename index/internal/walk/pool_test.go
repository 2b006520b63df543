package walk

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// A pool behaves like a map of the lowest keys of candidates, of which the lowest are kept, if it remembers
// all of them.
func TestPool(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var p Pool
	for range 300 {
		most := 1 + r.IntN(60)
		p.StartOffers(most)
		type candidate struct {
			key      Key
			expanded bool
		}
		done := map[ID]bool{}
		var model []candidate // in increasing order
		nodes := 1 + r.IntN(100)
		for range 200 {
			if r.IntN(4) == 0 {
				got, ok := p.Next()
				at := slices.IndexFunc(model, func(c candidate) bool { return !c.expanded })
				if ok != (at >= 0) || ok && got != model[at].key {
					t.Fatalf("Next returned %x, %v; want %d of %v", got, ok, at, model)
				}
				if ok {
					model[at].expanded, done[got.ID()] = true, true
				}
				continue
			}
			if r.IntN(50) == 0 {
				most += r.IntN(20)
				p.Widen(most)
			}
			k := NewKey(r.Float32()-0.5, ID(r.IntN(nodes)))
			at := slices.IndexFunc(model, func(c candidate) bool { return c.key.ID() == k.ID() })
			if done[k.ID()] {
				continue // not allowed
			}
			p.Offer(k)
			switch {
			case at < 0:
				model = append(model, candidate{key: k})
			case k < model[at].key:
				model[at].key = k
			}
			slices.SortFunc(model, func(a, b candidate) int { return cmp.Compare(a.key&^expanded, b.key&^expanded) })
			model = model[:min(len(model), most)]
			d, full := p.Limit()
			if full != (len(model) == most) || full && d != model[most-1].key.Distance() {
				t.Fatalf("Limit returned %g, %v; want that of %v of %d", d, full, model, most)
			}
		}
		for _, c := range model {
			if c.expanded {
				continue
			}
			if got, ok := p.Next(); !ok || got != c.key {
				t.Fatalf("Next returned %x, %v; want %x", got, ok, c.key)
			}
		}
		if k, ok := p.Next(); ok {
			t.Fatalf("Next returned %x, want nothing", k)
		}
	}
}

// More candidates than a pool remembers: it may hold some twice, but never loses the lowest key of one.
func TestPoolForgets(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var p Pool
	p.StartOffers(200)
	lowest := map[ID]Key{}
	for range 5000 {
		k := NewKey(r.Float32(), ID(r.IntN(60)*len(p.known)+r.IntN(2)))
		p.Offer(k)
		if old, ok := lowest[k.ID()]; !ok || k < old {
			lowest[k.ID()] = k
		}
	}
	var found []Key
	for k, ok := p.Next(); ok; k, ok = p.Next() {
		found = append(found, k)
	}
	if !slices.IsSorted(found) {
		t.Error("keys are not in order")
	}
	var want []Key
	for _, k := range lowest {
		want = append(want, k)
	}
	slices.Sort(want)
	for _, k := range want[:20] {
		if !slices.Contains(found, k) {
			t.Errorf("%x is missing", k)
		}
	}
}

// Beyond a distance, a pool keeps and adds only as many candidates as it must.
func TestPoolWithin(t *testing.T) {
	var p Pool
	p.Start(5)
	for i, d := range []float32{4, 1, 3, 2} {
		p.Add(NewKey(d, ID(i)))
	}
	p.Next() // which is at 1
	p.Within(1.5, 2)
	for _, c := range []struct {
		d    float32
		want bool
	}{{1.6, false}, {1.2, true}, {1.5, true}, {1.4, true}} { // the pool has 2, of which one is nearer than 1.5
		if got := p.Add(NewKey(c.d, 9)); got != c.want {
			t.Errorf("Add at %g: %v", c.d, got)
		}
	}
	if d, ok := p.Limit(); !ok || d != 2 { // it is full
		t.Errorf("Limit returned %g, %v", d, ok)
	}
	p.Within(1.3, 2)
	if d, ok := p.Limit(); !ok || d != 1.3 {
		t.Errorf("Limit returned %g, %v", d, ok)
	}
	if k, ok := p.Nearest(2); !ok || k.Distance() != 1.2 {
		t.Errorf("the second is at %g, %v", k.Distance(), ok)
	}
	if _, ok := p.Nearest(3); ok {
		t.Error("it has three")
	}
	if k, ok := p.Next(); !ok || k.Distance() != 1.2 {
		t.Errorf("Next returned %g, %v", k.Distance(), ok)
	}
	if k, ok := p.Next(); ok {
		t.Errorf("Next returned %g", k.Distance())
	}
}

// AddAll is Add of each, in order.
func TestAddAll(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var one, all Pool
	for range 200 {
		most := 1 + r.IntN(40)
		one.Start(most)
		all.Start(most)
		for range 10 {
			ids, distances := make([]ID, r.IntN(40)), make([]float32, 40)
			var want []Key
			for i := range ids {
				ids[i], distances[i] = ID(r.IntN(1000)), r.Float32()-0.5
				if k := NewKey(distances[i], ids[i]); one.Add(k) {
					want = append(want, k)
				}
			}
			if got := all.AddAll(ids, distances); !slices.Equal(got, want) || !slices.Equal(one.keys, all.keys) {
				t.Fatalf("AddAll of %v at %v added %x, want %x", ids, distances, got, want)
			}
			if r.IntN(2) == 0 {
				far, least := r.Float32()-0.5, r.IntN(most)
				one.Within(far, least)
				all.Within(far, least)
			}
			one.Next()
			all.Next()
		}
	}
}
