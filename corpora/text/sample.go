package text

import (
	"bytes"
	"io"

	"github.com/luminavec/luminavec/corpora/data"
)

// Sample returns the bundled text: whole articles of the English Wikipedia, one paragraph per
// line, with a blank line between articles (data/NOTICE.md names the source). The articles were
// chosen to be rich in the words of the bundled evaluation sets, so that a minute of training
// gives sensible vectors.
func Sample() *Source {
	return FromBytes("sample", data.Sample)
}

// FromBytes returns a source of one file that is in memory.
func FromBytes(name string, data []byte) *Source {
	size := int64(len(data))
	return &Source{size: size, entries: []entry{{name: name, size: size,
		open: func() (io.ReadCloser, error) {
			return section{io.NewSectionReader(bytes.NewReader(data), 0, size)}, nil
		}}}}
}

// section is a file in memory, which needs no closing.
type section struct{ *io.SectionReader }

func (section) Close() error { return nil }
