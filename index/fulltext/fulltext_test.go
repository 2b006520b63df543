package fulltext

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

func create(t *testing.T, language string, docs ...Document) *Index {
	t.Helper()
	x, err := Create(t.TempDir(), Options{Language: language, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	if err := x.Add(context.Background(), docs...); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	return x
}

func search(t *testing.T, x *Index, question string, allowed ...uint64) []int64 {
	t.Helper()
	var set *roaring64.Bitmap
	if allowed != nil {
		set = roaring64.BitmapOf(allowed...)
	}
	hits, err := x.Search(context.Background(), question, 10, set)
	if err != nil {
		t.Fatal(err)
	}
	labels := []int64{}
	for _, h := range hits {
		labels = append(labels, h.Label)
	}
	return labels
}

// The scores are those of the formula, by hand: three passages of lengths 2, 3 and 4.
func TestBM25(t *testing.T) {
	x := create(t, NoLanguage,
		Document{10, "", "red fox"},
		Document{20, "", "red red hen"},
		Document{30, "", "blue hen blue sky"})
	m, err := x.Query(context.Background(), "red hen zebra")
	if err != nil {
		t.Fatal(err)
	}
	idf := math.Log(1 + (3-2+0.5)/(2+0.5)) // 0.47000, of both
	score := func(tf, length float64) float64 { return idf * tf * 2.2 / (tf + 1.2*(0.25+0.75*length/3)) }
	want := map[int64]float64{10: score(1, 2), 20: score(2, 3) + score(1, 3), 30: score(1, 4), 40: 0}
	sum, squares := 0.0, 0.0
	for label, w := range want {
		if got := m.Score(label); math.Abs(got-w) > 1e-6 {
			t.Errorf("score of %d: %v, want %v", label, got, w)
		}
		sum += w
		squares += w * w
	}
	if math.Abs(m.Mean-sum/3) > 1e-6 || math.Abs(m.Deviation-math.Sqrt(squares/3-sum*sum/9)) > 1e-6 {
		t.Errorf("mean %v, deviation %v", m.Mean, m.Deviation)
	}
	if !slices.Equal(m.Unknown, []string{"zebra"}) || m.Matched != 3 {
		t.Errorf("unknown %v, %d matched", m.Unknown, m.Matched)
	}
	if got := search(t, x, "red hen"); !slices.Equal(got, []int64{20, 10, 30}) {
		t.Errorf("found %v", got)
	}
	if got := search(t, x, "red hen", 10, 30); !slices.Equal(got, []int64{10, 30}) {
		t.Errorf("found of two allowed: %v", got)
	}
}
