package checkpoints

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// openFolder opens a model folder, whole or without its MANIFEST.
func (v *Vectors) openFolder(ctx context.Context, o VectorsOptions) error {
	manifest, tensors := filepath.Join(v.Path, ManifestFile), filepath.Join(v.Path, ModelFile)
	if _, err := os.Stat(manifest); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(tensors); err == nil {
			return v.openBare(ctx, tensors)
		}
	}
	c, err := Read(ctx, v.Path, ReadOptions{State: o.State})
	if o.State && stateMissing(err) {
		c, err = Read(ctx, v.Path, ReadOptions{})
	}
	if err != nil {
		return err
	}
	v.Format, v.Model = "model", c
	v.reader = &tableRows{v: v, table: c.Embedding(), vocabulary: c.Vocabulary}
	v.Dim, v.Rows = c.Config.Dim, int64(c.Vocabulary.Len())
	return nil
}

// openBare opens a folder that holds a table and its words and no more: it may
// come from another program.
func (v *Vectors) openBare(ctx context.Context, path string) error {
	v.Format = "safetensors"
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	tensors, err := readTensors(ctx, f, info.Size())
	if err != nil {
		return fault.New(hintDamaged, "%s: %w", path, err)
	}
	table, ok := tensors[EmbeddingTensor]
	if !ok {
		table, ok = tensors["embeddings"] // as model2vec calls it
	}
	if !ok || len(table.Shape) != 2 {
		return fault.New(hintVectors, "%s: there is no tensor %s of two dimensions", path, EmbeddingTensor)
	}
	if err := v.setRows(int64(table.Rows())); err != nil {
		return err
	}
	if err := v.setDim(int64(table.Cols())); err != nil {
		return err
	}
	name := filepath.Join(v.Path, VocabularyFile)
	in, err := text.Unpack(ctx, name)
	if err != nil {
		return fault.New("put a file of the words, each a line, beside it as "+VocabularyFile, "%s: its rows have no words: %w", path, err)
	}
	v.closers = append(v.closers, in)
	v.reader = &tableRows{v: v, table: table, words: &wordLines{name: name, r: in.Reader}}
	return nil
}

// tableRows gives the rows of a table in memory.
type tableRows struct {
	v          *Vectors
	table      Tensor
	vocabulary *tokenize.Vocabulary // nil: words
	words      *wordLines
}

func (r *tableRows) place() string { return fmt.Sprintf("%s: row %d", r.v.Path, r.v.stats.Rows) }

func (r *tableRows) next() (VectorRow, error) {
	i := int(r.v.stats.Rows)
	if r.vocabulary != nil {
		if i == r.vocabulary.Len() {
			return VectorRow{}, io.EOF
		}
		return VectorRow{[]byte(r.vocabulary.Token(int32(i))), r.vocabulary.Count(int32(i)), r.table.Row(i)}, nil
	}
	token, count, err := r.words.next()
	if err == io.EOF && i < r.table.Rows() || err == nil && i == r.table.Rows() {
		return VectorRow{}, fault.New(hintOtherWords, "%s: its line %d is the last or one too many: %s has %d rows", r.words.name, r.words.line, r.v.Path, r.table.Rows())
	}
	if err != nil {
		return VectorRow{}, err
	}
	return VectorRow{token, count, r.table.Row(i)}, nil
}
