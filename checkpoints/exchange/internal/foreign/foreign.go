// Package foreign names files that could be mistaken for vectors, by their first bytes.
package foreign

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
)

// Pickled names a file that Python's pickle or an archive of it made, as PyTorch, NumPy and
// gensim write, and says how to get vectors out of it. name is "" for other files.
func Pickled(data []byte) (name, hint string) {
	const (
		gensim = "save it in another format with gensim: vectors.save_word2vec_format('vectors.bin', binary=True)"
		torch  = "save its table as an array: numpy.save('vectors.npy', torch.load('FILE')['NAME'].float().numpy())"
	)
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) && len(data) > 30 {
		first := data[30:min(len(data), 30+int(binary.LittleEndian.Uint16(data[26:])))]
		switch {
		case bytes.HasSuffix(first, []byte("/data.pkl")), bytes.HasSuffix(first, []byte("/.format_version")):
			return "a PyTorch file, whose tensors are in a Python pickle", torch
		}
		return "", ""
	}
	pickle := len(data) > 1 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5
	for _, start := range []string{"ccopy_reg\n", "ccopyreg\n", "cnumpy", "cgensim", "(dp", "(lp"} { // protocol 0
		pickle = pickle || bytes.HasPrefix(data, []byte(start))
	}
	switch {
	case !pickle:
		return "", ""
	case bytes.HasPrefix(data, []byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")): // torch's MAGIC_NUMBER
		return "a PyTorch file, whose tensors are in a Python pickle", torch
	case bytes.Contains(data, []byte("gensim")):
		return "a gensim model in a Python pickle", gensim
	case bytes.Contains(data, []byte("numpy")):
		return "a Python pickle of NumPy arrays", "load it in Python and save the array: numpy.save('vectors.npy', x)"
	}
	return "a Python pickle", gensim
}

// files lists them.
var files = []struct{ magic, name, hint string }{
	{"GGUF", "a GGUF model", ""},
	{"ARROW1", "an Arrow file", ""},
	{"7z\xbc\xaf", "a 7z archive", HintArchive},
	{"Rar!", "a RAR archive", HintArchive},
	{"PK\x03\x04", "a zip archive", HintArchive},
	{"\xfd7zXZ\x00", "an xz file", "decompress it first: xz -d FILE"},
	{"\x89HDF", "an HDF5 file", ""},
	{"version https://git-lfs", "a pointer of Git LFS", "fetch the file itself: git lfs pull"},
	{"SQLite format 3", "an SQLite database", ""},
	{"\xff\xfe", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"},
	{"\xfe\xff", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"},
}

// HintArchive is the hint for archives.
const HintArchive = "unpack it and use the file of vectors in it"

// Is returns what a file is that starts with data, "" if it is not in the list, and how to get vectors out of it,
// "" if there is no way in particular.
func Is(data []byte) (name, hint string) {
	for _, f := range files {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return f.name, f.hint
		}
	}
	if len(data) > 262 && string(data[257:262]) == "ustar" {
		return "a tar archive", HintArchive
	}
	return "", ""
}

// Sidecars names the arrays beside a file that gensim pickled, which hold its tables.
func Sidecars(path string) []string {
	var found []string
	for _, ending := range []string{".vectors.npy", ".wv.vectors.npy", ".vectors_vocab.npy", ".vectors_ngrams.npy", ".syn0.npy", ".wv.syn0.npy"} {
		if _, err := os.Stat(path + ending); !errors.Is(err, fs.ErrNotExist) {
			found = append(found, path+ending)
		}
	}
	return found
}
