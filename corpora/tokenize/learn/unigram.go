package learn

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// Unigram (Kudo 2018) splits a word into the tokens with the greatest product of
// probabilities. A token at the start of a word begins with ▁.
const Unigram Model = "unigram"

const (
	unigramUnknown       = "<unk>"
	defaultUnigramLength = 16 // as in SentencePiece
	maxUnigramLength     = 64
)

func init() {
	register(Unigram, kind{
		summary:   "as in SentencePiece",
		defaults:  Options{Special: []string{unigramUnknown}, MaxLength: defaultUnigramLength},
		unknown:   unigramUnknown,
		maxLength: maxUnigramLength,
		sections:  unigramSections,
		learn:     learnUnigram,
	})
}

func unigramSections(o Options) (f tokenizerjson.File) {
	const words = `{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}`
	f.Normalizer = o.normalizers("NFKC")
	f.PreTokenizer = json.RawMessage(`{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},` + words + `]}`)
	f.Decoder = json.RawMessage(words)
	return f
}

// learnUnigram learns Unigram and returns the model section of its file.
func learnUnigram(ctx context.Context, o Options, t *Result, words []countedWord, alphabet []rune) (json.RawMessage, error) {
	if need := len(o.Special) + len(alphabet); need > o.Vocabulary {
		return nil, o.tooSmall(need)
	}
	u := newUnigramLearner(o, words, alphabet)
	size, most := o.Vocabulary-len(o.Special), 0
	progress := func(left int) {
		most = max(most, left)
		if o.OnProgress == nil {
			return
		}
		// Each round reduces the size, and so the remaining time, by a factor.
		rounds := func(n int) int64 { return int64(1000 * math.Log(float64(max(n, size))/float64(size))) }
		o.OnProgress(Progress{"learning", rounds(most) - rounds(left), rounds(most) + 1})
	}
	var err error
	if t.Likelihood, err = u.run(ctx, size, progress); err != nil {
		return nil, err
	}
	slices.SortFunc(u.pieces, func(a, b unigramPiece) int {
		return cmp.Or(cmp.Compare(b.score, a.score), slices.Compare(a.letters, b.letters))
	})
	return unigramJSON(o.Special, u)
}

// unigramJSON returns the model section: the special tokens, then the pieces, most likely
// first.
func unigramJSON(special []string, u *unigramLearner) (json.RawMessage, error) {
	type scored [2]any
	vocab := make([]scored, 0, len(special)+len(u.pieces))
	unknown := 0
	isSpecial := map[string]bool{}
	for id, token := range special {
		if token == unigramUnknown {
			unknown = id
		}
		isSpecial[token] = true
		vocab = append(vocab, scored{token, 0})
	}
	var letters []rune
	for _, piece := range u.pieces {
		letters = letters[:0]
		for _, c := range piece.letters {
			letters = append(letters, u.alphabet[c-1])
		}
		if token := string(letters); !isSpecial[token] {
			vocab = append(vocab, scored{token, piece.score})
		}
	}
	return plainjson.Marshal(map[string]any{"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": false}, "")
}
