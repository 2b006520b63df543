// Package parquetfile writes and reads tables of texts and vectors in Parquet.
//
// A table has columns of text and, last, one of vectors: a list with the same number of values
// in every row. The schema of Arrow in the metadata makes it a FixedSizeList for the readers of
// Arrow, such as pyarrow and datasets; others, such as DuckDB, see a list.
//
// The writer makes pages itself, because parquet-go takes 24 bytes and a call for each number of
// a vector: a row group holds rows up to groupBytes, so that memory is bounded, the same rows
// give the same bytes, and a row group is a place where an interrupted writer can go on. The
// reader is parquet-go's, and holds a page of each column.
package parquetfile

import "github.com/parquet-go/parquet-go/format"

// Type is how the values of vectors are stored.
type Type int

const (
	Float32 Type = iota
	Float16
	Int8
	Uint8
)

// size is the number of bytes of a value in the rows that a Writer gets.
func (t Type) size() int {
	switch t {
	case Float32:
		return 4
	case Float16:
		return 2
	}
	return 1
}

// Schema describes a table.
type Schema struct {
	Texts    []string // names of the columns of text
	Integers []string // those of Texts whose values are whole numbers of 64 bits
	Vector   string   // name of the column of vectors
	Type     Type
	Width    int               // values of a vector
	Metadata []format.KeyValue // of the file
}

// Metadata returns a key and its value.
func Metadata(key, value string) format.KeyValue { return format.KeyValue{Key: key, Value: value} }
