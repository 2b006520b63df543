package models

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveBPE merges as in the paper: again and again, of all possible merges the first in
// the list, leftmost first.
func naiveBPE(ids []int32, merges map[[2]int32]bpeMerge) []int32 {
	for {
		at, best := -1, bpeMerge{rank: math.MaxInt32}
		for i := 0; i+1 < len(ids); i++ {
			if m, ok := merges[[2]int32{ids[i], ids[i+1]}]; ok && m.rank < best.rank {
				at, best = i, m
			}
		}
		if at < 0 {
			return ids
		}
		ids = slices.Replace(ids, at, at+2, best.id)
	}
}

func TestBPEOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		ids := map[string]int{"a": 0, "b": 1, "c": 2}
		tokens := []string{"a", "b", "c"}
		var merges []string
		for len(merges) < 12 {
			first, second := tokens[rng.IntN(len(tokens))], tokens[rng.IntN(len(tokens))]
			merges = append(merges, first+" "+second)
			if _, ok := ids[first+second]; !ok {
				ids[first+second] = len(tokens)
				tokens = append(tokens, first+second)
			}
		}
		file, err := json.Marshal(map[string]any{"merges": merges, "vocab": ids})
		if err != nil {
			t.Fatal(err)
		}
		model, err := parseBPE(Section{Fields: file})
		if err != nil {
			t.Fatal(err)
		}
		w := model.NewWorker()
		for range 50 {
			var word []byte
			var begin []int32
			for range 1 + rng.IntN(30) {
				c := rng.IntN(3)
				word, begin = append(word, byte('a'+c)), append(begin, int32(c))
			}
			got, ends := w.Tokens(nil, nil, word)
			if want := naiveBPE(begin, model.(*bpe).merges); !slices.Equal(got, want) {
				t.Fatalf("%q by %q: %d, want %d", word, merges, got, want)
			}
			from := int32(0)
			for i, id := range got {
				if string(word[from:ends[i]]) != tokens[id] {
					t.Fatalf("%q: %d ends at %d", word, got, ends)
				}
				from = ends[i]
			}
		}
	}
}

