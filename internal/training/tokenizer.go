package training

import (
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// CheckTokenizer returns an error if the tokenizer of a checkpoint is not the one that its
// training started with, because its words would not match the rows. Checkpoints of earlier
// versions do not record the tokenizer and pass.
func CheckTokenizer(c *checkpoints.Checkpoint) error {
	if was := c.Config.Corpus.Tokenizer; was != "" && was != c.Tokenizer.Fingerprint() {
		return fault.New("restore "+checkpoints.TokenizerFile+" from a copy of the model",
			"%s is not the tokenizer that training started with", checkpoints.TokenizerFile)
	}
	return nil
}

// CheckState returns an error if the model was compressed without its training state, which training
// needs to continue.
func CheckState(c *checkpoints.Checkpoint) error {
	if c.Config.Compression != nil && c.State == nil {
		return fault.New("resume the model that it was made from, or start a new run from its vectors",
			"the model is compressed, without its training state")
	}
	return nil
}
