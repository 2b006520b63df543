package exchange

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/fields"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

const hintOtherWords = "list the words of these vectors, one per line, in the order of the rows"

// wordList reads a word per line, with or without a tab and its count, for a format
// whose rows have no words.
type wordList struct {
	name   string
	r      *bufio.Reader
	line   int64
	spaced bool          // a space separates a word and its count, as word2vec and GloVe write them
	array  *bufio.Reader // of an array of strings instead of lines; nil: none
	raw    []byte        // one of its strings
	wide   bool          // of 32-bit characters
	token  []byte
	ids    bool // a line is an id and fields, separated by tabs
}

// wordsBeside opens the list of words of rows that have none: Options.WordList, vocab.tsv in the
// folder of the file or, without it, IDsFile; nil if no words are wanted.
func (v *Vectors) wordsBeside(ctx context.Context) (*wordList, error) {
	if v.given != nil {
		return v.given, nil
	}
	name := v.Options.WordList
	if v.Options.IDs {
		return v.openIDs(ctx)
	}
	if name == "" {
		if v.Options.Unnamed {
			return nil, nil
		}
		name = filepath.Join(filepath.Dir(v.Path), checkpoints.VocabularyFile)
		dir, ids := filepath.Split(beside(v.Path, idsSuffix))
		if !exists(dir, checkpoints.VocabularyFile) && exists(dir, ids) {
			return v.openIDs(ctx)
		}
	}
	v.detail += ", words from " + text.Describe(name)
	return v.openWords(ctx, name)
}

// openWords opens the list of words of v.
func (v *Vectors) openWords(ctx context.Context, name string) (*wordList, error) {
	in, err := text.Unpack(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Mention("list the words in a file, one per line, and name it with WordList, or put it beside the vectors as "+checkpoints.VocabularyFile,
			"%s: no list of words: %w", v.Name(), err)
	}
	if err != nil {
		return nil, err
	}
	v.closers = append(v.closers, in)
	v.listed = true
	w := &wordList{name: text.Describe(name), r: in.Reader}
	head, err := w.r.Peek(w.r.Size())
	if text.EndsAtCR(head) {
		w.r = bufio.NewReaderSize(text.CRReader{Text: w.r}, w.r.Size())
		head, err = w.r.Peek(w.r.Size())
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		w.r.Discard(3)
		head = head[3:]
	}
	w.spaced = countedBySpace(head, err == io.EOF)
	return w, nil
}

var wordAndCount = regexp.MustCompile(`^[^ \t]+ \d+[ \t\r]*$`)

// countedBySpace reports whether each of several lines is a word, a space and a count, which
// never grows.
func countedBySpace(head []byte, whole bool) bool {
	last := int64(math.MaxInt64)
	n := 0
	for len(head) > 0 {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		if head = rest; !ended && !whole {
			break
		}
		if !wordAndCount.Match(line) {
			return false
		}
		count, err := strconv.ParseInt(string(bytes.Fields(line)[1]), 10, 64)
		if err != nil || count > last {
			return false
		}
		last = count
		n++
	}
	return n > 1
}

// next returns the word of row i of n (from 0) and its count, -1 if it has none. At i = n it
// returns io.EOF, or an error if the list is longer.
func (w *wordList) next(v *Vectors, i, n int64) ([]byte, int64, error) {
	token, count, err := w.read()
	switch {
	case err == io.EOF && i < n:
		err = fault.New(hintOtherWords, "%s: ends after %s, but %s has more rows", w.name, fault.Count(int(i), "word"), v.Name())
	case err == nil && i == n:
		err = fault.New(hintOtherWords, "%s:%d: more words than the %s of %s", w.name, w.line, fault.Count(int(n), "row"), v.Name())
	}
	return token, count, err
}

func (w *wordList) read() ([]byte, int64, error) {
	if w.array != nil {
		return w.readArray()
	}
	line, err := w.r.ReadSlice('\n')
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		err = fault.New(hintOtherWords, "%s:%d: line too long for a word", w.name, w.line+1)
	}
	if err != nil {
		return nil, 0, err
	}
	if w.line++; w.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff")) // a byte order mark
	}
	separator := []byte("\t")
	if w.ids {
		id, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), separator)
		return []byte(fields.Unescape(string(id))), -1, nil
	}
	if w.spaced {
		line, separator = bytes.TrimRight(line, " \t\r\n"), []byte(" ")
	}
	token, digits, counted := bytes.Cut(bytes.TrimRight(line, "\r\n"), separator)
	if !counted {
		return token, -1, nil
	}
	count, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || count < 0 {
		return nil, 0, fault.New("each line is a word, or a word, a tab and its count", "%s:%d: count %.60q is not a number", w.name, w.line, digits)
	}
	return token, count, nil
}
