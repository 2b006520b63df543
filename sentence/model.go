package sentence

import (
	"context"

	"github.com/luminavec/luminavec/checkpoints"
)

// Model turns texts into vectors: an Encoder or a transformer. It is safe for concurrent use.
type Model interface {
	// Dim returns the number of values of a vector.
	Dim() int
	// EncodeBatch returns the vectors of texts, one after the other, Dim values each, and the
	// number of known tokens of each text; a text without any has a vector of zeros. A transformer
	// counts the tokens that mark the ends of a text too, so that it returns no 0: even an empty
	// text has a vector. threads is the number of goroutines; 0 means one per core.
	EncodeBatch(ctx context.Context, texts []string, threads int) (vectors []float32, known []int, err error)
	// Save writes a copy of the model, as it is applied, to the folder dir, which must not exist.
	Save(ctx context.Context, dir string) error
}

var _ Model = (*Encoder)(nil)

// Save writes the encoder, folded into one table, as a model folder.
func (e *Encoder) Save(ctx context.Context, dir string) error {
	folded, err := e.Fold()
	if err != nil {
		return err
	}
	return checkpoints.Write(ctx, dir, folded.Checkpoint(), checkpoints.WriteOptions{})
}
