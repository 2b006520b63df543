package checkpoints

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// sentenceKind is the kind of the models that package sentence trains.
const sentenceKind = "sentence"

// sentenceOptions are what the card tells of the options of the trainer of sentences, by
// their names in config.json.
type sentenceOptions struct {
	Loss         string  `json:"loss"`
	Scale        float64 `json:"scale"`
	Margin       float64 `json:"margin"`
	Symmetric    bool    `json:"symmetric"`
	Matryoshka   []int   `json:"matryoshka"`
	BatchSize    int     `json:"batch_size"`
	Optimizer    string  `json:"optimizer"`
	LearningRate float64 `json:"learning_rate"`
	Warmup       float64 `json:"warmup"`
	Decay        string  `json:"decay"`
	WeightDecay  float64 `json:"weight_decay"`
	ClipNorm     float64 `json:"clip_norm"`
	Dropout      float64 `json:"dropout"`
	SIF          float64 `json:"sif"`
	ProjectInit  string  `json:"project_init"`
	Freeze       bool    `json:"freeze"`
}

// sentenceMethod is method for a model of sentences.
func sentenceMethod(c Config, t *tokenize.Tokenizer) [][2]string {
	var o sentenceOptions
	if json.Unmarshal(c.Options, &o) != nil || o.BatchSize < 1 {
		return [][2]string{{"objective", code(c.Kind)}}
	}
	objective := code(o.Loss)
	switch o.Loss {
	case "in-batch":
		objective = fmt.Sprintf("in-batch: the softmax cross-entropy of finding the partner of a text among those of its batch, by %g times the cosine", o.Scale)
		if o.Symmetric {
			objective += ", both ways"
		}
	case "related":
		objective = fmt.Sprintf("related: the logistic loss of telling related texts from others by %g times the cosine less %g", o.Scale, o.Margin)
	case "cosine":
		objective = "cosine: the squared difference of cosine and score"
	case "cosent":
		objective = fmt.Sprintf("CoSENT: the cosines, times %g, are brought into the order of the scores", o.Scale)
	case "contrastive":
		objective = fmt.Sprintf("contrastive: related texts near, others %g apart in cosine", o.Margin)
	case "triplet":
		objective = fmt.Sprintf("triplet: the partner nearer by %g in cosine than the text that is none", o.Margin)
	}
	rows := [][2]string{{"objective", objective}}
	if len(o.Matryoshka) > 0 {
		rows = append(rows, [2]string{"beginnings", fmt.Sprintf("the first %s numbers of a vector serve alone", lengths(o.Matryoshka))})
	}
	rows = append(rows, [2]string{"batch", group(int64(o.BatchSize)) + " examples"})
	steps := fmt.Sprintf("%s, learning rate %g", o.Optimizer, o.LearningRate)
	switch o.Decay {
	case "linear":
		steps += " down to 0 in a straight line"
	case "cosine":
		steps += " down to 0 in half a cosine"
	}
	for _, more := range []struct {
		value float64
		text  string
	}{
		{o.Warmup, "rising in the first %g of the run"}, {o.WeightDecay, "weight decay %g"},
		{o.ClipNorm, "gradients cut to length %g"}, {o.Dropout, "dropout %g"},
	} {
		if more.value > 0 {
			steps += ", " + fmt.Sprintf(more.text, more.value)
		}
	}
	if o.Freeze {
		steps += "; the table stayed as it began"
	}
	rows = append(rows, [2]string{"steps", steps})
	tokens := "words"
	if t.Subwords() {
		tokens = "subwords"
		if model := subwordModel(t); model != "" {
			tokens += " of a " + code(model) + " tokenizer"
		}
	}
	return append(rows, [2]string{"tokens", tokens})
}

// lengths writes numbers as people do: "64, 128 or 256".
func lengths(list []int) string {
	text := ""
	for i, n := range list {
		switch {
		case i > 0 && i == len(list)-1:
			text += " or "
		case i > 0:
			text += ", "
		}
		text += strconv.Itoa(n)
	}
	return text
}

// poolingStep is the step of the pooling in the card's list.
func poolingStep(c Config) string {
	switch c.Encoder.Pooling {
	case "max":
		return "Of each place the largest value of all tokens is taken."
	case "cls":
		return "The first token stands for the text."
	case "sep":
		return "The last token stands for the text."
	case sif:
		var o sentenceOptions
		how := ""
		if json.Unmarshal(c.Options, &o) == nil && o.SIF > 0 {
			how = fmt.Sprintf(": %g/(%[1]g+p) of a token whose share of the text is p", o.SIF)
		}
		return "The mean is taken over the tokens, each times its weight (`" + PoolingTensor + "`" + how + ")."
	}
	return "The mean is taken over the tokens."
}

// pythonPooling is the pooling of the rows x of the tokens ids.
func pythonPooling(pooling string) string {
	switch pooling {
	case "max":
		return "x.max(axis=0)"
	case "cls":
		return "x[0]"
	case "sep":
		return "x[-1]"
	case sif:
		return `(x * model["` + PoolingTensor + `"][ids, None]).mean(axis=0)`
	}
	return "x.mean(axis=0)"
}

// subwordModel is the kind of model of a tokenizer of subwords, as it is called in
// tokenizer.json, such as "BPE".
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
