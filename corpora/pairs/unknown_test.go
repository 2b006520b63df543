package pairs

import (
	"context"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// The token for unknown text is no part of a text, as in the encoder, and a text of such tokens
// only, with or without marks of spaces, is skipped.
func TestUnknownTokens(t *testing.T) {
	for name, file := range map[string]string{
		"WordLevel": `{"pre_tokenizer":{"type":"WhitespaceSplit"},"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2}}}`,
		"Unigram": `{"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
			"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁a",-1],["▁b",-2],["▁",-3]]}}`,
	} {
		tokenizer, err := tokenize.Parse(name, []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Build(context.Background(), openFiles(t, "p.tsv", "a b\tb a\nⵣ a ⵣ\tb\nⵣ ⵣ\ta\nb\tⵣ\n"), Options{Tokenizer: tokenizer})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		counts := p.TokenCounts()
		if u := p.Stats().Unknown; u != 2 {
			t.Errorf("%s: %d unknown tokens, want 2", name, u)
		}
		if p.Examples() != 2 || !slices.Equal(counts[:3], []int64{0, 3, 3}) {
			t.Errorf("%s: %d examples, counts %d", name, p.Examples(), counts)
		}
	}
}
