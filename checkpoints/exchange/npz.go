package exchange

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// npz: a zip archive of NumPy arrays, as numpy.savez and numpy.savez_compressed write it. The
// vectors are an array of two dimensions, the words one of strings, or in a file beside it.
func init() {
	Register(Format{
		Name: "npz", Extensions: []string{".npz"}, Binary: true,
		Description: "NumPy arrays by name, in a zip archive",
		Holds:       Holds{IDs: Beside, Fields: Beside, Words: Inside},
		Detect: func(head Head) Match {
			if isNPZ(head.Data) || head.Options.Format == "npz" && bytes.HasPrefix(head.Data, []byte("PK\x03\x04")) {
				return Yes
			}
			return No
		},
		Read:  readNPZ,
		Write: writeNPZ,
	})
}

// isNPZ reports whether data starts with a zip archive whose first file is an array.
func isNPZ(data []byte) bool {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) || len(data) < 30 {
		return false
	}
	return bytes.HasSuffix(data[30:min(len(data), 30+int(little.Uint16(data[26:])))], []byte(".npy"))
}

const (
	// maxMembers is how many arrays of an archive are examined.
	maxMembers = 1000
	// maxRatio is how far an array of vectors may be compressed. Deflate reaches 1030, for zeros
	// alone.
	maxRatio = 200
	freeSize = 64 << 20 // bytes for which the ratio does not matter
)

// npzArray is an array of the archive.
type npzArray struct {
	name  string
	file  *zip.File
	descr string // without the order of bytes
	shape []int64
	order bool // in columns
}

func readNPZ(ctx context.Context, v *Vectors, _ *bufio.Reader) (RowReader, error) {
	in := func(err error) error {
		return fault.New("the file is damaged: write or copy it again", "%s: %w", v.Name(), err)
	}
	info, err := os.Stat(v.Path)
	if v.Path == text.Stdin || err != nil || !info.Mode().IsRegular() {
		return nil, fault.New("save it to a file, and name that", "%s: an npz archive has its list of arrays at the end, so it cannot be read from a stream", v.Name())
	}
	f, err := os.Open(v.Path)
	if err != nil {
		return nil, err
	}
	v.closers = append(v.closers, f)
	if v.input != nil && v.input.Compressed() {
		return nil, fault.New("decompress it first, with gzip -d, bzip2 -d or zstd -d", "%s: an npz archive cannot be read from a compressed file", v.Name())
	}
	archive, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, in(err)
	}
	var tables, lists []npzArray
	var others []string
	for _, file := range archive.File[:min(len(archive.File), maxMembers)] {
		a, err := npzHeader(file)
		switch kind := strings.TrimRight(a.descr, "0123456789"); {
		case err != nil && strings.HasSuffix(file.Name, ".npy"):
			return nil, in(fmt.Errorf("array %.60q: %w", file.Name, err))
		case len(a.shape) == 2 && (kind == "f" || kind == "i" || kind == "u"):
			tables = append(tables, a)
		case len(a.shape) == 1 && (kind == "U" || kind == "S"):
			lists = append(lists, a)
		default:
			if a.descr == "" {
				others = append(others, a.name)
			} else {
				others = append(others, fmt.Sprintf("%s (%s)", a.name, numpyType(a.descr)))
			}
		}
	}
	table, err := v.chooseArray(tables, others)
	if err != nil {
		return nil, err
	}
	if err := v.npzWords(table, lists); err != nil {
		return nil, err
	}
	if n := table.file.UncompressedSize64; n > freeSize && n/maxRatio > table.file.CompressedSize64 {
		return nil, fault.New("save it again with numpy.savez, which does not compress, if it is what it says",
			"%s: the array %q is %d bytes, compressed to %d: no vectors are that regular", v.Name(), table.name, n, table.file.CompressedSize64)
	}
	r, err := table.file.Open()
	if err != nil {
		return nil, in(err)
	}
	v.closers = append(v.closers, r)
	v.detail += ", array " + table.name
	return readNPY(ctx, v, bufio.NewReaderSize(readerFunc(func(b []byte) (int, error) {
		n, err := r.Read(b)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) { // such as a wrong checksum
			err = in(fmt.Errorf("array %.60q: %w", table.name, err))
		}
		return n, err
	}), 256<<10))
}

