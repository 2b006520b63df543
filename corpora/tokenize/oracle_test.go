package tokenize

import (
	"context"
	"slices"
	"testing"

	"github.com/sugarme/tokenizer/model/wordlevel"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/corpora/text"
)

// The ids of a text are those of the WordLevel model of github.com/sugarme/tokenizer for the
// words of the plain oracle; Encode, Each and Tokens agree.
func TestEncodeOracle(t *testing.T) {
	tokens := []string{}
	ids := map[string]int{}
	var lines []string
	n := 0
	err := text.Sample().Read(context.Background(), func(c text.Chunk) error {
		if n++; n%40 > 0 {
			return nil
		}
		lines = append(lines, string(c.Text))
		for _, word := range corporatest.Words(string(c.Text), false) {
			if _, ok := ids[word]; !ok && len(word)%3 > 0 { // the others stay unknown
				ids[word] = len(tokens)
				tokens = append(tokens, word)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVocabulary(tokens, nil)
	if err != nil {
		t.Fatal(err)
	}
	words, err := NewWordTokenizer(WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	model, err := wordlevel.New(ids, "[UNK]")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		var want, each, placed []int32
		var unknown []string
		for _, word := range corporatest.Words(line, false) {
			if _, ok := ids[word]; !ok {
				unknown = append(unknown, word)
				continue
			}
			found, err := model.Tokenize(word)
			if err != nil || len(found) != 1 {
				t.Fatalf("%q: %v, error %v", word, found, err)
			}
			want = append(want, int32(found[0].Id))
		}
		var others []string
		words.Each(line, func(word []byte, id int32) {
			if id < 0 {
				others = append(others, string(word))
				return
			}
			each = append(each, id)
		})
		for _, token := range words.Tokens(line) {
			if token.ID >= 0 {
				placed = append(placed, token.ID)
			}
		}
		if got := words.Encode(nil, line); !slices.Equal(got, want) || !slices.Equal(each, want) || !slices.Equal(placed, want) {
			t.Fatalf("%.80q: Encode %v, Each %v, Tokens %v, want %v", line, got, each, placed, want)
		}
		if !slices.Equal(others, unknown) {
			t.Fatalf("%.80q: unknown words %q, want %q", line, others, unknown)
		}
	}
}

// The ids that Each and Tokens hand on are those of the vocabulary.
func TestSubwordIDs(t *testing.T) {
	line := string(corporatest.SampleText(t, 1<<16))
	for _, tokenizer := range []*Tokenizer{wordPiece(t), openTestTokenizer(t, "llama2"), openTestTokenizer(t, "unigram")} {
		var each []int32
		tokenizer.Each(line, func(token []byte, id int32) {
			if known, ok := tokenizer.Vocabulary().Find(token); !ok || known != id {
				t.Fatalf("%q has the id %d, want %d", token, id, known)
			}
			each = append(each, id)
		})
		if ids := tokenizer.Encode(nil, line); !slices.Equal(ids, each) {
			t.Error("Encode and Each give different ids")
		}
	}
}
