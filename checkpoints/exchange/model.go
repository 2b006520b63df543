package exchange

import (
	"bufio"
	"context"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// A model folder of this program, verified against its MANIFEST.
func init() {
	Register(Format{
		Name: "model", Folder: true,
		Holds:       Holds{Words: Inside, Counts: Inside, NGrams: true, Tokenizer: true},
		Description: "a model folder of LuminaVec",
		Detect:      func(Head) Match { return Maybe }, // checkpoints.Read gives the best error
		Read: func(ctx context.Context, v *Vectors, _ *bufio.Reader) (RowReader, error) {
			c, err := checkpoints.Read(ctx, v.Path, checkpoints.ReadOptions{State: v.Options.State})
			if v.Options.State && checkpoints.StateMissing(err) {
				c, err = checkpoints.Read(ctx, v.Path, checkpoints.ReadOptions{})
			}
			if err != nil {
				return nil, err
			}
			if v.Options.Unnamed { // the rows are to be vectors of texts
				if err := checkTable(c); err != nil {
					hint := "export its vectors, and read the exported file"
					if p := c.Config.Encoder.Pooling; p != "" && p != "mean" && p != "sif" || c.Config.Encoder.Repeats > 0 {
						hint = "encode texts with the model instead: no table has its vectors"
					}
					return nil, fault.New(hint, "%s: %w", v.Name(), err)
				}
			}
			v.Model, v.Dim, v.Rows = c, c.Config.Dim, int64(c.Vocabulary.Len())
			return &tableRows{v: v, table: c.Embedding(), vocabulary: c.Vocabulary}, nil
		},
	})
}
