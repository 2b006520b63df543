package checkpoints

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// binaryRows reads word2vec's binary format: a word, a space, the values as
// little-endian float32. word2vec.c ends a row with a line feed, gensim does not.
type binaryRows struct {
	v      *Vectors
	r      *bufio.Reader
	offset int64 // of the next byte
	start  int64 // of the last row
	token  []byte
	raw    []byte
	values []float32
}

func newBinaryRows(v *Vectors, r *bufio.Reader, offset int64) *binaryRows {
	return &binaryRows{v: v, r: r, offset: offset, raw: make([]byte, 4*v.Dim), values: make([]float32, v.Dim)}
}

func (b *binaryRows) place() string { return fmt.Sprintf("%s: byte %d", b.v.Path, b.start) }

func (b *binaryRows) next() (VectorRow, error) {
	row := b.v.stats.Rows + 1
	if row > b.v.Rows {
		return VectorRow{}, b.v.nothingMore(b.r)
	}
	b.token, b.start = b.token[:0], b.offset
	for {
		part, err := b.r.ReadSlice(' ')
		b.offset += int64(len(part))
		b.token = append(b.token, part...)
		if err == nil && len(b.token) <= maxWord {
			break
		}
		if len(b.token) > maxWord {
			return VectorRow{}, fault.New("the first line's number of dimensions is wrong, or the file is damaged",
				"%s: row %d has a word of more than %d bytes", b.place(), row, maxWord)
		}
		if err == io.EOF && len(bytes.TrimLeft(b.token, "\r\n")) == 0 {
			return VectorRow{}, io.EOF
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return VectorRow{}, b.v.cutHere(row, err)
		}
	}
	token := bytes.TrimLeft(b.token[:len(b.token)-1], "\r\n")
	b.start += int64(len(b.token) - 1 - len(token))
	if _, err := io.ReadFull(b.r, b.raw); err != nil {
		return VectorRow{}, b.v.cutHere(row, err)
	}
	b.offset += int64(len(b.raw))
	decode(b.values, b.raw)
	return VectorRow{token, -1, b.values}, nil
}

var big = binary.BigEndian

const npyMagic = "\x93NUMPY"

// npyRows reads the rows of a NumPy array, and their words from a file beside.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
type npyRows struct {
	v      *Vectors
	r      *bufio.Reader
	words  *wordLines
	wide   bool // float64
	big    bool // big-endian
	raw    []byte
	values []float32
}

func (n *npyRows) place() string { return fmt.Sprintf("%s: row %d", n.v.Path, n.v.stats.Rows) }

var (
	npyDescr = regexp.MustCompile(`'descr': *'([^']*)'`)
	npyOrder = regexp.MustCompile(`'fortran_order': *(True|False)`)
	npyShape = regexp.MustCompile(`'shape': *\((\d+), *(\d+)\)`)
)

// openNPY reads the header of an array and opens the file with its words.
func (v *Vectors) openNPY(ctx context.Context, r *bufio.Reader, o VectorsOptions) error {
	v.Format = "npy"
	header, err := npyHeader(r)
	if err != nil {
		return fault.New(hintVectors, "%s: the header of the array: %w", v.Path, noEOF(err))
	}
	descr, order, shape := npyDescr.FindSubmatch(header), npyOrder.FindSubmatch(header), npyShape.FindSubmatch(header)
	if descr == nil || order == nil || shape == nil || string(order[1]) == "True" {
		return fault.New("save a C-ordered array of two dimensions: numpy.save('vectors.npy', numpy.ascontiguousarray(x))",
			"%s: an array of two dimensions in C order is needed, this is %.100q", v.Path, bytes.TrimSpace(header))
	}
	n := &npyRows{v: v, r: r, big: strings.HasPrefix(string(descr[1]), ">")}
	switch strings.TrimLeft(string(descr[1]), "<>=|") {
	case "f4":
	case "f8":
		n.wide = true
	default:
		return fault.New("save it as float32: x.astype('float32')", "%s: its values are of type %q, and f4 and f8 are read", v.Path, descr[1])
	}
	rows, err1 := strconv.ParseInt(string(shape[1]), 10, 64)
	dim, err2 := strconv.ParseInt(string(shape[2]), 10, 64)
	if err1 != nil || err2 != nil {
		return fault.New(hintVectors, "%s: the shape of the array, %s, is out of range", v.Path, shape[0])
	}
	if err := errors.Join(v.setRows(rows), v.setDim(dim)); err != nil {
		return err
	}
	name := o.Vocabulary
	if name == "" {
		name = beside(v.Path, VocabularyFile)
	}
	in, err := text.Unpack(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New("put a file of the words, each a line, beside it as "+VocabularyFile, "%s: an array has no words: %w", v.Path, err)
	}
	if err != nil {
		return err
	}
	v.closers = append(v.closers, in)
	n.words = &wordLines{name: name, r: in.Reader}
	width := 4
	if n.wide {
		width = 8
	}
	n.raw, n.values = make([]byte, width*v.Dim), make([]float32, v.Dim)
	v.reader = n
	return nil
}

