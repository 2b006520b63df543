package collection

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// divided builds a folder of files as one collection and as n shards.
func divided(t *testing.T, n int) (whole string, parts []string, folder string) {
	random, words := rand.New(rand.NewPCG(1, 2)), []string{"how", "are", "you", "who", "apple", "stone"}
	files := map[string]string{}
	for i := range 40 {
		var b strings.Builder
		for range 1 + random.IntN(6) {
			for range 2 + random.IntN(9) {
				b.WriteString(words[random.IntN(len(words))] + " ")
			}
			b.WriteString("\n\n")
		}
		files[fmt.Sprintf("%02d/%02d.txt", i%7, i)] = b.String()
	}
	return shardsOf(t, n, files)
}

// shardsOf builds a folder with these files as one collection and as n shards.
func shardsOf(t *testing.T, n int, files map[string]string) (whole string, parts []string, folder string) {
	t.Helper()
	root := t.TempDir()
	folder = filepath.Join(root, "docs")
	put(t, folder, files)
	o := documents.Options{Split: documents.Paragraph}
	whole = filepath.Join(root, "whole")
	buildFolder(t, whole, folder, o)
	for i := range n {
		o.Shard = text.Shard{Index: i + 1, Of: n}
		dir := filepath.Join(root, fmt.Sprintf("part%d", i))
		buildFolder(t, dir, folder, o)
		parts = append(parts, dir)
	}
	return whole, parts, folder
}

// sameHits reports whether hits are the same passages with the same scores; codes of vectors are computed in another order.
func sameHits(x, y []Match) bool {
	scores := map[string]float64{}
	for _, h := range x {
		scores[fmt.Sprintf("%s:%d", h.Path, h.FirstLine)] = h.Score
	}
	for _, h := range y {
		if score, ok := scores[fmt.Sprintf("%s:%d", h.Path, h.FirstLine)]; !ok || math.Abs(score-h.Score) > 1e-4 {
			return false
		}
	}
	return len(x) == len(y)
}

// Merged shards answer as one build of all files does, and can be synced.
func TestMergeIsOneBuild(t *testing.T) {
	whole, parts, folder := divided(t, 3)
	slices.Reverse(parts)
	merged := sameMerged(t, whole, parts)
	if c := sync1(t, merged); !c.Empty() || c.Unchanged != 40 {
		t.Errorf("sync of the merged collection: %+v", c)
	}
	put(t, folder, map[string]string{"new.txt": "how am I"})
	if c := sync1(t, merged); len(c.Added) != 1 {
		t.Errorf("sync after a change: %+v", c)
	}
	// A shard stays one.
	if c := sync1(t, parts[0]); len(c.Added) > 1 {
		t.Errorf("sync of a shard: %+v", c)
	}
}

// The shards of fewer files than shards have parts of them.
func TestMergeDividedFiles(t *testing.T) {
	records, lines := "", ""
	for i := range 60 {
		records += fmt.Sprintf("{\"id\":\"r%d\",\"text\":\"who are you %s\"}\n", i, strings.Repeat("apple ", i%7))
		lines += "how are you\n\nan apple\n\n"
	}
	whole, parts, folder := shardsOf(t, 3, map[string]string{"a.jsonl": records, "b.txt": lines})
	slices.Reverse(parts)
	merged := sameMerged(t, whole, parts)
	for _, dir := range append(parts, merged) {
		if c := sync1(t, dir); !c.Empty() || c.Unchanged != 2 {
			t.Errorf("sync: %+v", c)
		}
	}
	// With another file, none is divided: the shards then have the files whole.
	put(t, folder, map[string]string{"c.txt": lines})
	var passages int
	for _, dir := range parts {
		sync1(t, dir)
		passages += len(all(t, dir))
	}
	if passages != 60+120+120 {
		t.Errorf("after a change the shards have %d passages", passages)
	}
	put(t, folder, map[string]string{"a.jsonl": records[:len(records)/2]})
	sync1(t, parts[2])
	if c := sync1(t, merged); len(c.Changed) != 1 {
		t.Errorf("sync after a change: %+v", c)
	}
}

func TestMergeOfChangedFile(t *testing.T) {
	_, parts, folder := shardsOf(t, 2, map[string]string{"a.txt": strings.Repeat("how are you\n\n", 30)})
	put(t, folder, map[string]string{"a.txt": strings.Repeat("who are you\n\n", 30)})
	sync1(t, parts[1])
	if _, err := Merge(t.Context(), filepath.Join(t.TempDir(), "merged"), parts, MergeOptions{}); err == nil || !strings.Contains(err.Error(), "a.txt was changed between the builds of") {
		t.Errorf("got %v", err)
	}
}

// sameMerged merges shards, and checks that the collection is that of all files.
func sameMerged(t *testing.T, whole string, parts []string) (merged string) {
	t.Helper()
	merged = filepath.Join(t.TempDir(), "merged")
	if _, err := Merge(t.Context(), merged, parts, MergeOptions{}); err != nil {
		t.Fatal(err)
	}
	a, b := open1(t, whole), open1(t, merged)
	if x, y := fmt.Sprint(all(t, whole)), fmt.Sprint(all(t, merged)); x != y {
		t.Errorf("the passages differ:\n%s\n%s", x, y)
	}
	for _, mode := range fusion.Modes() {
		q := Question{Text: "who has an apple", K: 1000, Mode: mode}
		x, err := a.Ask(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.Ask(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !sameHits(x.Hits, y.Hits) {
			t.Errorf("%s: the answers differ", mode)
		}
	}
	return merged
}

func TestMergeErrors(t *testing.T) {
	whole, parts, folder := divided(t, 3)
	other := filepath.Join(t.TempDir(), "other")
	buildFolder(t, other, folder, documents.Options{Split: documents.Line})
	copied := filepath.Join(t.TempDir(), "copied")
	if err := os.CopyFS(copied, os.DirFS(parts[1])); err != nil {
		t.Fatal(err)
	}
	four := filepath.Join(t.TempDir(), "four")
	buildFolder(t, four, folder, documents.Options{Split: documents.Paragraph, Shard: text.Shard{Index: 1, Of: 4}})
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, "no collection"},
		{parts[:2], "shards are missing: 3/3"},
		{[]string{parts[0], parts[0]}, "is named twice"},
		{[]string{parts[1], copied}, "are both shard 2/3"},
		{[]string{parts[0], whole}, "but " + whole + " is not"},
		{[]string{whole, parts[0]}, "but " + whole + " is not"},
		{[]string{parts[0], four}, "is shard 1/3, but " + four + " is shard 1/4"},
		{[]string{whole, other}, "different options"},
		{[]string{whole, buildTexts(t, "how are you")}, "different"},
		{[]string{whole, filepath.Join(folder, "none")}, "no such collection"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		_, err := Merge(t.Context(), out, c.names, MergeOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.Hint(err) == "" {
			t.Errorf("%v: %v (hint %q), want %q", c.names, err, fault.Hint(err), c.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%v: %s was left", c.names, out)
		}
	}
	if s, err := Merge(t.Context(), filepath.Join(t.TempDir(), "partial"), parts[:2], MergeOptions{Partial: true}); err != nil || s.Files >= 40 {
		t.Errorf("partial: %+v, %v", s, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Merge(ctx, filepath.Join(t.TempDir(), "cancelled"), parts, MergeOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
