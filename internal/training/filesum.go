package training

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
)

// FileSum returns the SHA-256 of a file, by which a resumed run recognizes a validation
// set.
func FileSum(file string) (string, error) {
	const hint = "check the name and your permission to read it"
	cannot := func(err error) error {
		return fault.New(hint, "cannot read the validation set %s: %w", file, errors.Unwrap(err)) // of an *fs.PathError, which names the file again
	}
	// Before it is opened, because opening a pipe waits for a writer.
	if info, err := os.Stat(file); err != nil {
		return "", cannot(err)
	} else if !info.Mode().IsRegular() {
		return "", fault.New("name a single file", "cannot validate with %s: not a regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", cannot(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