// npzHeader reads the header of an array. The name is set also if there is an error.
func npzHeader(file *zip.File) (npzArray, error) {
	a := npzArray{name: strings.TrimSuffix(file.Name, ".npy"), file: file}
	r, err := file.Open()
	if err != nil {
		return a, err
	}
	defer r.Close()
	header, err := readNPYHeader(bufio.NewReader(r))
	if err != nil {
		return a, err
	}
	descr, shape := npyDescr.FindSubmatch(header), npyLength.FindSubmatch(header)
	if descr == nil || shape == nil {
		return a, nil // a structured array
	}
	a.descr, a.order = strings.TrimLeft(string(descr[1]), "<>=|"), bytes.Contains(header, []byte("True"))
	for _, field := range strings.FieldsFunc(string(shape[1]), func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return a, fmt.Errorf("its shape, (%.60s), is out of range", shape[1])
		}
		a.shape = append(a.shape, n)
	}
	return a, nil
}

// chooseArray returns the array of vectors: Options.VectorColumn, one with a usual name, or the only one.
func (v *Vectors) chooseArray(tables []npzArray, others []string) (npzArray, error) {
	if len(tables) == 0 {
		return npzArray{}, fault.New("save the vectors as an array of numbers with a row for each: numpy.savez('vectors.npz', vectors=x)",
			"%s: no array of two dimensions of numbers, only %s", v.Name(), strings.Join(others[:min(len(others), 10)], ", "))
	}
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	for _, want := range []string{v.Options.VectorColumn, "vectors", "embeddings", "vector", "embedding"} {
		if i := slices.Index(names, want); i >= 0 && want != "" {
			return tables[i], nil
		}
		if want != "" && want == v.Options.VectorColumn {
			return npzArray{}, fault.Field("VectorColumn", "choose "+fault.OneOf(names), "names the array %q, which %s does not have as vectors", want, v.Name())
		}
	}
	if len(tables) > 1 {
		return npzArray{}, fault.Mention("set VectorColumn to the name of the one to read", "%s: several arrays can be the vectors: %s", v.Name(), fault.Names(names))
	}
	return tables[0], nil
}

// npzWords opens the array of the words of a table, if there is one and no other list is named.
func (v *Vectors) npzWords(table npzArray, lists []npzArray) error {
	if v.Options.WordList != "" || v.Options.IDs {
		return nil
	}
	lists = slices.DeleteFunc(slices.Clone(lists), func(l npzArray) bool { return l.shape[0] != table.shape[0] })
	if len(lists) > 1 {
		for _, want := range []string{"words", "vocab", "vocabulary", "tokens"} {
			if i := slices.IndexFunc(lists, func(l npzArray) bool { return l.name == want }); i >= 0 {
				lists = lists[i : i+1]
				break
			}
		}
	}
	switch {
	case len(lists) == 0, len(lists) > 1 && v.Options.Unnamed:
		return nil
	case len(lists) > 1:
		return fault.Mention("list the words in a file, and name it with WordList", "%s: several arrays can be the words: %s and %s", v.Name(), lists[0].name, lists[1].name)
	}
	l := lists[0]
	width, err := strconv.Atoi(l.descr[1:])
	if err != nil || width > maxWord {
		return fault.New("the file is damaged, or write the words to a file, one per line", "%s: array %q: words of type %.20q", v.Name(), l.name, l.descr)
	}
	r, err := l.file.Open()
	if err != nil {
		return fmt.Errorf("%s: array %q: %w", v.Name(), l.name, err)
	}
	v.closers = append(v.closers, r)
	b := bufio.NewReaderSize(r, 64<<10)
	if _, err := readNPYHeader(b); err != nil {
		return fmt.Errorf("%s: array %q: %w", v.Name(), l.name, err)
	}
	if l.descr[0] == 'U' {
		width *= 4
	}
	v.given = &wordList{name: v.Name() + ": array " + l.name, array: b, raw: make([]byte, width), wide: l.descr[0] == 'U'}
	v.listed = true
	v.detail += ", words from array " + l.name
	return nil
}

