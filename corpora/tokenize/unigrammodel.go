package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// unigramModel is the unigram language model (Kudo 2018) as Hugging Face's library
// does it: of all ways to write a word in tokens the one whose scores, logarithms
// of probabilities, have the greatest sum, by Viterbi's algorithm.
//
// It is own code, since the model of github.com/sugarme/tokenizer v0.3.0 gives
// other tokens: it adds 0.1 a byte to scores, knows no token of more than 20 bytes,
// and with byte_fallback writes all words in bytes.
type unigramModel struct {
	scores   []float64
	trie     byteTrie
	ids      map[string]int
	unknown  int32
	penalty  float64 // score of an unknown character
	fallback *[256]int32
}

// unknownPenalty is what an unknown character costs beyond the rarest token.
const unknownPenalty = 10

type unigramJSON struct {
	Vocab        []scoredToken `json:"vocab"`
	Unknown      *int          `json:"unk_id"`
	ByteFallback bool          `json:"byte_fallback"`
}

// scoredToken is ["token", score].
type scoredToken struct {
	token string
	score float64
}

func (t *scoredToken) UnmarshalJSON(data []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("%.80s is not a token and a score", data)
	}
	if err := json.Unmarshal(pair[0], &t.token); err != nil {
		return err
	}
	return json.Unmarshal(pair[1], &t.score)
}

// maxTrieBytes bounds the tokens of a vocabulary together; they are some MB at most.
const maxTrieBytes = 1 << 26

// ids returns the ids of the tokens.
func (j *unigramJSON) ids() (map[string]int, error) {
	ids := make(map[string]int, len(j.Vocab))
	total := 0
	for id, t := range j.Vocab {
		if was, twice := ids[t.token]; twice {
			return nil, fmt.Errorf("%q is there twice, with the ids %d and %d", t.token, was, id)
		}
		ids[t.token] = id
		if total += len(t.token); total > maxTrieBytes {
			return nil, fmt.Errorf("the tokens have more than %d bytes", maxTrieBytes)
		}
	}
	return ids, nil
}

// newUnigramModel makes the model of a vocabulary by id.
func newUnigramModel(j unigramJSON, ids map[string]int) (*unigramModel, error) {
	if j.Unknown == nil {
		return nil, errors.New("unk_id is not set: characters that no token has would have none")
	}
	if *j.Unknown < 0 || *j.Unknown >= len(j.Vocab) {
		return nil, fmt.Errorf("unk_id %d is not below %d, the number of tokens", *j.Unknown, len(j.Vocab))
	}
	m := &unigramModel{ids: ids, unknown: int32(*j.Unknown), scores: make([]float64, len(j.Vocab))}
	tokens := make([]string, len(j.Vocab))
	lowest := j.Vocab[0].score
	for i, t := range j.Vocab {
		tokens[i], m.scores[i] = t.token, t.score
		lowest = min(lowest, t.score)
	}
	m.penalty = lowest - unknownPenalty
	m.trie = newByteTrie(tokens)
	if j.ByteFallback {
		m.fallback = byteTokens(ids)
	}
	return m, nil
}

func (m *unigramModel) worker() subwordWorker { return &unigramWorker{unigramModel: m} }

// unigramWorker is a unigramModel with buffers: one goroutine each.
type unigramWorker struct {
	*unigramModel
	best []unigramNode // of each byte where a character ends
}

// unigramNode is the last token of the best way to a place.
type unigramNode struct {
	score float64 // of the way
	from  int32   // where the token begins; -1: there is no way
	id    int32
}

func (w *unigramWorker) tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	w.best = append(w.best[:0], unigramNode{from: 0})
	for range word {
		w.best = append(w.best, unigramNode{from: -1})
	}
	reach := func(from, to int, score float64, id int32) {
		score += w.best[from].score
		if n := &w.best[to]; n.from < 0 || score > n.score {
			*n = unigramNode{score, int32(from), id}
		}
	}
	for from := 0; from < len(word); {
		_, size := utf8.DecodeRune(word[from:])
		single := false
		for node, to := int32(0), from; to < len(word); {
			if node = w.trie.child(node, word[to]); node < 0 {
				break
			}
			to++
			if id := w.trie.ids[node]; id >= 0 {
				reach(from, to, w.scores[id], id)
				single = single || to == from+size
			}
		}
		if !single {
			reach(from, from+size, w.penalty, w.unknown)
		}
		from += size
	}
	first, end := len(ids), len(word)
	for to := len(word); to > 0; {
		n := w.best[to]
		from := int(n.from)
		if n.id != w.unknown {
			ids, ends = append(ids, n.id), append(ends, int32(to))
			to, end = from, from
			continue
		}
		// Unknown characters side by side are one.
		for from > 0 && w.best[from].id == w.unknown {
			from = int(w.best[from].from)
		}
		ids, ends = w.appendUnknown(ids, ends, word[from:end], int32(end))
		to, end = from, from
	}
	slices.Reverse(ids[first:])
	slices.Reverse(ends[first:])
	return ids, ends
}

// appendUnknown appends, the last first, what stands for a part that no token has.
func (w *unigramWorker) appendUnknown(ids, ends []int32, part []byte, end int32) ([]int32, []int32) {
	if id, ok := w.ids[string(part)]; ok {
		return append(ids, int32(id)), append(ends, end)
	}
	if w.fallback == nil || slices.ContainsFunc(part, func(b byte) bool { return w.fallback[b] < 0 }) {
		return append(ids, w.unknown), append(ends, end)
	}
	for i := len(part) - 1; i >= 0; i-- {
		ids, ends = append(ids, w.fallback[part[i]]), append(ends, end-int32(len(part)-1-i))
	}
	return ids, ends
}
