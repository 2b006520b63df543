package fulltext

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An index of version 1 is searched and changed, and then has version 2. The scores are those of the formula, by
// hand: the weighted lengths of its passages are 7, 2, 12 and 6.
func TestVersion1(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "x")
	if err := os.CopyFS(dir, os.DirFS("testdata/v1")); err != nil {
		t.Fatal(err)
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { x.Close() }()
	n, total := 4., 27.
	check := func(question string, frequencies, lengths map[int64]float64) {
		t.Helper()
		m, err := x.Query(ctx, question)
		if err != nil {
			t.Fatal(err)
		}
		df := float64(len(frequencies))
		for label, tf := range frequencies {
			want := math.Log(1+(n-df+0.5)/(df+0.5)) * tf * 2.2 / (tf + 1.2*(0.25+0.75*lengths[label]/(total/n)))
			if got := m.Score(label); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: score of %d: %v, want %v", question, label, got, want)
			}
		}
		if m.Matched != len(frequencies) {
			t.Errorf("%s: %d matched", question, m.Matched)
		}
	}
	lengths := map[int64]float64{0: 7, 1: 2, 2: 12, 3: 6, 4: 2, 5: 2, 6: 2}
	check("sugar", map[int64]float64{0: 2}, lengths)
	check("leaves", map[int64]float64{0: 1, 1: 1, 2: 3}, lengths)
	check("root", map[int64]float64{3: 4}, lengths)
	if err := x.Add(ctx, Document{4, "", "leaves fall"}, Document{5, "", "leaves leaves"}, Document{6, "", "sugar falls"}); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	n, total = 7, 33
	for _, state := range []string{"changed", "compacted", "reopened"} {
		switch state {
		case "compacted":
			err = x.Compact(ctx)
		case "reopened":
			x.Close()
			x, err = Open(dir)
		}
		if err != nil {
			t.Fatalf("%s: %v", state, err)
		}
		check("sugar", map[int64]float64{0: 2, 6: 1}, lengths)
		check("leaves", map[int64]float64{0: 1, 1: 1, 2: 3, 4: 1, 5: 2}, lengths)
		check("fall", map[int64]float64{4: 1, 6: 1}, lengths)
		check("root", map[int64]float64{3: 4}, lengths)
	}
	if x.Segments() != 1 {
		t.Errorf("%d segments", x.Segments())
	}
	if data, err := os.ReadFile(filepath.Join(dir, infoFile)); err != nil || !strings.Contains(string(data), `"format_version": 2`) {
		t.Errorf("%s (%v)", data, err)
	}
}