func TestBPEErrors(t *testing.T) {
	for file, want := range map[string]string{
		`{"merges":["a"]}`:         `merge 0 "a" is not two tokens`,
		`{"merges":["a b c"]}`:     `merge 0 "a b c" is not two tokens`,
		`{"merges":[["a"]]}`:       `merge 0 ["a"] is not two tokens`,
		`{"merges":[1]}`:           "merges: json",
		`{"merges":["a x"]}`:       `merge 0 of "a" and "x": "x" is not in the vocabulary`,
		`{"merges":["a b","b b"]}`: `merge 1 of "b" and "b": "bb" is not in the vocabulary`,
		`{"merges":["a b"],"continuing_subword_prefix":"##"}`: `the second is shorter than continuing_subword_prefix "##"`,
		`{"dropout":0.1}`: "dropout is not supported",
	} {
		file = `{"vocab":{"a":0,"b":1,"ab":2},` + file[1:]
		if _, err := parseBPE(Section{Fields: json.RawMessage(file)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
	m, err := parseBPE(Section{Fields: json.RawMessage(`{"vocab":{"a":0,"b":1,"ab":2},"merges":["#version: 0.2","a b"],"dropout":null}`)})
	if err != nil || len(m.(*bpe).merges) != 1 {
		t.Errorf("%v", err)
	}
}

// bestWay returns the greatest sum of scores of all ways to write a word, by trying them all.
func bestWay(word string, scores map[string]float64, penalty float64) float64 {
	if word == "" {
		return 0
	}
	best := math.Inf(-1)
	single := false
	for n := 1; n <= len(word); n++ {
		if score, ok := scores[word[:n]]; ok {
			best = max(best, score+bestWay(word[n:], scores, penalty))
			single = single || n == 1
		}
	}
	if !single {
		best = max(best, penalty+bestWay(word[1:], scores, penalty))
	}
	return best
}

func TestUnigramOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		scores := map[string]float64{}
		vocab := []scoredToken{{"<unk>", 0}}
		lowest := 0.0
		for range 15 {
			token := ""
			for range 1 + rng.IntN(4) {
				token += string(rune('a' + rng.IntN(3)))
			}
			if _, ok := scores[token]; ok {
				continue
			}
			score := -10 * rng.Float64()
			scores[token] = score
			vocab = append(vocab, scoredToken{token, score})
			lowest = min(lowest, score)
		}
		unknown := 0
		j := unigramJSON{Vocab: vocab, Unknown: &unknown}
		ids, err := j.tokens(nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := newUnigram(j, ids)
		if err != nil {
			t.Fatal(err)
		}
		w := m.NewWorker()
		for range 20 {
			word := ""
			for range 1 + rng.IntN(12) {
				word += string(rune('a' + rng.IntN(4)))
			}
			got, ends := w.Tokens(nil, nil, []byte(word))
			sum, from := 0.0, int32(0)
			for i, id := range got {
				part := word[from:ends[i]]
				switch {
				case id == 0:
					sum += m.penalty * float64(len(part))
				case part != vocab[id].token:
					t.Fatalf("%q: %d ends at %d", word, got, ends)
				default:
					sum += vocab[id].score
				}
				if from = ends[i]; id == 0 && i > 0 && got[i-1] == 0 {
					t.Errorf("%q: %d: adjacent unknown characters", word, got)
				}
			}
			if want := bestWay(word, scores, lowest-unknownPenalty); math.Abs(sum-want) > 1e-9 || int(from) != len(word) {
				t.Errorf("%q: %d has the score %g, want %g", word, got, sum, want)
			}
		}
	}
}

func TestUnigramErrors(t *testing.T) {
	for vocab, want := range map[string]string{
		`[["a",0],["a",1]],"unk_id":0`: `"a" occurs twice`,
		`[["a",0]]`:                    "unk_id is not set",
		`[["a",0]],"unk_id":1`:         "unk_id 1 is not below 1",
		`[["a",0]],"unk_id":-1`:        "unk_id -1 is not below 1",
		`[["a"]],"unk_id":0`:           "is not a token and a score",
		`[[0,"a"]],"unk_id":0`:         "cannot unmarshal",
		`{},"unk_id":0`:                "cannot unmarshal",
		`[],"unk_id":0`:                "it has no tokens",
	} {
		_, err := Parse(Section{Fields: fmt.Appendf(nil, `{"type":"Unigram","vocab":%s}`, vocab)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", vocab, err)
		}
	}
}

// TestByteTrie: a trie finds each of its strings and nothing else.
func TestByteTrie(t *testing.T) {
	strings := []string{"", "a", "ab", "abc", "b", "\x00", "\xff\xff", "漢字", "漢"}
	trie := newByteTrie(strings)
	find := func(s string) int32 {
		node := int32(0)
		for i := range len(s) {
			if node = trie.child(node, s[i]); node < 0 {
				return -1
			}
		}
		return trie.ids[node]
	}
	for i, s := range strings {
		if find(s) != int32(i) {
			t.Errorf("%q is %d, want %d", s, find(s), i)
		}
	}
	for _, s := range []string{"c", "ac", "abcd", "\xff", "漢字字"} {
		if find(s) >= 0 {
			t.Errorf("%q is found", s)
		}
	}
}

// A panic of the library behind WordPiece makes the word unknown.
func TestFence(t *testing.T) {
	if err := fenced(func() error { panic("model") }); err == nil || err.Error() != "model" {
		t.Errorf("error %v", err)
	}
	m := &wordPiece{unknown: 7} // its model has no vocabulary and panics
	if ids, ends := m.other(nil, nil, []byte("word")); !slices.Equal(ids, []int32{7}) || !slices.Equal(ends, []int32{4}) {
		t.Errorf("ids %d end at %d, want the unknown token", ids, ends)
	}
}

// Files of early versions do not name the type of the model.
func TestParseWithoutType(t *testing.T) {
	for file, want := range map[string]string{
		`{"vocab":{"a":0},"merges":[]}`:                                    "*models.bpe",
		`{"vocab":{"a":0},"unk_token":"a","max_input_chars_per_word":100}`: "*models.wordPiece",
		`{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}`:             "*models.wordLevel",
		`{"type":"Unigram","vocab":[["a",0]],"unk_id":0}`:                  "*models.unigram",
	} {
		m, err := Parse(Section{Fields: json.RawMessage(file)})
		if err != nil || fmt.Sprintf("%T", m) != want {
			t.Errorf("%s: %T, error %v", file, m, err)
		}
	}
	for _, file := range []string{`{}`, `{"":1}`, `{"type":"BNE"}`, ``} {
		var unsupported *UnsupportedError
		if _, err := Parse(Section{Fields: json.RawMessage(file)}); !errors.As(err, &unsupported) {
			t.Errorf("%q: error %v", file, err)
		}
	}
}

// tokensOf returns tokens with the ids 0, 1, …
func tokensOf(list ...string) *Tokens {
	t, _, _ := NewTokens(list)
	return t
}

func TestCutsBefore(t *testing.T) {
	const mark = '▁'
	for _, token := range []string{"a▁", "a▁b", "▁a▁"} {
		if (&bpe{ids: tokensOf("▁", "▁▁a", token)}).CutsBefore(mark) {
			t.Errorf("text may be cut before a mark, but %q contains one", token)
		}
	}
	if !(&bpe{ids: tokensOf("▁", "▁▁a")}).CutsBefore(mark) {
		t.Error("text may not be cut before a mark, but no token contains one")
	}
	if (&bpe{ids: tokensOf("▁a")}).CutsBefore(mark) {
		t.Error("text may be cut before a mark that is not a token")
	}
}

// Words of any length are cut as that library cuts them.
func TestLongWordPiece(t *testing.T) {
	model, err := parseWordPiece(Section{Fields: []byte(`{"unk_token":"[UNK]","max_input_chars_per_word":2000,
		"vocab":{"[UNK]":0,"a":1,"##a":2,"ab":3,"##bc":4,"##c":5,"##é":6,"é":7,"##aéb":8,"##b":9}}`)})
	if err != nil {
		t.Fatal(err)
	}
	m := model.(*wordPiece)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 3000 {
		var word []byte
		for range 1 + rng.IntN(12) {
			word = append(word, []string{"a", "b", "c", "é", "d"}[rng.IntN(4+i%2)]...)
		}
		ids, ends := m.other(nil, nil, word)
		long, longEnds := m.plain(nil, nil, word)
		if !slices.Equal(ids, long) || !slices.Equal(ends, longEnds) {
			t.Fatalf("%q: %d %d, want %d %d", word, long, longEnds, ids, ends)
		}
	}
	if ids, _ := m.NewWorker().Tokens(nil, nil, []byte(strings.Repeat("a", 2000))); len(ids) != 2000 {
		t.Errorf("%d tokens", len(ids))
	}
	if ids, _ := m.NewWorker().Tokens(nil, nil, []byte(strings.Repeat("a", 2001))); !slices.Equal(ids, []int32{0}) {
		t.Errorf("%d", ids)
	}
}
