package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// The law of random histories: after any sequence of additions, deletions, updates, saves and loads,
// by one goroutine or several, an index of any kind returns the same results as a Flat one with the
// same history. With a beam as wide as the index the results are equal, whatever is allowed. With a
// narrow beam there are equally many valid results, and nearly all are the same.
//
// A history is a list of steps, each with its own seed, so that the others do the same if some are
// omitted. A history that fails is reduced to few steps, by halves, quarters and so on (delta
// debugging, Zeller and Hildebrandt 2002), before it is reported.
func TestHistories(t *testing.T) {
	seeds := make([]uint64, size(8, 12), 32)
	for i := range seeds {
		seeds[i] = uint64(i)
	}
	for i := range otherWidths {
		seeds = append(seeds, firstOtherWidth+uint64(i))
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 77))
			steps := make([]step, 70)
			for i := range steps {
				steps[i] = step{actions[r.IntN(len(actions))], r.Uint64()}
			}
			dir := t.TempDir()
			fails := func(steps []step) error { return history(seed, steps, dir) }
			if err := fails(steps); err != nil {
				steps = shrink(steps, fails)
				t.Errorf("%v\nafter %v\nwith %+v", fails(steps), steps, historyOptions(seed))
			}
		})
	}
}

type step struct {
	action string
	seed   uint64
}

// actions are drawn with equal probability; frequent ones are listed several times.
var actions = []string{"add", "add", "batch", "batch", "batch", "delete", "delete", "delete many", "update", "update",
	"parallel", "parallel", "load", "open", "verify", "search", "search", "search", "search", "range"}

// otherWidths are the codes that the options of no small seed have. Those of seed firstOtherWidth have the first.
var otherWidths = []Options{
	{Kind: HNSW, Quantization: Int2}, {Kind: HNSW, Quantization: Int1}, {Kind: HNSW, Quantization: Edges},
	{Kind: Flat, Quantization: Int8}, {Kind: Flat, Quantization: Int2}, {Kind: Flat, Quantization: Int1},
}

const firstOtherWidth = 1000

func historyOptions(seed uint64) Options {
	r := rand.New(rand.NewPCG(seed, 78))
	o := Options{
		Dim:            1 + r.IntN(40),
		Metric:         allMetrics[seed%3],
		M:              2 + r.IntN(20),
		EfConstruction: 20 + r.IntN(100),
		EfSearch:       20 + r.IntN(100),
		Seed:           seed,
		Threads:        1 + r.IntN(3),
		Quantization:   quantizations[seed/3%3],
	}
	if seed%5 == 4 {
		o.Kind, o.Quantization, o.Tables, o.Bits = LSH, NoQuantization, 1+r.IntN(8), r.IntN(12)
	}
	if seed%7 == 6 {
		o.Kind, o.Quantization, o.Tables, o.Bits = Flat, quantizations[seed/7%5], 0, 0
	}
	if seed >= firstOtherWidth {
		other := otherWidths[seed-firstOtherWidth]
		o.Kind, o.Quantization, o.Tables, o.Bits = other.Kind, other.Quantization, 0, 0
	}
	return o
}

// shrink removes as many steps as it can while the history still fails.
func shrink(steps []step, fails func([]step) error) []step {
	for size := len(steps) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(steps); {
			less := slices.Delete(slices.Clone(steps), at, at+size)
			if fails(less) != nil {
				steps = less
			} else {
				at += size
			}
		}
	}
	return steps
}

func TestShrink(t *testing.T) {
	steps := make([]step, 50)
	for i := range steps {
		steps[i].seed = uint64(i)
	}
	fails := func(s []step) error {
		has := func(n uint64) bool {
			return slices.ContainsFunc(s, func(s step) bool { return s.seed == n })
		}
		if has(3) && has(31) && has(32) {
			return errors.New("it fails")
		}
		return nil
	}
	if got := shrink(steps, fails); len(got) != 3 {
		t.Errorf("shrunk to %v", got)
	}
}

