package collection

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/cluster"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/index/layout"
)

// shortTexts returns n texts of seven of the words of randomEncoder.
func shortTexts(n, words int, seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 7))
	texts := make([]string, n)
	for i := range texts {
		var s strings.Builder
		for range 7 {
			fmt.Fprintf(&s, "w%d ", r.IntN(words))
		}
		texts[i] = strings.TrimSpace(s.String())
	}
	return texts
}

// cosines returns the cosines of a text with all others, in float64.
func cosines(t *testing.T, c *Collection, text string, texts []string) []float64 {
	t.Helper()
	vectors, _, err := c.Model().EncodeBatch(context.Background(), append([]string{text}, texts...), 0)
	if err != nil {
		t.Fatal(err)
	}
	dim := c.Model().Dim()
	dot := func(x, y []float32) (sum float64) {
		for i := range x {
			sum += float64(x[i]) * float64(y[i])
		}
		return sum
	}
	q := vectors[:dim]
	scores := make([]float64, len(texts))
	for i := range scores {
		v := vectors[(i+1)*dim:][:dim]
		scores[i] = dot(q, v) / math.Sqrt(dot(q, q)*dot(v, v))
	}
	return scores
}

// Short passages have codes of 2 bits, a part of the size, but the scores and the order of what is found are those of
// the vectors themselves.
func TestRescored(t *testing.T) {
	const n, words, dim = 3000, 400, 256
	ctx := context.Background()
	texts := shortTexts(n, words, 1)
	dir := filepath.Join(t.TempDir(), "docs")
	if _, err := BuildPassages(ctx, dir, randomEncoder(t, words, dim), yield(nil, texts...), BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	c := open1(t, dir)
	if i := c.Info(); !i.Rescored || c.Index().Options().Quantization != index.Int2 || i.Measured.Recall < 0.99 || i.Measured.Queries == 0 {
		t.Errorf("rescored %v, %s, %v", i.Rescored, c.Index().Options().Quantization, i.Measured)
	}
	if size := c.Info().Sizes().Vectors; size > n*200 {
		t.Errorf("the vectors have %d bytes, more than 200 for each passage", size)
	}
	missed := 0
	for _, question := range shortTexts(20, words, 2) {
		scores := cosines(t, c, question, texts)
		order := make([]int64, n)
		for i := range order {
			order[i] = int64(i)
		}
		slices.SortFunc(order, func(a, b int64) int {
			if scores[a] > scores[b] {
				return -1
			}
			return 1
		})
		a, err := c.Ask(ctx, Question{Text: question, Mode: fusion.Dense})
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range a.Hits {
			if math.Abs(h.Score-scores[h.Label]) > 1e-5 {
				t.Errorf("%q: passage %d has a score of %v, want %v", question, h.Label, h.Score, scores[h.Label])
			}
			if i > 0 && h.Score > a.Hits[i-1].Score {
				t.Errorf("%q: hit %d is better than the one before", question, i)
			}
			if !slices.Contains(order[:10], h.Label) {
				missed++
			}
		}
		if a, err = c.Ask(ctx, Question{Text: question, K: 5}); err != nil {
			t.Fatal(err)
		}
		for _, h := range a.Hits {
			if math.Abs(*h.Dense-scores[h.Label]) > 1e-5 {
				t.Errorf("%q: passage %d has a similarity of %v, want %v", question, h.Label, *h.Dense, scores[h.Label])
			}
		}
		old, err := c.Query(ctx, question, 3, index.SearchOptions{})
		if err != nil || len(old) != 3 || math.Abs(float64(old[0].Score)-scores[order[0]]) > 1e-5 {
			t.Errorf("%q: Query finds %v (%v)", question, old, err)
		}
	}
	if missed > 2 {
		t.Errorf("%d of 200 hits are not among the 10 nearest", missed)
	}
	// Similar passages, and the vectors of all.
	scores := cosines(t, c, texts[17], texts)
	similar, err := c.Similar(ctx, []int64{17}, nil, 3, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range similar.Hits {
		if math.Abs(h.Score-scores[h.Label]) > 1e-5 {
			t.Errorf("similar: passage %d has a score of %v, want %v", h.Label, h.Score, scores[h.Label])
		}
	}
	ix, err := c.Vectors(ctx)
	if err != nil || ix.Len() != n {
		t.Fatalf("%v vectors (%v)", ix.Len(), err)
	}
	near, err := ix.Search(func() []float32 { v, _ := ix.Vector(17); return v }(), n, index.SearchOptions{})
	for _, r := range near {
		if math.Abs(float64(r.Score)-scores[r.Label]) > 1e-5 {
			t.Errorf("vectors: passage %d has a score of %v, want %v (%v)", r.Label, r.Score, scores[r.Label], err)
		}
	}
	// The map is that of the vectors themselves, and so are the places of new passages.
	vectors, _, err := c.Model().EncodeBatch(ctx, texts, 0)
	if err != nil {
		t.Fatal(err)
	}
	want, err := layout.Compute(ctx, vectors, dim, layout.Options{Method: layout.PCA, Metric: index.Cosine})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.ComputeMap(ctx, layout.Options{Method: layout.PCA}, cluster.Options{K: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.X {
		if got.X[i] != want.X[i] || got.Y[i] != want.Y[i] {
			t.Fatalf("passage %d is at (%g, %g), want (%g, %g)", i, got.X[i], got.Y[i], want.X[i], want.Y[i])
		}
	}
	got.Keep(func(label int64) bool { return label != 17 })
	if err := SetMap(ctx, dir, got); err != nil {
		t.Fatal(err)
	}
	c = open1(t, dir)
	if got, err = c.Map(ctx); err != nil || got.Located != 1 || got.Labels[n-1] != 17 {
		t.Fatalf("%+v (%v)", got, err)
	}
	if d := math.Hypot(float64(got.X[n-1]-want.X[17]), float64(got.Y[n-1]-want.Y[17])); d > 1e-4 {
		t.Errorf("passage 17 is %g away from where it was", d)
	}
}

// Long passages, few, those of small vectors, and codes that were chosen are as they were.
func TestNotRescored(t *testing.T) {
	ctx := context.Background()
	build := func(texts []string, dim int, o BuildOptions) *Collection {
		dir := filepath.Join(t.TempDir(), "docs")
		if _, err := BuildPassages(ctx, dir, randomEncoder(t, 400, dim), yield(nil, texts...), o); err != nil {
			t.Fatal(err)
		}
		return open1(t, dir)
	}
	short := shortTexts(1500, 400, 1)
	long := make([]string, len(short))
	for i := range long {
		long[i] = strings.Repeat(short[i]+" ", 12)
	}
	for name, c := range map[string]*Collection{
		"long":   build(long, 256, BuildOptions{}),
		"few":    build(short[:900], 256, BuildOptions{}),
		"small":  build(short, 128, BuildOptions{}),
		"chosen": build(short, 256, BuildOptions{Index: index.Options{Quantization: index.Int8, KeepVectors: index.KeepNone}}),
		"graph":  build(short, 256, BuildOptions{Index: index.Options{Kind: index.HNSW}}),
	} {
		if c.Info().Rescored || c.Index().Options().Quantization != index.Int8 {
			t.Errorf("%s: rescored, %s", name, c.Index().Options().Quantization)
		}
	}
}
