package text

import (
	"bufio"
	"bytes"
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

// Lines is the format whose records are lines, including blank ones, with the text in Raw.
// It is never detected and must be named in RecordOptions.
var Lines = Register(&Format{
	Name:   "lines",
	Detect: func(Head) Confidence { return No },
	Open: func(f *File) (RecordReader, error) {
		return &lineRecords{newLineReader(f, "check that the text has line breaks")}, nil
	},
})

type lineRecords struct{ lines *lineReader }

func (l *lineRecords) Next(r *Record) (err error) {
	r.Raw, err = l.lines.next()
	r.Position = l.lines.at
	return err
}

// lineReader splits text into lines of at most MaxRecord bytes.
type lineReader struct {
	in   *bufio.Reader
	at   Position // of the line returned last
	long []byte
	rest bool   // the rest of an overlong line has not been read
	hint string // for such a line
}

func newLineReader(f *File, hint string) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(f, 64<<10), at: Position{File: f.Name}, hint: hint}
}

// next returns a line without its end, valid until the next call.
func (l *lineReader) next() ([]byte, error) {
	for l.rest {
		_, err := l.in.ReadSlice('\n')
		if l.rest = err == bufio.ErrBufferFull; err != nil && !l.rest {
			return nil, err
		}
	}
	line, err := l.in.ReadSlice('\n')
	l.at.Line++
	if err == bufio.ErrBufferFull {
		l.long = append(l.long[:0], line...)
		for err == bufio.ErrBufferFull {
			line, err = l.in.ReadSlice('\n')
			if len(l.long)+len(line) > MaxRecord {
				l.rest = err == bufio.ErrBufferFull
				return nil, &BadRecord{l.at, TooLong, fault.New(l.hint, "the record is longer than %d MiB", MaxRecord>>20)}
			}
			l.long = append(l.long, line...)
		}
		line = l.long
	}
	if err != nil && (err != io.EOF || len(line) == 0) {
		return nil, err
	}
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), nil
}
