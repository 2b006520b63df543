package words

import (
	"encoding/json"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// card returns the rows of the model card of a word model. objective describes the
// objective with the options of the model.
func card(c *checkpoints.Checkpoint, objective func(o *Options) string) [][2]string {
	var o Options
	if json.Unmarshal(c.Config.Options, &o) != nil || o.Window < 1 { // not written by these trainers
		return [][2]string{{"objective", "`" + c.Config.Kind + "`"}}
	}
	return [][2]string{
		{"objective", objective(&o)}, {"window", windowCard(&o)}, {"loss", lossCard(&o)}, {"vectors", vectorCard(c.Config.NGrams, &o)},
	}
}

func windowCard(o *Options) string {
	switch o.Windows {
	case WindowsWeighted:
		return fmt.Sprintf("%d words on each side; a word at distance d is weighted by (%d-d)/%d", o.Window, o.Window+1, o.Window)
	case WindowsFull:
		return fmt.Sprintf("%d words on each side, weighted equally", o.Window)
	}
	return fmt.Sprintf("the number of words on each side is drawn from 1 to %d", o.Window)
}

func lossCard(o *Options) string {
	if o.Loss == LossHS {
		return "hierarchical softmax: the branches on the path to the word in a Huffman tree"
	}
	return fmt.Sprintf("negative sampling: the word against %d words drawn in proportion to their count to the power %g", o.Negative, o.NoiseExponent)
}

func vectorCard(grams tokenize.NGramOptions, o *Options) string {
	text := "the input vectors"
	switch {
	case grams.Max > 0:
		text = fmt.Sprintf("the mean of a word's own row and the rows of its character n-grams, %d to %d characters long", grams.Min, grams.Max)
	case o.SumVectors:
		text = "the sum of a word's input and output vectors; the input vectors are `word.weight` in `training/state.safetensors`"
	}
	if o.FreezeInit {
		text += "; the initial vectors were frozen"
	}
	return text
}
