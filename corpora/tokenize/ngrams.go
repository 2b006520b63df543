package tokenize

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/luminavec/luminavec/internal/fault"
)

// The parts of a word tell much about it: who knows "walk", "walked" and
// "talk" can guess at "talked". So a word may be, besides a row of its own, the
// mean of rows that it shares with the words that look like it: one for each of
// its character n-grams. And a word that no text had is the mean of those of its
// n-grams that some text did have. It is the model of Bojanowski et al.,
// "Enriching Word Vectors with Subword Information" (2017).
//
// An n-gram is a run of Min to Max code points of the word between the borders <
// and >, which tell the "her" in "where" from the word "her": those of three code
// points of "where" are
//
//	<wh whe her ere re>
//
// A border alone is none, and neither is the whole, <where>, which is the word's
// own row already. One that comes twice counts twice. There are more of them than
// anyone wants rows, so each falls into one of Buckets by its hash, FNV-1a of 32
// bits over UTF-8. Two that fall into one share it.
//
// Buckets have the numbers that fastText gives them: that program reads a byte as
// a signed char, so those above 0x7f flip the upper 24 bits of the hash as well.
// (It does count the whole of a word no longer than Max.) Other than there only
// buckets that words of the vocabulary fall in have a row, and the rows are
// sorted by how often the text needs them: those of the most frequent n-grams lie
// together.

// NGramOptions say which character n-grams of a word have vectors. The zero
// value: none.
type NGramOptions struct {
	Min     int `json:"min"`     // shortest, in code points with the borders; default 3
	Max     int `json:"max"`     // longest, in code points with the borders; default 6; 0: no n-grams
	Buckets int `json:"buckets"` // that n-grams are hashed into; default 2,000,000
}

// DefaultNGramOptions are those of fastText.
func DefaultNGramOptions() NGramOptions { return NGramOptions{Min: 3, Max: 6, Buckets: 2_000_000} }

// MaxNGram is the longest n-gram that may be asked for, in code points.
const MaxNGram = 30

// Validate names the field that is out of range. The zero value is valid.
func (o NGramOptions) Validate() error {
	switch {
	case o == NGramOptions{}:
		return nil
	case o.Max < 1 || o.Max > MaxNGram:
		return fault.New("3 to 6 is usual", "the longest character n-gram has %d characters, want 1 to %d", o.Max, MaxNGram)
	case o.Min < 1 || o.Min > o.Max:
		return fault.New("3 to 6 is usual", "the shortest character n-gram has %d characters, want 1 to the longest, %d", o.Min, o.Max)
	case o.Buckets < 1 || o.Buckets > math.MaxInt32:
		return fault.New("2000000 is usual", "character n-grams go into %d buckets, want 1 to %d", o.Buckets, math.MaxInt32)
	}
	return nil
}

// NGrams are the character n-grams that have rows in a table, and those of each
// word of a vocabulary. It does not change once made.
type NGrams struct {
	options NGramOptions
	buckets []int32         // of each row
	rows    map[int32]int32 // of each bucket

	// What Of returns. Who reads a model to look up words does not ask for it.
	vocabulary *Vocabulary
	indexed    sync.Once
	ends       []int   // of each word's rows in of
	of         []int32 // rows of all words, one behind the other
}

// NewNGrams gives a row to each bucket that an n-gram of a word of v falls in.
// Rows are numbered from the most frequent bucket, by the summed counts of the
// words, equals by bucket. It is an error if there is none.
func NewNGrams(v *Vocabulary, o NGramOptions) (*NGrams, error) {
	g, err := newNGrams(v, o)
	if err != nil {
		return nil, err
	}
	var counts []uint64 // of each row
	g.index(func(id, bucket int32) (int32, bool) {
		row, ok := g.rows[bucket]
		if !ok {
			row = int32(len(g.buckets))
			g.rows[bucket] = row
			g.buckets = append(g.buckets, bucket)
			counts = append(counts, 0)
		}
		counts[row] += min(uint64(v.Count(id)), math.MaxUint64-counts[row])
		return row, true
	})
	if len(g.buckets) == 0 {
		return nil, fault.New("3 to 6 is usual", "no word of the vocabulary has character n-grams of %d to %d", o.Min, o.Max)
	}
	// Rows have been numbered as they came; number them anew.
	order := make([]int32, len(counts))
	for row := range order {
		order[row] = int32(row)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(g.buckets[a], g.buckets[b]))
	})
	buckets := make([]int32, len(order))
	place := make([]int32, len(order))
	for row, old := range order {
		buckets[row] = g.buckets[old]
		place[old] = int32(row)
		g.rows[buckets[row]] = int32(row)
	}
	g.buckets = buckets
	for i, row := range g.of {
		g.of[i] = place[row]
	}
	return g, nil
}

