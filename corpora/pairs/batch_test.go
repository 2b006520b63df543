package pairs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/text"
)

// Masked has exactly the texts that a chain of pairs joins to the anchor; in long
// chains those that are its pairs.
func TestMasked(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		columns := 2 + r.IntN(2)
		texts := []int{20, 150, 400}[r.IntN(3)]
		sources := openFiles(t, randomPairs(r, 1, 400, texts, columns)...)
		p, err := Build(context.Background(), sources, Options{Tokenizer: letterTokenizer(t), Related: true, Columns: []string{"1", "2", "3"}[:columns]})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		// The oracle: what can be reached, by going from text to text.
		next := map[string][]string{}
		var pairs [][]string
		for _, line := range strings.Split(strings.TrimSpace(shown(t, p)), "\n") {
			texts := strings.Split(line, "|")
			pairs = append(pairs, texts)
			next[texts[0]] = append(next[texts[0]], texts[1])
			next[texts[1]] = append(next[texts[1]], texts[0])
		}
		reached := map[string]map[string]bool{}
		for from := range next {
			seen := map[string]bool{from: true}
			for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
				for _, text := range next[todo[0]] {
					if !seen[text] {
						seen[text] = true
						todo = append(todo, text)
					}
				}
			}
			reached[from] = seen
		}
		plan, err := p.Plan(context.Background(), PlanOptions{BatchSize: 30, Seed: seed})
		if err != nil {
			continue // all share a text
		}
		var b Batch
		for i := range plan.Len() {
			if err := p.Batch(&b, plan, i); err != nil {
				t.Fatal(err)
			}
			batch := plan.batches[i]
			order := plan.order[batch.from : batch.from+int64(batch.n)]
			var want [][2]int32
			for row, example := range order {
				for c := 1; c < columns; c++ {
					for other, from := range order {
						anchor, text := pairs[example][0], pairs[from][c]
						related := reached[anchor][text]
						if related && len(reached[anchor]) > relatedTexts {
							related = slices.Contains(next[anchor], text)
						}
						if related && row != other {
							want = append(want, [2]int32{int32(row), int32((c-1)*len(order) + other)})
						}
					}
				}
			}
			if !slices.Equal(b.Masked, want) {
				t.Fatalf("seed %d, batch %d: %v\nwant %v", seed, i, b.Masked, want)
			}
		}
	}
}

// All files have one range, although the scores of the second alone are from 0 to 1.
func TestBatchScores(t *testing.T) {
	p, err := Build(context.Background(), openFiles(t, "x.csv", "a,b,4\nc,d,1\n", "y.csv", "e,f,0.5\ng,h,0.25\n"), Options{Tokenizer: letterTokenizer(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, mixed := range []bool{false, true} {
		plan := planned(t, p, PlanOptions{BatchSize: 3, Mixed: mixed, Repeats: true})
		var got []string
		var b Batch
		for i := range plan.Len() {
			if err := p.Batch(&b, plan, i); err != nil {
				t.Fatal(err)
			}
			for n, line := range batchLines(&b) {
				got = append(got, fmt.Sprintf("%s %.2f", line, b.Scores[n]))
			}
		}
		slices.Sort(got)
		if want := "[a|b 0.80 c|d 0.20 e|f 0.10 g|h 0.05]"; fmt.Sprint(got) != want {
			t.Errorf("mixed %t: %s, want %s", mixed, got, want)
		}
	}
}

// syntheticPairs are many pairs of 10 to 40 words each.
func syntheticPairs(t testing.TB, n, memory int) *Dataset {
	t.Helper()
	words := make([]string, 20_000)
	for i := range words {
		words[i] = fmt.Sprintf("w%d", i)
	}
	var b strings.Builder
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		for c := range 2 {
			for range 5 + r.IntN(15) {
				b.WriteString(words[r.IntN(len(words))])
				b.WriteByte(' ')
			}
			b.WriteByte("\t\n"[c])
		}
	}
	src := Source{Source: text.FromReader("synthetic", strings.NewReader(b.String()))}
	p, err := buildWith(context.Background(), []Source{src}, Options{Tokenizer: tokenizerOf(t, words), SpoolDir: t.TempDir()}, memory, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// Once its slices have grown, a batch is read without allocating.
func TestBatchAllocates(t *testing.T) {
	for _, memory := range []int{idstore.MemoryBlocks, 0} {
		p := syntheticPairs(t, 5000, memory)
		plan := planned(t, p, PlanOptions{BatchSize: 500})
		var b Batch
		all := func() {
			for i := range plan.Len() {
				if err := p.Batch(&b, plan, i); err != nil {
					t.Fatal(err)
				}
			}
		}
		all()
		if n := testing.AllocsPerRun(3, all); n > 0 {
			t.Errorf("with %d blocks in memory: %v allocations an epoch", memory, n)
		}
	}
}

func BenchmarkPairs(b *testing.B) {
	const n = 300_000
	for name, memory := range map[string]int{"memory": idstore.MemoryBlocks, "file": 0} {
		p := syntheticPairs(b, n, memory)
		rate := func(b *testing.B) { b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "pairs/s") }
		var plan *Plan
		b.Run("plan/"+name, func(b *testing.B) {
			for b.Loop() {
				var err error
				if plan, err = p.Plan(context.Background(), PlanOptions{}); err != nil {
					b.Fatal(err)
				}
			}
			rate(b)
		})
		b.Run("read/"+name, func(b *testing.B) {
			var batch Batch
			b.ReportAllocs()
			for b.Loop() {
				for i := range plan.Len() {
					if err := p.Batch(&batch, plan, i); err != nil {
						b.Fatal(err)
					}
				}
			}
			rate(b)
		})
	}
}
