package corpora

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/fault"
)

// SetSum returns the SHA-256 of an evaluation set in hexadecimal, by which resumed training
// recognizes it. path is a file, or a folder, for which the names and sums of all its files are
// hashed.
func SetSum(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", setError(path, err)
	}
	h := sha256.New()
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return "", fault.New("name a file or a folder", "%s is not a regular file", path)
		}
		if err := copyFile(h, path); err != nil {
			return "", setError(path, err)
		}
		return hex.EncodeToString(h.Sum(nil)), nil
	}
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		sum, err := SetSum(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(path, file)
		fmt.Fprintf(h, "%s %s\n", sum, filepath.ToSlash(name))
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

func setError(path string, err error) error {
	var named *fs.PathError // it names the file again
	if errors.As(err, &named) {
		err = named.Err
	}
	return fault.New("check the path and its permissions", "cannot read the evaluation set %s: %w", path, err)
}
