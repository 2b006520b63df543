package exchange

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

// foreign lists files that could be mistaken for vectors.
var foreign = []struct{ magic, name, hint string }{
	{"\xba\x16\x4f\x2f", "a fastText model", "use its .vec file, which fastText writes beside it"},
	{"GGUF", "a GGUF model", ""},
	{"ARROW1", "an Arrow file", ""},
	{"7z\xbc\xaf", "a 7z archive", hintArchive},
	{"Rar!", "a RAR archive", hintArchive},
	{"PK\x03\x04", "a zip archive", hintArchive},
	{"\xfd7zXZ\x00", "an xz file", "decompress it first: xz -d FILE"},
	{"\x89HDF", "an HDF5 file", ""},
	{"PAR1", "a Parquet file", ""},
	{"SQLite format 3", "an SQLite database", ""},
	{"\xff\xfe", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"},
}

const (
	hintArchive = "unpack it and use the file of vectors in it"

	maxSafetensorsHeader = 100_000_000 // of the safetensors library
)

// head returns the start of a file and skips a byte order mark. It returns an error if the file
// certainly does not contain vectors.
func (v *Vectors) head(r *bufio.Reader) (Head, error) {
	data, err := r.Peek(r.Size())
	if err != nil && err != io.EOF {
		return Head{}, err
	}
	if len(data) == 0 {
		return Head{}, fault.New(Hint(), "%s is empty", v.Name())
	}
	if name, hint := pickled(data); name != "" {
		return Head{}, fault.New(hint, "%s is %s, not a file of vectors", v.Name(), name)
	}
	for _, f := range foreign {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			if f.hint == "" {
				f.hint = Hint()
			}
			return Head{}, fault.New(f.hint, "%s is %s, not a file of vectors", v.Name(), f.name)
		}
	}
	if len(data) > 262 && string(data[257:262]) == "ustar" {
		return Head{}, fault.New(hintArchive, "%s is a tar archive, not a file of vectors", v.Name())
	}
	if len(data) > 9 && data[8] == '{' && binary.LittleEndian.Uint64(data) < maxSafetensorsHeader {
		return Head{}, fault.New("name its folder, in which it is called model.safetensors, with the words in vocab.tsv or tokenizer.json", "%s is a safetensors file, which has no words", v.Name())
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) { // a byte order mark
		r.Discard(3)
		data = data[3:]
	}
	return Head{Path: v.Path, Data: data}, nil
}

// detect returns the format that matches a file or folder best; of equal matches, the first by
// name.
func detect(head Head, folder bool) (Format, error) {
	var best Format
	sure := No
	for _, f := range Readable() {
		if f.Folder == folder {
			if m := f.Detect(head); m > sure {
				best, sure = f, m
			}
		}
	}
	if sure == No {
		return best, fault.New(Hint(), "%s does not contain vectors in a known format", head.Path)
	}
	return best, nil
}
