package index

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/pipe"
)

// SaveFile saves ix at path, completely or not at all: it writes a temporary file
// beside path, syncs it and renames it. If a file exists, SaveFile returns an error
// unless replace is set; the file is unchanged if saving fails.
func SaveFile(path string, ix Index, replace bool) error {
	return writeFile(path, replace, ix.Save)
}

// writeFile writes an index file with save.
func writeFile(path string, replace bool, save func(io.Writer) error) error {
	f, err := durable.CreateFile(path, replace)
	if err != nil {
		return fmt.Errorf("save index: %w", err)
	}
	defer f.Abort()
	if err := save(f); err != nil {
		return err // it names path, like all errors of f
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("save index: %w", err)
	}
	return nil
}

// LoadFile loads the index at path, like Load.
func LoadFile(path string) (Index, error) {
	f, err := pipe.Open(path)
	if err != nil {
		return nil, explainOpen(err)
	}
	defer f.Close()
	ix, err := Load(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ix, nil
}

// explainOpen adds a hint to an error of opening an index.
func explainOpen(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New("check the path, or build the index first", "open index: %w", err)
	}
	return fmt.Errorf("open index: %w", err)
}
