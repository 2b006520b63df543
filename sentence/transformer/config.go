package transformer

import (
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

// Config describes a network.
type Config struct {
	Architecture string // "bert", "distilbert", "roberta", "xlm-roberta", "camembert" or "mpnet"
	Layers       int
	Heads        int     // of each layer
	Width        int     // values in the vector of a token, a multiple of Heads
	Inner        int     // values in the middle of the second half of a layer
	Positions    int     // rows of the table of positions
	Activation   string  // "gelu", "gelu_new" (its approximation by tanh) or "relu"
	Epsilon      float64 // added to the variance by layer normalization

	MaxTokens     int // longest sequence, including the tokens that mark its ends
	Pooling       Pooling
	Dense         []Dense           // layers that transform the vectors of texts, in their order
	Normalize     bool              // the vectors of texts have length 1
	Prompts       map[string]string // texts to put before a text, by purpose, such as "query"
	DefaultPrompt string            // name of the prompt to use, "" for none

	// Bare is true of a folder without modules.json: the pooling is the mean then, as in
	// sentence-transformers, and vectors keep their length.
	Bare bool

	firstPosition int      // position of the first token
	skipPrompt    bool     // the tokens of the prompt do not count in the pooling
	lower         bool     // texts are lower-cased, whatever the tokenizer does
	folder        string   // of the network in the folder of the model, with slashes; "" if it is the same
	extraFiles    []string // of other modules, in the folder of the model, with slashes
	steps         []step   // after the pooling
}

// promptNames returns the names of the prompts, sorted.
func (c *Config) promptNames() []string { return slices.Sorted(maps.Keys(c.Prompts)) }

// hintFolder says what can be opened.
const hintFolder = "a folder of sentence-transformers with a model of the BERT family (BERT, MiniLM, DistilBERT, RoBERTa, XLM-RoBERTa, CamemBERT, MPNet) is needed"

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
	modules, err := readModuleList(dir)
	if err != nil {
		return nil, err
	}
	folder := ""
	if len(modules) > 0 {
		folder = filepath.ToSlash(filepath.Clean(modules[0].Path))
		folder = strings.TrimPrefix(folder+"/", "./")
	}
	path := filepath.Join(dir, filepath.FromSlash(folder), "config.json")
	f := configFile{Epsilon: 1e-12, Activation: "gelu", Positions: 512}
	if err := readJSON(path, &f); err != nil {
		return nil, err
	}
	c := &Config{
		Architecture: f.ModelType, Layers: f.Layers, Heads: f.Heads, Width: f.Hidden, Inner: f.Inner,
		Positions: f.Positions, Activation: f.Activation, Epsilon: f.Epsilon, Pooling: Mean, folder: folder,
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
	case "roberta", "xlm-roberta", "camembert", "mpnet":
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
	if modules == nil {
		for _, class := range f.Classes {
			if strings.Contains(class, "Classification") || strings.Contains(class, "QuestionAnswering") {
				return nil, fault.New(hintFolder, "%s: %s: a network that scores or labels texts has no vectors of them", path, class)
			}
		}
		c.Bare = true
	} else if err := c.readModules(dir, modules); err != nil {
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
	switch c.Activation {
	case "gelu", "gelu_new", "relu":
	case "gelu_python":
		c.Activation = "gelu"
	case "gelu_pytorch_tanh", "gelu_fast": // the same formula, computed in another way
		c.Activation = "gelu_new"
	default:
		return fault.New("supported are gelu, gelu_python, gelu_new, gelu_fast, gelu_pytorch_tanh and relu", "%s: the activation %q is not supported", path, c.Activation)
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
