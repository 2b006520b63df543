package exchange

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/textlook"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// Format is a file format for vectors.
type Format struct {
	Name        string   // as in reports and in Export
	Extensions  []string // usual extensions of file names, with the dot
	Description string   // a few words for a list of formats
	Binary      bool     // not to be printed on a terminal
	Folder      bool     // a folder, not a file

	// File is whether the format is a single file too, although Folder is set.
	File bool

	info bool // files may need an InfoFile

	// Words is whether a row starts with its word, ended by white space. Such a format cannot
	// hold texts.
	Words bool

	// Holds is what a file can hold beside vectors: see Holds for how to fill it. 'embed
	// formats' lists it, and what it leaves out as lost. Loses says what else is lost or needs
	// attention, in a few words.
	Holds Holds
	Loses string

	// Detect reports how well a file matches the format. nil: the format cannot be read.
	Detect func(Head) Match

	// Read reads the header of a file that Detect accepted, sets the dimension (and
	// the number of rows, if the file states it) of v, and returns a reader of the
	// rows. r begins at the start of the file; for a Folder it is nil.
	Read func(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error)

	// Write returns a writer of rows, whose values are already those of shape.DType: whole
	// numbers for Int8. nil: the format cannot be written.
	Write func(w io.Writer, shape Shape) (RowWriter, error)

	// WriteModel writes a whole model, with its tokenizer, as a folder; see ExportFolder. nil: the
	// format is not a folder that can be written.
	WriteModel func(ctx context.Context, dir string, c *checkpoints.Checkpoint, o FolderOptions) error

	// WriteModelFile writes a model with more than its rows, such as its n-grams; words are those of
	// its vocabulary, as they are to be spelled. nil: only rows can be written.
	WriteModelFile func(ctx context.Context, w io.Writer, c *checkpoints.Checkpoint, words []string) error

	// Extend examines a file that was read without an error and has the dimension, the type of
	// values and the scale of shape, for Append. shape.Rows is the number of its rows. nil:
	// rows cannot be added to the format.
	Extend func(path string, shape Shape) (Base, error)
}

// Holds is what the files of a format can hold beside vectors. Set what a reader of the format
// gets back, or what a writer puts in; of a format that is only read, what its files have.
type Holds struct {
	IDs    Where // Row.ID
	Fields Where // Row.Fields
	Texts  bool  // Row.Token may be any text
	Words  Where // Row.Token may be a word, or the format has a list of words
	Counts Where // Row.Count
	NGrams bool  // character n-grams, from which other words are composed
	// Tokenizer is whether it says how text is split into the tokens of the rows.
	Tokenizer bool
	// DTypes are the types of values that are written or, if the format is only read, read.
	// Default: Float32.
	DTypes []DType
}

// Held returns the names of what files of the format hold, such as "ids" or "ids (beside)", and of
// what they do not.
func (f *Format) Held() (held, lost []string) {
	add := func(name string, w Where) {
		switch w {
		case Inside:
			held = append(held, name)
		case Beside:
			held = append(held, name+" (beside)")
		default:
			lost = append(lost, name)
		}
	}
	inside := func(is bool) Where {
		if is {
			return Inside
		}
		return Nowhere
	}
	h := f.Holds
	add("ids", h.IDs)
	add("fields", h.Fields)
	add("texts", inside(h.Texts))
	add("words", h.Words)
	add("counts", h.Counts)
	add("n-grams", inside(h.NGrams))
	add("tokenizer", inside(h.Tokenizer))
	return held, lost
}

// Types returns the types of values that files of the format can have.
func (f *Format) Types() []DType { return f.dtypes() }

// All returns all formats, by name.
func All() []Format { return slices.Clone(registry) }

// Where is where a format holds something: Nowhere, Inside the file, or Beside it in a file of
// its own.
type Where int

const (
	Nowhere Where = iota
	Inside
	Beside
)

// Head is the part of a file or folder that Detect examines.
type Head struct {
	Path    string
	Data    []byte  // up to the first MiB of a file, decompressed, without a byte order mark
	Whole   bool    // Data is the whole file
	Options Options // of Open

	look func() *textlook.Look // what the lines of a text show
}

// Match is how well a file matches a format.
type Match int

const (
	No    Match = iota // the file is in another format
	Maybe              // the file may be in this format, if no other is certain
	Yes                // the file is in this format
)

// RowReader reads the rows of a file in order.
type RowReader interface {
	// Next returns the next row, which is valid until the next call, and io.EOF
	// after the last. Its token may hold any bytes, its values any numbers.
	Next() (Row, error)
	// Place returns the position of the last row, such as "file:12".
	Place() string
}

