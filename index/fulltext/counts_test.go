package fulltext

import (
	"maps"
	"math"
	"path/filepath"
	"testing"
)

// With the counts of both, a word has the weight in each of two indexes that it has in one of all documents.
func TestCounts(t *testing.T) {
	create := func(docs ...Document) *Index {
		t.Helper()
		x, err := Create(filepath.Join(t.TempDir(), "x"), Options{Language: NoLanguage})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { x.Close() })
		if err := x.Add(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
		if err := x.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		return x
	}
	// All are of one length, so that this has no part in the scores.
	a, b := create(Document{Label: 1, Text: "moon star"}, Document{Label: 2, Text: "moon sun"}, Document{Label: 3, Text: "moon tree"}), create(Document{Label: 4, Text: "moon sun"}, Document{Label: 5, Text: "sea star"})
	all := &Counts{}
	for _, x := range []*Index{a, b} {
		c, err := x.Counts(t.Context(), "moon sun moon comet")
		if err != nil {
			t.Fatal(err)
		}
		all.Add(c)
	}
	if want := map[string]int64{"moon": 4, "sun": 2, "comet": 0}; all.Passages != 5 || !maps.Equal(all.Terms, want) {
		t.Fatalf("%+v", all)
	}
	// idf = ln(1 + (5-df+0.5)/(df+0.5)), and a term that occurs once in a text of mean length has the weight (k1+1)/(1+k1) = 1.
	for label, want := range map[int64]float64{1: math.Log(1 + 1.5/4.5), 2: math.Log(1+1.5/4.5) + math.Log(1+3.5/2.5)} {
		m, err := a.QueryTerms(t.Context(), a.Terms("moon sun comet"), all)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Score(label); math.Abs(got-want) > 1e-6 || len(m.Unknown) != 1 || m.Unknown[0] != "comet" {
			t.Errorf("%d: %v, want %v; unknown %v", label, got, want, m.Unknown)
		}
	}
	// Counts that cannot be true are corrected by what the index has.
	bad := &Counts{Passages: -5, Terms: map[string]int64{"moon": math.MaxInt64, "sun": -1}}
	bad.Add(&Counts{Passages: math.MinInt64, Terms: map[string]int64{"moon": 7}})
	m, err := a.QueryTerms(t.Context(), a.Terms("moon sun"), bad)
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Score(2); !(s > 0) || math.IsInf(s, 0) {
		t.Errorf("score %v", s)
	}
}
