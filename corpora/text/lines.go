package text

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// eachLine calls fn with each line that is not blank, whole and
// without its break; it is valid until fn returns. The hint is for a line longer than MaxRecord.
func (rs *Records) EachLine(r io.Reader, hint string, fn func(line []byte, number int64) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for number := int64(1); ; number++ {
		line, err := rs.readLine(in)
		switch {
		case err == ErrTooLong:
			return longRecord(rs.File, number, "a record is one text: cut long ones into several; "+hint)
		case err != nil && err != io.EOF:
			return err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := fn(bytes.TrimRight(line, "\r\n"), number); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

var ErrTooLong = errors.New("longer than a record may be")

// readLine returns a line with its end, valid until the next call.
func (rs *Records) readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	long := append(rs.long[:0], line...)
	for err == bufio.ErrBufferFull {
		line, err = in.ReadSlice('\n')
		if len(long)+len(line) > MaxRecord {
			return nil, ErrTooLong
		}
		long = append(long, line...)
	}
	rs.long = long
	return long, err
}
