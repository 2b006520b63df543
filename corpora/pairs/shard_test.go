package pairs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// The shards of pairs hold every example once, and agree on what is detected in all of them.
func TestShards(t *testing.T) {
	var tokens []string
	var a, b strings.Builder
	for i := range 23 {
		tokens = append(tokens, fmt.Sprintf("w%d", i))
		fmt.Fprintf(&a, "w%d\tw%d\t%d\n", i, (i+1)%23, i%5)
	}
	b.WriteString("sentence1,sentence2,score\n\"w1\nw2\",w3,5\n")
	v, err := tokenize.NewVocabulary(tokens, nil)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	build := func(shard text.Shard) *pairs.Dataset {
		p, err := pairs.Build(context.Background(), []pairs.Source{
			{Source: text.FromBytes("a.tsv", []byte(a.String())), Weight: 1}, {Source: text.FromBytes("b.csv", []byte(b.String())), Weight: 1},
		}, pairs.Options{Tokenizer: tokenizer, Shard: shard})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	whole := build(text.Shard{})
	sum, examples := make([]int64, len(tokens)), int64(0)
	var prints []string
	for i := 1; i <= 5; i++ {
		p := build(text.Shard{Index: i, Of: 5})
		if !slices.Equal(p.TokenCounts(), whole.TokenCounts()) || p.Scores().Range != [2]float64{0, 5} || p.Rows() != 24 {
			t.Errorf("shard %d: scores %v, %d rows", i, p.Scores().Range, p.Rows())
		}
		for id, n := range p.OwnTokenCounts() {
			sum[id] += n
		}
		examples += p.Examples()
		prints = append(prints, p.Fingerprint())
	}
	if !slices.Equal(sum, whole.TokenCounts()) || examples != whole.Examples() || examples != 24 {
		t.Errorf("%d examples; counts %v, want %v", examples, sum, whole.TokenCounts())
	}
	if !strings.HasPrefix(prints[1], whole.Fingerprint()) || prints[0] == prints[1] {
		t.Errorf("fingerprints %q, of the whole %q", prints, whole.Fingerprint())
	}
	_, err = pairs.Build(context.Background(), []pairs.Source{{Source: text.FromBytes("b.csv", []byte(b.String())), Weight: 1}}, pairs.Options{Tokenizer: tokenizer, Shard: text.Shard{Index: 2, Of: 2}, ScoreRange: [2]float64{0, 5}})
	if err == nil || !strings.Contains(err.Error(), "shard 2/2 has none of the 1 example") {
		t.Errorf("error %v", err)
	}
}
