package collection

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/sentence"
)

// askedCollection opens the collection that LUMINAVEC_COLLECTION names, or makes one of 20,000 passages
// whose words are as frequent as those of natural texts (Zipf), and returns questions for it.
func askedCollection(b testing.TB) (*Collection, []string) {
	if dir := os.Getenv("LUMINAVEC_COLLECTION"); dir != "" {
		var questions []string
		for _, p := range sets.STSBenchmarkDev().Pairs {
			questions = append(questions, p.A)
		}
		return open1(b, dir), questions
	}
	const words = 20000
	var m sentence.Model = randomEncoder(b, words, 384)
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 1)), 1.1, 8, words-1)
	text := func(n int) string {
		var s strings.Builder
		for range n {
			fmt.Fprintf(&s, "w%d ", z.Uint64())
		}
		return s.String()
	}
	texts := make([]string, 20000)
	for i := range texts {
		texts[i] = text(22)
	}
	dir := b.TempDir() + "/docs"
	if _, err := BuildPassages(context.Background(), dir, m, yield(nil, texts...), BuildOptions{}); err != nil {
		b.Fatal(err)
	}
	questions := make([]string, 500)
	for i := range questions {
		questions[i] = text(8)
	}
	return open1(b, dir), questions
}

// BenchmarkAsk measures questions one after another, in each mode. On a machine that does other work too, the
// processor time is the figure to compare.
//
//	LUMINAVEC_COLLECTION=docs go test -bench Ask ./index/collection
func BenchmarkAsk(b *testing.B) {
	c, questions := askedCollection(b)
	for _, o := range []struct {
		name string
		q    Question
	}{{"hybrid", Question{}}, {"dense", Question{Mode: "dense"}}, {"bm25", Question{Mode: "bm25"}}, {"grouped", Question{GroupBy: GroupByFile}}, {"where", Question{Where: `path ~ "txt"`}}} {
		b.Run(o.name, func(b *testing.B) {
			b.ReportAllocs()
			if _, err := c.Ask(context.Background(), Question{Text: questions[0], Mode: o.q.Mode}); err != nil {
				b.Fatal(err)
			}
			began := cpuTime()
			for i := 0; b.Loop(); i++ {
				q := o.q
				q.Text = questions[i%len(questions)]
				if _, err := c.Ask(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime()-began).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// The passages of answers are those that comparing all vectors and the words of all passages finds.
func TestAnswersOfAll(t *testing.T) {
	c, questions := askedCollection(t)
	ctx := context.Background()
	vectors, err := c.Vectors(ctx)
	if err != nil {
		t.Fatal(err)
	}
	labels, err := index.Labels(c.index)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(labels)
	asked, wanted, found := questions[:100], map[fusion.Mode]int{}, map[fusion.Mode]int{}
	for _, question := range asked {
		vector, _, err := c.asks.EncodeBatch(ctx, []string{question}, 1)
		if err != nil {
			t.Fatal(err)
		}
		dense, err := index.Scores(nil, vectors, vector, labels)
		if err != nil {
			t.Fatal(err)
		}
		for _, mode := range []fusion.Mode{fusion.Hybrid, fusion.Dense} {
			a, err := c.Ask(ctx, Question{Text: question, Mode: mode})
			if err != nil {
				t.Fatal(err)
			}
			score := func(i int) float64 { return float64(dense[i]) }
			if mode == fusion.Hybrid {
				words, err := c.words.Query(ctx, question)
				if err != nil {
					t.Fatal(err)
				}
				defer words.Release()
				score = func(i int) float64 {
					return fusion.Combine(a.Statistics.Dense.Z(float64(dense[i])), a.Statistics.Words.Z(words.Score(labels[i])), fusion.DenseWeight)
				}
			}
			scores := make([]float64, len(labels))
			for i := range scores {
				scores[i] = score(i)
			}
			sorted := slices.Sorted(slices.Values(scores))
			least := sorted[len(sorted)-10] - 1e-6
			wanted[mode] += len(a.Hits)
			for _, h := range a.Hits {
				if i, _ := slices.BinarySearch(labels, h.Label); scores[i] >= least {
					found[mode]++
				}
			}
		}
	}
	for mode, n := range wanted {
		recall := float64(found[mode]) / float64(n)
		t.Logf("%s: %.4f", mode, recall)
		if n < 10*len(asked) || recall < 0.99 {
			t.Errorf("%s: %d passages, of which %.4f are the best", mode, n, recall)
		}
	}
}
