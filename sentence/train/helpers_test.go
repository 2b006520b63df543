package train

import (
	"testing"

	"github.com/luminavec/luminavec/corpora"
)

// wordList makes n words: "waa", "wab", …
func wordList(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = "w" + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
	}
	return words
}

func tokenizerOf(t testing.TB, words ...string) *corpora.Tokenizer {
	t.Helper()
	v, err := corpora.NewVocabulary(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := corpora.NewWordTokenizer(corpora.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
