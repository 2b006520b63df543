package corpora

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// wordTable numbers the words of the batches that one goroutine reads. The k-th new word of
// table i of n gets the provisional id k·n + i, so tables share nothing and their ids do not
// collide. They are preceded by a table of the words that were kept when others were dropped:
// its k-th word has the id k, and the ids of the other tables start after its ids. That table
// does not change while text is read.
type wordTable struct {
	first, step int32
	keptWords   int32       // in kept
	kept        *wordTable  // nil in that table itself
	dropped     *wordFilter // does not change either; nil before any word was dropped
	scanner     *tokenize.Scanner
	subwords    bool
	given       *tokenize.Vocabulary // look words up here instead of counting them; nil: none
	base        *tokenize.Vocabulary // its words are never dropped; nil: none
	ids         map[string]int32
	tokens      []string
	counts      []int64
	tokenCounts []int64 // of a subword tokenizer, by id; nil: not counted
	raw         int64
}

// newWordTables returns the table of kept words and n others.
func newWordTables(n int, o BuildOptions) []*wordTable {
	kept := &wordTable{step: 1, ids: map[string]int32{}}
	tables := []*wordTable{kept}
	for i := range n {
		t := newWordTable(int32(i), int32(n), o)
		t.kept = kept
		tables = append(tables, t)
	}
	return tables
}

func newWordTable(first, step int32, o BuildOptions) *wordTable {
	return &wordTable{first: first, step: step, given: o.Vocabulary, base: o.Base, ids: map[string]int32{},
		scanner: o.Tokenizer.NewScanner(), subwords: o.Tokenizer.Subwords()}
}

// encode returns the ids of a batch, with a LineEnd after each line.
func (t *wordTable) encode(b *text.Batch) (ids []int32, err error) {
	defer func() { // the segmenter is third-party code, and text may be arbitrary bytes
		if x := recover(); x != nil {
			err = fmt.Errorf("cannot split the text into words: %w", fault.Recovered(x))
		}
	}()
	ids = make([]int32, 0, len(b.Text)/5)
	add := t.number(&ids)
	start := 0
	for i, end := range b.Ends {
		if t.subwords {
			n := len(ids)
			ids = t.scanner.Encode(ids, b.Text[start:end.At])
			t.raw += int64(len(ids) - n)
			if t.tokenCounts != nil {
				for _, id := range ids[n:] {
					t.tokenCounts[id]++
				}
			}
		} else {
			t.scanner.Words(b.Text[start:end.At], add)
		}
		if end.Line || i == len(b.Ends)-1 { // phrases do not cross batches
			t.scanner.EndLine(add)
		}
		// The line may have words in an earlier batch, so its end is stored even if this
		// batch has none before it; finish drops the ends of empty lines.
		if end.Line && (len(ids) == 0 || ids[len(ids)-1] != LineEnd) {
			ids = append(ids, LineEnd)
		}
		start = end.At
		if len(t.tokens) > (math.MaxInt32-int(t.keptWords))/int(t.step)-1 {
			return nil, fault.New("check that the input is text; read it in parts, or remove numbers and codes",
				"too many distinct words to number: %d in a part of the text", len(t.tokens))
		}
	}
	return ids, nil
}

// number returns a function that appends the id of a word to ids.
func (t *wordTable) number(ids *[]int32) func(word []byte) {
	if t.given != nil {
		return func(word []byte) {
			t.raw++
			if id, ok := t.given.Find(word); ok {
				*ids = append(*ids, id)
			}
		}
	}
	return func(word []byte) {
		t.raw++
		k, ok := t.ids[string(word)]
		if !ok {
			if t.dropped != nil && t.dropped.has(word) {
				if _, ok := t.kept.ids[string(word)]; !ok && !t.base.Has(string(word)) {
					return
				}
			}
			token := string(word)
			k = int32(len(t.tokens))
			t.ids[token] = k
			t.tokens = append(t.tokens, token)
			t.counts = append(t.counts, 0)
		}
		t.counts[k]++
		*ids = append(*ids, t.id(k))
	}
}

