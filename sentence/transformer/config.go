package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// Pooling is how the vectors of the tokens become the vector of the text.
type Pooling string

// The poolings.
const (
	Mean  Pooling = "mean"  // of all tokens
	First Pooling = "first" // the first token's, "cls"
	Max   Pooling = "max"   // the largest value of each dimension
)

// Config describes a network.
type Config struct {
	Architecture string // "bert", "distilbert", "roberta", "xlm-roberta" or "mpnet"
	Layers       int
	Heads        int     // of each layer
	Width        int     // values in the vector of a token, a multiple of Heads
	Inner        int     // values in the middle of the second half of a layer
	Positions    int     // rows of the table of positions
	Activation   string  // "gelu", "gelu_new" (its approximation by tanh) or "relu"
	Epsilon      float64 // added to the variance by layer normalization

	MaxTokens     int // longest sequence, including the tokens that mark its ends
	Pooling       Pooling
	Normalize     bool              // scale the vectors of texts to length 1
	Prompts       map[string]string // texts to put before a text, by purpose, such as "query"
	DefaultPrompt string            // name of the prompt to use, "" for none

	// Bare is true of a folder without modules.json: the pooling is the mean then, as in
	// sentence-transformers, and vectors keep their length.
	Bare bool

	firstPosition int    // position of the first token
	poolingFile   string // in the folder, with slashes; "" without
}

// promptNames returns the names of the prompts, sorted.
func (c *Config) promptNames() []string { return slices.Sorted(maps.Keys(c.Prompts)) }

// hintFolder says what can be opened.
const hintFolder = "a folder of sentence-transformers with a model of the BERT family (BERT, MiniLM, DistilBERT, RoBERTa, XLM-RoBERTa, MPNet) is needed"

// Limits, so that a damaged file cannot cause absurd allocations.
const (
	maxLayers    = 256
	maxWidth     = 1 << 16
	maxPositions = 1 << 20
)

// configFile is config.json, with the names of BERT and of DistilBERT.
type configFile struct {
	ModelType   string   `json:"model_type"`
	Classes     []string `json:"architectures"`
	Hidden      int      `json:"hidden_size"`
	Layers      int      `json:"num_hidden_layers"`
	Heads       int      `json:"num_attention_heads"`
	Inner       int      `json:"intermediate_size"`
	Activation  string   `json:"hidden_act"`
	Positions   int      `json:"max_position_embeddings"`
	Relative    string   `json:"position_embedding_type"`
	Epsilon     float64  `json:"layer_norm_eps"`
	Pad         *int     `json:"pad_token_id"`
	Dim         int      `json:"dim"`
	NLayers     int      `json:"n_layers"`
	NHeads      int      `json:"n_heads"`
	HiddenDim   int      `json:"hidden_dim"`
	Activation2 string   `json:"activation"`
}

// readConfig reads the files that describe the model in dir.
func readConfig(dir string) (*Config, error) {
	path := filepath.Join(dir, "config.json")
	f := configFile{Epsilon: 1e-12, Activation: "gelu", Positions: 512}
	if err := readJSON(path, &f); err != nil {
		return nil, err
	}
	c := &Config{
		Architecture: f.ModelType, Layers: f.Layers, Heads: f.Heads, Width: f.Hidden, Inner: f.Inner,
		Positions: f.Positions, Activation: f.Activation, Epsilon: f.Epsilon, Pooling: Mean,
	}
	pad := 1
	if f.Pad != nil {
		pad = *f.Pad
	}
	switch f.ModelType {
	case "bert":
	case "distilbert":
		c.Width, c.Layers, c.Heads, c.Inner, c.Epsilon = f.Dim, f.NLayers, f.NHeads, f.HiddenDim, 1e-12
		if f.Activation2 != "" {
			c.Activation = f.Activation2
		}
	case "roberta", "xlm-roberta", "mpnet":
		c.firstPosition = pad + 1 // positions count from the id of the padding
	default:
		return nil, fault.New(hintFolder, "%s: model_type %q is not supported", path, f.ModelType)
	}
	if f.Relative != "" && f.Relative != "absolute" {
		return nil, fault.New(hintFolder, "%s: position_embedding_type %q is not supported", path, f.Relative)
	}
	if err := c.check(path); err != nil {
		return nil, err
	}
	c.MaxTokens = c.Positions - c.firstPosition
	if err := c.readModules(dir, f.Classes); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Config) check(path string) error {
	for _, v := range []struct {
		name            string
		value, low, top int
	}{
		{"the number of layers", c.Layers, 1, maxLayers},
		{"the number of attention heads", c.Heads, 1, maxWidth},
		{"the hidden size", c.Width, 1, maxWidth},
		{"the intermediate size", c.Inner, 1, maxWidth},
		{"max_position_embeddings", c.Positions, 1, maxPositions},
		{"the first position", c.firstPosition, 0, c.Positions - 1},
	} {
		if v.value < v.low || v.value > v.top {
			return fault.New("the file is damaged, or of another kind of model", "%s: %s must be from %d to %d, got %d", path, v.name, v.low, v.top, v.value)
		}
	}
	if c.Width%c.Heads != 0 {
		return fault.New("the file is damaged", "%s: the hidden size %d is not a multiple of the %d attention heads", path, c.Width, c.Heads)
	}
	if !(c.Epsilon >= 0 && c.Epsilon < 1) {
		return fault.New("the file is damaged", "%s: layer_norm_eps must be from 0 to 1, got %g", path, c.Epsilon)
	}
	if names := []string{"gelu", "gelu_new", "gelu_pytorch_tanh", "relu"}; !slices.Contains(names, c.Activation) {
		return fault.New("supported are "+strings.Join(names, ", "), "%s: the activation %q is not supported", path, c.Activation)
	}
	if c.Activation == "gelu_pytorch_tanh" {
		c.Activation = "gelu_new"
	}
	return nil
}

