package learn

// The golden files were made by version 0.23.3 of Hugging Face's tokenizers library, see
// testdata/trainers/make.py.

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestWordPieceOfHuggingFace(t *testing.T) {
	o := DefaultOptions(WordPiece)
	o.Vocabulary = 3000
	got := trainOn(t, goldenSample, o)
	sameLines(t, "wordpiece.txt", got.Tokenizer.Vocabulary().Tokens())
}

func TestBPEOfHuggingFace(t *testing.T) {
	o := DefaultOptions(BPE)
	o.Vocabulary = 3000
	got := trainOn(t, goldenSample, o)
	sameLines(t, "bpe-merges.txt", modelOf(t, got.Tokenizer).Model.Merges)
	if n := got.Tokenizer.Vocabulary().Len(); n != 3000 || got.Merges != 3000-256 {
		t.Errorf("%d tokens, %d merges", n, got.Merges)
	}
}

// Unigram differs from Hugging Face's, which counts a substring once for each distinct word
// when it chooses the initial pieces, and drops the last tenth by an older estimate. So
// most tokens are the same, more of them for a longer text, and ours must fit the
// text as well.
func TestUnigramOfHuggingFace(t *testing.T) {
	o := DefaultOptions(Unigram)
	o.Vocabulary, o.Alphabet, o.mixed = 1500, 0, true
	c := newWordCounter(preTokenizerOf(t, o), 1)
	if err := c.read(context.Background(), goldenSample, func() {}); err != nil {
		t.Fatal(err)
	}
	words := c.counted()
	var alphabet []rune
	for _, l := range countLetters(words) {
		alphabet = append(alphabet, l.r)
	}
	slices.Sort(alphabet)
	u := newUnigramLearner(o, words, alphabet)
	if _, err := u.run(context.Background(), 1499, func(int) {}); err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{}
	for _, p := range u.pieces {
		ours[u.string(p)] = true
	}
	likelihood := normalized(t, u)

	number := map[rune]int32{}
	for i, r := range alphabet {
		number[r] = int32(i + 1)
	}
	u.pieces = nil
	both := 0
	for _, line := range goldenLines(t, "unigram.txt")[1:] {
		var token string
		var p unigramPiece
		if _, err := fmt.Sscan(line, &token, &p.score); err != nil {
			t.Fatal(err)
		}
		for _, r := range token {
			p.letters = append(p.letters, number[r])
		}
		u.pieces = append(u.pieces, p)
		if ours[token] {
			both++
		}
	}
	slices.SortFunc(u.pieces, func(a, b unigramPiece) int { return slices.Compare(a.letters, b.letters) })
	u.index()
	theirs := normalized(t, u)
	t.Logf("%d of %d tokens in common, log-likelihood of a word %.4f, Hugging Face %.4f", both, len(ours), likelihood, theirs)
	if both < len(ours)*3/4 {
		t.Errorf("only %d of %d tokens are those of Hugging Face", both, len(ours))
	}
	if likelihood < theirs*1.01 { // both are negative
		t.Errorf("log-likelihood %.4f, Hugging Face %.4f", likelihood, theirs)
	}
}

// string returns the text of a piece.
func (u *unigramLearner) string(p unigramPiece) string {
	var b strings.Builder
	for _, c := range p.letters {
		b.WriteRune(u.alphabet[c-1])
	}
	return b.String()
}

// normalized scales the probabilities to a sum of 1 and returns the log-likelihood of a word.
func normalized(t *testing.T, u *unigramLearner) float64 {
	t.Helper()
	sum := 0.0
	for _, p := range u.pieces {
		sum += math.Exp(p.score)
	}
	for i := range u.pieces {
		u.pieces[i].score -= math.Log(sum)
	}
	_, likelihood, err := u.expect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return likelihood
}
