package mining

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
)

// spool stores texts in a file, by number. After it is written and sealed, any number of
// goroutines can read it.
type spool struct {
	file *os.File
	out  *bufio.Writer
	ends []int64 // end of each text
}

const hintSpool = "a temporary file holds all texts of the pairs: set TMPDIR to a folder with enough space"

func newSpool(dir string) (*spool, error) {
	f, err := os.CreateTemp(dir, "luminavec-texts-*")
	if err != nil {
		return nil, fault.New(hintSpool, "cannot create a temporary file: %w", err)
	}
	// If the system can remove an open file, even a killed process does not leave it behind.
	// Otherwise close removes it.
	os.Remove(f.Name())
	return &spool{file: f, out: bufio.NewWriterSize(f, 1<<18)}, nil
}

// size returns the bytes of all texts.
func (s *spool) size() int64 {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1]
}

func (s *spool) add(text string) error {
	if _, err := s.out.WriteString(text); err != nil {
		return fault.New(hintSpool, "cannot write a temporary file: %w", err)
	}
	s.ends = append(s.ends, s.size()+int64(len(text)))
	return nil
}

func (s *spool) seal() error {
	if err := s.out.Flush(); err != nil {
		return fault.New(hintSpool, "cannot write a temporary file: %w", err)
	}
	s.out = nil
	return nil
}

func (s *spool) text(n int32) (string, error) {
	from := int64(0)
	if n > 0 {
		from = s.ends[n-1]
	}
	text := make([]byte, s.ends[n]-from)
	if _, err := s.file.ReadAt(text, from); err != nil {
		return "", fmt.Errorf("cannot read a temporary file: %w", err)
	}
	return string(text), nil
}

func (s *spool) close() error {
	err := s.file.Close()
	if e := os.Remove(s.file.Name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}
