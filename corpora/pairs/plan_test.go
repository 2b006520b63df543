package pairs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/internal/fault"
)

// randomPairs writes files of pairs over few texts, so that many are the same.
func randomPairs(r *rand.Rand, files, most, texts, columns int) (named []string) {
	text := func() string {
		n := r.IntN(texts)
		s := string(rune('a' + n%26))
		for n /= 26; n > 0; n /= 26 {
			s += " " + string(rune('a'+n%26))
		}
		return s
	}
	for f := range files {
		var b strings.Builder
		for range 1 + r.IntN(most) {
			row := []string{text(), text()}
			for len(row) < columns { // no negative is the anchor or the positive
				if t := text(); t != row[0] && t != row[1] {
					row = append(row, t)
				}
			}
			b.WriteString(strings.Join(row, "\t") + "\n")
		}
		named = append(named, fmt.Sprintf("%d.tsv", f), b.String())
	}
	return named
}

func planned(t *testing.T, p *Dataset, o PlanOptions) *Plan {
	t.Helper()
	plan, err := p.Plan(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// Whatever the pairs: with weight 1 each example is once in an epoch or, without a
// partner, left out; a batch is of one file, has no text twice, and holds what the files say;
// and all is the same a second time, and when the ids lie in a file.
func TestPlanLaws(t *testing.T) {
	ctx := context.Background()
	tokenizer := letterTokenizer(t)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		columns := 2 + r.IntN(2)
		names := []string{"1", "2", "3"}[:columns]
		texts := []int{3, 10, 100, 2000}[r.IntN(4)]
		sources := openFiles(t, randomPairs(r, 1+r.IntN(4), 1+r.IntN(300), max(texts, columns+1), columns)...)
		o := Options{Tokenizer: tokenizer, Columns: names, Related: r.IntN(2) == 0, SpoolDir: t.TempDir()}
		p, err := buildWith(ctx, sources, o, idstore.MemoryBlocks, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		spooled, err := buildWith(ctx, sources, o, 0, 3)
		if err != nil {
			t.Fatal(err)
		}
		defer spooled.Close()
		po := PlanOptions{BatchSize: 2 + r.IntN(40), Seed: seed, Epoch: r.IntN(3), Mixed: r.IntN(2) == 0, Repeats: r.IntN(4) == 0}
		plan, err := p.Plan(ctx, po)
		if err != nil {
			if fault.Hint(err) == "" || po.Repeats {
				t.Error(err)
			}
			continue
		}
		again := planned(t, spooled, po)
		if !reflect.DeepEqual(plan, again) {
			t.Fatalf("seed %d: the plans differ", seed)
		}
		lines := strings.Split(shown(t, p), "\n")
		seen := make([]int, p.Examples())
		var a, b Batch
		for i := range plan.Len() {
			if err := p.Batch(&a, plan, i); err != nil {
				t.Fatal(err)
			}
			if err := spooled.Batch(&b, plan, i); err != nil {
				t.Fatal(err)
			}
			got := batchLines(&a)
			if !slices.Equal(got, batchLines(&b)) || !slices.Equal(a.Masked, b.Masked) {
				t.Fatalf("seed %d: batch %d differs", seed, i)
			}
			batch := plan.batches[i]
			inBatch := map[string]bool{}
			for n, example := range plan.order[batch.from : batch.from+int64(batch.n)] {
				seen[example]++
				if f := plan.File(i); po.Mixed != (f < 0) || !po.Mixed && p.fileOf(example) != p.files[f] {
					t.Fatalf("seed %d: batch %d of file %d has an example of %s", seed, i, f, p.fileOf(example).Name)
				}
				if got[n] != lines[example] {
					t.Fatalf("seed %d: example %d is %s, want %s", seed, example, got[n], lines[example])
				}
				own := map[string]bool{}
				for _, text := range strings.Split(lines[example], "|") {
					if inBatch[text] && !own[text] && !po.Repeats {
						t.Fatalf("seed %d: %q is twice in a batch", seed, text)
					}
					inBatch[text], own[text] = true, true
				}
			}
			if n := plan.Size(i); n != a.Examples || n > po.BatchSize || n < 2 && !po.Repeats {
				t.Fatalf("seed %d: batch %d has %d examples", seed, i, n)
			}
		}
		left := int64(0)
		for example, n := range seen {
			if n > 1 {
				t.Fatalf("seed %d: example %d comes %d times", seed, example, n)
			}
			left += int64(1 - n)
		}
		if left != plan.LeftOut() || po.Repeats && left > 0 || plan.Examples()+left != p.Examples() {
			t.Fatalf("seed %d: %d examples are in no batch, but LeftOut is %d", seed, left, plan.LeftOut())
		}
		if full := p.Examples() / int64(po.BatchSize); texts == 2000 && int64(plan.Len()) > full+int64(12*len(p.files)) {
			t.Errorf("seed %d: %d batches for %d examples of few repeats, size %d", seed, plan.Len(), p.Examples(), po.BatchSize)
		}
	}
}

// batchLines writes the examples of a batch as shown does.
func batchLines(b *Batch) []string {
	lines := make([]string, b.Examples)
	for c := range b.Columns {
		for i := range b.Examples {
			if c > 0 {
				lines[i] += "|"
			}
			k := c*b.Examples + i
			for _, id := range b.IDs[b.Offsets[k]:b.Offsets[k+1]] {
				lines[i] += string(rune('a' + id))
			}
		}
	}
	return lines
}

// fakePairs are pairs of different texts without any ids, for plans.
func fakePairs(sizes ...int64) *Dataset {
	p := &Dataset{records: newStore("", 0)}
	for i, n := range sizes {
		p.files = append(p.files, &File{Name: fmt.Sprint(i), Columns: 2, Examples: n, Weight: 1, from: p.records.n, hashBase: 2 * p.records.n})
		for range n {
			p.records.hashes.add(fold(uint64(p.records.n), 0x9e3779b97f4a7c15))
			p.records.hashes.add(fold(uint64(p.records.n), 0xb7e151628aed2a6b))
			p.records.n++
		}
	}
	return p
}

// A file of several windows: each example once, far from its place, and so that a
// window reads but its runs.
func TestPlanWindows(t *testing.T) {
	const n = 3*shuffleWindow + 777
	p := fakePairs(n)
	plan := planned(t, p, PlanOptions{Seed: 3})
	order := slices.Clone(plan.order)
	runs := map[int32]bool{}
	for _, example := range order[:shuffleWindow-shuffleRun] { // the short run may be among them
		runs[example/shuffleRun] = true
	}
	if len(runs) > shuffleWindow/shuffleRun {
		t.Errorf("a window has examples of %d runs", len(runs))
	}
	far := 0
	for i, example := range order {
		if d := int(example) - i; d > n/10 || d < -n/10 {
			far++
		}
	}
	if far < n/2 {
		t.Errorf("only %d of %d examples are far from their places", far, n)
	}
	slices.Sort(order)
	for i, example := range order {
		if int(example) != i {
			t.Fatalf("example %d is not where it should be: %d", i, example)
		}
	}
	if other := planned(t, p, PlanOptions{Seed: 4}); slices.Equal(other.order, plan.order) {
		t.Error("another seed gives the same order")
	}
	if other := planned(t, p, PlanOptions{Seed: 3, Epoch: 1}); slices.Equal(other.order, plan.order) {
		t.Error("another epoch gives the same order")
	}
}

// Weights: over some epochs each example comes weight times an epoch, evenly.
func TestPlanWeights(t *testing.T) {
	for _, mixed := range []bool{false, true} {
		p := fakePairs(1001, shuffleWindow+5000, 300, 7)
		for i, weight := range []float64{2, 0.5, 1.25, 1} {
			p.files[i].Weight = weight
		}
		count := make([]int, p.records.n)
		for epoch := range 4 {
			plan := planned(t, p, PlanOptions{BatchSize: 512, Seed: 9, Epoch: epoch, Mixed: mixed})
			for _, example := range plan.order {
				count[example]++
			}
			if plan.LeftOut() > 2 {
				t.Errorf("epoch %d: %d are left out", epoch, plan.LeftOut())
			}
		}
		for i, want := range []int{8, 2, 5, 4} {
			f := p.files[i]
			off := 0
			for _, n := range count[f.from : f.from+f.Examples] {
				if n != want {
					off++
				}
			}
			if off > 8 { // left out
				t.Errorf("mixed %t: %d of %d examples of file %d do not come %d times in 4 epochs", mixed, off, f.Examples, i, want)
			}
		}
	}
}

// Files take turns in proportion to their sizes, over all of the epoch.
func TestPlanInterleaves(t *testing.T) {
	p := fakePairs(30_000, 10_000)
	plan := planned(t, p, PlanOptions{BatchSize: 100})
	first := 0
	for i := range plan.Len() / 2 {
		if plan.File(i) == 0 {
			first++
		}
	}
	if plan.Len() != 400 || first < 130 || first > 170 {
		t.Errorf("of the first half of %d batches %d are of a file with three quarters of them", plan.Len(), first)
	}
}

// What most texts share takes no more time than other pairs, and comes to its end.
func TestPlanRepeats(t *testing.T) {
	ctx := context.Background()
	const n = 200_000
	for name, text := range map[string]func(i, column int) uint64{
		"one anchor":          func(i, c int) uint64 { return uint64(c * (i + 1)) },
		"one text":            func(_, _ int) uint64 { return 1 },
		"two anchors":         func(i, c int) uint64 { return uint64(i%2 + c*(i+2)) },
		"grid":                func(i, c int) uint64 { return uint64(1 + i/(1+c*i) + c*(1000+i%400)) },
		"400 by 500":          func(i, c int) uint64 { return [2]uint64{uint64(i / 500), uint64(1000 + i%500)}[c] },
		"half with an anchor": func(i, c int) uint64 { return uint64(c*(i+1) + (1-c)*(i%2)*i*1_000_000) },
	} {
		p := fakePairs()
		p.files = []*File{{Name: name, Columns: 2, Examples: n, Weight: 1}}
		for i := range n {
			p.records.hashes.add(fold(text(i, 0)+99, 0x9e3779b97f4a7c15))
			p.records.hashes.add(fold(text(i, 1)+99, 0x9e3779b97f4a7c15))
		}
		p.records.n = n
		plan, err := p.Plan(ctx, PlanOptions{BatchSize: 256})
		if name == "one anchor" || name == "one text" {
			if err == nil || fault.Hint(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(name, err)
		}
		if plan.Examples()+plan.LeftOut() != n {
			t.Errorf("%s: %d in batches, %d left out", name, plan.Examples(), plan.LeftOut())
		}
		if name == "400 by 500" && plan.Len() > 2*n/256 {
			t.Errorf("%s: %d batches", name, plan.Len())
		}
	}
}

func TestPlanErrors(t *testing.T) {
	ctx := context.Background()
	p := fakePairs(100, 50)
	for want, o := range map[string]PlanOptions{
		"BatchSize must be between 1 and 1048576, got -1":                                                      {BatchSize: -1},
		"BatchSize must be between 1 and 1048576, got 1048577":                                                 {BatchSize: 1<<20 + 1},
		"BatchSize must be at least 2: a batch of 1 has no other texts for negatives":                          {BatchSize: 1},
		"Epoch must be between 0 and 1000000, got -1":                                                          {Epoch: -1},
		"0 has 2 texts per row, but 1 has 3: they cannot be mixed":                                             {Mixed: true},
		"the batch size is 128, but the largest file has only 100 examples per epoch: batches will be smaller": {BatchSize: 128},
	} {
		p.files[1].Columns = 2
		if o.Mixed {
			p.files[1].Columns = 3
		}
		plan, err := p.Plan(ctx, o)
		if err == nil {
			err = fmt.Errorf("%s", plan.Warning())
		}
		if err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	p.files[1].Columns = 2
	if plan := planned(t, p, PlanOptions{BatchSize: 10}); plan.Warning() != "" || plan.Len() != 15 {
		t.Error(plan.Warning(), plan.Len())
	} else if p.Batch(&Batch{}, plan, 15) == nil {
		t.Error("there is a batch 15")
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.Plan(canceled, PlanOptions{}); err != context.Canceled {
		t.Error(err)
	}
	one := fakePairs(1)
	if _, err := one.Plan(ctx, PlanOptions{}); err == nil || err.Error() != "no batch can be made of a single example" || fault.Hint(err) == "" {
		t.Error(err)
	}
	if plan := planned(t, one, PlanOptions{Repeats: true}); plan.Len() != 1 || plan.LeftOut() != 0 {
		t.Error(plan)
	}
	one.files[0].Weight = 0.25
	if _, err := one.Plan(ctx, PlanOptions{Repeats: true}); err == nil {
		t.Error("a quarter of an example is a batch")
	}
}

// Batches that shared texts keep small are reported with their mean size: of examples with one
// of k hard negatives, no batch can hold more than k.
func TestPlanMeanSize(t *testing.T) {
	shared := func(n, negatives int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s a\t%[1]s b\t%c z z\n", letters(i), 'a'+i%negatives)
		}
		return b.String()
	}
	const why = "no batch holds a text twice, and the examples share many texts"
	for _, c := range []struct {
		n, negatives, batch int
		mean                float64
		want                string
	}{
		{100, 4, 50, 4, "the batches have 4.0 examples on average, although the batch size is 50: " + why},
		{100, 4, 5, 4, ""},
		{100, 20, 30, 20, ""},
		{100, 5, 1000, 5, "the batch size is 1000, but the largest file has only 100 examples per epoch: batches will be smaller; " +
			"the batches have 5.0 examples on average, although the batch size is 1000: " + why},
	} {
		p, err := Build(context.Background(), openFiles(t, "x.tsv", shared(c.n, c.negatives)), Options{Tokenizer: letterTokenizer(t), Columns: []string{"1", "2", "3"}})
		if err != nil {
			t.Fatal(err)
		}
		plan := planned(t, p, PlanOptions{BatchSize: c.batch})
		if plan.Warning() != c.want || plan.MeanSize() != c.mean {
			t.Errorf("%+v: mean %v, %q", c, plan.MeanSize(), plan.Warning())
		}
		p.Close()
	}
}

// letters writes a number in letters, with a space between them.
func letters(n int) string {
	text := string(rune('a' + n%26))
	for n /= 26; n > 0; n /= 26 {
		text += " " + string(rune('a'+n%26))
	}
	return text
}

const planWanted = "[16 8 4 15 1 9 13 17 10 19 6 14 11 0 12 7 3 2 5 18 20 23 26 21 27 24 25 22] [{0 8 0} {8 8 0} {20 8 1} {16 4 0}]"

// The plan of a seed stays what it is: a run that is resumed by a later version has
// to go on with the batches it began.
func TestPlanStays(t *testing.T) {
	plan := planned(t, fakePairs(20, 9), PlanOptions{BatchSize: 8, Seed: 42, Epoch: 1})
	if got := fmt.Sprint(plan.order, plan.batches); got != planWanted {
		t.Errorf("%s\nwant %s", got, planWanted)
	}
}