// background is the context of all histories.
var background = context.Background()

// past holds two indexes with the same history.
type past struct {
	approx, exact Index
	dir           string
	asked, found  int
}

func history(seed uint64, steps []step, dir string) error {
	o := historyOptions(seed)
	exactly := o
	exactly.Kind, exactly.Quantization = Flat, NoQuantization
	p := past{dir: dir}
	var err error
	if p.approx, err = New(o); err != nil {
		return err
	}
	if p.exact, err = New(exactly); err != nil {
		return err
	}
	for i, s := range steps {
		if err := p.do(s.action, rand.New(rand.NewPCG(s.seed, 1))); err != nil {
			return fmt.Errorf("step %d, %s: %w", i, s.action, err)
		}
		if a, b := p.approx.Len(), p.exact.Len(); a != b {
			return fmt.Errorf("step %d, %s: the index has %d vectors, want %d", i, s.action, a, b)
		}
	}
	if _, err := p.approx.Verify(background); err != nil {
		return err
	}
	least := 0.8
	if o.Kind == HNSW && o.Quantization.bits() == 1 {
		least = 0.5 // a narrow beam sees only signs
	}
	if float64(p.found) < least*float64(p.asked) {
		return fmt.Errorf("found %d of %d results", p.found, p.asked)
	}
	return nil
}

func (p *past) vector(r *rand.Rand) []float32 {
	v := make([]float32, p.exact.Options().Dim)
	kind := r.IntN(10)
	for j := range v {
		switch {
		case kind == 0: // on a lattice, for copies and ties
			v[j] = float32(r.IntN(2))
		case kind < 9:
			v[j] = float32(r.NormFloat64())
		} // otherwise zero
	}
	return v
}

// label returns one of few labels, so that it is often in the index.
func label(r *rand.Rand) int64 { return r.Int64N(900) - 100 }

// both makes the same change to both indexes, which must agree on whether it succeeds.
func (p *past) both(change func(Index) error) error {
	a, b := change(p.approx), change(p.exact)
	if (a == nil) != (b == nil) {
		return fmt.Errorf("error %v, but of the exact index %v", a, b)
	}
	return nil
}

func (p *past) do(action string, r *rand.Rand) error {
	switch action {
	case "add":
		l, v := label(r), p.vector(r)
		return p.both(func(ix Index) error { return ix.Add(l, v) })
	case "batch":
		from, n := label(r), r.IntN(150)
		var vectors []float32
		for range n {
			vectors = append(vectors, p.vector(r)...)
		}
		return p.both(func(ix Index) error { // from where there is room
			labels := []int64{}
			for l := from; len(labels) < n; l++ {
				if _, taken := ix.Vector(l); !taken {
					labels = append(labels, l)
				}
			}
			return ix.AddBatch(background, labels, vectors)
		})
	case "delete":
		l := label(r)
		return p.both(func(ix Index) error { return ix.Delete(l) })
	case "delete many":
		part := 2 + r.Int64N(5)
		return p.both(func(ix Index) error {
			labels := []int64{}
			for l := int64(-100); l < 1100; l++ {
				if _, there := ix.Vector(l); there && l%part == 0 {
					labels = append(labels, l)
				}
			}
			return ix.Delete(labels...)
		})
	case "update":
		l, v := label(r), p.vector(r)
		return p.both(func(ix Index) error { return ix.Update(l, v) })
	case "parallel":
		return p.parallel(r)
	case "load":
		return p.both(func(ix Index) error {
			var b bytes.Buffer
			if err := ix.Save(&b); err != nil {
				return err
			}
			back, err := Load(&b)
			p.swap(ix, back)
			return err
		})
	case "open":
		path := filepath.Join(p.dir, "history.index")
		defer os.Remove(path)
		return p.both(func(ix Index) error {
			if err := SaveFile(path, ix, true); err != nil {
				return err
			}
			back, err := OpenFile(path)
			p.swap(ix, back)
			return err
		})
	case "verify":
		_, err := p.approx.Verify(background)
		return err
	case "range":
		return p.within(r)
	}
	return p.search(r)
}

