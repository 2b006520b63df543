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
	"github.com/luminavec/luminavec/internal/plainjson"
)

// FormatVersion is the newest version of the folder. Write makes the oldest that can hold the
// model, so that earlier versions of the program can open it. Every version listed here stays
// readable.
//
//	1  The first: config.json, vocab.tsv, tokenizer.json, model.safetensors,
//	   training/state.safetensors, training/log.jsonl, README.md and a MANIFEST
//	   of sizes and SHA-256 checksums. Rows are float32. The table of the
//	   vocabulary is called "embedding.weight" because sentence-transformers
//	   opens that name.
//	2  So that sentence-transformers opens the folder and computes the same
//	   vectors, model.safetensors has a row of zeros for unknown text: the last of
//	   "embedding.weight", or of "embeddings", which the tensors "mapping" and
//	   "weights" belong to; see docs/model-folder.md. modules.json and
//	   config_sentence_transformers.json are added.
//	3  Tables may be quantized: stored as bytes, half bytes or numbers of vectors, with
//	   a scale for each row and, optionally, a mapping by which rows share codes. A
//	   program that reads only earlier versions would not find the table.
//
//	4  A token that a text repeats may count less: encoder.repeats in config.json. A
//	   program that reads only earlier versions would compute other vectors.
//
// Additions that a reader may ignore need no new version. spellings.tsv is one. Character n-grams are one: a
// reader that does not know "ngrams" in config.json, ngrams.txt and the tensor
// "ngrams.weight" reads the vectors of the vocabulary correctly and treats all other
// words as unknown, as in a model without n-grams.
const FormatVersion = 4

// Versions that a reader has to distinguish.
const (
	formatZeroRow   = 2
	formatQuantized = 3
	formatRepeats   = 4
)

// Config is the content of config.json: what the model is and how it was made.
type Config struct {
	Format  int           `json:"format"`            // version of the folder; Write fills it in
	Kind    string        `json:"kind"`              // "skipgram", "cbow", "sentence", or VectorsKind if it was imported; see RegisterKind
	Dim     int           `json:"dim"`               // length of a row of embedding.weight
	Created string        `json:"created,omitempty"` // RFC 3339; empty if the run must be reproducible to the byte
	Version string        `json:"version,omitempty"` // version of the program that wrote it
	Encoder EncoderConfig `json:"encoder"`
	// NGrams are the character n-grams that words are composed of; Write fills them
	// in from Checkpoint.NGrams.
	NGrams   tokenize.NGramOptions `json:"ngrams,omitzero"`
	Options  json.RawMessage       `json:"options,omitempty"` // options of the trainer; only the trainer interprets them
	Corpus   CorpusInfo            `json:"corpus"`
	Earlier  []CorpusInfo          `json:"earlier,omitempty"` // texts of earlier runs, oldest first
	Progress Progress              `json:"progress"`

	// Of a model from another program, or one whose training started from such vectors: the licence
	// that came with it, such as "mit" or a name of its own, and where it comes from, such as
	// "minishlab/potion-base-8M" or the name of the imported file and its format. Empty: not known,
	// or trained on text alone.
	License string `json:"license,omitempty"`
	Origin  string `json:"origin,omitempty"`

	Validation *Validation `json:"validation,omitempty"` // nil: training was not validated

	Compression *Compression `json:"compression,omitempty"` // nil: the model was not compressed

	Part *Part `json:"part,omitempty"` // nil: training was not divided among processes
}

// Part records the place of a model in training that is divided among processes: in each round,
// every process trains a copy of the same model, the parent, on its shard of the text, and the
// results are averaged.
type Part struct {
	Shard  int    `json:"shard"`            // shard on which it was trained, from 1; 0: the average of all
	Shards int    `json:"shards"`           // number of shards
	Round  int    `json:"round"`            // from 1
	Rounds int    `json:"rounds"`           // number of rounds
	Parent string `json:"parent"`           // Fingerprint of the model that the round started from
	Corpus string `json:"corpus"`           // of which text it is a shard; see text.Division
	Method string `json:"method,omitempty"` // of an average: how it was computed
}

