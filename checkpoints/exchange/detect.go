package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/luminavec/luminavec/internal/tensorfile"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/foreign"
	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/textlook"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
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
	if name, hint := foreign.Pickled(data); name != "" {
		if arrays := foreign.Sidecars(v.Path); len(arrays) > 0 {
			name += " with its tables beside it (" + fault.Names(arrays) + ")"
		}
		return Head{}, fault.New(hint, "%s is %s, not a file of vectors", v.Name(), name)
	}
	if name, hint := foreign.Is(data); name != "" && !npyfile.IsArchive(data) && (hint != foreign.HintArchive || v.Options.Format != "npz") {
		return Head{}, fault.New(cmp.Or(hint, Hint()), "%s is %s, not a file of vectors", v.Name(), name)
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) { // a byte order mark
		r.Discard(3)
		data = data[3:]
	}
	return newHead(v.Path, data, err == io.EOF, v.Options), nil
}

// isTensors reports whether a file starts like a safetensors file.
func isTensors(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 16)
	n, _ := io.ReadFull(f, head)
	return isTensorsHead(head[:n]) || strings.HasSuffix(path, ".safetensors")
}

// hasTokenizer reports whether the file is a table of vectors with the tokenizer of a model: beside
// it, as WordLlama's, or named by Options.WordList.
func (v *Vectors) hasTokenizer() bool {
	if v.Options.Unnamed || !isTensors(v.Path) {
		return false
	}
	if v.Options.WordList != "" {
		return isTokenizer(v.Options.WordList)
	}
	f, err := openFolder(v.Path)
	return err != nil || f.split != ""
}

func isTensorsHead(data []byte) bool {
	return len(data) > 9 && data[8] == '{' && little.Uint64(data) < tensorfile.MaxHeader
}

func newHead(path string, data []byte, whole bool, o Options) Head {
	look := sync.OnceValue(func() *textlook.Look { return textlook.At(data, whole) })
	return Head{Path: path, Data: data, Whole: whole, Options: o, look: look}
}

// lookOptions are the options for the lines of a text.
func lookOptions(o Options) textlook.Options {
	return textlook.Options{Format: o.Format, WordList: o.WordList, Unnamed: o.Unnamed, Dim: o.Dim, Hint: Hint()}
}

// isText reports whether a file is text in the named format.
func (h Head) isText(name string) bool {
	if h.look == nil || bytes.IndexByte(h.Data, 0) >= 0 {
		return false
	}
	format, _, err := h.look().Format(h.Path, lookOptions(h.Options))
	return err == nil && format == name
}

// detect returns the format that matches a file or folder best; of equal matches, the first by
// name. Options.Format decides, if it is set.
func detect(head Head, folder bool) (Format, error) {
	var best Format
	sure := No
	for _, f := range Readable() {
		if f.Folder == folder || f.File && !folder {
			if m := f.Detect(head); m > sure || m > No && f.Name == head.Options.Format {
				best, sure = f, m
			}
			if best.Name == head.Options.Format && best.Name != "" {
				break
			}
		}
	}
	if name := head.Options.Format; name != "" && best.Name != name {
		if _, err := Lookup(Readable(), name); err != nil {
			return best, fault.Field("Format", fault.Hint(err), "must be a format that can be read, got %q", name)
		}
		return best, fault.Mention("leave out Format to detect it", "%s is not in the format %s", text.Describe(head.Path), name)
	}
	if sure == No {
		return best, fault.New(Hint(), "%s does not contain vectors in a known format", head.Path)
	}
	return best, nil
}
