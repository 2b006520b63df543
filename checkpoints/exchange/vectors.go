package exchange

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/wordlist"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// MaxDim is the maximum length of a vector that can be read.
const MaxDim = number.MaxDim

// Vectors are the vectors of a file or a folder, opened and not yet read. Files may be
// compressed with gzip, bzip2 or zstd.
type Vectors struct {
	Path    string  // path as given by the caller
	Format  string  // name of the format; see Readable
	Dim     int     // length of a vector
	DType   DType   // how its values are stored
	Scale   float32 // of Int8
	Rows    int64   // as the file states it; 0 if it does not
	Options Options
	Model   *checkpoints.Checkpoint // the model, if Path is a model folder; otherwise nil

	reader   RowReader
	folder   *folder                 // of the format safetensors; otherwise nil
	made     *checkpoints.Checkpoint // n-grams and tokenizer of fasttext-bin; otherwise nil
	settings map[string]any          // of its training, as the file states them
	start    Head                    // of the file, while it is opened
	given    *wordlist.List          // the words, if the file has a list of them
	listed   bool                    // a list of words is read
	detail   string                  // what else String says of the format
	input    *text.Unpacked          // nil for a folder
	closers  []io.Closer
	stats    Stats
}

// Options control how Open reads.
type Options struct {
	// State is whether Model has its training state, if the folder contains it. Default false.
	State bool
	// Format is the name of the format, one of Readable. Default "": detected from the content;
	// a text that can be read in two ways is an error.
	Format string
	// WordList is a file with the words of arrays and of tsv, whose rows have none: one per line,
	// with or without a count after a tab or, in all lines, after a space. For safetensors it may
	// also be a tokenizer.json. It is an error with other formats. Default "": vocab.tsv in the
	// folder of the file or, if there is none, the ids in IDsFile; tsv is then read only if Unnamed
	// or Format is set.
	WordList string
	// Limit is the maximum number of rows to read. Default 0: all.
	Limit int
	// Partial is whether a file may hold fewer rows than it states, as if it had been
	// truncated. Default false.
	Partial bool
	// Unnamed is whether rows may lack a word: an array needs no list of words, and a
	// row whose word cannot be a token is kept. Default false.
	Unnamed bool
	// Dim is the length of vector that the caller expects. It decides whether a row of numbers
	// starts with a word, if both are possible, and how long the rows of raw are. Default 0: any.
	Dim int
	// DType is the type of the values of raw or, Float32 or Float16, of word2vec-bin, and Binary says
	// that the bytes of npy are packed signs. Default "": as the file or the one beside it says, or
	// Float32.
	DType DType
	// VectorColumn is the column of csv, tsv and parquet with the vectors, the member of jsonl, the
	// array of npz or the tensor of safetensors. Default "": vector, embedding or embeddings, or the
	// only one that can be read.
	VectorColumn string
	// IDs is whether a row is called by its id: Token is the id, and rows without one are an
	// error. Default false: Token is the word or text.
	IDs bool
	// Tokenizer splits the text that the vectors are for; Vectors.Normal brings words to its
	// form. It may be set after Open. Default: none.
	Tokenizer *tokenize.Tokenizer
	// OnProgress is called with the bytes read and the size of the file, 0 if unknown. Default:
	// no calls.
	OnProgress func(done, size int64)
}

// Row is a vector and the word or text it belongs to. Rows that are read are valid
// until the function they were passed to returns.
type Row struct {
	Token  []byte    // word or text; in a row that is read: UTF-8, without tab and line break, not empty unless rows are unnamed
	Count  int64     // how often the word occurs in its training text; -1: unknown
	Known  int       // for a text to write: the number of its words that have a vector
	Values []float32 // Dim finite values
	ID     string    // name of the text, if Shape.HasID; in a row that is read: "" if the file has none
	Fields []string  // for a text to write: the values of Shape.Fields, in their order
}

// Stats counts what Each has read.
type Stats struct {
	Rows          int64  // rows read, including skipped ones
	Unusable      int64  // rows skipped because the word is empty or contains a tab or a line break
	FirstUnusable string // position of the first of them, such as "file:line"; "" if there is none
	Repaired      int64  // words in which invalid UTF-8 was replaced by U+FFFD
	Missing       int64  // rows that the file states but lacks, which Options.Partial allows
}

