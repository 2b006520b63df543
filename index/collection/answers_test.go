package collection

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/sentence"
)

// The score of the only passage is its similarity: it has no deviation from others.
func TestOnePassage(t *testing.T) {
	c := open1(t, buildTexts(t, "the king of paris"))
	a, err := c.Ask(context.Background(), Question{Text: "the king of paris"})
	if err != nil || len(a.Hits) != 1 || a.Hits[0].Score < 0.99 || a.Hits[0].Score > 1.01 {
		t.Errorf("%+v (%v)", a, err)
	}
}

// A question of words that no passage has, and whose meaning is no nearer than that of unrelated texts, finds nothing.
func TestSenseless(t *testing.T) {
	m := randomEncoder(t, 1000, 64)
	var texts []string
	for i := range 200 {
		texts = append(texts, fmt.Sprintf("w%d w%d w%d the of and", i, i+200, i+400))
	}
	dir := filepath.Join(t.TempDir(), "docs")
	if _, err := BuildPassages(context.Background(), dir, m, yield(nil, texts...), BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	c := open1(t, dir)
	c.info.Calibration = &Calibration{Documents: 200, Dense: 0.9, Words: 0.1, Both: 0.95}
	a, err := c.Ask(context.Background(), Question{Text: "w900 w901"})
	if err != nil || !a.NoMatch || len(a.Hits) != 0 {
		t.Errorf("%d hits, %v (%v)", len(a.Hits), a.NoMatch, err)
	}
	for _, q := range []Question{{Text: "w900 w7"}, {Text: "w900 w901", Mode: "dense"}} { // a word, or the meaning alone
		if a, err := c.Ask(context.Background(), q); err != nil || len(a.Hits) != 10 {
			t.Errorf("%v: %d hits (%v)", q, len(a.Hits), err)
		}
	}
}

// What is skipped without being opened is listed, as long as it is there. Messages of a sync name files as the build did.
func TestSkippedUnopened(t *testing.T) {
	ctx := context.Background()
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("notes/a.txt", "the king of paris")
	write("notes/b.png", "\x89PNG\r\n\x1a\n")
	write("notes/c.txt", "a\xff\xfe\xfa")
	src, err := documents.Open(ctx, nil, []string{"notes"}, documents.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Build(ctx, "docs", sentence.WorkedExample(), src, BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	listed := func() (names []string) {
		files, err := open1(t, "docs").Files()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Skipped != "" {
				names = append(names, filepath.ToSlash(f.Path)+": "+f.Skipped)
			}
		}
		return names
	}
	if got, want := listed(), []string{"notes/b.png: an image", "notes/c.txt: not UTF-8 text"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	changes, err := Sync(ctx, "docs", ChangeOptions{})
	if err != nil || !changes.Empty() {
		t.Errorf("%+v (%v)", changes, err)
	}
	write("notes/c.txt", "b\xff\xfe\xfa\xfb")
	write("notes/d.png", "\x89PNG\r\n\x1a\n")
	if err := os.Remove("notes/b.png"); err != nil {
		t.Fatal(err)
	}
	if changes, err = Sync(ctx, "docs", ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, s := range changes.Skipped {
		if filepath.IsAbs(s.Path) || s.Err != nil && strings.Contains(s.Err.Error(), string(filepath.Separator)+"notes") {
			t.Errorf("%s: %v", s.Path, s.Err)
		}
	}
	if got, want := listed(), []string{"notes/c.txt: not UTF-8 text", "notes/d.png: an image"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
}

// The progress of one large file is that of its bytes.
func TestProgressOfOneFile(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "large.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("the king of paris\n", 5000)), 0o666); err != nil {
		t.Fatal(err)
	}
	src, err := documents.Open(ctx, nil, []string{path}, documents.Options{Split: documents.Line})
	if err != nil {
		t.Fatal(err)
	}
	var shares []int64
	if _, err := Build(ctx, filepath.Join(dir, "docs"), sentence.WorkedExample(), src, BuildOptions{OnProgress: func(p Progress) {
		shares = append(shares, 100*p.Bytes/p.AllBytes)
	}}); err != nil {
		t.Fatal(err)
	}
	if want := []int64{20, 40, 61, 81, 100, 100}; !slices.Equal(shares, want) {
		t.Errorf("progress %v, want %v", shares, want)
	}
}

// Conditions on titles, headings and ids are true for what passages have, also after changes.
func TestPlaces(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "docs")
	if _, err := BuildPassages(ctx, dir, sentence.WorkedExample(), func(next func(documents.Passage, error) bool) {
		for i := range 3 {
			if !next(documents.Passage{Path: "a", ID: fmt.Sprint("id", i), Title: fmt.Sprint("T", i%2), Heading: []string{"One", fmt.Sprint("H", i)}, Text: "the king of paris"}, nil) {
				return
			}
		}
	}, BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Delete(ctx, dir, []string{"id0"}, ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	c := open1(t, dir)
	for where, want := range map[string][]string{`title = "T0"`: {"id2"}, `heading = "H1"`: {"id1"}, `heading = One`: {"id1", "id2"}, `id in (id0, id2)`: {"id2"}} {
		a, err := c.Ask(ctx, Question{Text: "king", Where: where})
		var got []string
		if err == nil {
			for _, h := range a.Hits {
				got = append(got, h.ID)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q (%v)", where, got, want, err)
		}
	}
}
