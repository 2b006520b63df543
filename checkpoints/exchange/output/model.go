package output

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/checkpoints"
)

// ModelID returns what tells a model folder from others, for Options.Job: its path, and a checksum
// of the list of its files, which has the checksums of all.
func ModelID(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, checkpoints.ManifestFile))
	if err != nil {
		return dir
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