// Open detects the format of a file, or reads and verifies a model folder. If the file holds no
// vectors, the error says what it contains instead. The caller must close the vectors.
//
// A header that promises too many rows costs no memory: rows are read one at a time.
func Open(ctx context.Context, path string, o Options) (*Vectors, error) {
	if o.Limit < 0 {
		return nil, fault.Field("Limit", "0 reads all rows", "must not be negative, got %d", o.Limit)
	}
	v := &Vectors{Path: path, Options: o}
	if err := v.open(ctx); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

func (v *Vectors) open(ctx context.Context) error {
	if info, err := os.Stat(v.Path); err == nil && (info.IsDir() || info.Mode().IsRegular() && v.hasTokenizer()) {
		return v.read(ctx, newHead(v.Path, nil, false, v.Options), true, nil)
	}
	in, err := text.Unpack(ctx, v.Path)
	if err != nil {
		return err
	}
	v.input = in
	v.closers = append(v.closers, in)
	r := in.Reader
	if head, _ := r.Peek(r.Size()); text.EndsAtCR(head) && !v.isBinary(head) {
		r = bufio.NewReaderSize(text.CRReader{Text: r}, r.Size())
	}
	head, err := v.head(r)
	if err != nil {
		return err
	}
	return v.read(ctx, head, false, r)
}

// isBinary reports whether bytes that look like carriage returns are those of numbers.
func (v *Vectors) isBinary(head []byte) bool {
	f, err := detect(newHead(v.Path, head, false, v.Options), false)
	return err == nil && f.Binary || bytes.IndexByte(head, 0) >= 0
}

// read detects the format and reads the header.
func (v *Vectors) read(ctx context.Context, head Head, folder bool, r *bufio.Reader) error {
	f, err := detect(head, folder)
	if err != nil {
		return err
	}
	v.Format, v.start = f.Name, head
	defer func() { v.start = Head{} }() // its data are overwritten by what is read
	if v.reader, err = f.Read(ctx, v, r); err == nil && v.Options.WordList != "" && !v.listed {
		err = fault.Field("WordList", "leave it out", "lists the words of rows that have none, but %s has its own words (%s)", v.Name(), f.Name)
	}
	return err
}

// Close closes the files.
func (v *Vectors) Close() error {
	var errs []error
	for _, c := range v.closers {
		errs = append(errs, c.Close())
	}
	v.closers = nil
	return errors.Join(errs...)
}

// Name returns Path as messages call it: "standard input" for "-".
func (v *Vectors) Name() string { return text.Describe(v.Path) }

// String says what has been read: "3 words, 2 dimensions, from v.txt (glove, text without a
// header line)".
func (v *Vectors) String() string {
	f, _ := Lookup(registry, v.Format)
	what := "word"
	if v.Options.Unnamed && !f.Words && (!f.Folder || f.File && v.folder == nil) {
		what = "vector"
	}
	var b strings.Builder
	stored := ""
	if v.DType != "" && v.DType != Float32 {
		stored = "; " + describe(v.DType, v.Scale)
	}
	form := f.Description
	if f.Folder { // after the semicolon it says what else such a folder may be
		form, _, _ = strings.Cut(form, ";")
	}
	fmt.Fprintf(&b, "%s, %s, from %s (%s, %s%s%s)", count(v.stats.Rows, what), count(int64(v.Dim), "dimension"), v.Name(), f.Name, form, v.detail, stored)
	if v.stats.Missing > 0 {
		fmt.Fprintf(&b, "; it states %s", count(v.Rows, "row"))
	}
	return b.String()
}

// count counts with a comma between thousands.
func count(n int64, noun string) string {
	digits, rest, _ := strings.Cut(fault.Count(int(n), noun), " ")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " " + rest
}

// Stats describes the rows that Each has read.
func (v *Vectors) Stats() Stats { return v.stats }

// Place returns the position of the last row of Each: "vectors.txt:12", or "vectors.bin: byte
// 4711".
func (v *Vectors) Place() string { return v.reader.Place() }

// Each calls fn once with every row, in the order of the file, including rows of repeated
// words. A row of another length, a value that is not finite, and more or fewer rows than the
// file promises are errors that name the position. Rows whose word cannot be a token are
// skipped and counted, unless Options.Unnamed is set. An error from fn or ctx ends the pass and
// is returned unchanged.
func (v *Vectors) Each(ctx context.Context, fn func(Row) error) error {
	for {
		if v.stats.Rows%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			v.report()
		}
		if v.Options.Limit > 0 && v.stats.Rows == int64(v.Options.Limit) {
			return nil
		}
		row, err := v.reader.Next()
		if err == io.EOF {
			if v.Options.Partial && v.Rows > 0 && v.stats.Rows > 0 {
				v.stats.Missing = v.Rows - v.stats.Rows
			} else if v.Rows > 0 && v.stats.Rows != v.Rows {
				return fault.Mention(hintCut, "%s: ends after %d of %s", v.Name(), v.stats.Rows, fault.Count(int(v.Rows), "row"))
			}
			if v.stats.Rows == 0 {
				return fault.New(Hint(), "%s: no vectors", v.Name())
			}
			v.report()
			return nil
		}
		if err != nil {
			return err
		}
		v.stats.Rows++
		if at := number.NotFinite(row.Values); at >= 0 {
			of := ""
			if len(row.Token) > 0 {
				of = fmt.Sprintf(" of %.40q", row.Token)
			}
			return fault.New("every value must be a finite number: remove such rows",
				"%s: value %d%s is %v", v.Place(), at+1, of, row.Values[at])
		}
		if v.Options.IDs {
			if row.ID == "" {
				return fault.Mention("leave out IDs, or give each row an id", "%s: the row has no id", v.Place())
			}
			row.Token = []byte(row.ID)
		}
		if !utf8.Valid(row.Token) {
			v.stats.Repaired++
			row.Token = bytes.ToValidUTF8(row.Token, []byte("\uFFFD"))
		}
		if !v.Options.Unnamed && (len(row.Token) == 0 || bytes.ContainsAny(row.Token, "\t\n\r")) {
			if v.stats.Unusable == 0 {
				v.stats.FirstUnusable = v.Place()
			}
			v.stats.Unusable++
			continue
		}
		if err := fn(row); err != nil {
			return err
		}
	}
}

