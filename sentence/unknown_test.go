package sentence

import (
	"math/rand/v2"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// unknownTokenizers have a token for unknown text, the last; the Unigram and the BPE also have one
// for spaces.
var unknownTokenizers = map[string]string{
	"WordPiece": `{"pre_tokenizer":{"type":"BertPreTokenizer"},"normalizer":{"type":"BertNormalizer","lowercase":true},
		"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"how":0,"are":1,"you":2,"[UNK]":3}}}`,
	"WordLevel": `{"pre_tokenizer":{"type":"Whitespace"},"model":{"type":"WordLevel","unk_token":"?","vocab":{"how":0,"are":1,"you":2,"?":3}}}`,
	"BPE": `{"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
		"model":{"type":"BPE","unk_token":"<unk>","vocab":{"h":0,"o":1,"w":2,"▁":3,"ho":4,"how":5,"▁how":6,"<unk>":7},
		"merges":["h o","ho w","▁ how"]}}`,
	"Unigram": `{"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
		"model":{"type":"Unigram","unk_id":2,"vocab":[["▁",-3],["▁how",-4],["<unk>",0]]}}`,
	"added": `{"added_tokens":[{"id":1,"content":"[UNK]","special":true}],"pre_tokenizer":{"type":"Whitespace"},
		"model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"how":0,"[UNK]":1}}}`,
}

// A token for unknown text has no vector. A text of such tokens only has the zero vector and no
// known token, and in a mixed text they do not count.
func TestUnknownTokens(t *testing.T) {
	for name, file := range unknownTokenizers {
		tokenizer, err := tokenize.Parse(name, []byte(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, pooling := range []Pooling{Mean, Max, First, Last} {
			l := Layers{Tokenizer: tokenizer, Embedding: *randomTensor(rand.New(rand.NewPCG(1, 2)), tokenizer.Vocabulary().Len(), 4), Pooling: pooling, Normalize: true}
			e, err := New(l)
			if err != nil {
				t.Fatal(err)
			}
			var v, how [4]float32
			if n, err := e.Encode(how[:], "how"); n != 1 || err != nil || how == v {
				t.Errorf("%s: how has %d tokens, vector %v, %v", name, n, how, err)
			}
			for _, text := range []string{"ⵣⵣⵣ", "ꦏꦏ ꦏ", "ⵣ ⵣ  ⵣ", "[UNK]"} {
				if n, err := e.Encode(v[:], text); n != 0 || err != nil || v != [4]float32{} {
					t.Errorf("%s, %s: %q has %d known tokens, vector %v, %v", name, pooling, text, n, v, err)
				}
				if x, err := e.Explain(text); err != nil || x.Known != 0 || x.Unknown != len(x.Tokens) || x.Norm != 0 {
					t.Errorf("%s, %s: %q is explained as %+v, %v", name, pooling, text, x, err)
				}
			}
			const mixed = "how ⵣⵣ"
			n, err := e.Encode(v[:], mixed)
			x, err2 := e.Explain(mixed)
			if err != nil || err2 != nil || x.Known != n || x.Unknown < 1 || [4]float32(x.Vector) != v {
				t.Errorf("%s, %s: %q has %d known tokens, but is explained as %+v, %v %v", name, pooling, mixed, n, x, err, err2)
			}
			if !tokenizer.Blank("▁") && (n != 1 || v != how) {
				t.Errorf("%s, %s: %q has %d known tokens, vector %v, want that of how, %v", name, pooling, mixed, n, v, how)
			}
		}
	}
}
