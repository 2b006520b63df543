package exchange

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/static"

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

const hintCompleteFolder = "import the complete folder of the model, with its MANIFEST"

// folder describes how a folder with model.safetensors turns text into a vector, as far as its
// files say so.
type folder struct {
	path    string
	dir     string // of config.json
	table   string // the file of tensors
	split   string // tokenizer.json; "" if there is none
	encoder checkpoints.EncoderConfig
	others  []string // tensors that were not read
	static  bool     // its files say that it is a table whose mean is the vector of a text
	format  int      // of a model of this program; otherwise 0
	limit   int      // tokens of a text that model2vec reads; 0: all
	license string
	base    string // the model that it was made from
}

// openFolder finds the table of a folder, or of a single file of tensors. It is an error if
// modules.json lists more than a table and a normalization.
func openFolder(path string) (*folder, error) {
	f := &folder{path: path, dir: path, encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true}}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		if filepath.Base(path) == checkpoints.ModelFile {
			return openFolder(filepath.Dir(path))
		}
		f.dir, f.table = filepath.Dir(path), path
		return f, f.bare()
	}
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
			f.dir, f.static = filepath.Join(path, m.Path), true
		case "Normalize":
			f.encoder.Normalize = true
		default:
			return nil, fault.New("only StaticEmbedding, with or without Normalize, can be read: a table of vectors whose mean is the vector of a text. "+
				"Encode your texts with the program that made it, and import those vectors", "%s computes vectors with the module %q, which is not supported", path, module)
		}
	}
	var config struct {
		Type      string                     `json:"model_type"`
		Normalize *bool                      `json:"normalize"`      // of model2vec; default false
		MaxLength json.RawMessage            `json:"max_length"`     // of model2vec; default 512
		Tokenizer string                     `json:"tokenizer_name"` // of model2vec: the model it was distilled from
		Encoder   *checkpoints.EncoderConfig `json:"encoder"`        // of a model of this program
		Format    int                        `json:"format"`
	}
	if _, err := readJSONFile(filepath.Join(f.dir, checkpoints.ConfigFile), &config); err != nil {
		return nil, err
	}
	if config.Normalize != nil || config.Type == "model2vec" {
		f.encoder.Normalize = plainjson.Or(config.Normalize, false)
	}
	f.static = f.static || config.Type == "model2vec"
	switch {
	case config.Type == "model2vec" && len(config.MaxLength) == 0:
		f.limit = 512
	case len(config.MaxLength) > 0:
		json.Unmarshal(config.MaxLength, &f.limit) // what is not a number is no limit
	}
	if config.Encoder != nil {
		f.encoder, f.format = *config.Encoder, config.Format
	}
	f.base = config.Tokenizer
	f.readCard()
	f.table = filepath.Join(f.dir, checkpoints.ModelFile)
	if exists(f.dir, checkpoints.TokenizerFile) {
		f.split = filepath.Join(f.dir, checkpoints.TokenizerFile)
	}
	if !exists(f.dir, checkpoints.ModelFile) && !found {
		tables := tensorFiles(path)
		if len(tables) > 1 {
			return nil, fault.New("name one of the files", "%s has several files of tensors: %s", path, fault.Names(tables))
		}
		if len(tables) == 1 {
			f.table = filepath.Join(path, tables[0])
			return f, f.bare()
		}
	}
	return f, nil
}

// tensorFiles returns the files of tensors in a folder and in the folder weights in it, which is
// where WordLlama has them.
func tensorFiles(dir string) (names []string) {
	for _, pattern := range []string{"*.safetensors", filepath.Join("weights", "*.safetensors")} {
		found, _ := filepath.Glob(filepath.Join(escapeGlob(dir), pattern))
		for _, path := range found {
			if name, err := filepath.Rel(dir, path); err == nil {
				names = append(names, name)
			}
		}
	}
	return names
}

