package transformer

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// module is an entry of modules.json.
type module struct {
	Path string `json:"path"`
	Type string `json:"type"`
}

// name returns the type without its package.
func (m module) name() string { return m.Type[strings.LastIndexByte(m.Type, '.')+1:] }

// readModuleList reads modules.json; without it, the list is nil: the model is the bare network, which
// sentence-transformers applies with mean pooling.
func readModuleList(dir string) ([]module, error) {
	var modules []module
	path := filepath.Join(dir, "modules.json")
	if err := readJSON(path, &modules); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	for _, m := range modules {
		if !filepath.IsLocal(m.Path) && m.Path != "" {
			return nil, fault.New("the file is damaged", "%s: the path %q leads out of the folder", path, m.Path)
		}
	}
	// Early releases named the module after its network.
	if len(modules) == 0 || !slices.Contains([]string{"Transformer", "BERT", "RoBERTa", "DistilBERT", "CamemBERT", "XLMRoBERTa"}, modules[0].name()) {
		kind := "nothing"
		if len(modules) > 0 {
			kind = modules[0].name()
		}
		return nil, fault.New(hintFolder, "%s: expected a Transformer as the first module but found %s", path, kind)
	}
	return modules, nil
}

// readModules reads the files of the modules.
func (c *Config) readModules(dir string, modules []module) error {
	if err := c.readTransformer(filepath.Join(dir, filepath.FromSlash(c.folder))); err != nil {
		return err
	}
	list := filepath.Join(dir, "modules.json")
	for i, m := range modules[1:] {
		at := filepath.Join(dir, m.Path)
		var err error
		switch name := m.name(); {
		case name == "Pooling" && i == 0:
			c.extraFiles = append(c.extraFiles, path.Join(filepath.ToSlash(m.Path), "config.json"))
			err = c.readPooling(filepath.Join(at, "config.json"))
		case name == "Dense" && i > 0:
			err = c.readDense(dir, m.Path)
		case name == "Normalize" && i > 0:
			c.steps = append(c.steps, step{dense: -1})
		case name == "Dropout" && i > 0: // only in training
		default:
			err = fault.New("supported are Transformer, Pooling, and then Dense and Normalize", "%s: module %d, %s, is not supported there", list, i+1, name)
		}
		if err != nil {
			return err
		}
	}
	if len(modules) == 1 {
		return fault.New("a network without pooling has no vectors of texts", "%s: there is no Pooling module", list)
	}
	c.Normalize = len(c.steps) > 0 && c.steps[len(c.steps)-1].dense < 0
	return c.readPrompts(filepath.Join(dir, "config_sentence_transformers.json"))
}

// lengthFiles are the names of the file with max_seq_length; the first that exists counts.
var lengthFiles = []string{"sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json",
	"sentence_albert_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json"}

// readTransformer reads the length at which texts are cut: max_seq_length or, in newer folders, that
// of the tokenizer.
func (c *Config) readTransformer(dir string) error {
	var f struct {
		MaxTokens *int `json:"max_seq_length"`
		Lower     bool `json:"do_lower_case"`
	}
	var path string
	for _, name := range lengthFiles {
		path = filepath.Join(dir, name)
		if err := readJSON(path, &f); err == nil {
			break
		} else if ignoreMissing(err) != nil {
			return err
		}
	}
	c.lower = f.Lower
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

// readPooling reads the pooling: a name, a list of names whose vectors are joined or, in older folders,
// a switch for each of them.
func (c *Config) readPooling(path string) error {
	var f struct {
		Mode    json.RawMessage `json:"pooling_mode"`
		Prompt  *bool           `json:"include_prompt"`
		First   bool            `json:"pooling_mode_cls_token"`
		Max     bool            `json:"pooling_mode_max_tokens"`
		Mean    bool            `json:"pooling_mode_mean_tokens"`
		Root    bool            `json:"pooling_mode_mean_sqrt_len_tokens"`
		Rising  bool            `json:"pooling_mode_weightedmean_tokens"`
		Last    bool            `json:"pooling_mode_lasttoken"`
		Width   int             `json:"embedding_dimension"`
		OldName int             `json:"word_embedding_dimension"`
	}
	if err := readJSON(path, &f); err != nil {
		return err
	}
	c.skipPrompt = f.Prompt != nil && !*f.Prompt
	var modes []Pooling
	switch {
	case f.Mode != nil:
		var one Pooling
		if json.Unmarshal(f.Mode, &modes) == nil {
			break
		}
		if json.Unmarshal(f.Mode, &one) != nil {
			return fault.New("the file is damaged", "%s: pooling_mode must be a name or a list of names, got %.40s", path, f.Mode)
		}
		modes = []Pooling{one}
	default:
		for _, m := range []struct {
			set  bool
			mode Pooling
		}{{f.First, First}, {f.Max, Max}, {f.Mean, Mean}, {f.Root, MeanRoot}, {f.Rising, Rising}, {f.Last, Last}} {
			if m.set {
				modes = append(modes, m.mode)
			}
		}
	}
	if len(modes) == 0 {
		modes = []Pooling{Mean}
	}
	for i, m := range modes {
		if !slices.Contains(poolings, m) {
			return fault.New("supported are mean, cls, max, mean_sqrt_len_tokens, weightedmean and lasttoken", "%s: the pooling %q is not supported", path, string(m))
		}
		if slices.Contains(modes[:i], m) {
			return fault.New("the file is damaged", "%s: the pooling %q occurs twice", path, string(m))
		}
	}
	if width := max(f.Width, f.OldName); width != 0 && width != c.Width {
		return fault.New("the files belong to different models", "%s: it is for vectors of %d values, but those of the network have %d", path, width, c.Width)
	}
	c.Pooling = join(modes)
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
