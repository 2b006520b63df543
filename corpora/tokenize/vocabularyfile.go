package tokenize

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
	"github.com/luminavec/luminavec/internal/fault"
)

// WriteTo writes vocab.tsv. Each line is a token, a tab and its count.
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

// ReadVocabulary reads a vocab.tsv; errors refer to it as name.
func ReadVocabulary(name string, r io.Reader) (*Vocabulary, error) {
	var all bytes.Buffer
	if n, ok := r.(interface{ Len() int }); ok { // the size is known
		all.Grow(n.Len() + bytes.MinRead)
	}
	_, err := all.ReadFrom(r)
	if err == nil {
		if v := parseVocabulary(all.Bytes()); v != nil {
			if _, err := v.index(); err == nil {
				return v, nil
			}
		}
	}
	// Errors come in the order of the lines.
	return readVocabulary(name, io.MultiReader(bytes.NewReader(all.Bytes()), errReader{err}))
}

// errReader fails with an error, or ends if it is nil.
type errReader struct{ err error }

func (f errReader) Read([]byte) (int, error) { return 0, cmp.Or(f.err, io.EOF) }

// parseVocabulary returns the vocabulary of a vocab.tsv as WriteTo writes it, without its index. It
// returns nil for other files. The tokens share the memory of data.
func parseVocabulary(data []byte) *Vocabulary {
	if !utf8.Valid(data) || bytes.IndexByte(data, '\r') >= 0 || len(data) > 0 && data[len(data)-1] != '\n' {
		return nil
	}
	text := unsafe.String(unsafe.SliceData(data), len(data))
	n := bytes.Count(data, []byte("\n"))
	v := &Vocabulary{tokens: make([]string, 0, n), counts: make([]int64, 0, n)}
	for at := 0; at < len(text); {
		end := at
		for text[end] != '\t' {
			if text[end] == '\n' {
				return nil
			}
			end++
		}
		count, digits := int64(0), end+1
		next := digits
		for '0' <= text[next] && text[next] <= '9' {
			count = 10*count + int64(text[next]-'0')
			next++
		}
		if text[next] != '\n' || end == at || next == digits || next-digits > 18 {
			return nil
		}
		v.tokens, v.counts = append(v.tokens, text[at:end]), append(v.counts, count)
		at = next + 1
	}
	return v
}

// readVocabulary is ReadVocabulary, line by line.
func readVocabulary(name string, r io.Reader) (*Vocabulary, error) {
	const hint = "each line is a token, a tab and its count, as in the vocab.tsv of a model"
	var text strings.Builder // all tokens in one string: one allocation for many
	var ends []int           // of each token in text
	v := &Vocabulary{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxTokenizerBytes) // a token of another tokenizer may have any length
	n := 0
	for lines.Scan() {
		n++
		token, digits, ok := bytes.Cut(lines.Bytes(), []byte("\t"))
		if !ok {
			return nil, fault.New(hint, "%s:%d: no tab in %.60q", name, n, lines.Bytes())
		}
		count, err := strconv.ParseInt(string(digits), 10, 64)
		if err != nil || count < 0 {
			return nil, fault.New(hint, "%s:%d: %.60q is not a count", name, n, digits)
		}
		text.Write(token)
		ends = append(ends, text.Len())
		v.counts = append(v.counts, count)
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("the line is longer than %d MiB", maxTokenizerBytes>>20)
		}
		return nil, fault.New(hint, "%s:%d: %w", name, n+1, err)
	}
	v.tokens = make([]string, len(ends))
	begin := 0
	for i, end := range ends {
		v.tokens[i] = text.String()[begin:end]
		begin = end
		if err := models.CheckToken(v.tokens[i]); err != nil {
			return nil, fault.New(hint, "%s:%d: bad token: %w", name, i+1, err)
		}
	}
	if at, err := v.index(); err != nil {
		if twice := (*repeated)(nil); errors.As(err, &twice) {
			err = fmt.Errorf("token %q is already on line %d", twice.token, twice.first+1)
		}
		return nil, fault.New(hint, "%s:%d: %w", name, at+1, err)
	}
	return v, nil
}
