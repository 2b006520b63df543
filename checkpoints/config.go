package checkpoints

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// FormatVersion is the version of the folder that Write makes. Every version
// listed here stays readable.
//
//	1  The first: config.json, vocab.tsv, tokenizer.json, model.safetensors,
//	   training/state.safetensors, training/log.jsonl, README.md and a MANIFEST
//	   of sizes and SHA-256 checksums. Rows are float32, the table of the
//	   vocabulary is "embedding.weight", because that name opens in
//	   sentence-transformers.
//
// What a reader may pass over needs no version of its own. Such are the character
// n-grams: who does not know "ngrams" in config.json, ngrams.txt and the tensor
// "ngrams.weight" reads the vectors of all words of the vocabulary as they are,
// and takes the others for unknown, as in a model without n-grams.
const FormatVersion = 1

// Config is config.json: what the model is and how it came about.
type Config struct {
	Format  int           `json:"format"`            // version of the folder; Write fills it in
	Kind    string        `json:"kind"`              // the objective: "skipgram", "cbow", "sentence"; VectorsKind: none, they were imported
	Dim     int           `json:"dim"`               // length of a row of embedding.weight
	Created string        `json:"created,omitempty"` // RFC 3339; empty when the run is to give the same bytes again
	Version string        `json:"version,omitempty"` // of the program that wrote it
	Encoder EncoderConfig `json:"encoder"`
	// NGrams are the character n-grams of which words are made; Write fills them
	// in from Checkpoint.NGrams.
	NGrams   tokenize.NGramOptions `json:"ngrams,omitzero"`
	Options  json.RawMessage       `json:"options,omitempty"` // the trainer's options, for it alone to interpret
	Corpus   CorpusInfo            `json:"corpus"`
	Earlier  []CorpusInfo          `json:"earlier,omitempty"` // texts that the model was trained on before, oldest first
	Progress Progress              `json:"progress"`

	Validation *Validation `json:"validation,omitempty"` // nil: the training was not watched
}

// EncoderConfig says what happens between the rows of the table and the
// vector of a sentence.
type EncoderConfig struct {
	Hidden    int    `json:"hidden"`    // outputs of Linear+ReLU on each token; 0: no such layer
	Project   int    `json:"project"`   // outputs of the projection after pooling; 0: none
	Pooling   string `json:"pooling"`   // "mean", "max", "cls" (the first token), "sep" (the last) or "sif" (the mean, tokens weighted by pooling.weight)
	Normalize bool   `json:"normalize"` // to length 1 at the end
}

// sif is the pooling that has weights.
const sif = "sif"

var poolings = []string{"mean", "max", "cls", "sep", sif}

// CorpusInfo describes the text that the model was trained on.
type CorpusInfo struct {
	Sources    []string `json:"sources,omitempty"` // as named by the user, "-" for standard input
	Field      string   `json:"field,omitempty"`   // of JSON Lines, that was the text; see text.Selection
	Column     string   `json:"column,omitempty"`  // of CSV, that was the text
	RawWords   int64    `json:"raw_words"`         // all words
	Words      int64    `json:"words"`             // those in the vocabulary
	Lines      int64    `json:"lines"`
	Vocabulary int      `json:"vocabulary"` // distinct words kept

	// What a resumed training must meet again; empty in models of earlier versions.
	Fingerprint string `json:"fingerprint,omitempty"` // of the ids, see corpora.Corpus.Fingerprint
	Tokenizer   string `json:"tokenizer,omitempty"`   // see tokenize.Tokenizer.Fingerprint
	Cache       string `json:"cache,omitempty"`       // the folder where the ids are kept, as named by the user
}

// Progress says how far training has come.
type Progress struct {
	Done        float64 `json:"done"` // 0 to 1
	Blocks      int64   `json:"blocks"`
	TotalBlocks int64   `json:"total_blocks"`
	Epoch       int     `json:"epoch"` // complete ones
	Epochs      int     `json:"epochs"`
	Loss        float64 `json:"loss"` // mean per target over the epoch so far, in nats
	Seconds     float64 `json:"seconds"`
	Finished    bool    `json:"finished"`
	Stopped     string  `json:"stopped,omitempty"` // why it was finished before its last epoch

	EpochSum LossSum `json:"epoch_sum,omitzero"` // of the epoch so far
	LogSum   LossSum `json:"log_sum,omitzero"`   // since the last line of training/log.jsonl
}

// LossSum is a loss on its way to a mean.
type LossSum struct {
	Loss    float64 `json:"loss"`    // in nats
	Targets float64 `json:"targets"` // it is the sum of
}

// Validate reports the first field that makes no sense, by its name in
// config.json.
func (c *Config) Validate() error {
	switch {
	case c.Format > FormatVersion:
		return fault.New("update LuminaVec", "format is %d, newer than %d, the newest known here", c.Format, FormatVersion)
	case c.Format < 1:
		return fmt.Errorf("format is %d, and the first is 1", c.Format)
	case c.Kind == "":
		return fmt.Errorf("kind is empty")
	case c.Dim < 1:
		return fmt.Errorf("dim is %d, want at least 1", c.Dim)
	case c.NGrams.Validate() != nil:
		return fmt.Errorf("ngrams: %w", c.NGrams.Validate())
	case c.Encoder.Hidden < 0:
		return fmt.Errorf("encoder.hidden is %d, want 0 or more", c.Encoder.Hidden)
	case c.Encoder.Project < 0:
		return fmt.Errorf("encoder.project is %d, want 0 or more", c.Encoder.Project)
	case c.Encoder.Pooling != "" && !slices.Contains(poolings, c.Encoder.Pooling):
		return fault.New("update LuminaVec, if a newer one wrote it", "encoder.pooling is %q, want one of %s", c.Encoder.Pooling, strings.Join(poolings, ", "))
	case !(c.Progress.Done >= 0 && c.Progress.Done <= 1):
		return fmt.Errorf("progress.done is %v, want 0 to 1", c.Progress.Done)
	}
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"progress.loss", c.Progress.Loss}, {"progress.seconds", c.Progress.Seconds},
		{"progress.epoch_sum.loss", c.Progress.EpochSum.Loss}, {"progress.log_sum.loss", c.Progress.LogSum.Loss},
	} {
		if math.IsNaN(f.value) || math.IsInf(f.value, 0) {
			return fmt.Errorf("%s is %v", f.name, f.value)
		}
	}
	if err := c.Validation.validate(); err != nil {
		return err
	}
	if len(c.Options) > 0 && !json.Valid(c.Options) {
		return fmt.Errorf("options is not JSON")
	}
	return nil
}

// marshal returns config.json, indented for people.
func (c *Config) marshal() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// parseConfig reads config.json. Fields that it does not know are left
// alone: a later version may add some without a new format.
func parseConfig(data []byte) (Config, error) {
	// The version decides what the rest means, so it is looked at first.
	var version struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return Config{}, err
	}
	if version.Format == nil {
		return Config{}, fmt.Errorf("it has no format version")
	}
	c := Config{Format: *version.Format}
	if c.Format <= FormatVersion {
		c = Config{}
		if err := json.Unmarshal(data, &c); err != nil {
			return Config{}, err
		}
		if c.Options != nil {
			var b bytes.Buffer // without the indentation that marshal gave it
			if err := json.Compact(&b, c.Options); err != nil {
				return Config{}, err
			}
			c.Options = b.Bytes()
		}
	}
	return c, c.Validate()
}
