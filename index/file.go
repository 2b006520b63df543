package index

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// SaveFile saves ix at path, whole or not at all: the file is written beside
// path, synced and renamed. A file that is there already is an error unless
// replace is set, and stays as it was when saving fails.
func SaveFile(path string, ix Index, replace bool) error {
	f, err := durable.CreateFile(path, replace)
	if err != nil {
		return fmt.Errorf("save index: %w", err)
	}
	defer f.Abort()
	if err := ix.Save(f); err != nil {
		return err // it names path, as all errors of f do
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("save index: %w", err)
	}
	return nil
}

// LoadFile loads the index at path, as Load does.
func LoadFile(path string) (Index, error) {
	f, err := os.Open(path)
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
		return fault.New("check the path, or make an index with `search build`", "load index: %w", err)
	}
	return fmt.Errorf("load index: %w", err)
}
