package tokenize

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
)

// Vocabulary is the words that a model knows, with their counts in a corpus. The id of a
// word is its row: in vocab.tsv and in the tables of a model. In a vocabulary that
// corpora.Build counts, the most frequent word is first, and words of equal count are in
// byte order; other code relies on that for "the n most frequent words". A vocabulary
// does not change once made.
type Vocabulary struct {
	tokens []string
	counts []int64
	ids    *models.Tokens
	total  int64
}

// NewVocabulary makes a vocabulary of tokens, in the given order, and their counts; nil
// counts are all zero. Tokens must be unique, not empty, valid UTF-8, and contain no
// tab or line break. Counts must not be negative.
func NewVocabulary(tokens []string, counts []int64) (*Vocabulary, error) {
	if counts == nil {
		counts = make([]int64, len(tokens))
	}
	if len(tokens) != len(counts) {
		return nil, fmt.Errorf("vocabulary of %d tokens has %d counts", len(tokens), len(counts))
	}
	for i, token := range tokens {
		if err := models.CheckToken(token); err != nil {
			return nil, fmt.Errorf("token %d: %w", i, err)
		}
	}
	v := &Vocabulary{tokens: slices.Clone(tokens), counts: slices.Clone(counts)}
	if at, err := v.index(); err != nil {
		return nil, fmt.Errorf("token %d: %w", at, err)
	}
	return v, nil
}

// index makes ids and total from the tokens, which have been checked one by one. An error is
// about the token with the id at.
func (v *Vocabulary) index() (at int, err error) {
	if len(v.tokens) > math.MaxInt32 {
		return math.MaxInt32, fmt.Errorf("a vocabulary has at most %d tokens", math.MaxInt32)
	}
	ids, second, first := models.NewTokens(v.tokens)
	v.ids = ids
	for i, token := range v.tokens {
		if i == second {
			return i, &repeated{token, first}
		}
		if n := v.counts[i]; n < 0 || v.total > math.MaxInt64-n {
			return i, fmt.Errorf("count %d of %q is out of range", n, token)
		}
		v.total += v.counts[i]
	}
	return 0, nil
}

// repeated is the error for a token that already has an id.
type repeated struct {
	token string
	first int
}

func (e *repeated) Error() string { return fmt.Sprintf("%q is already token %d", e.token, e.first) }

// Len returns the number of tokens.
func (v *Vocabulary) Len() int { return len(v.tokens) }

// Token returns the token of an id, which must be from 0 to Len-1.
func (v *Vocabulary) Token(id int32) string { return v.tokens[id] }

// Count returns how often the token of an id occurs in the corpus.
func (v *Vocabulary) Count(id int32) int64 { return v.counts[id] }

// ID returns the id of a token, which must be normalized as the tokenizer does it.
func (v *Vocabulary) ID(token string) (id int32, ok bool) {
	at, ok := v.ids.Find(token)
	return int32(at), ok
}

// Find is ID for a token in a byte slice. It does not allocate.
func (v *Vocabulary) Find(token []byte) (id int32, ok bool) {
	at, ok := v.ids.FindBytes(token)
	return int32(at), ok
}

// idOf returns the id of a token, -1 if it has none. A nil vocabulary has no tokens.
func (v *Vocabulary) idOf(token []byte) int32 {
	if v == nil {
		return -1
	}
	if at, ok := v.ids.FindBytes(token); ok {
		return int32(at)
	}
	return -1
}

// Has reports whether v has the token. A nil vocabulary has none.
func (v *Vocabulary) Has(word string) bool {
	if v == nil {
		return false
	}
	_, ok := v.ids.Find(word)
	return ok
}

// Total is the sum of all counts.
func (v *Vocabulary) Total() int64 { return v.total }

// Tokens returns the tokens in the order of their ids. The caller must not change them.
func (v *Vocabulary) Tokens() []string { return v.tokens }

// ByCount returns all ids, most frequent first. That is their order unless the
// vocabulary is that of a subword tokenizer.
func (v *Vocabulary) ByCount() []int32 {
	ids := make([]int32, len(v.tokens))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortStableFunc(ids, func(a, b int32) int { return cmp.Compare(v.counts[b], v.counts[a]) })
	return ids
}

// Equal reports whether two vocabularies have the same tokens and counts.
func (v *Vocabulary) Equal(w *Vocabulary) bool {
	return v == w || slices.Equal(v.tokens, w.tokens) && slices.Equal(v.counts, w.counts)
}
