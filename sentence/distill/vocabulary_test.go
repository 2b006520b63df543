package distill

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// textSample is sampled with texts instead of tokens.
func textSample(e *transformer.Encoder, o Options) *Sample {
	s := NewSample(e.Tokenizer().Vocabulary().Len(), o)
	for _, text := range texts() {
		s.AddText(e.Tokenizer(), text)
	}
	return s
}

// The rows of a vocabulary are at first the vectors that the reference library computes for what its tokens
// stand for, minus their mean.
func TestVocabulary(t *testing.T) {
	data, err := os.ReadFile("testdata/vocabulary.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		Token  string
		Pieces []string
		Vector []float64
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	var tokens []string
	mean := make([]float64, len(golden[0].Vector))
	for _, g := range golden {
		tokens = append(tokens, g.Token)
		for j, v := range g.Vector {
			mean[j] += v / float64(len(golden))
		}
	}
	path := filepath.Join(t.TempDir(), "vocab.txt")
	if err := os.WriteFile(path, []byte(strings.Join(tokens, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := tokenize.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	e, o := teacher(t), small()
	for id, ids := range starts(e.Tokenizer(), own) {
		var pieces []string
		for _, piece := range ids {
			pieces = append(pieces, e.Tokenizer().Vocabulary().Token(piece))
		}
		if !slices.Equal(pieces, golden[id].Pieces) {
			t.Errorf("%s begins as %q, want %q", golden[id].Token, pieces, golden[id].Pieces)
		}
	}
	o.Epochs = 0
	s := textSample(e, o)
	s.Retokenize(own)
	c, _, err := Train(context.Background(), e, s, o)
	if err != nil {
		t.Fatal(err)
	}
	table := c.Embedding()
	for id, g := range golden {
		for j, v := range g.Vector {
			if got := float64(table.Row(id)[j]); math.Abs(got-(v-mean[j])) > 1e-6 {
				t.Fatalf("%s begins with %g in dimension %d, want %g", g.Token, got, j, v-mean[j])
			}
		}
	}
}

// With the same cache, a model with more tokens and one with the teacher's learn from the same vectors. Words
// that are tokens bring a model nearer to its teacher, and texts without a token are passed over.
func TestAddedWords(t *testing.T) {
	e, o, ctx := teacher(t), small(), context.Background()
	o.Cache = filepath.Join(t.TempDir(), "teacher")
	s := textSample(e, o)
	_, plain, err := Train(ctx, e, s, o)
	if err != nil {
		t.Fatal(err)
	}
	words := s.SplitWords(e.Tokenizer(), 3)
	counts := map[string]int{} // of the words that HF's library splits: river, town, money, bank, for, was and for
	for _, ids := range s.texts {
		text := strings.Fields(strings.ReplaceAll(textOf(e.Tokenizer(), ids), " ##", ""))
		for _, word := range text {
			if len(e.Tokenizer().Encode(nil, word)) > 1 {
				counts[word]++
			}
		}
	}
	for i, word := range words {
		for other, n := range counts {
			if !slices.Contains(words[:i+1], other) && n > counts[word] {
				t.Errorf("%s comes before %s, with %d occurrences before %d", word, other, counts[word], n)
			}
		}
	}
	own, added, err := e.Tokenizer().WithWords(append(words, "the", "no such", "éé"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(added, append(words, "ee")) || own.Vocabulary().Len() != e.Tokenizer().Vocabulary().Len()+4 {
		t.Errorf("added %q of %q", added, words)
	}
	s.Retokenize(own)
	model, report, err := Train(ctx, e, s, o)
	if err != nil {
		t.Fatal(err)
	}
	if report.Reused != report.Texts || !(report.LastCosine > plain.LastCosine) {
		t.Errorf("reused %d of %d vectors; cosine %.4f, %.4f with the teacher's tokens", report.Reused, report.Texts, report.LastCosine, plain.LastCosine)
	}
	student, err := sentence.FromCheckpoint(model)
	if err != nil {
		t.Fatal(err)
	}
	if _, n, err := student.EncodeBatch(ctx, []string{words[0]}, 1); err != nil || n[0] != 1 {
		t.Errorf("%s has %d tokens: %v", words[0], n[0], err)
	}
	v, err := tokenize.NewVocabulary([]string{words[0]}, []int64{1})
	if err != nil {
		t.Fatal(err)
	}
	only, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	s = textSample(e, o)
	s.Retokenize(only)
	if blank := s.blank(); blank == 0 || blank == len(s.texts) {
		t.Fatalf("%d texts without %s", blank, words[0])
	}
	if _, _, err := Train(ctx, e, s, o); err != nil {
		t.Error(err)
	}
	if v, err = tokenize.NewVocabulary([]string{"elsewhere"}, []int64{1}); err == nil {
		only, err = only.WithVocabulary(v)
	}
	if err != nil {
		t.Fatal(err)
	}
	s = textSample(e, o)
	s.Retokenize(only)
	if _, _, err := Train(ctx, e, s, o); err == nil || !strings.Contains(err.Error(), "no text has") {
		t.Errorf("texts without tokens: %v", err)
	}
}

func textOf(k *tokenize.Tokenizer, ids []int32) string {
	var tokens []string
	for _, id := range ids {
		tokens = append(tokens, k.Vocabulary().Token(id))
	}
	return strings.Join(tokens, " ")
}