// readArray returns the next string of an array: bytes, or 32-bit characters, padded with zeros.
func (w *wordList) readArray() ([]byte, int64, error) {
	if _, err := io.ReadFull(w.array, w.raw); err != nil {
		if errors.Is(err, io.EOF) || len(w.raw) == 0 {
			return nil, 0, err
		}
		return nil, 0, fault.New("the file is damaged: write or copy it again", "%s: word %d: %w", w.name, w.line+1, err)
	}
	w.line++
	if !w.wide {
		return bytes.TrimRight(w.raw, "\x00"), -1, nil
	}
	w.token = w.token[:0]
	for i := 0; i < len(w.raw); i += 4 {
		c := little.Uint32(w.raw[i:])
		if c > unicodeMax {
			c = utf8.RuneError
		}
		w.token = utf8.AppendRune(w.token, rune(c))
	}
	return bytes.TrimRight(w.token, "\x00"), -1, nil
}

const unicodeMax = 0x10ffff

// npzWriter writes the arrays vectors and, if there are any, words. Both wait in temporary files,
// since the sizes of arrays are at their start.
type npzWriter struct {
	out     *zip.Writer
	entry   io.Writer
	vectors *rowWriter
	words   []string // of rows that have one
	named   bool
}

func writeNPZ(w io.Writer, shape Shape) (RowWriter, error) {
	n := &npzWriter{out: zip.NewWriter(w), named: shape.Text}
	n.vectors = newRowWriter(writerFunc(func(b []byte) (int, error) {
		if n.entry == nil {
			var err error
			if n.entry, err = n.out.CreateHeader(&zip.FileHeader{Name: "vectors.npy", Method: zip.Store}); err != nil {
				return 0, err
			}
		}
		return n.entry.Write(b)
	}), shape, npyHeader(Float32, shape.Dim), appendPackedRow(shape))
	return n, nil
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func (n *npzWriter) Write(row Row) error {
	if n.named {
		n.words = append(n.words, string(row.Token))
	}
	return n.vectors.Write(row)
}

func (n *npzWriter) Finish() error {
	if err := n.vectors.Finish(); err != nil {
		return err
	}
	if n.named {
		if err := n.writeWords(); err != nil {
			return err
		}
	}
	return n.out.Close()
}

// writeWords writes the words as an array of strings, all as long as the longest.
func (n *npzWriter) writeWords() error {
	longest := 1
	for _, word := range n.words {
		longest = max(longest, utf8.RuneCountInString(word))
	}
	if int64(longest)*int64(len(n.words)) > math.MaxInt32 {
		return fault.New("choose another format, such as jsonl", "the words need too much space: each takes as much as the longest, of %d characters", longest)
	}
	w, err := n.out.Create("words.npy")
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	dict := fmt.Sprintf("{'descr': '<U%d', 'fortran_order': False, 'shape': (%d,), }", longest, len(n.words))
	dict += strings.Repeat(" ", -(len(npyMagic)+4+len(dict)+1)&63) + "\n"
	b.WriteString(npyMagic + "\x01\x00")
	b.Write(little.AppendUint16(nil, uint16(len(dict))))
	b.WriteString(dict)
	var c [4]byte
	for _, word := range n.words {
		left := longest
		for _, r := range word {
			little.PutUint32(c[:], uint32(r))
			b.Write(c[:])
			left--
		}
		for range left {
			b.Write([]byte{0, 0, 0, 0})
		}
	}
	return b.Flush()
}

func (n *npzWriter) Close() error { return n.vectors.Close() }

// sidecars names the arrays beside a file that gensim pickled, which hold its tables.
func sidecars(path string) []string {
	var found []string
	for _, ending := range []string{".vectors.npy", ".wv.vectors.npy", ".vectors_vocab.npy", ".vectors_ngrams.npy", ".syn0.npy", ".wv.syn0.npy"} {
		if _, err := os.Stat(path + ending); !errors.Is(err, fs.ErrNotExist) && path != text.Stdin {
			found = append(found, path+ending)
		}
	}
	return found
}
