package train

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

func init() {
	checkpoints.RegisterKind(checkpoints.Kind{Name: sentence.Kind, Card: card})
}

// card returns the rows of the model card: how a model was trained.
func card(c *checkpoints.Checkpoint) [][2]string {
	var o Options
	if json.Unmarshal(c.Config.Options, &o) != nil || o.BatchSize < 1 { // folded, not trained
		return [][2]string{{"objective", "`" + sentence.Kind + "`"}}
	}
	rows := [][2]string{{"objective", objectiveCard(&o)}}
	if len(o.Matryoshka) > 0 {
		rows = append(rows, [2]string{"truncatable (Matryoshka)", fmt.Sprintf("the first %s values of a vector can be used alone", lengths(o.Matryoshka))})
	}
	if o.Pooling == sentence.SIF && o.SIF > 0 {
		rows = append(rows, [2]string{"pooling", fmt.Sprintf("a token that makes up the share p of the text is weighted by %g/(%[1]g+p)", o.SIF)})
	}
	return append(rows, [2]string{"batch", fmt.Sprintf("%d examples", o.BatchSize)}, [2]string{"steps", stepsCard(&o)}, [2]string{"tokens", tokensCard(c.Tokenizer)})
}

func objectiveCard(o *Options) string {
	if l := lossOf(o.Loss); l != nil {
		return l.card(o)
	}
	return "`" + string(o.Loss) + "`"
}

func stepsCard(o *Options) string {
	steps := fmt.Sprintf("%s, learning rate %g", o.Optimizer, o.LearningRate)
	switch o.Decay {
	case LinearDecay:
		steps += " with linear decay to 0"
	case CosineDecay:
		steps += " with cosine decay to 0"
	}
	for _, more := range []struct {
		value float64
		text  string
	}{
		{o.Warmup, "warm-up over the first %g of the run"}, {o.WeightDecay, "weight decay %g"},
		{o.ClipNorm, "gradients clipped to norm %g"}, {o.Dropout, "dropout %g"},
	} {
		if more.value > 0 {
			steps += ", " + fmt.Sprintf(more.text, more.value)
		}
	}
	if o.Freeze {
		steps += "; the table was frozen"
	}
	return steps
}

func tokensCard(t *tokenize.Tokenizer) string {
	if !t.Subwords() {
		return "words"
	}
	if model := subwordModel(t); model != "" {
		return "subwords of a `" + model + "` tokenizer"
	}
	return "subwords"
}

// lengths lists numbers: "64, 128 or 256".
func lengths(list []int) string {
	var names []string
	for _, n := range list {
		names = append(names, strconv.Itoa(n))
	}
	return fault.OneOf(names)
}

// subwordModel returns the model of a subword tokenizer as tokenizer.json names it, such
// as "BPE".
func subwordModel(t *tokenize.Tokenizer) string {
	var file struct {
		Model struct {
			Type string `json:"type"`
		} `json:"model"`
	}
	if data, err := t.MarshalJSON(); err != nil || json.Unmarshal(data, &file) != nil {
		return ""
	}
	return file.Model.Type
}