// npyHeader reads up to the values and returns the dictionary that describes
// them.
func npyHeader(r *bufio.Reader) ([]byte, error) {
	start := make([]byte, 8)
	if _, err := io.ReadFull(r, start); err != nil {
		return nil, err
	}
	size := make([]byte, 2)
	if start[6] > 1 {
		size = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return nil, err
	}
	n := uint32(little.Uint16(size))
	if len(size) == 4 {
		n = little.Uint32(size)
	}
	const most = 64 << 10 // far above any of two dimensions
	if n > most {
		return nil, fmt.Errorf("it says it has %d bytes", n)
	}
	header := make([]byte, n)
	_, err := io.ReadFull(r, header)
	return header, err
}

func (n *npyRows) next() (VectorRow, error) {
	row := n.v.stats.Rows + 1
	if row > n.v.Rows {
		if _, _, err := n.words.next(); err != io.EOF {
			if err == nil {
				err = fault.New(hintOtherWords, "%s:%d: there are more words than the %d rows of %s", n.words.name, n.words.line, n.v.Rows, n.v.Path)
			}
			return VectorRow{}, err
		}
		return VectorRow{}, n.v.nothingMore(n.r)
	}
	if _, err := io.ReadFull(n.r, n.raw); err != nil {
		return VectorRow{}, n.v.cutHere(row, err)
	}
	token, count, err := n.words.next()
	if err == io.EOF {
		return VectorRow{}, fault.New(hintOtherWords, "%s: it ends after %d words, and %s has %d rows", n.words.name, row-1, n.v.Path, n.v.Rows)
	}
	if err != nil {
		return VectorRow{}, err
	}
	for i := range n.values {
		switch {
		case n.wide && n.big:
			n.values[i] = float32(math.Float64frombits(big.Uint64(n.raw[8*i:])))
		case n.wide:
			n.values[i] = float32(math.Float64frombits(little.Uint64(n.raw[8*i:])))
		case n.big:
			n.values[i] = math.Float32frombits(big.Uint32(n.raw[4*i:]))
		default:
			n.values[i] = math.Float32frombits(little.Uint32(n.raw[4*i:]))
		}
	}
	return VectorRow{token, count, n.values}, nil
}

const hintOtherWords = "give the words of these vectors, each a line, in the order of the rows"

// wordLines reads a word a line, with or without a tab and its count.
type wordLines struct {
	name string
	r    *bufio.Reader
	line int64
}

// next returns the word and its count, -1 for none, and io.EOF at the end.
func (w *wordLines) next() ([]byte, int64, error) {
	line, err := w.r.ReadSlice('\n')
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		err = fault.New(hintOtherWords, "%s:%d: the line is too long to be a word", w.name, w.line+1)
	}
	if err != nil {
		return nil, 0, err
	}
	w.line++
	token, digits, counted := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte("\t"))
	if !counted {
		return token, -1, nil
	}
	count, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || count < 0 {
		return nil, 0, fault.New("each line is a word, or a word, a tab and its count", "%s:%d: %.60q is no count", w.name, w.line, digits)
	}
	return token, count, nil
}
