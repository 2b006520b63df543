package exchange

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// A folder with a table in model.safetensors, from another program or a model without its
// MANIFEST. Its words are in vocab.tsv or in tokenizer.json.
func init() {
	Register(Format{
		Name: "safetensors", Folder: true, File: true, Extensions: []string{".safetensors"}, Binary: true,
		Description: "a file with a table of vectors; or a folder with model.safetensors and vocab.tsv or tokenizer.json, such as model2vec's",
		Holds:       Holds{IDs: Beside, Fields: Beside, Words: true, Counts: true, Tokenizer: true, DTypes: DTypes()},
		Loses:       "a file: texts, and the tokenizer",
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, safetensorsHeader(shape), appendPackedRow(shape)), nil
		},
		Extend: extendSafetensors,
		Detect: func(head Head) Match {
			if head.Data != nil {
				if isSafetensorsFile(head) {
					return Yes
				}
				return No
			}
			if exists(head.Path, checkpoints.ManifestFile) {
				return No
			}
			for _, name := range []string{checkpoints.ModelFile, modulesFile, filepath.Join(nestedFolder, checkpoints.ModelFile), "pytorch_model.bin"} {
				if exists(head.Path, name) {
					return Yes
				}
			}
			return No
		},
		Read: readSafetensors,
	})
}

func exists(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return !errors.Is(err, fs.ErrNotExist)
}

// tableNames are the names of a table of vectors in model.safetensors; the second is
// model2vec's.
var tableNames = []string{checkpoints.EmbeddingTensor, "embeddings"}

// Tensors of model2vec: the row of each token in the table, and a factor for it.
const (
	mappingTensor = "mapping"
	weightsTensor = "weights"
)

func readSafetensors(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	if r != nil {
		return readSafetensorsFile(ctx, v, r)
	}
	f, err := openFolder(v.Path)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(f.dir, checkpoints.ModelFile)
	tensors, err := checkpoints.ReadTensors(ctx, path, append(tableNames, mappingTensor, weightsTensor)...)
	switch {
	case errors.Is(err, fs.ErrNotExist) && exists(f.dir, "pytorch_model.bin"):
		return nil, fault.New("save it as safetensors: safetensors.torch.save_file(torch.load('pytorch_model.bin'), 'model.safetensors')",
			"%s: tensors in a Python pickle cannot be read", filepath.Join(f.dir, "pytorch_model.bin"))
	case err != nil:
		return nil, err
	}
	for _, name := range tableNames {
		table := tensors[name]
		switch {
		case table.Data == nil:
			continue
		case len(table.Shape) != 2:
			return nil, fault.New("save it with two dimensions, rows and columns", "%s: tensor %s has %s, not 2", path, name, count(int64(len(table.Shape)), "dimension"))
		}
		if table, err = weighted(path, table, tensors); err != nil {
			return nil, err
		}
		for other, t := range tensors {
			if t.Data == nil {
				f.others = append(f.others, other)
			}
		}
		slices.Sort(f.others)
		v.folder = f
		return f.rows(ctx, v, path, table)
	}
	return nil, fault.New("only a table of vectors can be read, as of model2vec or StaticEmbedding: a transformer computes vectors from more than a table",
		"%s: no table %s or %s, only the tensors %s", path, tableNames[0], tableNames[1], fault.Names(slices.Sorted(maps.Keys(tensors))))
}

// weighted applies the mapping and the weights of model2vec to a table, if there are any: row t
// is that of token t.
func weighted(path string, table checkpoints.Tensor, tensors map[string]checkpoints.Tensor) (checkpoints.Tensor, error) {
	const hint = "the file is damaged: save the model again"
	if mapping := tensors[mappingTensor]; mapping.Data != nil {
		if len(mapping.Shape) != 1 || table.Rows() > 1<<24 { // up to which a float32 holds all whole numbers
			return table, fault.New(hint, "%s: tensor %q has shape %v", path, mappingTensor, mapping.Shape)
		}
		mapped := checkpoints.NewTensor(mapping.Cols(), table.Cols())
		for t, row := range mapping.Row(0) {
			if row < 0 || row >= float32(table.Rows()) || row != float32(int(row)) {
				return table, fault.New(hint, "%s: tensor %q maps token %d to row %v of %d", path, mappingTensor, t, row, table.Rows())
			}
			copy(mapped.Row(t), table.Row(int(row)))
		}
		table = mapped
	}
	if weights := tensors[weightsTensor]; weights.Data != nil {
		if len(weights.Shape) != 1 || weights.Cols() != table.Rows() {
			return table, fault.New(hint, "%s: tensor %q has shape %v, but there are %d tokens", path, weightsTensor, weights.Shape, table.Rows())
		}
		for t, weight := range weights.Row(0) {
			row := table.Row(t)
			for i := range row {
				row[i] *= weight
			}
		}
	}
	return table, nil
}

// rows returns the rows of the table, with their words unless these are not wanted.
func (f *folder) rows(ctx context.Context, v *Vectors, path string, table checkpoints.Tensor) (RowReader, error) {
	rows := &tableRows{v: v, table: table}
	switch words := cmp.Or(v.Options.WordList, filepath.Join(f.dir, checkpoints.VocabularyFile)); {
	case v.Options.Unnamed:
	case v.Options.WordList != "" || exists(f.dir, checkpoints.VocabularyFile) || !exists(f.dir, checkpoints.TokenizerFile):
		list, err := v.openWords(ctx, words)
		if err != nil {
			return nil, err
		}
		rows.words = list
	default:
		t, err := f.tokenizer()
		if err != nil {
			return nil, err
		}
		rows.vocabulary = t.Vocabulary()
		n := rows.vocabulary.Len()
		if n > table.Rows() {
			return nil, fault.New("the files do not belong together", "%s: the table has %d rows, but %s has %d tokens", path, table.Rows(), checkpoints.TokenizerFile, n)
		}
		rows.table.Shape = []int{n, table.Cols()} // some tables are padded with rows for no token
	}
	if err := v.SetRows(int64(rows.table.Rows())); err != nil {
		return nil, err
	}
	return rows, v.SetDim(int64(table.Cols()))
}
