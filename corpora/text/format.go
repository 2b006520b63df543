package text

import (
	"bytes"
	"path/filepath"
	"strings"
)

// Format is a file format for records, such as CSV. A format is one file of code with one
// call of Register; Source.Records detects which format a file has.
type Format struct {
	// Name is what messages call the format: "JSON Lines".
	Name string
	// Magic is what files that are not text begin with, such as "PAR1". They are of this
	// format whatever Detect says; Open reads them through File.At, and the texts of its
	// records must be UTF-8. Default "": the files are text.
	Magic string
	// Detect returns how sure it is that a file is of this format. The format with the
	// highest confidence reads the file; among equals, the one registered last.
	Detect func(Head) Confidence
	// Open returns the records of a file.
	Open func(*File) (RecordReader, error)
}

// RecordReader reads the records of one file, one after the other, in memory for one of them.
type RecordReader interface {
	// Next reads the next record into r, which is empty or has been read before and whose
	// slices may be used again. It returns io.EOF after the last record, a *BadRecord for
	// one that can be skipped, and any other error when reading cannot go on.
	Next(r *Record) error
}

// Confidence is how sure a Format is that a file is one of its own.
type Confidence int

const (
	No       Confidence = iota
	Possible            // nothing in the file contradicts it
	Likely              // the name or the first line suggests it
	Certain             // no other format looks like this
)

// Use is what records are read for. Formats take it into account when they detect their
// files, as uses differ in the files that they expect.
type Use int

const (
	ForField  Use = iota // one named field of each record: Selection.Field
	ForColumn            // one column of each record: Selection.Column
	ForPairs             // examples of two texts or more, see package pairs
	ForSets              // an evaluation set, see package sets
)

// Head is what the format of a file is detected by.
type Head struct {
	Name  string // of the file, as in Source.Names
	First []byte // from the first line that is not blank: that line at least, up to 64 KiB
	Use   Use
}

// Ext returns the ending of the file's name in lower case, without that of a compression:
// ".tsv" for Pairs.TSV.gz.
func (h Head) Ext() string {
	name := strings.ToLower(h.Name)
	for _, packed := range []string{".gz", ".bz2", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return filepath.Ext(name)
}

// Line returns the first line that is not blank without white space around it; whole
// reports whether its end is in First.
func (h Head) Line() (line []byte, whole bool) {
	line, _, whole = bytes.Cut(h.First, []byte("\n"))
	return bytes.TrimSpace(line), whole
}

// formats holds the registered formats.
var formats []*Format

// Register adds a format to those that are detected and returns it. It is called while
// the program starts, in the variable or the init function of the format's file.
func Register(f *Format) *Format {
	if f.Name == "" || f.Detect == nil || f.Open == nil {
		panic("text: a format needs Name, Detect and Open")
	}
	formats = append(formats, f)
	return f
}

// detectFormat returns the format with the highest confidence, or nil.
func detectFormat(h Head) *Format {
	var best *Format
	most := No
	for _, f := range formats {
		if c := f.Detect(h); c > No && c >= most {
			best, most = f, c
		}
	}
	return best
}

// binaryFormat returns the format whose Magic a file begins with, or nil.
func binaryFormat(head []byte) *Format {
	for _, f := range formats {
		if f.Magic != "" && bytes.HasPrefix(head, []byte(f.Magic)) {
			return f
		}
	}
	return nil
}
