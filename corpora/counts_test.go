package corpora_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// countShards counts each of n shards and reads the counts back from what was written.
func countShards(t *testing.T, content string, n int, o corpora.BuildOptions) (names []string, counts []*corpora.Counts) {
	t.Helper()
	for i := 1; i <= n; i++ {
		src := text.FromBytes("text", []byte(content))
		if _, err := src.Shard(context.Background(), text.Shard{Index: i, Of: n}); err != nil {
			t.Fatal(err)
		}
		c, err := corpora.CountWords(context.Background(), src, o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if n, err := c.WriteTo(&b); err != nil || n != int64(b.Len()) {
			t.Fatal(n, err)
		}
		name := fmt.Sprintf("part%d.tsv", i)
		if c, err = corpora.ReadCounts(name, &b); err != nil {
			t.Fatal(err)
		}
		names, counts = append(names, name), append(counts, c)
	}
	return names, counts
}

func written(t *testing.T, c *corpora.Counts) string {
	t.Helper()
	var b strings.Builder
	if _, err := c.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// By hand: "a" occurs twice in the first line and once in the second, so only the sum reaches 3.
func TestMergeCountsByHand(t *testing.T) {
	names, counts := countShards(t, "a b a\nc a c\n", 2, corpora.BuildOptions{MinCount: 3})
	if got := written(t, counts[0]); !strings.HasSuffix(got, "\na\t2\nb\t1\n") || !strings.Contains(got, `"shard":"1/2"`) {
		t.Errorf("the first shard is %q", got)
	}
	all, err := corpora.MergeCounts(names, counts, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := written(t, all); !strings.HasSuffix(got, "}\na\t3\nc\t2\n") || all.Words() != 6 || all.Distinct() != 3 {
		t.Errorf("merged: %q", got)
	}
	if all, err = corpora.MergeCounts(names, counts, 1, 1); err != nil || !strings.HasSuffix(written(t, all), "}\na\t3\n") {
		t.Errorf("at most one word: %v", err)
	}
}

// The merged counts are those of one pass, byte for byte.
func TestMergeCounts(t *testing.T) {
	content := corporatest.ZipfText(300_000)
	for _, o := range []corpora.BuildOptions{{}, {MinCount: 2, MaxVocabulary: 500}, {Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true, Whitespace: true})}} {
		one, err := corpora.CountWords(context.Background(), text.FromBytes("text", []byte(content)), o)
		if err != nil {
			t.Fatal(err)
		}
		built, err := corpora.Build(context.Background(), text.FromBytes("text", []byte(content)), o)
		if err != nil {
			t.Fatal(err)
		}
		if !one.Vocabulary().Equal(built.Vocabulary()) || one.Words() != built.RawWords() || one.Distinct() != built.DistinctWords() {
			t.Error("counting and building give different vocabularies")
		}
		built.Close()
		for _, n := range []int{1, 3, 8} {
			names, counts := countShards(t, content, n, o)
			all, err := corpora.MergeCounts(names, counts, o.MinCount, o.MaxVocabulary)
			if err != nil {
				t.Fatal(err)
			}
			if written(t, all) != written(t, one) {
				t.Errorf("%+v: %d shards give other counts than one pass", o, n)
			}
		}
	}
}

// The tokens of a subword tokenizer keep their order and are all there.
func TestMergeTokenCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vocab.txt")
	if err := os.WriteFile(path, []byte("[PAD]\n[UNK]\nb\na\n##a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	o := corpora.BuildOptions{Tokenizer: tokenizer}
	names, counts := countShards(t, "aa b\nba a\n", 2, o)
	all, err := corpora.MergeCounts(names, counts, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := written(t, all); !strings.HasSuffix(got, "}\n[PAD]\t0\n[UNK]\t0\nb\t2\na\t2\n##a\t2\n") {
		t.Errorf("merged: %q", got)
	}
	out := filepath.Join(t.TempDir(), "vocab.tsv")
	if err := os.WriteFile(out, []byte(written(t, all)), 0o644); err != nil {
		t.Fatal(err)
	}
	v, err := corpora.OpenVocabulary(out, tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	corpus, err := corpora.Build(context.Background(), text.FromBytes("x", []byte("ba\n")), corpora.BuildOptions{Tokenizer: tokenizer, Vocabulary: v})
	if err != nil || corpus.Words() != 2 || corpus.Vocabulary().Count(4) != 2 {
		t.Errorf("a corpus with this vocabulary: %v", err)
	}
}

func TestMergeCountsErrors(t *testing.T) {
	names, counts := countShards(t, "a b\nc d\ne f\n", 3, corpora.BuildOptions{})
	_, others := countShards(t, "a b\nc d\ne g\n", 3, corpora.BuildOptions{})
	_, two := countShards(t, "a b\nc d\ne f\n", 2, corpora.BuildOptions{})
	_, cased := countShards(t, "a b\nc d\ne f\n", 3, corpora.BuildOptions{Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true})})
	pruned, err := corpora.CountWords(context.Background(), text.FromBytes("x", []byte("a a b\n")), corpora.BuildOptions{MinCount: 2})
	if err != nil {
		t.Fatal(err)
	}
	for message, counts := range map[string][]*corpora.Counts{
		"no counts to merge":                              nil,
		"shard 2/3 is missing":                            {counts[0], counts[2]},
		"part1.tsv and part3.tsv are the same shard, 1/3": {counts[0], counts[1], counts[0]},
		"shard 2/3 is missing of the text of part1.tsv; part2.tsv is a shard of different text": {counts[0], others[1], others[2]},
		"part2.tsv is shard 2/2, but part1.tsv is shard 1/3":                                    {counts[0], two[1], counts[2]},
		"part2.tsv was counted with different tokenizer":                                        {counts[0], cased[1], counts[2]},
		"part1.tsv does not hold all counts":                                                    {pruned},
	} {
		if _, err := corpora.MergeCounts(names[:len(counts)], counts, 1, 0); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("error %v, want %q", err, message)
		}
	}
}

func TestOpenVocabularyErrors(t *testing.T) {
	words := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	_, counts := countShards(t, "a b\nc d\n", 2, corpora.BuildOptions{})
	_, cased := countShards(t, "a b\nc d\n", 1, corpora.BuildOptions{Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true})})
	for message, content := range map[string]string{
		"the counts of shard 1/2 alone": written(t, counts[0]),
		"another tokenizer":             written(t, cased[0]),
		"are 0":                         "a\t0\n",
		"is empty":                      "",
		"expected a key and a count":    "a 5\n",
		"is there twice":                "a\t5\na\t5\n",
	} {
		path := filepath.Join(t.TempDir(), "vocab.tsv")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := corpora.OpenVocabulary(path, words); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("error %v, want %q", err, message)
		}
	}
	path := filepath.Join(t.TempDir(), "vocab.tsv") // as in a model; another order is sorted
	os.WriteFile(path, []byte("b\t2\na\t5\n"), 0o644)
	if v, err := corpora.OpenVocabulary(path, words); err != nil || v.Token(0) != "a" || v.Count(0) != 5 {
		t.Errorf("plain: %v", err)
	}
	if _, err := corpora.OpenVocabulary(filepath.Join(t.TempDir(), "no"), words); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("error %v", err)
	}
}