// Shape is what the rows of a file to write have in common.
type Shape struct {
	Rows int64 // number of rows; Unknown if it is known only after the last row
	Dim  int   // values of a Row; the dimensions of the vectors

	// HasID is whether rows have an ID. Fields names what else is written of each row, in the
	// order of Row.Fields. Text is whether the text itself is written, in formats that hold
	// texts. Default: no ids, no fields, no text.
	HasID  bool
	Fields []string
	Text   bool
	// Integers are those of Fields whose values are whole numbers, in decimal: jsonl and parquet
	// store them as numbers. Default: none, all are texts.
	Integers []string

	DType DType // how values are stored. Default: Float32
	// Scale is the value of one step of Int8. Default 0: the largest value of the first
	// CalibrationRows rows is 127 steps.
	Scale float32

	// After is what has been written already, to go on there. Default: nothing.
	After Mark
}

// Mark is a place in an output between two rows.
type Mark struct {
	Rows  int64           `json:"rows"`            // before it
	Bytes int64           `json:"bytes"`           // before it
	Extra json.RawMessage `json:"extra,omitempty"` // what else the format needs to go on there
}

// Base is a file to which rows are added: after Head, which takes the place of its first Skip
// bytes, it is kept up to End.
type Base struct {
	Head      []byte
	Skip, End int64
	Extra     json.RawMessage // of the Mark after it
}

// Unknown, as the number of rows of a Shape, means that it is not known yet.
const Unknown = -1

// RowWriter writes rows to a file. If it has a method Close, that is always called when the
// writer is no longer needed; if it has a method Flush, that writes what it holds back.
type RowWriter interface {
	Write(Row) error
	Finish() error // after the last row
}

// Marker is a RowWriter that can go on after an interruption: Mark is the place where, by
// Shape.After. ok is false if rows before it are not written yet.
type Marker interface {
	Mark() (m Mark, ok bool)
}

// registry holds the formats by name.
var registry []Format

// Register adds a format; a package calls it from init. It panics if the format has no name or
// a name that is already registered.
func Register(f Format) {
	i, taken := slices.BinarySearchFunc(registry, f.Name, func(f Format, name string) int { return strings.Compare(f.Name, name) })
	if f.Name == "" || taken {
		panic(fmt.Sprintf("exchange: format %q is registered twice or has no name", f.Name))
	}
	registry = slices.Insert(registry, i, f)
}

// Readable returns the formats that Open reads, by name.
func Readable() []Format { return formats(func(f Format) bool { return f.Detect != nil }) }

// Writable returns the formats that Export writes, by name.
func Writable() []Format {
	return formats(func(f Format) bool { return f.Write != nil || f.WriteModelFile != nil })
}

// Exportable returns the formats that Export or ExportFolder writes, by name.
func Exportable() []Format {
	return formats(func(f Format) bool { return f.Write != nil || f.WriteModelFile != nil || f.WriteModel != nil })
}

// WritableTexts returns the formats that hold a row for any text, by name: those
// that are written and in which no white space ends a word.
func WritableTexts() []Format {
	return formats(func(f Format) bool { return f.Write != nil && !f.Words })
}

func formats(keep func(Format) bool) []Format {
	return slices.DeleteFunc(slices.Clone(registry), func(f Format) bool { return !keep(f) })
}

// Names lists the names of formats: "glove, npy or word2vec".
func Names(list []Format) string {
	var names []string
	for _, f := range list {
		names = append(names, f.Name)
	}
	return fault.OneOf(names)
}

// Lookup finds the format of this name among those of list. The error names all of
// them.
func Lookup(list []Format, name string) (Format, error) {
	for _, f := range list {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, fault.New("choose "+Names(list), "unknown format %q", name)
}

// ForOutput returns the format of list to write a file of this name in: the one of its ending,
// the format called usual if the name is "" or "-" or has no ending. An unknown ending is an
// error that lists the known ones.
func ForOutput(list []Format, name, usual string) (Format, error) {
	ending := strings.ToLower(filepath.Ext(name))
	chosen, err := Lookup(list, usual)
	if err != nil || len(ending) < 2 || slices.Contains(chosen.Extensions, ending) {
		return chosen, err
	}
	var known []string
	for _, f := range list {
		if slices.Contains(f.Extensions, ending) {
			return f, nil
		}
		known = append(known, f.Extensions...)
	}
	slices.Sort(known)
	return Format{}, fault.Mention("use the ending "+fault.OneOf(slices.Compact(known))+", or choose Format",
		"no format has the ending %q of %s", filepath.Ext(name), name)
}

// Hint returns a hint that lists the formats of vectors.
func Hint() string {
	return "the formats of vectors are " + strings.Replace(Names(Readable()), " or ", " and ", 1)
}
