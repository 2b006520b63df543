package tokenize

import (
	"slices"
	"testing"
)

func TestTokenText(t *testing.T) {
	type token struct {
		text   string
		inside bool
	}
	for name, c := range map[string]struct {
		file string
		want []token
	}{
		"WordPiece": {`{"added_tokens":[{"id":0,"content":"[UNK]","special":true}],"pre_tokenizer":{"type":"BertPreTokenizer"},
			"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"play":1,"##ing":2,"##":3}}}`,
			[]token{{"[UNK]", false}, {"play", false}, {"ing", true}, {"##", false}}},
		"BPE of bytes": {`{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},
			"model":{"type":"BPE","vocab":{"a":0,"Ġa":1,"Ã©":2,"Ġ":3},"merges":[]}}`,
			[]token{{"a", true}, {"a", false}, {"é", true}, {"", false}}},
		"Unigram": {`{"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
			"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁the",-1],["s",-2],["▁new▁york",-3],["▁",-4]]}}`,
			[]token{{"<unk>", true}, {"the", false}, {"s", true}, {"new york", false}, {"", false}}},
	} {
		k, err := Parse(name, []byte(c.file))
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range c.want {
			if text, inside := k.TokenText(int32(id)); text != want.text || inside != want.inside {
				t.Errorf("%s: %s is %q, inside a word: %v; want %q, %v", name, k.Vocabulary().Token(int32(id)), text, inside, want.text, want.inside)
			}
		}
	}
}

// A word that is added is found where its tokens were; the others, and text without it, stay as they are.
func TestWithWords(t *testing.T) {
	k, err := Parse("", []byte(`{"added_tokens":[{"id":5,"content":"[SEP]","special":true}],"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"BertPreTokenizer"},
		"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"play":1,"##ing":2,"##s":3,"-":4,"back":6}}}`))
	if err != nil {
		t.Fatal(err)
	}
	with, added, err := k.WithWords([]string{"Playing", "play", "playing", "play-back", "unknown", "", "plays"})
	if err != nil || !slices.Equal(added, []string{"playing", "plays"}) {
		t.Fatalf("added %q: %v", added, err)
	}
	data, err := with.MarshalJSON()
	if err == nil {
		with, err = Parse("again", data)
	}
	if err != nil {
		t.Fatal(err)
	}
	if ids := with.Encode(nil, "PLAYING play[SEP]plays back playings"); !slices.Equal(ids, []int32{7, 1, 5, 8, 6, 7, 3}) {
		t.Errorf("the tokens are %d", ids)
	}
	if _, _, err := NewWordTokenizer(WordOptions{}).WithWords(nil); err == nil {
		t.Error("words were added to a tokenizer of words")
	}
}
