package tokenize

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sugarme/tokenizer/model/wordlevel"

	"github.com/luminavec/luminavec/internal/fault"
)

// Vocabulary is the words a model knows. A word's id is its row: in vocab.tsv,
// in the tables of a model. Those that Build counts stand most frequent first,
// words of equal count by their bytes; other code may rely on that for "the n
// most frequent words". A vocabulary does not change once made.
type Vocabulary struct {
	tokens []string
	counts []int64
	ids    map[string]int      // an int each: model has the same map
	model  wordlevel.WordLevel // see newWordLevel
	total  int64
}

// NewVocabulary makes a vocabulary of tokens with their counts in a corpus (nil
// counts: all zero), in the order given. Tokens must be UTF-8, not empty,
// without tab or line break, each once; counts must not be negative.
func NewVocabulary(tokens []string, counts []int64) (*Vocabulary, error) {
	if counts == nil {
		counts = make([]int64, len(tokens))
	}
	if len(tokens) != len(counts) {
		return nil, fmt.Errorf("vocabulary of %d tokens has %d counts", len(tokens), len(counts))
	}
	for i, token := range tokens {
		if err := CheckToken(token); err != nil {
			return nil, fmt.Errorf("token %d: %w", i, err)
		}
	}
	v := &Vocabulary{tokens: slices.Clone(tokens), counts: slices.Clone(counts)}
	if at, err := v.index(); err != nil {
		return nil, fmt.Errorf("token %d: %w", at, err)
	}
	return v, nil
}

// index makes ids, model and total of the tokens, which were checked one by
// one. An error is about the token with the id at.
func (v *Vocabulary) index() (at int, err error) {
	if len(v.tokens) > math.MaxInt32 {
		return math.MaxInt32, fmt.Errorf("a vocabulary has at most %d tokens", math.MaxInt32)
	}
	v.ids = make(map[string]int, len(v.tokens))
	// The library makes a second map, id to token, of what it is given; tokens
	// is that already. So it is given ids before there is anything in it.
	if err := fenced(func() error {
		m, err := wordlevel.New(v.ids, UnknownToken)
		if err == nil {
			v.model = *m
		}
		return err
	}); err != nil {
		return 0, fmt.Errorf("word model: %w", err)
	}
	for i, token := range v.tokens {
		v.ids[token] = i
		if len(v.ids) == i { // it was there
			return i, &repeated{token, slices.Index(v.tokens, token)}
		}
		if n := v.counts[i]; n < 0 || v.total > math.MaxInt64-n {
			return i, fmt.Errorf("count %d of %q is out of range", n, token)
		}
		v.total += v.counts[i]
	}
	return 0, nil
}

// repeated is the error of a token that another id has already.
type repeated struct {
	token string
	first int
}

func (e *repeated) Error() string { return fmt.Sprintf("%q is token %d already", e.token, e.first) }

func CheckToken(token string) error {
	switch {
	case token == "":
		return fmt.Errorf("it is empty")
	case !utf8.ValidString(token):
		return fmt.Errorf("%q is not UTF-8", token)
	case strings.ContainsAny(token, "\t\n\r"):
		return fmt.Errorf("%q holds a tab or a line break", token)
	}
	return nil
}

// Len is the number of tokens.
func (v *Vocabulary) Len() int { return len(v.tokens) }

// Token returns the token of an id, which must be from 0 to Len-1.
func (v *Vocabulary) Token(id int32) string { return v.tokens[id] }

// Count returns how often the token of an id occurred.
func (v *Vocabulary) Count(id int32) int64 { return v.counts[id] }

// ID returns the id of a token, which must be normalised as the tokenizer does.
func (v *Vocabulary) ID(token string) (int32, bool) {
	id, ok := v.ids[token]
	return int32(id), ok
}

// Find is ID for a token in a byte slice; it does not allocate.
func (v *Vocabulary) Find(token []byte) (int32, bool) {
	id, ok := v.ids[string(token)]
	return int32(id), ok
}

// has says whether a word is in v; nothing is in a nil vocabulary.
func (v *Vocabulary) Has(word string) bool {
	if v == nil {
		return false
	}
	_, ok := v.ids[word]
	return ok
}

// Total is the sum of all counts.
func (v *Vocabulary) Total() int64 { return v.total }

// Tokens returns all tokens by id. The caller must not change them.
func (v *Vocabulary) Tokens() []string { return v.tokens }

// ByCount returns all ids, the most frequent first. That is their order but for the
// vocabulary of a tokenizer that came with one.
func (v *Vocabulary) ByCount() []int32 {
	ids := make([]int32, len(v.tokens))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortStableFunc(ids, func(a, b int32) int { return cmp.Compare(v.counts[b], v.counts[a]) })
	return ids
}

// equal reports whether two vocabularies have the same tokens and counts.
func (v *Vocabulary) Equal(w *Vocabulary) bool {
	return v == w || slices.Equal(v.tokens, w.tokens) && slices.Equal(v.counts, w.counts)
}

// WriteTo writes vocab.tsv: a line a token, the token, a tab, its count.
func (v *Vocabulary) WriteTo(w io.Writer) (int64, error) {
	b := bufio.NewWriterSize(w, 64<<10)
	var n int64
	var line []byte
	for i, token := range v.tokens {
		line = append(line[:0], token...)
		line = append(line, '\t')
		line = strconv.AppendInt(line, v.counts[i], 10)
		line = append(line, '\n')
		m, err := b.Write(line)
		n += int64(m)
		if err != nil {
			return n, err
		}
	}
	return n, b.Flush()
}

// ReadVocabulary reads what WriteTo writes; name stands in errors.
func ReadVocabulary(name string, r io.Reader) (*Vocabulary, error) {
	const hint = "each line is a token, a tab and its count, as train writes vocab.tsv"
	var text strings.Builder // all tokens, one behind the other: one allocation for many
	var ends []int           // of each in text
	v := &Vocabulary{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	n := 0
	for lines.Scan() {
		n++
		token, digits, ok := bytes.Cut(lines.Bytes(), []byte("\t"))
		if !ok {
			return nil, fault.New(hint, "%s:%d: no tab in %.60q", name, n, lines.Bytes())
		}
		count, err := strconv.ParseInt(string(digits), 10, 64)
		if err != nil || count < 0 {
			return nil, fault.New(hint, "%s:%d: %.60q is no count", name, n, digits)
		}
		text.Write(token)
		ends = append(ends, text.Len())
		v.counts = append(v.counts, count)
	}
	if err := lines.Err(); err != nil {
		return nil, fault.New(hint, "%s:%d: %w", name, n+1, err)
	}
	v.tokens = make([]string, len(ends))
	begin := 0
	for i, end := range ends {
		v.tokens[i] = text.String()[begin:end]
		begin = end
		if err := CheckToken(v.tokens[i]); err != nil {
			return nil, fault.New(hint, "%s:%d: bad token: %w", name, i+1, err)
		}
	}
	if at, err := v.index(); err != nil {
		if twice := (*repeated)(nil); errors.As(err, &twice) {
			err = fmt.Errorf("token %q stands in line %d already", twice.token, twice.first+1)
		}
		return nil, fault.New(hint, "%s:%d: %w", name, at+1, err)
	}
	return v, nil
}
