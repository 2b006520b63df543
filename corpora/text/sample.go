package text

import (
	"bytes"
	"io"

	"github.com/luminavec/luminavec/corpora/data"
)

// Sample is the bundled text: whole articles of the English Wikipedia, one
// paragraph a line, a blank line between articles (data/NOTICE.md tells where
// from). Its articles were chosen so that a minute of training shows sense:
// they are dense in the words of the bundled evaluation sets.
func Sample() *Source {
	return FromBytes("sample", data.Sample)
}

// FromBytes makes a source of a file that is part of the program.
func FromBytes(name string, data []byte) *Source {
	return &Source{size: int64(len(data)), entries: []entry{{name: name, size: int64(len(data)),
		open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}}}
}
