package sentence

import (
	"maps"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// TokenVectors returns a model without layers whose rows are the vectors that c gives to texts of
// one token, before normalization, whatever its pooling. In all else it is like WordVectors.
func TokenVectors(c *checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
	switch Pooling(c.Config.Encoder.Pooling) {
	case Max, First, Last: // of one token it is the token, as is its mean
		alone := *c
		alone.Config.Encoder.Pooling = string(Mean)
		c = &alone
	}
	if c.Config.Encoder.Repeats > 0 { // nothing repeats
		alone := *c
		alone.Config.Encoder.Repeats = 0
		c = &alone
	}
	return WordVectors(c)
}

// WordVectors returns a model without layers whose rows have the vectors of c: the mean of the
// rows of the tokens of a text is the vector that c gives to the text, before normalization. It
// returns c if that holds for its own rows; otherwise the layers and the weights of tokens are
// folded into the rows, as Fold does. The model then has VectorDim dimensions, and is in all else
// described by the Config of c.
//
// It is an error if c pools in another way than by a mean, weighted or not. Character n-grams
// behind a linear layer are left out: the vector of an unknown token is not a mean of rows.
func WordVectors(c *checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
	e := c.Config.Encoder
	switch Pooling(e.Pooling) {
	case Max, First, Last:
		return nil, fault.New("encode the texts that you need instead: their vectors can be written in the formats npy, jsonl and tsv",
			"the model has no vectors of words: with the pooling %q, the vector of a text is not a mean of rows", e.Pooling)
	case SIF:
	default:
		if e.Repeats == 0 && e.Hidden == 0 && e.Project == 0 {
			return c, nil
		}
	}
	if e.Repeats > 0 {
		return nil, fault.New("encode the texts that you need instead, or train a model with Repeats 1",
			"the model has no vectors of words: the vector of a text is not a mean of rows, because a token that occurs n times counts n^%g times", e.Repeats)
	}
	if e.Hidden > 0 && c.NGrams != nil {
		plain := *c
		plain.NGrams, plain.Tensors = nil, maps.Clone(c.Tensors)
		delete(plain.Tensors, checkpoints.NGramTensor)
		c = &plain
	}
	encoder, err := FromCheckpoint(c)
	if err != nil {
		return nil, err
	}
	if encoder, err = encoder.Fold(); err != nil {
		return nil, err
	}
	folded := encoder.Checkpoint()
	dim, layers := folded.Config.Dim, folded.Config.Encoder
	folded.Config = c.Config
	folded.Config.Dim, folded.Config.Encoder = dim, layers
	return folded, nil
}
