package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/wordlist"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/fields"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
)

// Files beside out.npy that hold what an array cannot.
const (
	idsSuffix  = ".ids.tsv" // out.npy.ids.tsv: a line for each row, after one with the names of the columns
	infoSuffix = ".json"    // out.npy.json: the type of the values and their scale
)

// IDsFile returns the name of the file beside path with the ids and fields of its rows, in
// formats that hold them Beside.
func IDsFile(path string) string { return path + idsSuffix }

// InfoFile returns the name of the file beside path that says how its values are stored.
func InfoFile(path string) string { return path + infoSuffix }

// beside returns the name of a file beside path: of a compressed file, also one that was beside it
// before it was compressed.
func beside(path, suffix string) string {
	if _, err := os.Stat(path + suffix); err == nil {
		return path + suffix
	}
	if plain := unpackedName(path); plain != path {
		if _, err := os.Stat(plain + suffix); err == nil {
			return plain + suffix
		}
	}
	return path + suffix
}

// unpackedName is a name without the ending of a compressed file.
func unpackedName(name string) string {
	for _, packed := range []string{".gz", ".bz2", ".zst"} {
		if plain, ok := strings.CutSuffix(name, packed); ok {
			return plain
		}
	}
	return name
}

// info is the content of InfoFile.
type info struct {
	Format string  `json:"format"`
	DType  DType   `json:"dtype"`
	Dim    int     `json:"dimensions"`
	Scale  float32 `json:"scale,omitempty"` // of int8
}

// Info returns the content of InfoFile, nil if the format does not need it. Call it after the
// last row.
func (w *Writer) Info() []byte {
	if !w.format.NeedsInfo(w.shape.DType) {
		return nil
	}
	data, _ := json.Marshal(info{w.format.Name, w.shape.DType, w.shape.Dim, w.shape.Scale})
	return append(data, '\n')
}

// NeedsInfo reports whether files with values of this type need an InfoFile.
func (f *Format) NeedsInfo(d DType) bool {
	return f.info && (f.Name != "npy" || d == Int8 || d == Binary)
}

// readInfo reads the file beside path; ok is false if there is none for this format.
func readInfo(path, format string) (i info, ok bool, err error) {
	name := beside(path, infoSuffix)
	data, err := manifest.ReadSmall(name, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return i, false, nil
	}
	if err != nil {
		return i, false, fmt.Errorf("cannot read %s: %w", name, fault.Cause(err))
	}
	if json.Unmarshal(data, &i) != nil || i.Format != format {
		return i, false, nil // it belongs to something else
	}
	if !slices.Contains(DTypes(), i.DType) || i.Dim < 1 || i.Dim > MaxDim || i.DType == Int8 && !(i.Scale > 0) {
		return i, false, fault.New("write the vectors again, or correct the file", "%s: the type %q, %d dimensions and the scale %g do not describe vectors", name, i.DType, i.Dim, i.Scale)
	}
	return i, true, nil
}

// IDsHeader returns the first line of IDsFile.
func IDsHeader(shape Shape) []byte {
	shape.Text, shape.DType = false, Float32
	names := columnNames(shape)
	return appendTabbed(nil, names[:len(names)-1])
}

// AppendIDs appends the line of a row in IDsFile.
func AppendIDs(b []byte, shape Shape, row Row) []byte {
	if !shape.HasID {
		return appendTabbed(b, row.Fields)
	}
	return appendTabbed(b, append([]string{row.ID}, row.Fields...))
}

func appendTabbed(b []byte, list []string) []byte {
	for i, field := range list {
		if i > 0 {
			b = append(b, '\t')
		}
		b = fields.Append(b, field, '\t')
	}
	return append(b, '\n')
}

// openIDs opens the ids beside a file, as its list of words.
func (v *Vectors) openIDs(ctx context.Context) (*wordlist.List, error) {
	name := beside(v.Path, idsSuffix)
	in, err := text.Unpack(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Mention("leave out IDs, or write the ids of the rows to "+name+", one per line after a line with the name id", "%s: no ids beside it: %w", v.Name(), err)
	}
	if err != nil {
		return nil, err
	}
	v.closers = append(v.closers, in)
	header, err := in.Reader.ReadSlice('\n')
	first, _, _ := bytes.Cut(bytes.TrimRight(header, "\r\n"), []byte("\t"))
	if err != nil || string(first) != "id" {
		return nil, fault.Mention("leave out IDs, or name the first column id", "%s:1: the first column is %.60q, not id", name, first)
	}
	v.detail += ", ids from " + name
	return wordlist.OfIDs(name, in.Reader), nil
}
