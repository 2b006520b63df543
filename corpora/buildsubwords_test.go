package corpora

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// joining returns a tokenizer that joins lists of phrases, one pass each.
func joining(t testing.TB, lists ...string) *tokenize.Tokenizer {
	t.Helper()
	var all []*tokenize.Phrases
	for _, list := range lists {
		all = append(all, phrasesOf(list))
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithPhrases(all...)
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

func phrasesOf(list string) *tokenize.Phrases {
	p := &tokenize.Phrases{Name: "list"}
	for words := range strings.SplitSeq(list, ",") {
		p.List = append(p.List, tokenize.Phrase{Words: strings.Split(words, " ")})
	}
	return p
}

// countsOf returns the counts of all tokens.
func countsOf(v *tokenize.Vocabulary) []int64 {
	n := make([]int64, v.Len())
	for id := range n {
		n[id] = v.Count(int32(id))
	}
	return n
}

const wordPieceFile = "tokenize/testdata/wordpiece/tokenizer.json"

func wordPiece(t testing.TB) *tokenize.Tokenizer {
	t.Helper()
	tokenizer, err := tokenize.Open(wordPieceFile)
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

func newVocabulary(t testing.TB, tokens string, counts ...int64) *tokenize.Vocabulary {
	t.Helper()
	v, err := tokenize.NewVocabulary(strings.Fields(tokens), counts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Build joins phrases, also across chunks of a long line, and gives the same counts with
// the vocabulary and the tokenizer of a checkpoint.
func TestBuildWithPhrases(t *testing.T) {
	line := strings.Repeat("new york is big ", 3*text.MaxChunk/16) // in chunks of 64 KiB
	line = line[:len(line)-1] + "\n"
	for shift := range 16 {
		words := joining(t, "new york", "is big,big new_york")
		content := "new\nyork " + strings.Repeat("x", shift) + " " + line + "new york"
		c, err := Build(context.Background(), text.FromReader("text", strings.NewReader(content)), BuildOptions{Tokenizer: words, MinCount: 2})
		if err != nil {
			t.Fatal(err)
		}
		v := c.Vocabulary()
		n := int64(3 * text.MaxChunk / 16)
		if got := fmt.Sprint(v.Tokens(), countsOf(v)); got != fmt.Sprint("[new_york is_big] [", n+1, " ", n, "]") {
			t.Fatalf("shift %d: %s", shift, got)
		}
		with, err := words.WithVocabulary(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Build(context.Background(), text.FromReader("text", strings.NewReader(content)), BuildOptions{Tokenizer: with, Vocabulary: v})
		if err != nil || again.Words() != c.Words() || again.RawWords() != c.RawWords() || again.Lines() != c.Lines() {
			t.Fatalf("%v: %d of %d words, but %d of %d the first time", err, again.Words(), again.RawWords(), c.Words(), c.RawWords())
		}
		c.Close()
		again.Close()
	}
}

func TestBuildSubwords(t *testing.T) {
	tokenizer := wordPiece(t)
	text := strings.Repeat("Hello world, stop!\n\nworld\n", 3)
	c := buildText(t, text, BuildOptions{Tokenizer: tokenizer, MinCount: 5, MaxVocabulary: 2})
	v := c.Vocabulary()
	if v.Len() != tokenizer.Vocabulary().Len() || c.Words() != 18 || c.RawWords() != 18 || c.Lines() != 6 || c.DistinctWords() != 5 || v.Total() != 18 {
		t.Errorf("%d tokens, %d words in %d lines, %d distinct, %d counted", v.Len(), c.Words(), c.Lines(), c.DistinctWords(), v.Total())
	}
	world, _ := v.ID("world")
	if v.Count(world) != 6 || v.ByCount()[0] != world {
		t.Errorf("world occurs %d times, and the most frequent token is %q", v.Count(world), v.Token(v.ByCount()[0]))
	}
	var want []int32
	for range 3 {
		want = append(append(tokenizer.Encode(want, "hello world, stop!"), LineEnd), world, LineEnd)
	}
	if got := ids(t, c); !slices.Equal(got, want) {
		t.Errorf("%d, want %d", got, want)
	}
	// With counts, the tokenizer and its file are the same.
	with, err := tokenizer.WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	file, err := with.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if was, err := os.ReadFile(wordPieceFile); err != nil || !bytes.Equal(file, was) {
		t.Errorf("the file differs: %v", err)
	}
	again, err := tokenize.ParseWith("tokenizer.json", file, v)
	if err != nil || !again.Subwords() || again.Vocabulary() != v || again.Fingerprint() != tokenizer.Fingerprint() {
		t.Fatalf("%v", err)
	}
	other, err := tokenize.NewVocabulary([]string{"a", "b"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := with.WithPhrases(phrasesOf("hello world")); err == nil {
		t.Error("phrases are accepted")
	}
	if _, err := with.WithVocabulary(other); err == nil {
		t.Error("another vocabulary is accepted")
	}
	if _, err := tokenize.ParseWith("tokenizer.json", file, other); err == nil {
		t.Error("another vocabulary is accepted")
	}
}

func BenchmarkEncode(b *testing.B) {
	content := string(corporatest.SampleText(b, 4<<20))
	c, err := Build(b.Context(), text.Sample(), BuildOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(c.Vocabulary())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	var ids []int32
	for b.Loop() {
		ids = words.Encode(ids[:0], content)
	}
}
