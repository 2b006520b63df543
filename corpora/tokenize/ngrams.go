package tokenize

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/luminavec/luminavec/internal/fault"
)

// The parts of a word say much about it: "walk", "walked" and "talk" suggest what
// "talked" means. With character n-grams, the vector of a word is the mean of its own row
// and of rows that it shares with words that look like it, one for each n-gram. A
// word that is not in the vocabulary is the mean of the rows of its n-grams. This is the
// model of Bojanowski et al., "Enriching Word Vectors with Subword Information" (2017).
//
// An n-gram is a run of Min to Max code points of the word between the borders <
// and >, which distinguish the "her" in "where" from the word "her". Those of "where"
// with three code points are
//
//	<wh whe her ere re>
//
// A border alone is not an n-gram. The whole, <where>, is one if it is no longer than Max, as in
// fastText (Whole); in models of earlier versions it is not. An n-gram that occurs twice counts
// twice. Since there are too many n-grams for a row each, an n-gram is hashed to one of Buckets,
// by 32-bit FNV-1a over UTF-8. N-grams with the same bucket share a row.
//
// The bucket numbers are those of fastText, which reads bytes as signed, so that bytes
// above 0x7f also flip the upper 24 bits of the hash. Unlike in fastText, only buckets that
// occur in words of the vocabulary have a row, and the rows are sorted by how often the text
// needs them, so that the rows of frequent n-grams are close together in memory. An n-gram
// without a row counts as a row of zeros (CountAll), so that fastText, in which those rows are
// zeros, gives the same vector; in models of earlier versions it is skipped.

// NGramOptions define which character n-grams of a word have vectors. With the zero value, none
// have.
type NGramOptions struct {
	Min     int `json:"min"`     // shortest, in code points with the borders; default 3
	Max     int `json:"max"`     // longest, in code points with the borders; default 6; 0: no n-grams
	Buckets int `json:"buckets"` // number of hash buckets; default 2,000,000
	// Whole is whether the whole word between its borders is an n-gram, if it has at most Max
	// characters. Default true, as in fastText; false in models of earlier versions.
	Whole bool `json:"whole,omitempty"`
	// CountAll is whether n-grams without a row count in the mean, as rows of zeros. Default
	// true, as in fastText; false in models of earlier versions and in pruned ones.
	CountAll bool `json:"count_all,omitempty"`
}

// DefaultNGramOptions returns the options of fastText.
func DefaultNGramOptions() NGramOptions {
	return NGramOptions{Min: 3, Max: 6, Buckets: 2_000_000, Whole: true, CountAll: true}
}

// MaxNGram is the maximum of NGramOptions.Max, in code points.
const MaxNGram = 30

// ParseNGrams returns the options for the shortest and the longest n-gram, as in "3-6", which
// count as in fastText.
func ParseNGrams(lengths string, buckets int) (NGramOptions, error) {
	shortest, longest, ok := strings.Cut(lengths, "-")
	low, errLow := strconv.Atoi(shortest)
	high, errHigh := strconv.Atoi(longest)
	if !ok || errLow != nil || errHigh != nil || high < 1 {
		return NGramOptions{}, fault.Field("NGrams", "", "must be the shortest and the longest length, as in 3-6, got %q", lengths)
	}
	o := NGramOptions{Min: low, Max: high, Buckets: buckets, Whole: true, CountAll: true}
	return o, o.Validate()
}

// Validate returns an error if an option is out of range. The zero value is
// valid.
func (o NGramOptions) Validate() error {
	switch {
	case o == NGramOptions{}:
		return nil
	case o.Max < 1 || o.Max > MaxNGram:
		return fault.Mention("3 to 6 is usual", "NGrams: the longest character n-gram must have 1 to %d characters, got %d", MaxNGram, o.Max)
	case o.Min < 1 || o.Min > o.Max:
		return fault.Mention("3 to 6 is usual", "NGrams: the shortest character n-gram must have 1 to %d characters, the length of the longest, got %d", o.Max, o.Min)
	case o.Buckets < 1 || o.Buckets > math.MaxInt32:
		return fault.Field("Buckets", "2000000 is usual", "must be from 1 to %d, got %d", math.MaxInt32, o.Buckets)
	}
	return nil
}

// NGrams holds the character n-grams that have rows in a table, and those of each
// word of a vocabulary. It does not change once made.
type NGrams struct {
	options NGramOptions
	buckets []int32         // by row
	rows    map[int32]int32 // by bucket; nil: row i has bucket i, as all have in fastText's files

	// The result of Of, made by its first call, because looking up words does not need it.
	vocabulary *Vocabulary
	indexed    sync.Once
	ends       []int   // for each word, the end of its rows in of
	of         []int32 // rows of all words, in order
}

// NewNGrams gives a row to each bucket of an n-gram of a word of v. The most frequent
// bucket, by the summed counts of the words, has row 0; buckets of equal count are
// in numerical order. No n-grams at all are an error.
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
	// Rows are numbered in the order of occurrence: number them again.
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

