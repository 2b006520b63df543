package text

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// Format is a file format for records, such as CSV. A format is one file of code with one
// call of Register; Source.Records detects which format a file has.
type Format struct {
	// Name is what messages call the format: "JSON Lines".
	Name string
	// Magic is the sequence of bytes at the start of a file of a binary format, such as "PAR1".
	// A file that starts with it has this format whatever Detect returns; Open reads it through
	// File.At, and the texts of its records must be UTF-8. Default "": the files are text.
	Magic string
	// Detect returns how likely a file is to have this format. The format with the highest
	// confidence reads the file; among equals, the last one registered.
	Detect func(Head) Confidence
	// Open returns the records of a file.
	Open func(*File) (RecordReader, error)
}

// RecordReader reads the records of one file, one at a time.
type RecordReader interface {
	// Next reads the next record into r, which is empty or holds an earlier record whose slices
	// may be reused. It returns io.EOF after the last record, a *BadRecord for a record that
	// can be skipped, and any other error if reading cannot continue.
	Next(r *Record) error
}

// Confidence is how likely it is that a file has a Format.
type Confidence int

const (
	No       Confidence = iota
	Possible            // nothing in the file contradicts it
	Likely              // the name or the first line suggests it
	Certain             // no other format looks like this
)

// Use is what records are read for. Formats consider it in detection, because each use expects
// different files.
type Use int

const (
	ForField  Use = iota // one named field of each record: Selection.Field
	ForColumn            // one column of each record: Selection.Column
	ForPairs             // examples of two texts or more, see package pairs
	ForSets              // an evaluation set, see package sets
)

// Head is the part of a file from which its format is detected.
type Head struct {
	Name  string // name of the file, as in Source.Names
	First []byte // text from the first line that is not blank: at least that line, up to 64 KiB
	Use   Use
}

// Ext returns the extension of the file's name in lower case, ignoring that of a compression:
// ".tsv" for Pairs.TSV.gz.
func (h Head) Ext() string {
	name := strings.ToLower(h.Name)
	for _, packed := range []string{".gz", ".bz2", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return filepath.Ext(name)
}

// Line returns the first line that is not blank, without surrounding white space; whole reports
// whether First holds all of it.
func (h Head) Line() (line []byte, whole bool) {
	line, _, whole = bytes.Cut(h.First, []byte("\n"))
	return bytes.TrimSpace(line), whole
}

// formats holds the registered formats.
var formats []*Format

// Register adds a format to those that are detected and returns it. Call it during
// initialization, in the variable or the init function of the format's file.
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

// mayBeMagic reports whether more bytes could make a byte order mark or the Magic of a format of
// the start of a file.
func mayBeMagic(head []byte) bool {
	begins := func(magic string) bool { return len(head) < len(magic) && strings.HasPrefix(magic, string(head)) }
	return begins(string(byteOrderMark)) || slices.ContainsFunc(formats, func(f *Format) bool { return begins(f.Magic) })
}

// binaryFormat returns the format whose Magic is at the start of a file, or nil.
func binaryFormat(head []byte) *Format {
	for _, f := range formats {
		if f.Magic != "" && bytes.HasPrefix(head, []byte(f.Magic)) {
			return f
		}
	}
	return nil
}
