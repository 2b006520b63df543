package changelog

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// An Owner is the index that a log belongs to.
type Owner struct {
	Dim   int
	ID    uint64              // of the log, as the index file stores it
	Last  uint64              // the last change that the index contains
	Apply func(*Record) error // makes a later change; the record is valid during the call
}

const restoreHint = "restore the log and the index file from a backup"

// Open applies the changes in the file that the index does not contain, and returns the log,
// ready for more. An empty file becomes a new log. torn is the number of bytes of an
// unfinished change that were dropped from the end.
func Open(file *os.File, o Owner) (l *Log, torn int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	end, isNew := int64(headerBytes), info.Size() < headerBytes // cut short when it was created
	if isNew {
		if _, err := file.WriteAt(header(o.Dim, o.ID), 0); err != nil {
			return nil, 0, durable.Explain(file.Name(), err)
		}
	} else {
		if end, err = replay(file, &o); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", file.Name(), err)
		}
		torn = info.Size() - end
	}
	if err := file.Truncate(end); err != nil {
		return nil, 0, err
	}
	err = syncFile(file)
	if err == nil && isNew {
		err = syncFolder(filepath.Dir(file.Name()))
	}
	if err != nil {
		return nil, 0, durable.Explain(file.Name(), err)
	}
	if _, err := file.Seek(end, io.SeekStart); err != nil {
		return nil, 0, err
	}
	l = &Log{file: file, dim: o.Dim, noted: o.Last, synced: o.Last}
	l.written.L = &l.mu
	return l, torn, nil
}

// replay applies the changes in the file, advances o.Last, and returns where the
// last whole record ends.
func replay(file *os.File, o *Owner) (int64, error) {
	longest := recordBytes(Added, o.Dim)
	in := bufio.NewReaderSize(io.NewSectionReader(file, 0, 1<<62), max(3*longest, 1<<16))
	head := make([]byte, headerBytes)
	if _, err := io.ReadFull(in, head); err != nil {
		return 0, err
	}
	if err := checkHeader(head, o.Dim, o.ID); err != nil {
		return 0, err
	}
	at, last := int64(headerBytes), uint64(0)
	var r Record
	for {
		p, err := in.Peek(2 * longest)
		if err != nil && err != io.EOF {
			return 0, err
		}
		n, err := parseRecord(&r, p, o.Dim)
		if err != nil {
			follows, err := recordFollows(in, o.Dim)
			if follows {
				return 0, fault.New(restoreHint+", or truncate the log there to discard the changes after it",
					"the record at byte %d is damaged, and undamaged ones follow", at)
			}
			return at, err
		}
		if last != 0 && r.Number != last+1 || r.Number > o.Last+1 {
			return 0, fault.New(restoreHint, "the record at byte %d is change %d, expected %d", at, r.Number, max(last, o.Last)+1)
		}
		if last = r.Number; last > o.Last {
			if err := o.Apply(&r); err != nil {
				return 0, fault.New(restoreHint, "the record at byte %d cannot be applied: %w", at, err)
			}
			o.Last = last
		}
		at += int64(n)
		if _, err := in.Discard(n); err != nil {
			return 0, err
		}
	}
}

// recordFollows reports whether a whole record begins anywhere after the first byte
// of the rest of a log.
func recordFollows(in *bufio.Reader, dim int) (bool, error) {
	longest := recordBytes(Added, dim)
	var r Record
	for {
		p, err := in.Peek(2 * longest)
		if err != nil && err != io.EOF {
			return false, err
		}
		last := longest
		if err == io.EOF {
			last = len(p) - 1
		}
		for at := 1; at <= last; at++ {
			if _, err := parseRecord(&r, p[at:], dim); err == nil {
				return true, nil
			}
		}
		if err == io.EOF {
			return false, nil
		}
		if _, err := in.Discard(longest); err != nil {
			return false, err
		}
	}
}
