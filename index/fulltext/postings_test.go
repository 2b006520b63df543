package fulltext

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What is kept of earlier questions does not change answers, and a change of the index is seen.
func TestKeptPostings(t *testing.T) {
	dir := t.TempDir()
	x, err := Create(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 2000 {
		words := make([]string, 12)
		for j := range words {
			words[j] = fmt.Sprintf("w%d", r.IntN(1+r.IntN(200)))
		}
		if err := x.Add(t.Context(), Document{Label: int64(i), Text: strings.Join(words, " ")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := func(x *Index) []Hit {
		t.Helper()
		m, err := x.Query(t.Context(), "w1 w7 w50 w199 none")
		if err != nil {
			t.Fatal(err)
		}
		defer m.Release()
		all := m.Top(3000, nil)
		if len(all) != m.Matched {
			t.Fatalf("%d of %d passages", len(all), m.Matched)
		}
		// The best are the first of all.
		if best := m.Top(17, nil); !slices.Equal(best, all[:17]) {
			t.Errorf("best %v, of all %v", best, all[:17])
		}
		var sum float64
		for _, h := range all {
			if sum += h.Score; m.Score(h.Label) != h.Score {
				t.Errorf("passage %d: score %v, hit %v", h.Label, m.Score(h.Label), h.Score)
			}
		}
		if mean := sum / float64(x.Len()); m.Mean < mean*(1-1e-6) || m.Mean > mean*(1+1e-6) {
			t.Errorf("mean %v, want %v", m.Mean, mean)
		}
		return all
	}
	first := ask(x)
	if again := ask(x); !slices.Equal(first, again) {
		t.Error("the second answer differs")
	}
	if err := x.Delete(first[0].Label); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := ask(x)
	if len(after) != len(first)-1 || after[0].Label == first[0].Label {
		t.Errorf("a deleted passage is found: %v", after[0])
	}
	fresh, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	if !slices.Equal(ask(fresh), after) {
		t.Error("an index that was opened again answers differently")
	}
}