// Validate returns an error if there is no such place.
func (p *Part) Validate() error {
	switch {
	case p == nil:
		return nil
	case p.Shards < 1 || p.Shard < 0 || p.Shard > p.Shards:
		return fmt.Errorf("part: there is no shard %d of %d", p.Shard, p.Shards)
	case p.Rounds < 1 || p.Round < 1 || p.Round > p.Rounds:
		return fmt.Errorf("part: there is no round %d of %d", p.Round, p.Rounds)
	}
	return nil
}

// Compression records how a model was made smaller.
type Compression struct {
	DType    DType  `json:"dtype"`              // how the tables are stored
	Tokens   int    `json:"tokens"`             // tokens before
	Dim      int    `json:"dim"`                // length of a vector before
	Clusters int    `json:"clusters,omitempty"` // rows of the table that the tokens share; 0: each has its own
	Seed     uint64 `json:"seed,omitempty"`     // of the clustering
	Bytes    int64  `json:"bytes"`              // of the tables before, as float32
}

// EncoderConfig defines how the vector of a text is computed from rows of the table.
type EncoderConfig struct {
	Hidden    int    `json:"hidden"`    // outputs of Linear+ReLU on each token; 0: no such layer
	Project   int    `json:"project"`   // outputs of the projection after pooling; 0: none
	Pooling   string `json:"pooling"`   // "mean", "max", "cls" (the first token), "sep" (the last) or "sif" (the mean, tokens weighted by pooling.weight)
	Normalize bool   `json:"normalize"` // scale the vector to length 1 at the end

	// Unknown is what a subword tokenizer's token for unknown text, such as [UNK], counts: nothing
	// ("", and a text in which only spaces are known is unknown as a whole), nothing but spaces do
	// (UnknownSkipped, as in model2vec), or as any other token does (UnknownCounted, as in
	// sentence-transformers). Default "", of all models that are trained here.
	Unknown string `json:"unknown,omitempty"`

	// Repeats, if above 0, is the power x by which repetition counts less: a token that occurs n times
	// in a text counts n^x times in the mean of pooling "mean" and "sif". Default 0: n times.
	Repeats float64 `json:"repeats,omitempty"`
}

// Values of EncoderConfig.Unknown.
const (
	UnknownSkipped = "skipped"
	UnknownCounted = "counted"
)

// sif is the pooling with token weights.
const sif = "sif"

var poolings = []string{"mean", "max", "cls", "sep", sif}

// CorpusInfo describes the training text.
type CorpusInfo struct {
	Sources    []string `json:"sources,omitempty"` // inputs as named by the user, "-" for standard input
	Field      string   `json:"field,omitempty"`   // field of JSON Lines with the text; see text.Selection
	Column     string   `json:"column,omitempty"`  // column of CSV with the text
	RawWords   int64    `json:"raw_words"`         // all words
	Words      int64    `json:"words"`             // words in the vocabulary
	Lines      int64    `json:"lines"`
	Vocabulary int      `json:"vocabulary"` // distinct words kept

	// What must be unchanged when training resumes; empty in models of earlier versions.
	Fingerprint string `json:"fingerprint,omitempty"` // fingerprint of the ids; see corpora.Corpus.Fingerprint
	Tokenizer   string `json:"tokenizer,omitempty"`   // see tokenize.Tokenizer.Fingerprint
	Cache       string `json:"cache,omitempty"`       // the folder with the cached ids, as named by the user
}

// Progress records how far training has come.
type Progress struct {
	Done        float64 `json:"done"` // share of the run that is done, 0 to 1
	Blocks      int64   `json:"blocks"`
	TotalBlocks int64   `json:"total_blocks"`
	Epoch       int     `json:"epoch"` // complete epochs
	Epochs      int     `json:"epochs"`
	Loss        float64 `json:"loss"`                     // mean per target over the epoch so far, in nats
	Untrained   float64 `json:"untrained_loss,omitempty"` // loss of a target by a model that has learned nothing, in nats; 0: not known
	Seconds     float64 `json:"seconds"`
	Finished    bool    `json:"finished"`
	Stopped     string  `json:"stopped,omitempty"` // why training ended before its last epoch

	EpochSum LossSum `json:"epoch_sum,omitzero"` // sum of the epoch so far
	LogSum   LossSum `json:"log_sum,omitzero"`   // sum since the last line of training/log.jsonl
}

