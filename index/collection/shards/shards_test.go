package shards

import (
	"cmp"
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
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

func buildFolder(t *testing.T, dir, folder string, o documents.Options) {
	t.Helper()
	src, err := documents.Open(t.Context(), nil, []string{folder}, o)
	if err == nil {
		_, err = collection.Build(t.Context(), dir, sentence.WorkedExample(), src, collection.BuildOptions{Index: index.Options{Kind: index.Flat}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *collection.Collection {
	t.Helper()
	c, err := collection.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// divided builds a folder of files as one collection and as n shards.
func divided(t *testing.T, n int) (whole string, parts []string, folder string) {
	t.Helper()
	root := t.TempDir()
	folder = filepath.Join(root, "docs")
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
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
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

// Shards give the answer of one collection by meaning, and nearly so by words.
func TestAsk(t *testing.T) {
	whole, parts, _ := divided(t, 3)
	var list []Shard
	for _, p := range parts {
		list = append(list, Shard{Name: p, Asker: open(t, p)})
	}
	one := open(t, whole)
	for _, mode := range fusion.Modes() {
		q := collection.Question{Text: "who has an apple", K: 10, Mode: mode}
		want, err := one.Ask(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Ask(t.Context(), list, q, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if mode == fusion.Dense {
			var x, y []float64 // passages of equal score may be others
			for i := range want.Hits {
				x, y = append(x, math.Round(1e5*want.Hits[i].Score)), append(y, math.Round(1e5*got.Hits[i].Score))
			}
			if !slices.Equal(x, y) {
				t.Errorf("dense: got %v, want %v", y, x)
			}
			continue
		}
		last := want.Hits[len(want.Hits)-1].Score
		for _, h := range got.Hits {
			if h.Score < last-.5 || h.Shard == "" {
				t.Errorf("%s: %s:%d has the score %.3f; the tenth of one collection has %.3f", mode, h.Path, h.FirstLine, h.Score, last)
			}
		}
		if w := got.Statistics; w.Passages != int64(one.Len()) || math.Abs(w.Words.Mean-want.Statistics.Words.Mean) > .1 || math.Abs(w.Words.Deviation-want.Statistics.Words.Deviation) > .1 {
			t.Errorf("%s: statistics %+v, want about %+v", mode, w, want.Statistics)
		}
	}
}

func TestPooled(t *testing.T) {
	// 1, 2, 3 and 10: mean 4, variance (9+4+1+36)/4.
	got := pooled(collection.Statistics{Passages: 3, Dense: fusion.Measure([]float32{1, 2, 3})}, collection.Statistics{Passages: 1, Dense: fusion.Measure([]float32{10})})
	if got.Passages != 4 || math.Abs(got.Dense.Mean-4) > 1e-9 || math.Abs(got.Dense.Deviation-math.Sqrt(12.5)) > 1e-9 {
		t.Errorf("got %+v", got)
	}
}

// asker is a shard that does what it is told.
type asker func(context.Context, collection.Question) (*collection.Answer, error)

func (a asker) Ask(ctx context.Context, q collection.Question) (*collection.Answer, error) {
	return a(ctx, q)
}

func TestShardsFail(t *testing.T) {
	good := Shard{"good", asker(func(context.Context, collection.Question) (*collection.Answer, error) {
		return &collection.Answer{Mode: fusion.Dense, Hits: []collection.Match{{Score: .5}}}, nil
	})}
	bad := func(name string, f asker) Shard { return Shard{name, f} }
	gone := errors.New("gone")
	for _, c := range []struct {
		shard Shard
		want  string
	}{
		{bad("bad", func(context.Context, collection.Question) (*collection.Answer, error) { return nil, gone }), "bad: gone"},
		{bad("slow", func(ctx context.Context, _ collection.Question) (*collection.Answer, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}), "slow: no answer in 20ms"},
		{bad("panics", func(context.Context, collection.Question) (*collection.Answer, error) { panic("no") }), "panics: "},
	} {
		if _, err := Ask(t.Context(), []Shard{good, c.shard}, collection.Question{Text: "x"}, Options{Timeout: 20 * time.Millisecond}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.shard.Name, err, c.want)
		}
		a, err := Ask(t.Context(), []Shard{c.shard, good}, collection.Question{Text: "x"}, Options{Timeout: 20 * time.Millisecond, Partial: true})
		if err != nil || len(a.Hits) != 1 || len(a.Failed) != 1 || !strings.Contains(a.Failed[0].Error(), c.want) {
			t.Errorf("%s, partial: %+v, %v", c.shard.Name, a, err)
		}
		if _, err := Ask(t.Context(), []Shard{c.shard}, collection.Question{Text: "x"}, Options{Timeout: 20 * time.Millisecond, Partial: true}); err == nil {
			t.Errorf("%s: no shard answered, but there is an answer", c.shard.Name)
		}
	}
	// A question without a word that a shard knows is answered by the others.
	none := bad("none", func(context.Context, collection.Question) (*collection.Answer, error) {
		return nil, fault.Mark(errors.New("unknown"), collection.ErrNoWord)
	})
	if a, err := Ask(t.Context(), []Shard{none, good}, collection.Question{Text: "x"}, Options{}); err != nil || len(a.Hits) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := Ask(t.Context(), []Shard{none}, collection.Question{Text: "x"}, Options{}); !errors.Is(err, collection.ErrNoWord) {
		t.Errorf("no word: %v", err)
	}
	far := bad("far", func(context.Context, collection.Question) (*collection.Answer, error) {
		return &collection.Answer{Mode: fusion.Dense, Distances: true, Hits: []collection.Match{{Score: .5}}}, nil
	})
	if _, err := Ask(t.Context(), []Shard{good, far}, collection.Question{Text: "x"}, Options{}); err == nil || !strings.Contains(err.Error(), "metric") {
		t.Errorf("two metrics: %v", err)
	}
}

// named is a shard that says which it is.
type named struct {
	Asker
	division string
}

func (d named) Division() string { return d.division }

func TestMissing(t *testing.T) {
	for _, c := range []struct {
		divisions string
		missing   string
		err       string
	}{
		{"1/3:x 2/3:x 3/3:x", "", ""},
		{"3/3:x 1/3:x", "2/3", ""},
		{"1/2:x 2/2:y 1/2:y", "2/2", ""},
		{"1/2:x 1/3:x", "", "0 is shard 1/2, but 1 is shard 1/3"},
		{"2/3:x 2/3:x", "", "0 and 1 are both shard 2/3"},
		{"1/2:x :x", "", ""}, // merged
		{":x :x 1/1:y", "", ""},
		{" bad", "", ""}, // of older releases
	} {
		var list []Shard
		for i, d := range strings.Split(c.divisions, " ") {
			list = append(list, Shard{Name: fmt.Sprint(i), Asker: named{division: d}})
		}
		missing, err := Missing(append(list, Shard{Name: "other"}))
		if fmt.Sprint(err) != cmp.Or(c.err, "<nil>") || strings.Trim(fmt.Sprint(missing), "[]") != c.missing {
			t.Errorf("%s: %v, %v", c.divisions, missing, err)
		}
	}
	if s := text.MissingShards(make([]text.Shard, 5)); s != "shards are missing: 0/0, 0/0, 0/0 and 2 more" {
		t.Error(s)
	}
	_, parts, _ := divided(t, 2)
	if missing, err := Missing([]Shard{{"a", open(t, parts[1])}}); err != nil || !slices.Equal(missing, []text.Shard{{Index: 1, Of: 2}}) {
		t.Errorf("%v, %v", missing, err)
	}
}
