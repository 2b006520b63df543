package corpora

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

// Vocabulary is the words a model knows. A word's id is its row: in vocab.tsv,
// in the tables of a model. Those that Build counts stand most frequent first,
// words of equal count by their bytes; other code may rely on that for "the n
// most frequent words". A vocabulary does not change once made.
type Vocabulary struct {
	tokens []string
	counts []int64
	ids    map[string]int32
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
	if len(tokens) > math.MaxInt32 {
		return nil, fmt.Errorf("vocabulary of %d tokens: at most %d", len(tokens), math.MaxInt32)
	}
	v := &Vocabulary{
		tokens: append([]string(nil), tokens...),
		counts: append([]int64(nil), counts...),
		ids:    make(map[string]int32, len(tokens)),
	}
	for i, token := range tokens {
		if err := checkToken(token); err != nil {
			return nil, fmt.Errorf("token %d: %w", i, err)
		}
		if first, twice := v.ids[token]; twice {
			return nil, fmt.Errorf("token %d: %q is token %d already", i, token, first)
		}
		if counts[i] < 0 || v.total > math.MaxInt64-counts[i] {
			return nil, fmt.Errorf("token %d: count %d of %q is out of range", i, counts[i], token)
		}
		v.ids[token] = int32(i)
		v.total += counts[i]
	}
	return v, nil
}

func checkToken(token string) error {
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
	return id, ok
}

// Total is the sum of all counts.
func (v *Vocabulary) Total() int64 { return v.total }

// Tokens returns all tokens by id. The caller must not change them.
func (v *Vocabulary) Tokens() []string { return v.tokens }

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
	var tokens []string
	var counts []int64
	seen := map[string]int{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	n := 0
	for lines.Scan() {
		n++
		token, digits, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			return nil, fault.New(hint, "%s:%d: no tab in %.60q", name, n, lines.Text())
		}
		count, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || count < 0 {
			return nil, fault.New(hint, "%s:%d: %.60q is no count", name, n, digits)
		}
		if err := checkToken(token); err != nil {
			return nil, fault.New(hint, "%s:%d: bad token: %w", name, n, err)
		}
		if first, twice := seen[token]; twice {
			return nil, fault.New(hint, "%s:%d: token %q stands in line %d already", name, n, token, first)
		}
		seen[token] = n
		tokens = append(tokens, token)
		counts = append(counts, count)
	}
	if err := lines.Err(); err != nil {
		return nil, fault.New(hint, "%s:%d: %w", name, n+1, err)
	}
	v, err := NewVocabulary(tokens, counts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}
