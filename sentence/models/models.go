// Package models opens whatever turns texts into vectors: a model of this program, or a transformer
// in the layout of sentence-transformers.
//
//	m, err := models.Open(ctx, "all-MiniLM-L6-v2")
//	vectors, known, err := m.EncodeBatch(ctx, []string{"a text"}, 0)
package models

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// Model is a sentence.Model and what commands ask of it. *sentence.Encoder and *transformer.Encoder
// implement it.
type Model interface {
	sentence.Model
	Tokenizer() *tokenize.Tokenizer
	Normalizes() bool // whether vectors have length 1
	Composes() bool   // whether texts of different unknown words have different vectors
}

var (
	_ Model = (*sentence.Encoder)(nil)
	_ Model = (*transformer.Encoder)(nil)
)

// Open opens the model in the folder dir: a folder of package checkpoints, which has a MANIFEST, or
// else one with the config.json or modules.json of a transformer.
func Open(ctx context.Context, dir string) (Model, error) {
	return OpenWith(ctx, dir, transformer.Options{})
}

// OpenWith is Open; o applies to transformers.
func OpenWith(ctx context.Context, dir string, o transformer.Options) (Model, error) {
	is, err := IsTransformer(dir)
	if err != nil {
		return nil, err
	}
	if is {
		return open(transformer.OpenWith(ctx, dir, o))
	}
	return open(sentence.Open(ctx, dir))
}

// open keeps a failed model from becoming an interface that is not nil.
func open[M Model](m M, err error) (Model, error) {
	if err != nil {
		return nil, err
	}
	return m, nil
}

// maxConfig limits the size of the files that are looked at.
const maxConfig = 1 << 20

// IsTransformer reports whether the folder dir has the layout of a transformer, supported or not. A
// static model of another program is an error, because it has to be imported first.
func IsTransformer(dir string) (bool, error) {
	if _, err := os.Stat(filepath.Join(dir, checkpoints.ManifestFile)); !errors.Is(err, fs.ErrNotExist) {
		return false, nil // ours, or an error of checkpoints.Read
	}
	var config struct {
		Type    string   `json:"model_type"`
		Classes []string `json:"architectures"`
	}
	var modules []struct {
		Type string `json:"type"`
	}
	for name, v := range map[string]any{checkpoints.ConfigFile: &config, checkpoints.ModulesFile: &modules} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err != nil || info.Size() > maxConfig {
			continue
		}
		if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, v) != nil && name == checkpoints.ModulesFile {
			return true, nil // transformer.Open reports what is wrong with it
		}
	}
	static := config.Type == "model2vec" || len(config.Classes) > 0 && config.Classes[0] == "StaticModel"
	if len(modules) > 0 {
		static = strings.HasSuffix(modules[0].Type, "StaticEmbedding")
	}
	if static {
		return false, fault.New("import it first: 'embed import' makes a model of it", "%s is a static model of another program", dir)
	}
	return config.Type != "" || len(config.Classes) > 0 || len(modules) > 0, nil
}

// ForQueries returns the model with its prompt for questions, if it is a transformer whose folder
// has one; else m.
func ForQueries(m sentence.Model) sentence.Model {
	if t, ok := m.(*transformer.Encoder); ok {
		if _, prompt, ok := t.QueryPrompt(); ok {
			return t.WithPrompt(prompt)
		}
	}
	return m
}

// ForDocuments returns the model with its prompt for texts that are searched, as ForQueries does for
// questions.
func ForDocuments(m sentence.Model) sentence.Model {
	if t, ok := m.(*transformer.Encoder); ok {
		if _, prompt, ok := t.DocumentPrompt(); ok {
			return t.WithPrompt(prompt)
		}
	}
	return m
}
