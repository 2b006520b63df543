package exchange

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/wordlist"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"

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
			if npyfile.IsArchive(head.Data) || head.Options.Format == "npz" && bytes.HasPrefix(head.Data, []byte("PK\x03\x04")) {
				return Yes
			}
			return No
		},
		Read:  readNPZ,
		Write: writeNPZ,
	})
}

const (
	// maxMembers is how many arrays of an archive are examined.
	maxMembers = 1000
	// maxRatio is how far an array of vectors may be compressed. Deflate reaches 1030, for zeros
	// alone.
	maxRatio = 200
	freeSize = 64 << 20 // bytes for which the ratio does not matter
)

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
	var tables, lists []npyfile.Array
	var others []string
	for _, file := range archive.File[:min(len(archive.File), maxMembers)] {
		a, err := npyfile.OpenArray(file)
		switch kind := strings.TrimRight(a.Descr, "0123456789"); {
		case err != nil && strings.HasSuffix(file.Name, ".npy"):
			return nil, in(fmt.Errorf("array %.60q: %w", file.Name, err))
		case len(a.Shape) == 2 && (kind == "f" || kind == "i" || kind == "u"):
			tables = append(tables, a)
		case len(a.Shape) == 1 && (kind == "U" || kind == "S"):
			lists = append(lists, a)
		default:
			if a.Descr == "" {
				others = append(others, a.Name)
			} else {
				others = append(others, fmt.Sprintf("%s (%s)", a.Name, npyfile.TypeName(a.Descr)))
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
	if n := table.File.UncompressedSize64; n > freeSize && n/maxRatio > table.File.CompressedSize64 {
		return nil, fault.New("save it again with numpy.savez, which does not compress, if it is what it says",
			"%s: the array %q is %d bytes, compressed to %d: no vectors are that regular", v.Name(), table.Name, n, table.File.CompressedSize64)
	}
	r, err := table.File.Open()
	if err != nil {
		return nil, in(err)
	}
	v.closers = append(v.closers, r)
	v.detail += ", array " + table.Name
	return readNPY(ctx, v, bufio.NewReaderSize(readerFunc(func(b []byte) (int, error) {
		n, err := r.Read(b)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) { // such as a wrong checksum
			err = in(fmt.Errorf("array %.60q: %w", table.Name, err))
		}
		return n, err
	}), 256<<10))
}

// chooseArray returns the array of vectors: Options.VectorColumn, one with a usual name, or the only one.
func (v *Vectors) chooseArray(tables []npyfile.Array, others []string) (npyfile.Array, error) {
	if len(tables) == 0 {
		return npyfile.Array{}, fault.New("save the vectors as an array of numbers with a row for each: numpy.savez('vectors.npz', vectors=x)",
			"%s: no array of two dimensions of numbers, only %s", v.Name(), strings.Join(others[:min(len(others), 10)], ", "))
	}
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
	}
	for _, want := range []string{v.Options.VectorColumn, "vectors", "embeddings", "vector", "embedding"} {
		if i := slices.Index(names, want); i >= 0 && want != "" {
			return tables[i], nil
		}
		if want != "" && want == v.Options.VectorColumn {
			return npyfile.Array{}, fault.Field("VectorColumn", "choose "+fault.OneOf(names), "names the array %q, which %s does not have as vectors", want, v.Name())
		}
	}
	if len(tables) > 1 {
		return npyfile.Array{}, fault.Mention("set VectorColumn to the name of the one to read", "%s: several arrays can be the vectors: %s", v.Name(), fault.Names(names))
	}
	return tables[0], nil
}

// npzWords opens the array of the words of a table, if there is one and no other list is named.
func (v *Vectors) npzWords(table npyfile.Array, lists []npyfile.Array) error {
	if v.Options.WordList != "" || v.Options.IDs {
		return nil
	}
	lists = slices.DeleteFunc(slices.Clone(lists), func(l npyfile.Array) bool { return l.Shape[0] != table.Shape[0] })
	if len(lists) > 1 {
		for _, want := range []string{"words", "vocab", "vocabulary", "tokens"} {
			if i := slices.IndexFunc(lists, func(l npyfile.Array) bool { return l.Name == want }); i >= 0 {
				lists = lists[i : i+1]
				break
			}
		}
	}
	switch {
	case len(lists) == 0, len(lists) > 1 && v.Options.Unnamed:
		return nil
	case len(lists) > 1:
		return fault.Mention("list the words in a file, and name it with WordList", "%s: several arrays can be the words: %s and %s", v.Name(), lists[0].Name, lists[1].Name)
	}
	l := lists[0]
	width, err := strconv.Atoi(l.Descr[1:])
	if err != nil || width > maxWord {
		return fault.New("the file is damaged, or write the words to a file, one per line", "%s: array %q: words of type %.20q", v.Name(), l.Name, l.Descr)
	}
	r, err := l.File.Open()
	if err != nil {
		return fmt.Errorf("%s: array %q: %w", v.Name(), l.Name, err)
	}
	v.closers = append(v.closers, r)
	b := bufio.NewReaderSize(r, 64<<10)
	if _, err := npyfile.ReadHeader(b); err != nil {
		return fmt.Errorf("%s: array %q: %w", v.Name(), l.Name, err)
	}
	if l.Descr[0] == 'U' {
		width *= 4
	}
	v.given = wordlist.OfArray(v.Name()+": array "+l.Name, b, width, l.Descr[0] == 'U')
	v.listed = true
	v.detail += ", words from array " + l.Name
	return nil
}

// npzWriter writes the arrays vectors and, if there are any, words. Both wait in temporary files,
// since the sizes of arrays are at their start.
type npzWriter struct {
	out     *zip.Writer
	entry   io.Writer
	vectors rowWriter
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
	return npyfile.WriteStrings(w, n.words, longest)
}

func (n *npzWriter) Close() error { return n.vectors.Close() }
