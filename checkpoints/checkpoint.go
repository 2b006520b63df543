package checkpoints

import (
	"errors"
	"fmt"
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/manifest"
)

// Names of the files in a model folder.
const (
	ConfigFile     = "config.json"
	VocabularyFile = "vocab.tsv"
	TokenizerFile  = "tokenizer.json"
	NGramFile      = "ngrams.txt"
	SpellingFile   = "spellings.tsv"
	ModelFile      = "model.safetensors"
	BlocksFile     = "model.blocks"
	CardFile       = "README.md"
	StateFile      = "training/state.safetensors"
	LogFile        = "training/log.jsonl"
	CurveSVGFile   = "training/loss.svg"
	CurvePNGFile   = "training/loss.png"
	ManifestFile   = manifest.Name
)

// Names of the tensors of model.safetensors.
const (
	EmbeddingTensor  = "embedding.weight"  // [V, dim], a row per token
	LinearTensor     = "linear.weight"     // [hidden, dim], of Linear+ReLU on each token
	BiasTensor       = "linear.bias"       // [hidden]
	ProjectionTensor = "projection.weight" // [project, hidden], or [project, dim] without a linear layer
	PoolingTensor    = "pooling.weight"    // [V], with the pooling sif
	NGramTensor      = "ngrams.weight"     // [R, dim], with character n-grams
)

// Names of the tensors of training/state.safetensors, for word models.
const (
	OutputTensor   = "output.weight"   // [V, dim], the output table
	WordTensor     = "word.weight"     // [V, dim], the words' own rows, if these are not their vectors
	PositionTensor = "position.weight" // [2*window, dim], with position weights
	FrozenTensor   = "frozen.rows"     // [V, 1], 1 for rows that are not trained, else 0
	OuterPrefix    = "outer."          // before the name of a tensor: what averaging keeps of it from round to round, of models of all kinds
	PartTensor     = "part.counts"     // [V, 1], how often each token was trained in a Part, of models of all kinds
)

// Checkpoint is a model in memory.
type Checkpoint struct {
	Config     Config
	Tokenizer  *tokenize.Tokenizer
	Vocabulary *tokenize.Vocabulary
	NGrams     *tokenize.NGrams  // ngrams.txt; nil: none
	Tensors    map[string]Tensor // model.safetensors
	State      map[string]Tensor // training/state.safetensors; nil: none
	Log        []byte            // training/log.jsonl; empty: none

	// Spellings has the words that were imported in another spelling than that of their token,
	// which is as text is tokenized; the keys are tokens. spellings.tsv; nil: none.
	Spellings map[string]string

	// CurveSVG and CurvePNG are a plot of Log, training/loss.svg and
	// training/loss.png; empty: none. Write writes them, Read does not read them.
	CurveSVG, CurvePNG []byte
}

// Embedding returns the table of the vocabulary, [V, dim].
func (c *Checkpoint) Embedding() Tensor { return c.Tensors[EmbeddingTensor] }

// Parameters returns how many numbers the tensors of the model hold.
func (c *Checkpoint) Parameters() (n int64) {
	for _, t := range c.Tensors {
		n += int64(t.Rows()) * int64(t.Cols())
	}
	return n
}

func faultIn(file, format string, args ...any) error {
	return &manifest.FileError{File: file, Err: fmt.Errorf(format, args...)}
}

var errNoToken = errors.New("the vocabulary is empty")

// Validate returns an error if parts of the checkpoint are inconsistent; the error names the
// file at fault. It does not check the values of tensors; Write and Read do.
func (c *Checkpoint) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return &manifest.FileError{File: ConfigFile, Err: err}
	}
	if c.Vocabulary == nil || c.Vocabulary.Len() == 0 {
		return &manifest.FileError{File: VocabularyFile, Err: errNoToken}
	}
	if c.Tokenizer == nil {
		return faultIn(TokenizerFile, "no tokenizer")
	}
	if v := c.Tokenizer.Vocabulary(); v == nil {
		return faultIn(TokenizerFile, "the tokenizer has no vocabulary")
	} else if err := sameTokens(v, c.Vocabulary); err != nil {
		return &manifest.FileError{File: TokenizerFile, Err: err}
	}
	if err := c.checkModel(); err != nil {
		return &manifest.FileError{File: ModelFile, Err: err}
	}
	if err := c.checkNGrams(); err != nil {
		return err
	}
	for token := range c.Spellings {
		if !c.Vocabulary.Has(token) {
			return faultIn(SpellingFile, "%q is not a token", token)
		}
	}
	for name, t := range c.State {
		if err := t.Validate(); err != nil {
			return faultIn(StateFile, "tensor %q: %w", name, err)
		}
	}
	for _, name := range []string{OutputTensor, WordTensor} {
		if t, ok := c.State[name]; ok {
			if err := wantShape(name, t, c.Vocabulary.Len(), c.Config.Dim); err != nil {
				return &manifest.FileError{File: StateFile, Err: err}
			}
		}
	}
	return nil
}

func sameTokens(t, v *tokenize.Vocabulary) error {
	if t == v {
		return nil
	}
	if t.Len() != v.Len() {
		return fmt.Errorf("it has %d tokens, but %s has %d", t.Len(), VocabularyFile, v.Len())
	}
	for i, token := range t.Tokens() {
		if want := v.Token(int32(i)); token != want {
			return fmt.Errorf("token %d is %q, but %q in %s", i, token, want, VocabularyFile)
		}
	}
	return nil
}

// checkModel checks that the tensors of the model have the shapes that config.json and the
// vocabulary require.
func (c *Checkpoint) checkModel() error {
	for name, t := range c.Tensors {
		if err := t.Validate(); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
	}
	e := c.Config.Encoder
	width := c.Config.Dim // of a token's vector after the linear layer
	if e.Hidden > 0 {
		width = e.Hidden
	}
	for _, want := range []struct {
		name  string
		have  bool
		shape []int
		field string
	}{
		{EmbeddingTensor, true, []int{c.Vocabulary.Len(), c.Config.Dim}, "dim"},
		{LinearTensor, e.Hidden > 0, []int{e.Hidden, c.Config.Dim}, "encoder.hidden"},
		{BiasTensor, e.Hidden > 0, []int{e.Hidden}, "encoder.hidden"},
		{ProjectionTensor, e.Project > 0, []int{e.Project, width}, "encoder.project"},
		{PoolingTensor, e.Pooling == sif, []int{c.Vocabulary.Len()}, "encoder.pooling"},
	} {
		t, have := c.Tensors[want.name]
		switch {
		case have && !want.have:
			return fmt.Errorf("tensor %q does not fit %s in %s", want.name, want.field, ConfigFile)
		case !have && want.have:
			return fmt.Errorf("no tensor %q", want.name)
		case have:
			if err := wantShape(want.name, t, want.shape...); err != nil {
				return err
			}
		}
	}
	return nil
}

func wantShape(name string, t Tensor, shape ...int) error {
	if !slices.Equal(t.Shape, shape) {
		return fmt.Errorf("tensor %q has shape %v; %[4]s and %[5]s require %[3]v", name, t.Shape, shape, VocabularyFile, ConfigFile)
	}
	return nil
}