func (p *past) swap(old, back Index) {
	if old == p.approx {
		p.approx = back
	} else {
		p.exact = back
	}
}

// parallel changes labels in several goroutines, each its own, while another one searches.
func (p *past) parallel(r *rand.Rand) error {
	const workers = 3
	seeds := [workers]uint64{r.Uint64(), r.Uint64(), r.Uint64()}
	q := p.vector(r)
	return p.both(func(ix Index) error {
		var all sync.WaitGroup
		errs := make([]error, workers+1)
		for u, seed := range seeds {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, 2))
				for range 30 {
					l, v := label(r)*workers+int64(u), p.vector(r)
					_, there := ix.Vector(l)
					var err error
					switch {
					case !there:
						err = ix.Add(l, v)
					case r.IntN(2) == 0:
						err = ix.Delete(l)
					default:
						err = ix.Update(l, v)
					}
					errs[u] = errors.Join(errs[u], err)
				}
			})
		}
		all.Go(func() {
			for range 10 {
				if _, err := ix.Search(q, 5, SearchOptions{}); err != nil {
					errs[workers] = err
				}
			}
		})
		all.Wait()
		return errors.Join(errs...)
	})
}

// allowing draws which labels a search may return.
func allowing(r *rand.Rand) SearchOptions {
	share := 1 + r.Int64N(50)
	filter := func(l int64) bool { return l%share == 0 }
	switch r.IntN(4) {
	case 0:
		return SearchOptions{Filter: filter}
	case 1:
		set := roaring64.New()
		for l := int64(-400); l < 3000; l++ {
			if filter(l) {
				set.Add(uint64(l))
			}
		}
		return SearchOptions{Allowed: set}
	}
	return SearchOptions{}
}

func (p *past) search(r *rand.Rand) error {
	q, k, o := p.vector(r), 1+r.IntN(30), allowing(r)
	want, err := p.exact.Search(q, k, o)
	if err != nil {
		return err
	}
	got, err := p.approx.Search(q, k, o)
	if err != nil {
		return err
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d results, exact search returned %d", len(got), len(want))
	}
	m := p.exact.Options().Metric
	for _, res := range got {
		if o.Filter != nil && !o.Filter(res.Label) || o.Allowed != nil && !o.Allowed.Contains(uint64(res.Label)) {
			return fmt.Errorf("label %d is not allowed", res.Label)
		}
		if notWorse(m, res.Score, want[len(want)-1].Score) {
			p.found++
		}
	}
	p.asked += len(want)
	if p.approx.Options().Kind != HNSW {
		return nil
	}
	o.Ef = max(1, p.exact.Len()-1) // with a beam as wide as the index, the search would not use the graph
	got, err = p.approx.Search(q, k, o)
	if err != nil || len(got) != len(want) {
		return fmt.Errorf("%d results with the widest beam, want %d: %w", len(got), len(want), err)
	}
	for i, res := range got {
		if !notWorse(m, res.Score, want[i].Score) {
			return fmt.Errorf("result %d is %v with the widest beam, want %v", i, res, want[i])
		}
	}
	return nil
}

func (p *past) within(r *rand.Rand) error {
	q, o := p.vector(r), allowing(r)
	ranked, err := p.exact.Search(q, 40, o)
	if err != nil || len(ranked) == 0 {
		return err
	}
	limit := ranked[r.IntN(len(ranked))].Score
	want, err := p.exact.SearchRange(q, limit, o)
	if err != nil {
		return err
	}
	got, err := p.approx.SearchRange(q, limit, o)
	if err != nil {
		return err
	}
	m := p.exact.Options().Metric
	for _, res := range got {
		if !m.reaches(res.Score, limit) {
			return fmt.Errorf("%v is beyond the threshold %v", res, limit)
		}
	}
	p.asked, p.found = p.asked+len(want), p.found+min(len(got), len(want))
	return nil
}
