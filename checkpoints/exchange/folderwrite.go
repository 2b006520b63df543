package exchange

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// The folders of model2vec and sentence-transformers, as written. A folder that gives the same
// vectors in both is the same in both formats; a model that only one of them can express has the
// tensor and the modules of that one, so that the other does not open it.
func init() {
	const loses = "layers and token weights become part of the rows; character n-grams, phrases and other poolings than the mean are refused"
	holds := Holds{Words: true, Tokenizer: true}
	Register(Format{
		Name: "model2vec", Folder: true, Holds: holds, Loses: loses,
		Description: "a folder that model2vec opens, and sentence-transformers too unless vectors are not normalized",
		WriteModel: func(ctx context.Context, dir string, c *checkpoints.Checkpoint, o FolderOptions) error {
			return writeFolder(ctx, dir, c, o, true)
		},
	})
	Register(Format{
		Name: "sentence-transformers", Folder: true, Holds: holds, Loses: loses,
		Description: "a folder that SentenceTransformer opens as StaticEmbedding, the same as model2vec's",
		WriteModel: func(ctx context.Context, dir string, c *checkpoints.Checkpoint, o FolderOptions) error {
			return writeFolder(ctx, dir, c, o, false)
		},
	})
}

// FolderOptions control how ExportFolder treats an existing folder.
type FolderOptions struct {
	// Replace is whether an existing folder with a static embedding is replaced. Any other
	// folder that is not empty, such as a model of this program, is never replaced. Default
	// false: an existing folder is an error.
	Replace bool
}

// ExportFolder writes a model as a folder that other programs open, in one of the Exportable
// formats that are folders: the table, the tokenizer and what these programs need to give every
// text the vector that package sentence gives it. Like a model, the folder is written completely
// or not at all.
//
// As for Export, it is an error if the rows are not the vectors of the model; sentence.WordVectors
// folds its layers. It is also an error if the model has what the other program cannot express: it
// composes words of character n-grams, joins phrases, or treats unknown text in another way. The
// token for unknown text gets a row of zeros: model2vec skips it, and sentence-transformers
// averages it, which changes the length of a vector but not its direction.
func ExportFolder(ctx context.Context, dir string, c *checkpoints.Checkpoint, format string, o FolderOptions) error {
	f, err := Lookup(Exportable(), format)
	if err != nil {
		return err
	}
	if f.WriteModel == nil {
		return fmt.Errorf("cannot export: the format %s is a file, not a folder", format)
	}
	return f.WriteModel(ctx, dir, c, o)
}

// CheckFolder returns the error that ExportFolder would return for dir, whatever the model.
func CheckFolder(dir string, o FolderOptions) error {
	folder, err := createFolder(dir, o)
	if err != nil {
		return err
	}
	folder.Abort()
	return nil
}

func createFolder(dir string, o FolderOptions) (*durable.Folder, error) {
	if o.Replace && exists(dir, checkpoints.ConfigFile) {
		const hint = "choose another name, or remove the folder yourself"
		if exists(dir, checkpoints.ManifestFile) {
			return nil, fault.New(hint, "will not replace %s: it is a model of LuminaVec", dir)
		}
		f, err := openFolder(dir)
		if err != nil {
			return nil, fault.New(hint, "will not replace %s: %w", dir, err)
		}
		if !f.static {
			return nil, fault.New(hint, "will not replace %s: it is not a folder of model2vec or StaticEmbedding", dir)
		}
	}
	return durable.CreateFolder(dir, o.Replace, checkpoints.ConfigFile)
}

// staticModel is a model as a folder holds it.
type staticModel struct {
	*checkpoints.Checkpoint
	tokenizer []byte
	unknown   int  // id of the token for unknown text; -1: none
	rows      int  // of the table
	zero      bool // the row of unknown is a row of zeros
	model2vec bool // it opens the folder
	modules   bool // sentence-transformers opens the folder
}

// newStaticModel returns an error if a program cannot give texts the vectors of the model: model2vec
// or otherwise sentence-transformers.
func newStaticModel(c *checkpoints.Checkpoint, model2vec bool) (*staticModel, error) {
	if err := c.Embedding().Validate(); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", checkpoints.EmbeddingTensor, err)
	}
	if err := checkTable(c); err != nil {
		return nil, err
	}
	if c.NGrams != nil {
		return nil, fault.New("write the vectors of the texts that you need with 'embed text', or those of a list of words in a format of words",
			"the model composes unknown words of character n-grams, which these folders cannot express")
	}
	m := &staticModel{Checkpoint: c, model2vec: true, modules: true, unknown: int(c.Tokenizer.Unknown()), rows: c.Vocabulary.Len(), zero: true}
	if !c.Tokenizer.Subwords() {
		m.unknown = m.rows
		m.rows++
	}
	e := c.Config.Encoder
	switch {
	case m.unknown < 0:
	case e.Unknown == checkpoints.UnknownCounted: // which model2vec skips
		if model2vec {
			return nil, fault.New("choose the format sentence-transformers",
				"the token for unknown text, %q, counts in this model, but model2vec skips it", c.Vocabulary.Token(int32(m.unknown)))
		}
		m.zero, m.model2vec = false, false
	case !e.Normalize: // and so the number of tokens matters, in which sentence-transformers includes it
		if !model2vec {
			return nil, fault.New("choose the format model2vec, which skips them, or normalize the vectors of the model",
				"sentence-transformers counts unknown words in the mean, so that vectors would be shorter: the vectors of this model are not scaled to length 1")
		}
		m.modules = false
	}
	var err error
	m.tokenizer, err = c.Tokenizer.Portable(e.Unknown == "")
	return m, err
}

