package models

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// The tokens of ASCII words are those of github.com/sugarme/tokenizer.
func TestWordPieceASCII(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func(most int) string {
		b := make([]byte, 1+r.IntN(most))
		for i := range b {
			b[i] = "abc#"[r.IntN(4)]
		}
		return string(b)
	}
	for round := range 60 {
		prefix := []string{"##", "", "_"}[round%3]
		ids := map[string]int{"[UNK]": 0, "ä": 1, prefix + "b": 2}
		for range 25 {
			token := word(4)
			if r.IntN(2) == 0 {
				token = prefix + token
			}
			if _, ok := ids[token]; !ok {
				ids[token] = len(ids)
			}
		}
		vocab, err := json.Marshal(ids)
		if err != nil {
			t.Fatal(err)
		}
		m, err := parseWordPiece(Section{Fields: fmt.Appendf(nil, `{"unk_token":"[UNK]","continuing_subword_prefix":%q,"max_input_chars_per_word":9,"vocab":%s}`, prefix, vocab)})
		if err != nil {
			t.Fatal(err)
		}
		for range 500 {
			w := []byte(word(11))
			gotIDs, gotEnds := m.(*wordPiece).ascii(nil, nil, w)
			ids, ends := m.(*wordPiece).other(nil, nil, w)
			if !slices.Equal(gotIDs, ids) || !slices.Equal(gotEnds, ends) {
				t.Fatalf("%q: %v at %v, want %v at %v (vocabulary %s)", w, gotIDs, gotEnds, ids, ends, vocab)
			}
			gotIDs, gotEnds = m.(*wordPiece).plain(nil, nil, w)
			if !slices.Equal(gotIDs, ids) || !slices.Equal(gotEnds, ends) {
				t.Fatalf("%q without a trie: %v at %v, want %v at %v (vocabulary %s)", w, gotIDs, gotEnds, ids, ends, vocab)
			}
		}
	}
}
