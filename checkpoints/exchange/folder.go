package exchange

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// Files of sentence-transformers and model2vec.
const (
	modulesFile  = "modules.json"
	nestedFolder = "0_StaticEmbedding"
)

// folder describes how a folder with model.safetensors turns text into a vector, as far as its
// files say so.
type folder struct {
	path    string
	dir     string // of model.safetensors and tokenizer.json
	encoder checkpoints.EncoderConfig
	others  []string // tensors that were not read
}

// openFolder finds the table of a folder. It is an error if modules.json lists more than a
// table and a normalization.
func openFolder(path string) (*folder, error) {
	f := &folder{path: path, dir: path, encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true}}
	if !exists(path, checkpoints.ModelFile) && exists(path, nestedFolder) {
		f.dir = filepath.Join(path, nestedFolder)
	}
	var modules []struct{ Path, Type string }
	found, err := readJSONFile(filepath.Join(path, modulesFile), &modules)
	if err != nil {
		return nil, err
	}
	f.encoder.Normalize = !found // without modules.json, config.json decides
	for _, m := range modules {
		switch module := m.Type[strings.LastIndex(m.Type, ".")+1:]; module {
		case "StaticEmbedding":
			if m.Path != "" && !filepath.IsLocal(m.Path) {
				return nil, fault.New("a module must be inside the folder", "%s: module %q is at %q", filepath.Join(path, modulesFile), module, m.Path)
			}
			f.dir = filepath.Join(path, m.Path)
		case "Normalize":
			f.encoder.Normalize = true
		default:
			return nil, fault.New("only StaticEmbedding, with or without Normalize, can be read: a table of vectors whose mean is the vector of a text",
				"%s computes vectors with the module %q, which is not supported", path, module)
		}
	}
	var config struct {
		Type      string                     `json:"model_type"`
		Normalize *bool                      `json:"normalize"` // of model2vec; default false
		Encoder   *checkpoints.EncoderConfig `json:"encoder"`   // of a model of this program
	}
	if _, err := readJSONFile(filepath.Join(f.dir, checkpoints.ConfigFile), &config); err != nil {
		return nil, err
	}
	if config.Normalize != nil || config.Type == "model2vec" {
		f.encoder.Normalize = plainjson.Or(config.Normalize, false)
	}
	if config.Encoder != nil {
		f.encoder = *config.Encoder
	}
	return f, nil
}

// tokenizer reads the tokenizer.json of the folder.
func (f *folder) tokenizer() (*tokenize.Tokenizer, error) {
	path := filepath.Join(f.dir, checkpoints.TokenizerFile)
	data, err := manifest.ReadSmall(path, 1<<30)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, fault.Cause(err))
	}
	return tokenize.Parse(path, data)
}

// model returns what Import needs beside the rows: the tokenizer and the encoder. The tokenizer
// is nil if the folder has none. It is an error if the table alone is not the model.
func (f *folder) model() (*checkpoints.Checkpoint, error) {
	if len(f.others) > 0 {
		return nil, fault.New("import the complete folder of the model, with its MANIFEST, or a file with only the table",
			"%s also has the tensors %s: the table alone does not give the vectors of the model", f.path, fault.Names(f.others))
	}
	c := &checkpoints.Checkpoint{Config: checkpoints.Config{Kind: checkpoints.VectorsKind, Encoder: f.encoder}}
	if !exists(f.dir, checkpoints.TokenizerFile) {
		return c, nil
	}
	var err error
	c.Tokenizer, err = f.tokenizer()
	return c, err
}

// readJSONFile parses a file; found is false if it does not exist.
func readJSONFile(path string, to any) (found bool, err error) {
	data, err := manifest.ReadSmall(path, 16<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", path, fault.Cause(err))
	}
	if err := plainjson.Unmarshal(data, to); err != nil {
		return true, fault.New("the file is damaged: copy the folder again", "%s: %w", path, err)
	}
	return true, nil
}
