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
	f, err := os.Open(file)
	if err != nil {
		return "", fault.New(hint, "cannot read the validation set %s: %w", file, errors.Unwrap(err)) // of an *fs.PathError, which names the file again
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", fault.New("name a single file", "cannot validate with %s: not a regular file", file)
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
