package words

import (
	"context"
	"fmt"
	"slices"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Settle sets the options that the caller did not choose to what is usual with those that
// it chose: Windows and SumVectors depend on the loss, LearningRate on the windows and the
// number of epochs. chosen names the fields that were chosen. It is an error if one of
// them has no effect.
func (k Kind) Settle(o *Options, chosen ...string) error {
	has := func(field string) bool { return slices.Contains(chosen, field) }
	if o.Loss == LossNS { // which "" stands for in config.json
		o.Loss = ""
	}
	for _, field := range []string{"Negative", "NoiseExponent"} {
		if o.Loss == LossHS && has(field) {
			return fault.Field(field, "leave it out, or set Loss to ns", "applies to negative sampling, but Loss is hs")
		}
	}
	if !has("Windows") && (o.Loss == LossHS || o.PositionWeights) {
		o.Windows = WindowsDrawn
	}
	if !has("SumVectors") {
		o.SumVectors = o.SumVectors && o.Loss != LossHS && o.NGrams.Max == 0 && !o.FreezeInit
	}
	if !has("Threads") {
		o.Threads = DefaultOptions().Threads
	}
	if !has("Subsample") {
		o.Subsample = k.Defaults().Subsample
	} else if o.Subsample < 0 { // which adapts: a default, not a choice
		return fault.Field("Subsample", "", "must be from 0 to 1, got %s", number(o.Subsample))
	}
	if !has("LearningRate") {
		o.LearningRate = k.Rates.Usual(o)
	}
	return o.Validate()
}

// OpenStart opens the vectors to start from, nil if path is "", and sets the dimension to
// theirs; it is an error if the caller chose another one. Their format is detected if it is "".
// Pass them to [NewStart] when the vocabulary is known.
func OpenStart(ctx context.Context, path, format string, o *Options, chosen ...string) (*exchange.Vectors, error) {
	if path == "" {
		if o.FreezeInit {
			return nil, fault.Field("FreezeInit", "name the vectors to keep with Start", "requires Start")
		}
		if format != "" {
			return nil, fault.Field("Format", "name the vectors with Start, or leave it out", "requires Start")
		}
		return nil, nil
	}
	read := exchange.Options{State: true, Format: format}
	if slices.Contains(chosen, "Dim") {
		read.Dim = o.Dim
	}
	given, err := exchange.Open(ctx, path, read)
	if err != nil {
		return nil, err
	}
	if read.Dim != 0 && o.Dim != given.Dim {
		given.Close()
		return nil, fault.Field("Dim", fmt.Sprintf("leave out Dim, or set it to %d", given.Dim),
			"is %d, but the vectors of %s have %d dimensions", o.Dim, path, given.Dim)
	}
	o.Dim = given.Dim
	return given, nil
}

// OpenTokenizer returns the tokenizer called name (words, whitespace, or what [tokenize.Open]
// reads); words are the options of the first two, besides Whitespace. It is an error if one of the
// fields that the caller chose belongs to the tokenizer, or if o has character n-grams, which need
// whole words.
func OpenTokenizer(name string, words tokenize.WordOptions, o Options, chosen ...string) (*tokenize.Tokenizer, error) {
	if name == "words" || name == "whitespace" {
		words.Whitespace = name == "whitespace"
		if err := words.Validate(); err != nil {
			return nil, err
		}
		return tokenize.NewWordTokenizer(words), nil
	}
	t, err := tokenize.Open(name)
	if err != nil {
		return nil, err
	}
	own := []string{"Cased", "Locale"}
	if t.Subwords() {
		own = append(own, "MinCount", "MaxVocabulary", "Phrases")
	}
	for _, field := range own {
		if slices.Contains(chosen, field) {
			return nil, fault.Field(field, "leave it out, or choose another Tokenizer", "cannot be used with the tokenizer %s, which has its own", name)
		}
	}
	if o.NGrams.Max > 0 && t.Subwords() {
		return nil, fault.Field("NGrams", "leave it out, or choose another Tokenizer", "needs whole words, but the tokens of %s are parts of words", name)
	}
	return t, nil
}
