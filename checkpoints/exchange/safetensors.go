package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
)

// A folder with a table in model.safetensors, from another program or a model without its
// MANIFEST. Its words are in vocab.tsv or in tokenizer.json.
func init() {
	Register(Format{
		Name: "safetensors", Folder: true, File: true, Extensions: []string{".safetensors"}, Binary: true,
		Description: "a table of vectors; with a tokenizer.json beside it, a model of model2vec, StaticEmbedding or WordLlama, also named by its folder",
		Holds:       Holds{IDs: Beside, Fields: Beside, Words: Beside, Counts: Beside, Tokenizer: true, DTypes: DTypes()},
		Loses:       "only folders have a tokenizer",
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
			if info, err := os.Stat(head.Path); err == nil && !info.IsDir() {
				return Yes // a file of tensors with its tokenizer
			}
			if exists(head.Path, checkpoints.ManifestFile) {
				return No
			}
			for _, name := range []string{checkpoints.ModelFile, modulesFile, filepath.Join(nestedFolder, checkpoints.ModelFile), "pytorch_model.bin", shardedFile} {
				if exists(head.Path, name) {
					return Yes
				}
			}
			if len(tensorFiles(head.Path)) > 0 {
				return Yes
			}
			return No
		},
		Read: readSafetensors,
	})
}

// shardedFile lists the files over which a large model is divided.
const shardedFile = "model.safetensors.index.json"

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
	path := f.table
	tensors, err := checkpoints.ReadTensors(ctx, path, append(tableNames, mappingTensor, weightsTensor)...)
	switch {
	case errors.Is(err, fs.ErrNotExist) && exists(f.dir, "pytorch_model.bin"):
		return nil, fault.New("save it as safetensors: safetensors.torch.save_file(torch.load('pytorch_model.bin'), 'model.safetensors')",
			"%s: tensors in a Python pickle cannot be read", filepath.Join(f.dir, "pytorch_model.bin"))
	case errors.Is(err, fs.ErrNotExist) && exists(f.dir, shardedFile):
		return nil, fault.New("only a table of vectors can be read, as of model2vec or StaticEmbedding: encode your texts with the program that made the model, and import those vectors",
			"%s is divided over several files: it is not a static embedding", f.dir)
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
		if f.format > 0 { // a model of this program, which says what unknown text counts
			if tensors[weightsTensor].Data != nil {
				f.encoder.Pooling = "mean" // the weights become part of the rows
			}
		} else {
			f.encoder.Unknown = checkpoints.UnknownCounted
			if name != checkpoints.EmbeddingTensor {
				f.encoder.Unknown = checkpoints.UnknownSkipped
			}
		}
		if table, err = weighted(path, table, tensors); err != nil {
			return nil, err
		}
		if name == checkpoints.EmbeddingTensor && f.format == 0 {
			f.limit = f.truncates()
		}
		if f.limit > 0 && f.limit < 1<<20 {
			v.detail += fmt.Sprintf("; its limit of %s per text is not kept", count(int64(f.limit), "token"))
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
	if _, quantized := tensors[checkpoints.EmbeddingTensor+".codes"]; quantized {
		return nil, fault.New(hintCompleteFolder, "%s: the table is compressed, as only a complete model folder describes", path)
	}
	return nil, fault.New("only a table of vectors can be read, as of model2vec or StaticEmbedding: a transformer computes vectors from more than a table. Encode your texts with the program that made it, and import those vectors",
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
	if f.format > 1 && f.split != "" { // rows for unknown text follow those of the vocabulary
		t, err := f.tokenizer()
		if err != nil {
			return nil, err
		}
		rows.table.Shape = []int{min(table.Rows(), t.Vocabulary().Len()), table.Cols()}
	}
	if f.format == 0 && v.Options.WordList == "" && !v.Options.Unnamed {
		shortenTable(&rows.table, filepath.Join(f.dir, checkpoints.VocabularyFile))
	}
	if isTokenizer(v.Options.WordList) {
		f.split, v.listed = v.Options.WordList, true
	}
	switch words := cmp.Or(v.Options.WordList, filepath.Join(f.dir, checkpoints.VocabularyFile)); {
	case v.Options.Unnamed:
	case v.Options.WordList != "" && !v.listed || exists(f.dir, checkpoints.VocabularyFile) && !v.listed || f.split == "":
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
			return nil, fault.New("the files do not belong together", "%s: the table has %d rows, but %s has %d tokens", path, table.Rows(), f.split, n)
		}
		if f.split != filepath.Join(f.dir, checkpoints.TokenizerFile) {
			v.detail = ", tokenizer " + f.split + v.detail
		}
		rows.table.Shape = []int{n, table.Cols()} // some tables are padded with rows for no token
	}
	if err := v.SetRows(int64(rows.table.Rows())); err != nil {
		return nil, err
	}
	return rows, v.SetDim(int64(table.Cols()))
}

// isTokenizer reports whether a file is a tokenizer.json and not a list of words.
func isTokenizer(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	text := strings.TrimLeft(strings.TrimPrefix(string(head[:n]), "\ufeff"), " \t\r\n")
	return strings.HasPrefix(text, "{") && strings.HasPrefix(strings.TrimLeft(text[1:], " \t\r\n"), `"`)
}

// shortenTable removes the row for unknown text from the table of a model of this program that was
// copied without its config.json: a last row of zeros, without a line in the vocabulary.
func shortenTable(table *checkpoints.Tensor, vocabulary string) {
	n := table.Rows() - 1
	if n == 0 || slices.ContainsFunc(table.Row(n), func(x float32) bool { return x != 0 }) {
		return
	}
	data, err := manifest.ReadSmall(vocabulary, 1<<30)
	if err == nil && bytes.Count(data, []byte("\n")) == n && bytes.HasSuffix(data, []byte("\n")) {
		table.Shape = []int{n, table.Cols()}
	}
}