// id returns the provisional id of the k-th word.
func (t *wordTable) id(k int32) int32 {
	return t.keptWords + k*t.step + t.first
}

// count makes the vocabulary of the tables and returns the final id forevery
// provisional one; it is LineEnd for words that are not in the vocabulary.
func (c *Corpus) count(tables []*wordTable, o BuildOptions) (final []int32, err error) {
	all, tokens, counts := merge(tables)
	c.distinct = len(tokens) + c.dropped
	if len(tokens) == 0 {
		return nil, fault.New("check that the input is text, not lists of numbers and codes",
			"all %d distinct words are too rare to be counted", c.distinct)
	}
	var kept []int32
	for place, n := range counts {
		if n >= o.MinCount && !o.Base.Has(tokens[place]) {
			kept = append(kept, int32(place))
		}
	}
	byCount := func(a, b int32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(tokens[a], tokens[b]))
	}
	if o.Base != nil {
		if o.MaxVocabulary > 0 {
			slices.SortFunc(kept, byCount)
			kept = kept[:min(len(kept), max(0, o.MaxVocabulary-o.Base.Len()))]
		}
		for id, token := range o.Base.Tokens() {
			place, ok := all[token]
			if !ok {
				place = int32(len(tokens))
				all[token] = place
				tokens, counts = append(tokens, token), append(counts, 0)
			}
			if counts[place] > math.MaxInt64-o.Base.Count(int32(id)) {
				return nil, fmt.Errorf("the count of %q, %d plus %d, is out of range", token, o.Base.Count(int32(id)), counts[place])
			}
			counts[place] += o.Base.Count(int32(id))
			kept = append(kept, place)
		}
	}
	if len(kept) == 0 {
		return nil, fault.Mention(fmt.Sprintf("give more text, or lower MinCount: %d keeps the most frequent word", slices.Max(counts)),
			"no word occurs %d times: %d words, %d distinct, the most frequent %d times",
			o.MinCount, c.rawWords, len(tokens), slices.Max(counts))
	}
	slices.SortFunc(kept, byCount)
	if o.Base == nil && o.MaxVocabulary > 0 && len(kept) > o.MaxVocabulary {
		kept = kept[:o.MaxVocabulary]
	}
	rank := make([]int32, len(tokens))
	for i := range rank {
		rank[i] = LineEnd
	}
	keptTokens, keptCounts := make([]string, len(kept)), make([]int64, len(kept))
	for id, place := range kept {
		rank[place] = int32(id)
		keptTokens[id], keptCounts[id] = tokens[place], counts[place]
	}
	if c.vocabulary, err = tokenize.NewVocabulary(keptTokens, keptCounts); err != nil {
		return nil, err
	}
	return renumber(tables, all, rank), nil
}

// merge returns the union of the tables: all has the index of each token in tokens and
// counts. It reuses the first table that has words.
func merge(tables []*wordTable) (all map[string]int32, tokens []string, counts []int64) {
	if len(tables[0].tokens) == 0 {
		tables = tables[1:]
	}
	all, tokens, counts = tables[0].ids, tables[0].tokens, tables[0].counts
	for _, t := range tables[1:] {
		for k, token := range t.tokens {
			place, ok := all[token]
			if !ok {
				place = int32(len(tokens))
				all[token] = place
				tokens, counts = append(tokens, token), append(counts, 0)
			}
			counts[place] += t.counts[k]
		}
	}
	return all, tokens, counts
}

// renumber returns, forevery provisional id, the rank of its word.
func renumber(tables []*wordTable, all map[string]int32, rank []int32) []int32 {
	var ranks []int32
	for _, t := range tables {
		if n := len(t.tokens); n > 0 {
			if need := int(t.id(int32(n-1))) + 1; need > len(ranks) {
				ranks = append(ranks, make([]int32, need-len(ranks))...)
			}
		}
	}
	for _, t := range tables {
		for k, token := range t.tokens {
			ranks[t.id(int32(k))] = rank[all[token]]
		}
	}
	return ranks
}
