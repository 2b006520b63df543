package train

import (
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// wordList makes n words: "waa", "wab", …
func wordList(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = "w" + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
	}
	return words
}

func tokenizerOf(t testing.TB, words ...string) *tokenize.Tokenizer {
	t.Helper()
	v, err := tokenize.NewVocabulary(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
