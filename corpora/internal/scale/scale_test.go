package scale

import (
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// seen returns what Add makes of scores.
func seen(scores ...float64) Seen {
	s := Nothing()
	for _, x := range scores {
		s.Add(x)
	}
	return s
}

func TestRange(t *testing.T) {
	for _, c := range []struct {
		scores []float64
		want   string // the range, or a part of the error
	}{
		{[]float64{0, 1}, "0 to 1"},
		{[]float64{0.3, 0.8}, "0 to 1"},
		{[]float64{0.3, 0.79}, "may be 0 to 1, 0 to 5 or another"},
		{[]float64{-0.01, 1.01}, "0 to 1"},
		{[]float64{-0.02, 1}, "may be 0 to 1 or -1 to 1"},
		{[]float64{0, 1.02}, "may be 0 to 5, 0 to 10 or another"},
		{[]float64{0.5, 4}, "0 to 5"},
		{[]float64{0.5, 5.005}, "0 to 5"},
		{[]float64{0.5, 5.05}, "may be 0 to 10, 0 to 100 or another"},
		{[]float64{1, 8}, "0 to 10"},
		{[]float64{12, 79}, "too little for 0 to 100"},
		{[]float64{12, 80}, "0 to 100"},
		{[]float64{-1, 80}, "not a usual range"},
		{[]float64{-1, 1}, "-1 to 1"},
		{[]float64{-0.5, 0}, "-1 to 1"},
		{[]float64{-0.49, 1}, "may be 0 to 1 or -1 to 1"},
		{[]float64{0, 1, 2}, "labels of classes"},
		{[]float64{0, 1, 2, -1}, "labels of classes"},
		{[]float64{0, 0.5, 2}, "may be 0 to 5, 0 to 10 or another"},
		{[]float64{0, 0}, "may be 0 to 1, 0 to 5 or another"},
		{[]float64{1984, 2020}, "not a usual range"},
	} {
		r, err := seen(c.scores...).Range()
		got := r.String()
		if err != nil {
			got = err.Error()
			if fault.Hint(err) == "" {
				t.Errorf("%v: no hint", c.scores)
			}
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%v: %s, want %s", c.scores, got, c.want)
		}
	}
}

// A few of many scores do not decide.
func TestRangeOfFew(t *testing.T) {
	many := func(n int, from, to float64, others ...float64) []float64 {
		for i := range n {
			others = append(others, from+(to-from)*float64(i)/float64(n-1))
		}
		return others
	}
	for _, c := range []struct {
		scores []float64
		want   string
	}{
		{many(1000, 0, 5, 9.5), "all but 1 of 1001 are inside 0 to 5"},
		{many(1000, 0, 1, 5, 5), "all but 2 of 1002 are inside 0 to 1"},
		{many(1000, 0, 1, -1), "all but 1 of 1001 are inside 0 to 1"},
		{many(1000, 0, 1, 1.0000001, -0.01), "0 to 1"},
		{many(90, 0, 5, 9.5), "0 to 10"},
		{many(500, 0, 5, many(10, 6, 10)...), "0 to 10"},
		{many(1000, -1, 1), "-1 to 1"},
		{many(1000, 0, 100), "0 to 100"},
		{many(1000, 0, 10), "0 to 10"},
	} {
		r, err := seen(c.scores...).Range()
		got := r.String()
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestLabels(t *testing.T) {
	given, err := ParseLabels([]string{"Not Similar=0, similar=1", "2.0=0.5"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		labels Labels
		label  string
		value  float64
		ok     bool
	}{
		{nil, "1", 1, true}, {nil, "0.0", 0, true}, {nil, "2", 0, false}, {nil, "TRUE", 1, true}, {nil, " Entailment ", 1, true},
		{nil, "neutral", 0, true}, {nil, "not-entailment", 0, true}, {nil, "-", 0, false}, {nil, "", 0, false}, {nil, "-1", 0, false},
		{given, "not similar", 0, true}, {given, "Similar", 1, true}, {given, "2", 0.5, true}, {given, "1", 0, false}, {given, "entailment", 0, false},
	} {
		if value, ok := c.labels.Value(c.label); value != c.value || ok != c.ok {
			t.Errorf("%q: %v, %t", c.label, value, ok)
		}
	}
	counts := Counts{}
	for i := range 300 {
		counts.Add(strings.Repeat("x", i%150))
	}
	if len(counts) != 100 || !strings.HasSuffix(counts.Describe(nil), "is skipped, 90 more") {
		t.Errorf("%d labels: %s", len(counts), counts.Describe(nil))
	}
}

func TestNumbered(t *testing.T) {
	for labels, want := range map[string]bool{"0 1": false, "0 1 2": true, "1 2": true, "1 2 3": true, "0 1 2 -1": true, "0 1 -1": false,
		"-1 1": false, "2": false, "0 1 2 3": false, "1 2 0.5": false, "1 2 no": false} {
		c := Counts{}
		for label := range strings.FieldsSeq(labels) {
			c.Add(label)
		}
		if got := c.Numbered(); got != want {
			t.Errorf("%s: %t", labels, got)
		}
	}
}
