package checkpoints

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strconv"

	"github.com/luminavec/luminavec/internal/fault"
)

// foreign are files that a person may take for word vectors.
var foreign = []struct{ magic, name, hint string }{
	{"\xba\x16\x4f\x2f", "a model of fastText", "name its .vec file, which fastText writes beside it"},
	{"\x80\x02", "a pickle of Python", hintPickle},
	{"\x80\x03", "a pickle of Python", hintPickle},
	{"\x80\x04", "a pickle of Python", hintPickle},
	{"\x80\x05", "a pickle of Python", hintPickle},
	{"PK\x03\x04", "a zip archive", "unpack it, and name the file of vectors in it"},
	{"\xfd7zXZ\x00", "an xz file", "unpack it first: xz -d FILE"},
	{"\x89HDF", "an HDF5 file", hintVectors},
	{"PAR1", "a Parquet file", hintVectors},
	{"SQLite format 3", "an SQLite database", hintVectors},
	{"\xff\xfe", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"},
}

const hintPickle = "save it for others with gensim: vectors.save_word2vec_format('vectors.bin', binary=True)"

// sizesLine is the first line of word2vec's formats.
var sizesLine = regexp.MustCompile(`^(\d+)[ \t]+(\d+)[ \t]*\r?\n`)

// detect decides on the format by the first MiB of a file.
func (v *Vectors) detect(ctx context.Context, r *bufio.Reader, o VectorsOptions) error {
	head, err := r.Peek(r.Size())
	if err != nil && err != io.EOF {
		return err
	}
	whole := err == io.EOF
	if len(head) == 0 {
		return fault.New(hintVectors, "%s is empty", v.Path)
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return fault.New(f.hint, "%s is %s, not word vectors", v.Path, f.name)
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return fault.New("unpack it, and name the file of vectors in it", "%s is a tar archive, not word vectors", v.Path)
	}
	if len(head) > 9 && head[8] == '{' && little.Uint64(head) < maxHeader {
		return fault.New("name the folder that it is in, with vocab.tsv beside it", "%s is a safetensors file, which has no words", v.Path)
	}
	if bytes.HasPrefix(head, []byte(npyMagic)) {
		return v.openNPY(ctx, r, o)
	}
	text := &textRows{v: v, r: r}
	v.reader = text
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) { // a byte order mark
		r.Discard(3)
		head = head[3:]
	}
	m := sizesLine.FindSubmatch(head[:min(len(head), 64)])
	if m == nil {
		v.Format = "glove"
		return v.guessDim(head, whole)
	}
	rows, err1 := strconv.ParseInt(string(m[1]), 10, 64)
	dim, err2 := strconv.ParseInt(string(m[2]), 10, 64)
	if err1 != nil || err2 != nil {
		return fault.New(hintVectors, "%s: its first line, %.60q, has a number that no file holds", v.Path, bytes.TrimSpace(m[0]))
	}
	if err := v.setRows(rows); err != nil {
		return err
	}
	if err := v.setDim(dim); err != nil {
		return err
	}
	r.Discard(len(m[0]))
	v.Format = "word2vec"
	text.line = 1
	if row := head[len(m[0]):]; len(row) > 0 && !readsAsText(row, v.Dim) {
		v.Format = "word2vec-bin"
		v.reader = newBinaryRows(v, r, int64(len(m[0])))
	}
	return nil
}

// readsAsText tells text from binary by the first row, after the line with the
// sizes: binary values have bytes among them that numbers in text have not.
func readsAsText(row []byte, dim int) bool {
	line, _, whole := bytes.Cut(row, []byte("\n"))
	line = bytes.TrimRight(line, " \t\r")
	fields := bytes.FieldsFunc(line, isSeparator)
	if whole && len(fields) > dim { // the word may be of any bytes
		numbers := 0
		for _, f := range fields[len(fields)-dim:] {
			if isNumber(f) {
				numbers++
			}
		}
		if numbers == dim {
			return true
		}
	}
	_, values, _ := bytes.Cut(line, []byte(" "))
	if len(values) == 0 {
		values = line
	}
	for _, b := range values[:min(len(values), max(4*dim, 1))] {
		if b < ' ' && b != '\t' || b > '~' {
			return false
		}
	}
	// Binary values may all happen to be printable, and are no numbers then.
	for _, f := range fields[min(1, len(fields)):] {
		if isNumber(f) {
			return true
		}
	}
	return false
}

// isNumber says whether a field is a number, also one that no float32 holds.
func isNumber(field []byte) bool {
	_, _, err := scanFloat(field)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

func isSeparator(r rune) bool { return r == ' ' || r == '\t' }

// guessDim finds the number of dimensions of text that does not say it: the
// number of values that most of its first lines have. Words with spaces in them
// make some lines longer.
func (v *Vectors) guessDim(head []byte, whole bool) error {
	votes := map[int]int{}
	for lines := 0; lines < 256; {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		if !ended && (!whole || len(line) == 0) {
			break
		}
		head = rest
		fields := bytes.FieldsFunc(bytes.TrimRight(line, "\r"), isSeparator)
		if len(fields) == 0 {
			continue
		}
		lines++
		n := 0
		for n < len(fields)-1 && isNumber(fields[len(fields)-1-n]) {
			n++
		}
		if n > 0 {
			votes[n]++
		}
	}
	best := 0
	for n, count := range votes {
		if count > votes[best] || count == votes[best] && n < best {
			best = n
		}
	}
	if best == 0 {
		return fault.New(hintVectors, "%s holds no word vectors: none of its first lines is a word and numbers", v.Path)
	}
	return v.setDim(int64(best))
}