// RestoreNGrams returns the n-grams whose rows have the given buckets, as
// Buckets gave them, and which a word of v may have besides those that have no
// row. The buckets are not copied.
func RestoreNGrams(v *Vocabulary, o NGramOptions, buckets []int32) (*NGrams, error) {
	g, err := newNGrams(v, o)
	if err != nil {
		return nil, err
	}
	if len(buckets) == 0 {
		return nil, fmt.Errorf("there is no character n-gram")
	}
	if len(buckets) > o.Buckets {
		return nil, fmt.Errorf("there are %d rows of character n-grams, and only %d buckets", len(buckets), o.Buckets)
	}
	g.rows = make(map[int32]int32, len(buckets))
	for row, bucket := range buckets {
		if bucket < 0 || int(bucket) >= o.Buckets {
			return nil, fmt.Errorf("row %d of the character n-grams has bucket %d, want 0 to %d", row, bucket, o.Buckets-1)
		}
		if first, twice := g.rows[bucket]; twice {
			return nil, fmt.Errorf("rows %d and %d of the character n-grams both have bucket %d", first, row, bucket)
		}
		g.rows[bucket] = int32(row)
	}
	g.buckets = buckets
	return g, nil
}

// newNGrams returns n-grams without a row.
func newNGrams(v *Vocabulary, o NGramOptions) (*NGrams, error) {
	if o.Max == 0 {
		return nil, fault.New("3 to 6 is usual", "no length of character n-grams is given")
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &NGrams{options: o, vocabulary: v, rows: map[int32]int32{}}, nil
}

// index fills ends and of, once, with the rows that row has for the n-grams of
// the vocabulary.
func (g *NGrams) index(row func(id, bucket int32) (int32, bool)) {
	g.indexed.Do(func() {
		g.ends = make([]int, g.vocabulary.Len())
		for i, word := range g.vocabulary.Tokens() {
			g.options.each(word, func(_, _ int, bucket int32) {
				if r, ok := row(int32(i), bucket); ok {
					g.of = append(g.of, r)
				}
			})
			g.ends[i] = len(g.of)
		}
		g.of = slices.Clip(g.of)
	})
}

// Options returns what the n-grams were made with.
func (g *NGrams) Options() NGramOptions { return g.options }

// Rows is the number of n-grams, or rather buckets, that have a row.
func (g *NGrams) Rows() int { return len(g.buckets) }

// Buckets returns the bucket of each row: what a checkpoint keeps. The caller
// must not change them.
func (g *NGrams) Buckets() []int32 { return g.buckets }

// Of returns the rows of the n-grams of a word of the vocabulary, none for one
// that is too short to have any. The caller must not change them.
func (g *NGrams) Of(id int32) []int32 {
	g.index(func(_, bucket int32) (int32, bool) {
		row, ok := g.rows[bucket]
		return row, ok
	})
	from := 0
	if id > 0 {
		from = g.ends[id-1]
	}
	return g.of[from:g.ends[id]:g.ends[id]]
}

// Append appends to dst the rows of the n-grams of any word, normalised as the
// tokenizer does, that have one. Of a word of the vocabulary they are those of
// Of. It takes time in proportion to the length of the word and allocates only
// to grow dst.
func (g *NGrams) Append(dst []int32, word string) []int32 {
	g.options.each(word, func(_, _ int, bucket int32) {
		if row, ok := g.rows[bucket]; ok {
			dst = append(dst, row)
		}
	})
	return dst
}

// NGram is one of the character n-grams of a word.
type NGram struct {
	Text   string `json:"text"` // with the border, if it is at one
	Bucket int32  `json:"bucket"`
	Row    int32  `json:"row"` // -1: none
}

// Explain returns all n-grams of a word, by where they begin, the shorter first.
func (g *NGrams) Explain(word string) []NGram {
	var grams []NGram
	whole := "<" + word + ">"
	g.options.each(word, func(from, to int, bucket int32) {
		row, ok := g.rows[bucket]
		if !ok {
			row = -1
		}
		grams = append(grams, NGram{whole[from:to], bucket, row})
	})
	return grams
}

// each calls emit with the n-grams of word: their bytes of "<word>", and their
// bucket. What is not UTF-8 is cut as fastText does: a code point is a byte and
// what follows it of 10xxxxxx.
func (o NGramOptions) each(word string, emit func(from, to int, bucket int32)) {
	const offset, prime = 2166136261, 16777619 // FNV-1a, 32 bits
	n := len(word) + 2
	// at is a byte of "<word>", which would have to be made otherwise.
	at := func(i int) byte {
		switch i {
		case 0:
			return '<'
		case n - 1:
			return '>'
		}
		return word[i-1]
	}
	for from := range n {
		if at(from)&0xc0 == 0x80 {
			continue
		}
		hash, length := uint32(offset), 0
		for to := from + 1; to <= n && length < o.Max; to++ {
			hash = (hash ^ uint32(int8(at(to-1)))) * prime
			if to < n && at(to)&0xc0 == 0x80 {
				continue // inside a code point
			}
			length++
			switch {
			case length < o.Min || from == 0 && to == n: // too short, or the whole
			case length == 1 && (from == 0 || to == n): // a border
			default:
				emit(from, to, int32(hash%uint32(o.Buckets)))
			}
		}
	}
}
