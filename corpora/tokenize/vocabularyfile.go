package tokenize

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

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