// RestoreNGrams returns the n-grams of v whose rows have the given buckets, which are the
// result of Buckets. N-grams of other buckets have no row. The buckets are not copied.
func RestoreNGrams(v *Vocabulary, o NGramOptions, buckets []int32) (*NGrams, error) {
	g, err := newNGrams(v, o)
	if err != nil {
		return nil, err
	}
	if len(buckets) == 0 {
		return nil, errors.New("the list of character n-grams is empty")
	}
	if len(buckets) > o.Buckets {
		return nil, fmt.Errorf("%d rows of character n-grams, but only %d buckets", len(buckets), o.Buckets)
	}
	g.buckets = buckets
	if g.rows = nil; inOrder(buckets) {
		return g, nil
	}
	g.rows = make(map[int32]int32, len(buckets))
	for row, bucket := range buckets {
		if bucket < 0 || int(bucket) >= o.Buckets {
			return nil, fmt.Errorf("row %d of the character n-grams has bucket %d; buckets are 0 to %d", row, bucket, o.Buckets-1)
		}
		if first, twice := g.rows[bucket]; twice {
			return nil, fmt.Errorf("rows %d and %d of the character n-grams both have bucket %d", first, row, bucket)
		}
		g.rows[bucket] = int32(row)
	}
	return g, nil
}

// inOrder reports whether each row has the bucket of its number.
func inOrder(buckets []int32) bool {
	for row, bucket := range buckets {
		if int(bucket) != row {
			return false
		}
	}
	return true
}

// row returns the row of a bucket.
func (g *NGrams) row(bucket int32) (row int32, ok bool) {
	if g.rows == nil {
		return bucket, int(bucket) < len(g.buckets)
	}
	row, ok = g.rows[bucket]
	return row, ok
}

// newNGrams returns n-grams without rows.
func newNGrams(v *Vocabulary, o NGramOptions) (*NGrams, error) {
	if o.Max == 0 {
		return nil, fault.Mention("3 to 6 is usual", "NGrams: the longest character n-gram must have 1 to %d characters, got 0", MaxNGram)
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &NGrams{options: o, vocabulary: v, rows: map[int32]int32{}}, nil
}

// index fills ends and of, once. row returns the row of an n-gram of the
// vocabulary.
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

// Options returns the options.
func (g *NGrams) Options() NGramOptions { return g.options }

// Rows returns the number of buckets that have a row.
func (g *NGrams) Rows() int { return len(g.buckets) }

// Buckets returns the bucket of each row, which a checkpoint stores. The caller
// must not change them.
func (g *NGrams) Buckets() []int32 { return g.buckets }

// Of returns the rows of the n-grams of a word of the vocabulary; short words may have none.
// The caller must not change them.
func (g *NGrams) Of(id int32) []int32 {
	g.index(func(_, bucket int32) (int32, bool) { return g.row(bucket) })
	from := 0
	if id > 0 {
		from = g.ends[id-1]
	}
	return g.of[from:g.ends[id]:g.ends[id]]
}

// Append appends to dst the rows of the n-grams of any word, which must be normalized as the
// tokenizer does it; n-grams without a row are skipped. For a word of the vocabulary they are
// the result of Of. The time is proportional to the length of the word, and nothing is
// allocated except to grow dst.
func (g *NGrams) Append(dst []int32, word string) []int32 {
	g.options.each(word, func(_, _ int, bucket int32) {
		if row, ok := g.row(bucket); ok {
			dst = append(dst, row)
		}
	})
	return dst
}

// Divisor returns what the sum of the rows of a word outside the vocabulary is divided by, if
// Append has found the given number of rows: that number or, with CountAll, the number of all
// n-grams of the word.
func (g *NGrams) Divisor(word string, rows int) int {
	if !g.options.CountAll {
		return rows
	}
	length := 2 // of "<word>", in code points
	for i := range len(word) {
		if word[i]&0xc0 != 0x80 {
			length++
		}
	}
	o := g.options
	n := 0
	for size := o.Min; size <= min(o.Max, length); size++ {
		n += length - size + 1
	}
	if o.Min == 1 {
		n -= 2 // the borders
	}
	if !o.Whole && o.Min <= length && length <= o.Max {
		n--
	}
	return n
}

// NGram is one of the character n-grams of a word.
type NGram struct {
	Text   string `json:"text"` // includes the border < or > at the start or end of the word
	Bucket int32  `json:"bucket"`
	Row    int32  `json:"row"` // -1 if it has none
}

// Explain returns all n-grams of a word, sorted by start, then by length.
func (g *NGrams) Explain(word string) []NGram {
	var grams []NGram
	whole := "<" + word + ">"
	g.options.each(word, func(from, to int, bucket int32) {
		row, ok := g.row(bucket)
		if !ok {
			row = -1
		}
		grams = append(grams, NGram{whole[from:to], bucket, row})
	})
	return grams
}

// each calls emit with the n-grams of word: their range of bytes in "<word>" and their
// bucket. Invalid UTF-8 is cut as in fastText: a code point is any byte and the
// continuation bytes (10xxxxxx) after it.
func (o NGramOptions) each(word string, emit func(from, to int, bucket int32)) {
	const offset, prime = 2166136261, 16777619 // FNV-1a, 32 bits
	n := len(word) + 2
	// at returns a byte of "<word>" without making that string.
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
			case length < o.Min || from == 0 && to == n && !o.Whole: // too short, or the whole
			case length == 1 && (from == 0 || to == n): // a border
			default:
				emit(from, to, int32(hash%uint32(o.Buckets)))
			}
		}
	}
}