// readModules reads modules.json and the files of the modules. Without modules.json, the model is the
// bare network, which sentence-transformers applies with mean pooling.
func (c *Config) readModules(dir string, classes []string) error {
	var modules []struct {
		Path string `json:"path"`
		Type string `json:"type"`
	}
	path := filepath.Join(dir, "modules.json")
	if err := readJSON(path, &modules); errors.Is(err, fs.ErrNotExist) {
		for _, class := range classes {
			if strings.Contains(class, "Classification") || strings.Contains(class, "QuestionAnswering") {
				return fault.New(hintFolder, "%s: %s: a network that scores or labels texts has no vectors of them", filepath.Join(dir, "config.json"), class)
			}
		}
		c.Bare = true
		return nil
	} else if err != nil {
		return err
	}
	for i, m := range modules {
		name := m.Type[strings.LastIndexByte(m.Type, '.')+1:]
		if !filepath.IsLocal(m.Path) && m.Path != "" {
			return fault.New("the file is damaged", "%s: the path %q leads out of the folder", path, m.Path)
		}
		at := filepath.Join(dir, m.Path)
		var err error
		switch {
		case name == "Transformer" && i == 0:
			err = c.readTransformer(at)
		case name == "Pooling" && i == 1:
			c.poolingFile = filepath.ToSlash(filepath.Join(m.Path, "config.json"))
			err = c.readPooling(filepath.Join(at, "config.json"))
		case name == "Normalize" && i == 2:
			c.Normalize = true
		default:
			err = fault.New("supported are Transformer, Pooling and Normalize, in this order", "%s: module %d, %s, is not supported there", path, i, name)
		}
		if err != nil {
			return err
		}
	}
	return c.readPrompts(filepath.Join(dir, "config_sentence_transformers.json"))
}

// readTransformer reads the length at which texts are cut: max_seq_length or, in newer folders, that
// of the tokenizer.
func (c *Config) readTransformer(dir string) error {
	var f struct {
		MaxTokens *int `json:"max_seq_length"`
	}
	path := filepath.Join(dir, "sentence_bert_config.json")
	if err := ignoreMissing(readJSON(path, &f)); err != nil {
		return err
	}
	if f.MaxTokens != nil {
		if *f.MaxTokens < 1 || *f.MaxTokens > c.MaxTokens {
			return fault.New("the network has no more positions", "%s: max_seq_length must be from 1 to %d, got %d", path, c.MaxTokens, *f.MaxTokens)
		}
		c.MaxTokens = *f.MaxTokens
		return nil
	}
	var t struct {
		MaxTokens *float64 `json:"model_max_length"` // 1e30 stands for any length
	}
	path = filepath.Join(dir, "tokenizer_config.json")
	if err := ignoreMissing(readJSON(path, &t)); err != nil {
		return err
	}
	if t.MaxTokens != nil && *t.MaxTokens < float64(c.MaxTokens) {
		if *t.MaxTokens < 1 {
			return fault.New("the file is damaged", "%s: model_max_length must be positive, got %g", path, *t.MaxTokens)
		}
		c.MaxTokens = int(*t.MaxTokens)
	}
	return nil
}

func (c *Config) readPooling(path string) error {
	var modes map[string]json.RawMessage
	if err := readJSON(path, &modes); err != nil {
		return err
	}
	known := map[string]Pooling{"pooling_mode_mean_tokens": Mean, "pooling_mode_cls_token": First, "pooling_mode_max_tokens": Max,
		"mean": Mean, "cls": First, "max": Max}
	var chosen []string
	for name, value := range modes {
		switch {
		case name == "pooling_mode":
			var mode string
			if json.Unmarshal(value, &mode) == nil {
				chosen = append(chosen, mode)
			}
		case strings.HasPrefix(name, "pooling_mode_") && string(value) == "true":
			chosen = append(chosen, name)
		}
	}
	if string(modes["include_prompt"]) == "false" {
		return fault.New("supported is pooling over all tokens", "%s: include_prompt false is not supported", path)
	}
	slices.Sort(chosen)
	if len(chosen) != 1 || known[chosen[0]] == "" {
		return fault.New("supported are mean, first token (cls) and max, one of them", "%s: the pooling %s is not supported", path, strings.Join(chosen, " and "))
	}
	c.Pooling = known[chosen[0]]
	return nil
}

func (c *Config) readPrompts(path string) error {
	var f struct {
		Prompts map[string]string `json:"prompts"`
		Default *string           `json:"default_prompt_name"`
	}
	if err := readJSON(path, &f); err != nil {
		return ignoreMissing(err)
	}
	c.Prompts = f.Prompts
	if f.Default != nil {
		if _, ok := f.Prompts[*f.Default]; !ok {
			return fault.New("the file is damaged", "%s: default_prompt_name %q is not among the prompts", path, *f.Default)
		}
		c.DefaultPrompt = *f.Default
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// maxJSON limits the size of the files that describe a model.
const maxJSON = 1 << 20

func readJSON(path string, v any) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxJSON {
		return fmt.Errorf("%s: %d bytes are too many for such a file", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := plainjson.Unmarshal(data, v); err != nil {
		return fault.New("the file is damaged", "%s: %w", path, err)
	}
	return nil
}
