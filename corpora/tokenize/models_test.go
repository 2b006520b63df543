package tokenize

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveBPE merges as the paper says: the first merge of all that can be done, the
// leftmost first.
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
		file, err := json.Marshal(map[string]any{"merges": merges})
		if err != nil {
			t.Fatal(err)
		}
		model, err := newBPEModel(file, ids)
		if err != nil {
			t.Fatal(err)
		}
		w := model.worker()
		for range 50 {
			var word []byte
			var begin []int32
			for range 1 + rng.IntN(30) {
				c := rng.IntN(3)
				word, begin = append(word, byte('a'+c)), append(begin, int32(c))
			}
			got, ends := w.tokens(nil, nil, word)
			if want := naiveBPE(begin, model.merges); !slices.Equal(got, want) {
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
		`[]`:              "cannot unmarshal",
	} {
		if _, err := newBPEModel(json.RawMessage(file), map[string]int{"a": 0, "b": 1, "ab": 2}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
	if m, err := newBPEModel(json.RawMessage(`{"merges":["#version: 0.2","a b"],"dropout":null}`), map[string]int{"a": 0, "b": 1, "ab": 2}); err != nil || len(m.merges) != 1 {
		t.Errorf("%v", err)
	}
}

// bestWay is the greatest sum of scores of a way to write a word, by trying all.
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
		ids, err := j.ids()
		if err != nil {
			t.Fatal(err)
		}
		m, err := newUnigramModel(j, ids)
		if err != nil {
			t.Fatal(err)
		}
		w := m.worker()
		for range 20 {
			word := ""
			for range 1 + rng.IntN(12) {
				word += string(rune('a' + rng.IntN(4)))
			}
			got, ends := w.tokens(nil, nil, []byte(word))
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
					t.Errorf("%q: %d: unknown characters side by side", word, got)
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
		`[["a",0],["a",1]],"unk_id":0`: `"a" is there twice`,
		`[["a",0]]`:                    "unk_id is not set",
		`[["a",0]],"unk_id":1`:         "unk_id 1 is not below 1",
		`[["a",0]],"unk_id":-1`:        "unk_id -1 is not below 1",
		`[["a"]],"unk_id":0`:           "is not a token and a score",
		`[[0,"a"]],"unk_id":0`:         "cannot unmarshal",
		`{},"unk_id":0`:                "cannot unmarshal",
		`[],"unk_id":0`:                "it has no tokens",
	} {
		_, err := Parse("t.json", []byte(fmt.Sprintf(`{"model":{"type":"Unigram","vocab":%s}}`, vocab)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", vocab, err)
		}
	}
}

// A trie finds each of its strings, and nothing else.
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
