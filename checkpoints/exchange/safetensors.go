package exchange

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// A folder with a table in model.safetensors and its words in vocab.tsv, which may come
// from another program: a model without its MANIFEST.
func init() {
	Register(Format{
		Name: "safetensors", Folder: true,
		Description: "a folder with model.safetensors and vocab.tsv",
		Detect: func(head Head) Match {
			_, manifest := os.Stat(filepath.Join(head.Path, checkpoints.ManifestFile))
			_, tensors := os.Stat(filepath.Join(head.Path, checkpoints.ModelFile))
			if errors.Is(manifest, fs.ErrNotExist) && tensors == nil {
				return Yes
			}
			return No
		},
		Read: readSafetensors,
	})
}

// tableNames are the names of a table of vectors in model.safetensors; the second is
// model2vec's.
var tableNames = []string{checkpoints.EmbeddingTensor, "embeddings"}

func readSafetensors(ctx context.Context, v *Vectors, _ *bufio.Reader) (RowReader, error) {
	path := filepath.Join(v.Path, checkpoints.ModelFile)
	tensors, err := checkpoints.ReadTensors(ctx, path)
	if err != nil {
		return nil, err
	}
	for _, name := range tableNames {
		table, ok := tensors[name]
		if !ok || len(table.Shape) != 2 {
			continue
		}
		if err := v.SetRows(int64(table.Rows())); err != nil {
			return nil, err
		}
		if err := v.SetDim(int64(table.Cols())); err != nil {
			return nil, err
		}
		rows := &tableRows{v: v, table: table}
		if !v.Options.Unnamed {
			if rows.words, err = v.openWords(ctx, cmp.Or(v.Options.WordList, filepath.Join(v.Path, checkpoints.VocabularyFile))); err != nil {
				return nil, err
			}
		}
		return rows, nil
	}
	return nil, fault.New("the table must be a tensor of two dimensions with that name", "%s: no tensor %s or %s", path, tableNames[0], tableNames[1])
}
