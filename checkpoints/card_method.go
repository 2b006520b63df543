package checkpoints

import (
	"encoding/json"
	"fmt"
)

// methodOptions are what the card tells of the options of a word trainer, by their
// names in config.json.
type methodOptions struct {
	Window     int     `json:"window"`
	Windows    string  `json:"windows"` // "": drawn
	Loss       string  `json:"loss"`    // "": negative sampling
	Negative   int     `json:"negative"`
	Exponent   float64 `json:"noise_exponent"`
	Sum        bool    `json:"cbow_sum"`
	Positions  bool    `json:"position_weights"`
	SumVectors bool    `json:"sum_vectors"`
	Freeze     bool    `json:"freeze_init"`
}

// method says in words how a word model was trained: a name and its text a row.
// Of other models, and of options that are not as expected, it says the objective alone.
func method(c Config) [][2]string {
	var o methodOptions
	if json.Unmarshal(c.Options, &o) != nil || o.Window < 1 || c.Kind != "skipgram" && c.Kind != "cbow" {
		return [][2]string{{"objective", code(c.Kind)}}
	}
	objective := "skip-gram: each word around a word predicts it"
	if c.Kind == "cbow" {
		part := "mean"
		if o.Sum {
			part = "sum"
		}
		if o.Windows == "weighted" {
			part = "weighted " + part
		}
		objective = "CBOW: the " + part + " of the words around a word predicts it"
		if o.Positions {
			objective += ", with a learnt weight for each place"
		}
	}
	windows := ""
	switch o.Windows {
	case "weighted":
		windows = fmt.Sprintf("%d words on each side; at distance d a word counts (%d-d)/%d", o.Window, o.Window+1, o.Window)
	case "full":
		windows = fmt.Sprintf("%d words on each side, all alike", o.Window)
	default:
		windows = fmt.Sprintf("as many words on each side as is drawn from 1 to %d", o.Window)
	}
	loss := fmt.Sprintf("negative sampling: the word against %d that are drawn by their count to the power %g", o.Negative, o.Exponent)
	if o.Loss == "hs" {
		loss = "hierarchical softmax: the turns of the path to the word in a Huffman tree"
	}
	rows := [][2]string{{"objective", objective}, {"window", windows}, {"loss", loss}}
	vectors := ""
	switch {
	case c.NGrams.Max > 0:
		vectors = fmt.Sprintf("the mean of a word's own row and the rows of its character n-grams, %d to %d characters long", c.NGrams.Min, c.NGrams.Max)
	case o.SumVectors:
		vectors = "the sum of a word's input and output vectors; the input vectors are `word.weight` in `training/state.safetensors`"
	default:
		vectors = "the input vectors"
	}
	if o.Freeze {
		vectors += "; those that the training began with were left as they were"
	}
	return append(rows, [2]string{"vectors", vectors})
}
