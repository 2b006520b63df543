package learn

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
)

// prefixOf returns the prefix that newMerger gets for a model.
func prefixOf(m Model) string {
	if m == WordPiece {
		return models.ContinuingPrefix
	}
	return ""
}

func mergerOf(t testing.TB, o Options, words []countedWord) *merger {
	t.Helper()
	var alphabet []rune
	for _, l := range countLetters(words) {
		alphabet = append(alphabet, l.r)
	}
	slices.Sort(alphabet)
	m, err := newMerger(o, words, alphabet, prefixOf(o.Model))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.run(context.Background(), func(int) {}); err != nil {
		t.Fatal(err)
	}
	return m
}

// The dictionary of algorithm 1 of Sennrich, Haddow and Birch (2016), where · ends a
// word. Of equal pairs, their program takes the one it met first: it has e s, es t, est ·
// instead of e s, t ·, es t·; n e and ne w instead of e w and n ew; and w i instead of d
// est·.
func TestMergesOfThePaper(t *testing.T) {
	words := []countedWord{{"newest·", 6}, {"low·", 5}, {"widest·", 3}, {"lower·", 2}}
	o := Options{Model: BPE, Vocabulary: 11 + 10, MinCount: 1}
	m := mergerOf(t, o, words)
	want := "e s|t ·|es t·|l o|lo w|e w|n ew|new est·|low ·|d est·"
	var got []string
	for _, pair := range m.ordered() {
		got = append(got, pair[0]+" "+pair[1])
	}
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("merges %s, want %s", s, want)
	}
}

// recounted is byte pair encoding by its definition: all pairs are counted again before
// each merge. The occurrences consumed by earlier merges of a pair are added, see merger.
func recounted(o Options, words []countedWord, tokens []string) (merges [][2]string, all []string) {
	prefix := prefixOf(o.Model)
	ids := map[string]int{}
	for i, token := range tokens {
		ids[token] = i
	}
	var texts [][]string
	for _, w := range words {
		var text []string
		for i, r := range w.text {
			if i > 0 {
				text = append(text, prefix+string(r))
			} else {
				text = append(text, string(r))
			}
		}
		texts = append(texts, text)
	}
	length := func(token string) int { return len([]rune(strings.TrimPrefix(token, prefix))) }
	consumed := map[[2]string]int64{}
	for len(tokens) < o.Vocabulary {
		counts := map[[2]string]int64{}
		for i, text := range texts {
			for k := 1; k < len(text); k++ {
				pair := [2]string{text[k-1], text[k]}
				if o.MaxLength == 0 || length(pair[0])+length(pair[1]) <= o.MaxLength {
					counts[pair] += words[i].count
				}
			}
		}
		var best [2]string
		most := int64(0)
		for pair, n := range counts {
			n += consumed[pair]
			if order := cmp.Or(cmp.Compare(n, most), cmp.Compare(ids[best[0]], ids[pair[0]]), cmp.Compare(ids[best[1]], ids[pair[1]])); most == 0 || order > 0 {
				best, most = pair, n
			}
		}
		if most < o.MinCount || most == 0 {
			break
		}
		joined := best[0] + strings.TrimPrefix(best[1], prefix)
		if _, ok := ids[joined]; !ok {
			ids[joined] = len(tokens)
			tokens = append(tokens, joined)
		}
		merges = slices.DeleteFunc(merges, func(m [2]string) bool { return m == best })
		merges = append(merges, best)
		for i, text := range texts {
			var next []string
			for k := 0; k < len(text); k++ {
				if k+1 < len(text) && text[k] == best[0] && text[k+1] == best[1] {
					next = append(next, joined)
					consumed[best] += words[i].count
					k++
				} else {
					next = append(next, text[k])
				}
			}
			texts[i] = next
		}
	}
	return merges, tokens
}

func TestMergesAgainstRecounting(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		counts := map[string]int64{}
		for range 5 + r.IntN(60) {
			var w []byte
			for range 1 + r.IntN(12) {
				w = append(w, byte('a'+r.IntN(2+int(seed%4))))
			}
			counts[string(w)] += 1 + int64(r.IntN(9))
		}
		words := (&wordCounter{counts: counts}).counted()
		o := Options{Model: []Model{BPE, WordPiece}[seed%2], Vocabulary: 20 + r.IntN(300), MinCount: 1 + int64(r.IntN(4))}
		if seed%3 == 0 {
			o.MaxLength = 2 + r.IntN(6)
		}
		var alphabet []rune
		for _, l := range countLetters(words) {
			alphabet = append(alphabet, l.r)
		}
		slices.Sort(alphabet)
		start, err := newMerger(o, words, alphabet, prefixOf(o.Model))
		if err != nil {
			t.Fatal(err)
		}
		merges, tokens := recounted(o, words, slices.Clone(start.tokens))
		m := mergerOf(t, o, words)
		if got := m.ordered(); !slices.Equal(got, merges) {
			t.Fatalf("seed %d: merges\n%v, recounted\n%v", seed, got, merges)
		}
		if !slices.Equal(m.tokens, tokens) {
			t.Fatalf("seed %d: tokens\n%v, recounted\n%v", seed, m.tokens, tokens)
		}
	}
}

func goldenLines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "trainers", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// In words of three letters, many tokens come from more than one merge; see golden_test.go.
func TestMergesOfHuggingFace(t *testing.T) {
	var words []countedWord
	for _, line := range goldenLines(t, "abc-words.txt") {
		var w countedWord
		if _, err := fmt.Sscan(line, &w.text, &w.count); err != nil {
			t.Fatal(err)
		}
		words = append(words, w)
	}
	m := mergerOf(t, Options{Model: BPE, Vocabulary: 600, MinCount: 1}, words)
	var got []string
	for _, pair := range m.ordered() {
		got = append(got, pair[0]+" "+pair[1])
	}
	sameLines(t, "abc-merges.txt", got)
}

func sameLines(t *testing.T, name string, got []string) {
	t.Helper()
	want := goldenLines(t, name)
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("%s:%d: got %q, want %q", name, i+1, append(got, "nothing")[min(i, len(got))], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: got %d lines, want %d", name, len(got), len(want))
	}
}