// escapeGlob returns a pattern that matches only the path. (Windows has no escapes.)
func escapeGlob(path string) string {
	if filepath.Separator == '\\' {
		return path
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// bare completes a folder that is only a file of tensors, as WordLlama's: vectors are not scaled,
// and the tokenizer is beside the file or in a folder tokenizers.
func (f *folder) bare() error {
	f.encoder.Normalize = false
	dir := filepath.Dir(f.table)
	if exists(dir, checkpoints.TokenizerFile) {
		f.split = filepath.Join(dir, checkpoints.TokenizerFile)
		return nil
	}
	for _, at := range []string{dir, filepath.Join(dir, "tokenizers"), filepath.Join(filepath.Dir(dir), "tokenizers")} {
		found, _ := filepath.Glob(filepath.Join(escapeGlob(at), "*tokenizer*.json"))
		found = slices.DeleteFunc(found, func(name string) bool { return filepath.Base(name) == "tokenizer_config.json" })
		if len(found) > 1 { // l2_supercat_tokenizer_config.json belongs to l2_supercat_256.safetensors
			found = slices.DeleteFunc(found, func(name string) bool {
				model, _, _ := strings.Cut(filepath.Base(name), "tokenizer")
				return model == "" || !strings.HasPrefix(filepath.Base(f.table), model)
			})
		}
		switch {
		case len(found) == 1:
			f.split = found[0]
			return nil
		case len(found) > 1:
			return fault.Mention("name the one of the model with WordList", "%s: several tokenizers: %s", f.table, fault.Names(found))
		}
	}
	return nil
}

// readCard reads the license and the base model of the front matter of README.md, if it has them.
func (f *folder) readCard() {
	for _, dir := range []string{f.path, f.dir} {
		data, err := manifest.ReadSmall(filepath.Join(dir, checkpoints.CardFile), 16<<20)
		if err != nil {
			continue
		}
		fields := static.FrontMatter(string(data))
		f.license = cmp.Or(f.license, fields["license_name"], fields["license"])
		f.base = cmp.Or(fields["base_model"], f.base)
	}
}

// truncates returns the number of tokens to which the tokenizer.json of the folder truncates a text
// in other programs; 0: it does not.
func (f *folder) truncates() int {
	var t struct {
		Truncation struct {
			Max int `json:"max_length"`
		} `json:"truncation"`
	}
	data, err := manifest.ReadSmall(f.split, 1<<30)
	if err != nil || json.Unmarshal(data, &t) != nil {
		return 0
	}
	return t.Truncation.Max
}

// tokenizer reads the tokenizer.json of the folder.
func (f *folder) tokenizer() (*tokenize.Tokenizer, error) {
	data, err := manifest.ReadSmall(f.split, 1<<30)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", f.split, fault.Cause(err))
	}
	return tokenize.Parse(f.split, data)
}

// model returns what Import needs beside the rows: the tokenizer and the encoder. The tokenizer
// is nil if the folder has none. It is an error if the table alone is not the model.
func (f *folder) model() (*checkpoints.Checkpoint, error) {
	if len(f.others) > 0 {
		return nil, fault.New(hintCompleteFolder+", or a file with only the table",
			"%s also has the tensors %s: the table alone does not give the vectors of the model", f.path, fault.Names(f.others))
	}
	c := &checkpoints.Checkpoint{Config: checkpoints.Config{Kind: checkpoints.VectorsKind, Encoder: f.encoder, License: f.license}}
	c.Config.Origin = f.origin()
	if f.split == "" {
		return c, nil
	}
	var err error
	c.Tokenizer, err = f.tokenizer()
	if err == nil && (!c.Tokenizer.Subwords() || c.Tokenizer.Unknown() < 0) {
		c.Config.Encoder.Unknown = ""
	}
	return c, err
}

// origin is Config.Origin of a folder whose card names the model that it was made from, else empty.
func (f *folder) origin() string {
	if f.base == "" {
		return ""
	}
	return fmt.Sprintf("%s, based on %s", filepath.Base(filepath.Clean(f.path)), f.base)
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