func (v *Vectors) report() {
	if v.Options.OnProgress != nil && v.input != nil {
		v.Options.OnProgress(v.input.Consumed(), v.input.Size())
	}
}

// stored returns an upper bound of the rows that an uncompressed file of known size can hold if
// each takes at least the given number of bytes; -1: unknown.
func (v *Vectors) stored(least int) int64 {
	if v.input == nil || v.input.Size() == 0 || v.input.Compressed() {
		return -1
	}
	return v.input.Size() / int64(least)
}

// setDType sets how the values are stored.
func (v *Vectors) setDType(d DType, scale float32) { v.DType, v.Scale = d, scale }

// SetDim sets the dimension that a file states, if it is in range.
func (v *Vectors) SetDim(dim int64) error {
	if dim < 1 || dim > MaxDim {
		return fault.New(fmt.Sprintf("vectors may have 1 to %d dimensions", MaxDim), "%s: vectors of %d dimensions", v.Name(), dim)
	}
	v.Dim = int(dim)
	return nil
}

// SetRows sets the number of rows that a file states, if it is in range.
func (v *Vectors) SetRows(rows int64) error {
	if rows < 1 || rows > math.MaxInt32 {
		return fault.New(fmt.Sprintf("a file may have 1 to %d rows", math.MaxInt32), "%s: its header says %d rows", v.Name(), rows)
	}
	v.Rows = rows
	return nil
}

const (
	hintCut  = "the file is truncated: copy or download it again and compare its size, or read what is there with Partial, or its first rows with Limit"
	hintMore = "the number of rows at its start is wrong, or files were concatenated: write it again, or set Limit to the number of rows to read"
)

// cutHere turns the end of a file inside a row into an error with the position, or into io.EOF
// if Options.Partial allows it.
func (v *Vectors) cutHere(row int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if v.Options.Partial {
			return io.EOF
		}
		of := ""
		if v.Rows > 0 {
			of = fmt.Sprintf(" of %d", v.Rows)
		}
		return fault.Mention(hintCut, "%s: ends inside row %d%s", v.Name(), row, of)
	}
	return err
}

// partialLine returns io.EOF instead of the error of a line if it is the last one, which may
// be cut, and Options.Partial is set.
func (v *Vectors) partialLine(r *bufio.Reader, err error) error {
	if _, end := r.Peek(1); v.Options.Partial && v.stats.Rows > 0 && end == io.EOF && err != io.EOF {
		v.detail += ", without its last row, which is truncated"
		return io.EOF
	}
	return err
}

// tooMany is the error for a row after the last one that the file states.
func (v *Vectors) tooMany(place string) error {
	return fault.Mention(hintMore, "%s: more data after the last of %s", place, fault.Count(int(v.Rows), "row"))
}

// nothingMore checks that a binary file ends after its last row, except for line breaks, and
// returns io.EOF.
func (v *Vectors) nothingMore(r *bufio.Reader) error {
	for {
		b, err := r.ReadByte()
		switch {
		case err != nil:
			return err
		case b != '\n' && b != '\r':
			return v.tooMany(v.Name())
		}
	}
}
