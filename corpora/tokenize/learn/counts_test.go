package learn_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
)

// shards returns the shards of a text.
func shards(t *testing.T, content string, n int) (sources []*text.Source) {
	t.Helper()
	for i := 1; i <= n; i++ {
		s := text.FromBytes("text", []byte(content))
		if _, err := s.Shard(context.Background(), text.Shard{Index: i, Of: n}); err != nil {
			t.Fatal(err)
		}
		sources = append(sources, s)
	}
	return sources
}

// The phrases of merged counts are those of one pass, byte for byte, in any order of the shards.
func TestMergePhraseCounts(t *testing.T) {
	content := strings.Repeat("the bank of america is in new york\nnew york is big\nof new york\n", 40) + corporatest.ZipfText(30_000)
	o := learn.DefaultPhraseOptions(learn.NPMI)
	o.MinCount, o.Connectors, o.Threshold = 3, []string{"of", "the"}, 0.2
	o.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{})
	one, err := learn.FindPhrases(context.Background(), text.FromBytes("text", []byte(content)), o)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	one.Phrases.WriteTo(&want)
	var names []string
	var counts []*learn.PhraseCounts
	for i, src := range shards(t, content, 4) {
		c, err := learn.CountPhrases(context.Background(), src, o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if n, err := c.WriteTo(&b); err != nil || n != int64(b.Len()) {
			t.Fatal(n, err)
		}
		if c, err = learn.ReadPhraseCounts("x", bytes.NewReader(b.Bytes())); err != nil {
			t.Fatal(err)
		}
		names, counts = append(names, fmt.Sprint("part", i)), append(counts, c)
	}
	slices.Reverse(counts)
	all, err := learn.MergePhraseCounts(names, counts)
	if err != nil {
		t.Fatal(err)
	}
	found, err := all.Find(o)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	found.Phrases.WriteTo(&got)
	if !bytes.Equal(got.Bytes(), want.Bytes()) || !strings.Contains(want.String(), "bank of america\t") || found.Words != one.Words || found.DistinctPairs != one.DistinctPairs || found.DistinctWords != one.DistinctWords {
		t.Errorf("merged %+v\n%s\nwant %+v\n%s", found, got.Bytes(), one, want.Bytes())
	}
	if _, err := learn.MergePhraseCounts(names[:3], counts[:3]); err == nil || !strings.Contains(err.Error(), "shard 1/4 is missing") {
		t.Errorf("error %v", err)
	}
	if _, err := learn.MergePhraseCounts([]string{"a", "b"}, []*learn.PhraseCounts{counts[0], counts[0]}); err == nil || !strings.Contains(err.Error(), "a and b are the same shard, 4/4") {
		t.Errorf("error %v", err)
	}
	o.Connectors = nil
	other, err := learn.CountPhrases(context.Background(), shards(t, content, 4)[0], o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := learn.MergePhraseCounts([]string{"a", "b"}, []*learn.PhraseCounts{counts[0], other}); err == nil || !strings.Contains(err.Error(), "b was counted with different options than a") {
		t.Errorf("error %v", err)
	}
}

// A tokenizer that is learned from merged counts is that of one pass, byte for byte.
func TestMergeWordCounts(t *testing.T) {
	content := "a\\b \\t back\\\\slash naïve Ünïcode\n" + corporatest.ZipfText(50_000)
	for _, model := range learn.Models() {
		o := learn.DefaultOptions(model)
		o.Vocabulary = 400
		one, err := learn.Train(context.Background(), text.FromBytes("text", []byte(content)), o)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := one.Tokenizer.MarshalJSON()
		var names []string
		var counts []*learn.WordCounts
		for i, src := range shards(t, content, 3) {
			c, err := learn.CountWords(context.Background(), src, o)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if n, err := c.WriteTo(&b); err != nil || n != int64(b.Len()) {
				t.Fatal(n, err)
			}
			if c, err = learn.ReadWordCounts("x", bytes.NewReader(b.Bytes())); err != nil {
				t.Fatal(err)
			}
			names, counts = append(names, fmt.Sprint("part", i)), append(counts, c)
		}
		all, err := learn.MergeWordCounts(names, counts)
		if err != nil {
			t.Fatal(err)
		}
		merged, err := all.Train(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := merged.Tokenizer.MarshalJSON()
		if !bytes.Equal(got, want) || merged.Words != one.Words || merged.Distinct != one.Distinct {
			t.Errorf("%s: the tokenizers differ", model)
		}
	}
}

func TestReadCountsErrors(t *testing.T) {
	head := "#luminavec\t{\"counts\":\"phrases\",\"words\":3,\"distinct\":1}\n"
	for content, message := range map[string]string{
		"":                                     "x is empty",
		"the\t5\n":                             "x is not a file of counts",
		"#luminavec\t{}\n":                     "something else",
		"#luminavec\t{\"counts\":\"words\"}\n": `counts of "words", not of phrases`,
		"#luminavec\t{\"counts\":1}\n":         "bad header",
		"#luminavec\tnot json\n":               "x:1: bad header",
		head + "a\tmany\n":                     `x:2: "many" is not a count`,
		head + "a\t-1\n":                       `x:2: "-1" is not a count`,
		head + "a\n":                           "expected a key and a count",
		head + "a\tb\tc\t1\n":                  "3 fields",
		head + "a\t\xff\n":                     "invalid UTF-8",
		head + "a\tb\t9223372036854775807\na\tb\t1":                                  "out of range",
		strings.Replace(head, `"words":3`, `"words":-3`, 1):                          "-3 is negative",
		strings.Replace(head, `"words":3`, `"words":3,"shard":"9/4"`, 1):             "got 9/4",
		strings.Replace(head, `"words":3`, `"words":3,"rows":3`, 1) + "a\t2\nb\t1\n": "x is not complete: it holds 2 of 3 rows",
		strings.Replace(head, `"words":3`, `"words":3,"rows":-3`, 1):                 "-3 is negative",
		head + strings.Repeat("x", 2<<20) + "\t1\n":                                  "longer than",
	} {
		if _, err := learn.ReadPhraseCounts("x", strings.NewReader(content)); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%.60q: error %v, want %q", content, err, message)
		}
	}
}
