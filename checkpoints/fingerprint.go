package checkpoints

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Fingerprint identifies the model and its training state: a hash of the tokens, and of the names,
// shapes and values of all tensors. It is the same in memory and in a folder, and on every machine.
// The best model of a validation and the counts of a part are not included. Quantized tensors are
// not supported.
func (c *Checkpoint) Fingerprint() (string, error) {
	h := sha256.New()
	var buf []byte
	fmt.Fprintf(h, "%s %d %s\n", c.Config.Kind, c.Config.Dim, c.Vocabulary.Fingerprint())
	for _, tensors := range []map[string]Tensor{c.Tensors, c.State} {
		for _, name := range slices.Sorted(maps.Keys(tensors)) {
			if strings.HasPrefix(name, BestPrefix) || strings.HasPrefix(name, OuterPrefix) || name == PartTensor {
				continue
			}
			t := tensors[name]
			if t.Quantized != nil {
				return "", fmt.Errorf("tensor %q is quantized", name)
			}
			if err := t.Validate(); err != nil {
				return "", fmt.Errorf("tensor %q: %w", name, err)
			}
			fmt.Fprintf(h, "%q %v\n", name, t.Shape)
			for i := range t.Rows() {
				row := t.Row(i)
				if need := 4 * len(row); cap(buf) < need {
					buf = make([]byte, need)
				}
				buf = buf[:4*len(row)]
				for k, x := range row {
					little.PutUint32(buf[4*k:], math.Float32bits(x))
				}
				h.Write(buf)
			}
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}
