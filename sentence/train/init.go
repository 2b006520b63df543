package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// Init is a model that a run starts from: a whole sentence model, or the vectors of a word
// model or of a file. Its methods accept nil, for a run that starts at random.
type Init struct {
	Path   string
	Format string // format of the vectors; "" for a sentence model

	model   *checkpoints.Checkpoint // of a model folder; nil: vectors in another format
	vectors *exchange.Vectors       // nil for a sentence model
}

// OpenInit opens a model folder, or vectors in any format that exchange.Open reads; format is
// that of the vectors, "" to detect it. Close it after Start.
func OpenInit(ctx context.Context, path, format string) (*Init, error) {
	vectors, err := exchange.Open(ctx, path, exchange.Options{Format: format})
	if err != nil {
		return nil, err
	}
	i := &Init{Path: path, model: vectors.Model}
	if i.model != nil && i.model.Config.Kind == sentence.Kind {
		return i, vectors.Close()
	}
	i.Format, i.vectors = vectors.Format, vectors
	return i, nil
}

// InitModel starts from a model in memory, which must be a sentence model; name is its name in errors.
func InitModel(name string, c *checkpoints.Checkpoint) *Init { return &Init{Path: name, model: c} }

// NGrams reports whether the vectors have character n-grams, which a run does not use.
func (i *Init) NGrams() bool {
	return i != nil && i.vectors != nil && i.model != nil && i.model.NGrams != nil
}

// IsSentence reports whether the run continues a sentence model as a whole.
func (i *Init) IsSentence() bool { return i != nil && i.vectors == nil }

// Model returns the model, nil if the vectors are not those of a model folder.
func (i *Init) Model() *checkpoints.Checkpoint {
	if i == nil {
		return nil
	}
	return i.model
}

// Tokenizer returns the tokenizer of the model; nil if it has none.
func (i *Init) Tokenizer() *tokenize.Tokenizer {
	if i == nil || i.model == nil {
		return nil
	}
	return i.model.Tokenizer
}

// Adopt sets the options that the model determines: the dimension of its vectors or, for a
// sentence model, all its layers. chosen names the fields that the caller has set explicitly;
// it is an error if the model requires a different value for one of them.
func (i *Init) Adopt(o *Options, chosen ...string) error {
	if i == nil {
		if o.Freeze {
			return fault.Field("Freeze", "start from a model", "requires initial vectors to keep")
		}
		return nil
	}
	set := func(field string, has, is any, adopt func()) error {
		if slices.Contains(chosen, field) && has != is {
			return fault.Field(field, "leave it out, or start without the model", "must be %v, as in %s, got %v", is, i.Path, has)
		}
		adopt()
		return nil
	}
	if !i.IsSentence() {
		return set("Dim", o.Dim, i.vectors.Dim, func() { o.Dim = i.vectors.Dim })
	}
	c := i.model.Config
	pooling := sentence.Pooling(c.Encoder.Pooling)
	if pooling == "" {
		pooling = sentence.Mean
	}
	for _, err := range []error{
		set("Dim", o.Dim, c.Dim, func() { o.Dim = c.Dim }),
		set("Hidden", o.Hidden, c.Encoder.Hidden, func() { o.Hidden = c.Encoder.Hidden }),
		set("Project", o.Project, c.Encoder.Project, func() { o.Project = c.Encoder.Project }),
		set("Pooling", o.Pooling, pooling, func() { o.Pooling = pooling }),
		set("Repeats", o.Repeats, c.Encoder.Repeats, func() { o.Repeats = c.Encoder.Repeats }),
	} {
		if err != nil {
			return err
		}
	}
	for _, field := range []string{"ProjectInit", "SIF"} {
		if slices.Contains(chosen, field) {
			return fault.Field(field, "leave it out", "does not apply: the sentence model %s has its own weights", i.Path)
		}
	}
	return nil
}

// Start returns the initial vectors for the tokens of the vocabulary of t, and nil for a nil
// Init. A file of vectors is read to its end.
func (i *Init) Start(ctx context.Context, t *tokenize.Tokenizer, dim int) (*Start, error) {
	switch {
	case i == nil:
		return nil, nil
	case !i.IsSentence():
		i.vectors.Options.Tokenizer = t
		return NewStart(ctx, i.vectors, t.Vocabulary(), dim)
	}
	encoder, err := sentence.FromCheckpoint(i.model)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", i.Path, err)
	}
	return &Start{Encoder: encoder, License: i.model.Config.License, Origin: i.model.Config.Origin}, nil
}

// Close closes the file of vectors.
func (i *Init) Close() {
	if i != nil && i.vectors != nil {
		i.vectors.Close()
	}
}