// LossSum is a sum of losses, from which a mean is computed.
type LossSum struct {
	Loss    float64 `json:"loss"`    // sum, in nats
	Targets float64 `json:"targets"` // number of targets it sums over
}

// Validate returns an error that names the first invalid field, as in config.json.
func (c *Config) Validate() error {
	switch {
	case c.Format > FormatVersion:
		return fault.New("update LuminaVec", "format %d is newer than %d, the newest this version reads", c.Format, FormatVersion)
	case c.Format < 1:
		return fmt.Errorf("format must be at least 1, got %d", c.Format)
	case c.Kind == "":
		return fmt.Errorf("kind is empty")
	case c.Dim < 1:
		return fmt.Errorf("dim must be at least 1, got %d", c.Dim)
	case c.NGrams.Validate() != nil:
		return fmt.Errorf("ngrams: %w", c.NGrams.Validate())
	case c.Encoder.Hidden < 0:
		return fmt.Errorf("encoder.hidden must not be negative, got %d", c.Encoder.Hidden)
	case c.Encoder.Project < 0:
		return fmt.Errorf("encoder.project must not be negative, got %d", c.Encoder.Project)
	case c.Encoder.Pooling != "" && !slices.Contains(poolings, c.Encoder.Pooling):
		return fault.New("update LuminaVec if a newer version wrote it", "encoder.pooling must be one of %s, got %q", strings.Join(poolings, ", "), c.Encoder.Pooling)
	case c.Encoder.Unknown != "" && c.Encoder.Unknown != UnknownSkipped && c.Encoder.Unknown != UnknownCounted:
		return fault.New("update LuminaVec if a newer version wrote it", "encoder.unknown must be %s or %s, got %q", UnknownSkipped, UnknownCounted, c.Encoder.Unknown)
	case !(c.Encoder.Repeats >= 0 && c.Encoder.Repeats <= 1):
		return fmt.Errorf("encoder.repeats must be from 0 to 1, got %v", c.Encoder.Repeats)
	case !(c.Progress.Done >= 0 && c.Progress.Done <= 1):
		return fmt.Errorf("progress.done must be from 0 to 1, got %v", c.Progress.Done)
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
	if err := c.Part.Validate(); err != nil {
		return err
	}
	if len(c.Options) > 0 && !json.Valid(c.Options) {
		return fmt.Errorf("options is not valid JSON")
	}
	return nil
}

// marshal returns config.json, indented for readability.
func (c *Config) marshal() ([]byte, error) { return marshalConfig(c) }

// marshalIndexed is marshal with the keys that model2vec reads: the tensors of the layout indexed have
// the names that it opens.
func (c *Config) marshalIndexed() ([]byte, error) {
	return marshalConfig(struct {
		*Config
		Normalize bool `json:"normalize"`
		MaxLength *int `json:"max_length"` // null: texts are not truncated
	}{Config: c, Normalize: c.Encoder.Normalize})
}

func marshalConfig(c any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// VectorDim returns the length of the vector of a text.
func (c *Config) VectorDim() int {
	switch {
	case c.Encoder.Project > 0:
		return c.Encoder.Project
	case c.Encoder.Hidden > 0:
		return c.Encoder.Hidden
	}
	return c.Dim
}

// parseConfig reads config.json. Unknown fields are ignored: a later version may add
// some without a new format.
func parseConfig(data []byte) (Config, error) {
	// The version determines the meaning of the rest, so it comes first.
	var version struct {
		Format *int `json:"format"`
	}
	if err := plainjson.Unmarshal(data, &version); err != nil {
		return Config{}, err
	}
	if version.Format == nil {
		return Config{}, fmt.Errorf("no format version")
	}
	c := Config{Format: *version.Format}
	if c.Format <= FormatVersion {
		c = Config{}
		if err := plainjson.Unmarshal(data, &c); err != nil {
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