// row returns row i of the table.
func (m *staticModel) row() func(i int) []float32 {
	zeros := make([]float32, m.Config.Dim)
	table := m.Embedding()
	return func(i int) []float32 {
		if i == m.unknown && m.zero {
			return zeros
		}
		return table.Row(i)
	}
}

// tensors returns the content of model.safetensors.
func (m *staticModel) tensors() []checkpoints.Saved {
	name := "embeddings" // which StaticEmbedding reads as well
	if !m.model2vec {
		name = checkpoints.EmbeddingTensor
	}
	return []checkpoints.Saved{{Name: name, Shape: []int{m.rows, m.Config.Dim}, Row: m.row()}}
}

func writeFolder(ctx context.Context, dir string, c *checkpoints.Checkpoint, o FolderOptions, model2vec bool) error {
	m, err := newStaticModel(c, model2vec)
	if err != nil {
		return fault.New(fault.Hint(err), "cannot export: %w", err)
	}
	folder, err := createFolder(dir, o)
	if err != nil {
		return err
	}
	defer folder.Abort()
	for _, f := range []struct {
		name    string
		content func(io.Writer) error
	}{
		{checkpoints.TokenizerFile, func(w io.Writer) error { _, err := w.Write(m.tokenizer); return err }},
		{checkpoints.ModelFile, func(w io.Writer) error { return checkpoints.WriteTensors(ctx, w, m.tensors()) }},
		{checkpoints.CardFile, m.card},
		{similarityFile, m.similarity},
		{modulesFile, m.moduleList},
		{checkpoints.ConfigFile, m.config},
	} {
		if !m.modules && (f.name == modulesFile || f.name == similarityFile) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("cannot write %s: %w", dir, err)
		}
		if err := writePart(folder, f.name, f.content); err != nil {
			return fault.New(fault.Hint(err), "cannot write %s: %w", filepath.Join(dir, f.name), err)
		}
	}
	return folder.Commit()
}

func writePart(folder *durable.Folder, name string, content func(io.Writer) error) error {
	f, err := folder.Create(name)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 64<<10)
	err = content(b)
	return errors.Join(err, b.Flush(), f.Close())
}

func writeJSON(w io.Writer, v any) error {
	data, err := plainjson.Marshal(v, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// config writes the config.json of model2vec. Without it, model2vec truncates texts to 512 tokens.
func (m *staticModel) config(w io.Writer) error {
	kind, class := "model2vec", "StaticModel"
	if !m.model2vec {
		kind, class = "static_embedding", "StaticEmbedding"
	}
	return writeJSON(w, struct {
		Type          string   `json:"model_type"`
		Architectures []string `json:"architectures"`
		Dim           int      `json:"hidden_dim"`
		DType         string   `json:"embedding_dtype"`
		Normalize     bool     `json:"normalize"`
		MaxLength     *int     `json:"max_length"` // null: texts are not truncated
		SeqLength     *int     `json:"seq_length"`
	}{kind, []string{class}, m.Config.Dim, "float32", m.Config.Encoder.Normalize, nil, nil})
}

const similarityFile = "config_sentence_transformers.json"

// similarity writes the settings of sentence-transformers.
func (m *staticModel) similarity(w io.Writer) error {
	return writeJSON(w, struct {
		Type       string            `json:"model_type"`
		Versions   map[string]string `json:"__version__"`
		Prompts    map[string]string `json:"prompts"`
		Prompt     *string           `json:"default_prompt_name"`
		Similarity string            `json:"similarity_fn_name"`
	}{"SentenceTransformer", map[string]string{}, map[string]string{}, nil, "cosine"})
}

// module is an entry of modules.json.
type module struct {
	Index int    `json:"idx"`
	Name  string `json:"name"`
	Path  string `json:"path"`
	Type  string `json:"type"`
}

// moduleList writes modules.json.
func (m *staticModel) moduleList(w io.Writer) error {
	modules := []module{{0, "0", ".", "sentence_transformers.models.StaticEmbedding"}}
	if m.Config.Encoder.Normalize {
		modules = append(modules, module{1, "1", "1_Normalize", "sentence_transformers.models.Normalize"})
	}
	return writeJSON(w, modules)
}
