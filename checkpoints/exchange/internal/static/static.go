// Package static writes models as folders of model2vec and sentence-transformers: a table whose mean
// is the vector of a text, and a tokenizer.
package static

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

// Model is a model as a folder holds it.
type Model struct {
	*checkpoints.Checkpoint
	tokenizer []byte
	unknown   int  // id of the token for unknown text; -1: none
	rows      int  // of the table
	zero      bool // the row of unknown is a row of zeros
	model2vec bool // it opens the folder
	modules   bool // sentence-transformers opens the folder
}

// New returns a model without layers as a folder holds it. It returns an error if a program, model2vec
// or otherwise sentence-transformers, cannot give texts the vectors of the model.
func New(c *checkpoints.Checkpoint, model2vec bool) (*Model, error) {
	if c.NGrams != nil {
		return nil, fault.New("write the vectors of the texts that you need with 'embed text', or those of a list of words in a format of words",
			"the model composes unknown words of character n-grams, which these folders cannot express")
	}
	m := &Model{Checkpoint: c, model2vec: true, modules: true, unknown: int(c.Tokenizer.Unknown()), rows: c.Vocabulary.Len(), zero: true}
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
func (m *Model) row() func(i int) []float32 {
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
func (m *Model) tensors() []checkpoints.Saved {
	name := "embeddings" // which StaticEmbedding reads as well
	if !m.model2vec {
		name = checkpoints.EmbeddingTensor
	}
	return []checkpoints.Saved{{Name: name, Shape: []int{m.rows, m.Config.Dim}, Row: m.row()}}
}

// Write writes the files of the folder dir.
func (m *Model) Write(ctx context.Context, folder *durable.Folder, dir string) error {
	for _, f := range []struct {
		name    string
		content func(io.Writer) error
	}{
		{checkpoints.TokenizerFile, func(w io.Writer) error { _, err := w.Write(m.tokenizer); return err }},
		{checkpoints.ModelFile, func(w io.Writer) error { return checkpoints.WriteTensors(ctx, w, m.tensors()) }},
		{checkpoints.CardFile, m.card},
		{checkpoints.SimilarityFile, m.similarity},
		{checkpoints.ModulesFile, m.moduleList},
		{checkpoints.ConfigFile, m.config},
	} {
		if !m.modules && (f.name == checkpoints.ModulesFile || f.name == checkpoints.SimilarityFile) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("cannot write %s: %w", dir, err)
		}
		if err := writePart(folder, f.name, f.content); err != nil {
			return fault.New(fault.Hint(err), "cannot write %s: %w", filepath.Join(dir, f.name), err)
		}
	}
	return nil
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
func (m *Model) config(w io.Writer) error {
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

// similarity writes the settings of sentence-transformers.
func (m *Model) similarity(w io.Writer) error {
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
func (m *Model) moduleList(w io.Writer) error {
	modules := []module{{0, "0", ".", "sentence_transformers.models.StaticEmbedding"}}
	if m.Config.Encoder.Normalize {
		modules = append(modules, module{1, "1", "1_Normalize", "sentence_transformers.models.Normalize"})
	}
	return writeJSON(w, modules)
}
