package checkpoints

import (
	"fmt"
	"math"
)

// Validation is how a model was judged while it was trained, and what came of
// it.
type Validation struct {
	Sets     []ValidationSet `json:"sets"`               // the first decides what is better
	Every    string          `json:"every"`              // epochs, as in "0.25", or a time, as in "10m0s"
	Keep     string          `json:"keep"`               // KeepBest or KeepLast: the model at the end
	Patience int             `json:"patience,omitempty"` // so many validations without a better one end the training; 0: none do
	Model    string          `json:"model"`              // KeepBest or KeepLast: the model that is here
	Count    int             `json:"count"`              // validations so far
	Worse    int             `json:"worse"`              // validations since the best
	Last     *Validated      `json:"last,omitempty"`
	Best     *Validated      `json:"best,omitempty"`
}

// What a training that is validated leaves at its end. While it is not
// finished, the model is the last in any case, and the best, where it is to be
// kept and is another one, lies in training/state.safetensors: its tensors have
// BestPrefix before their names.
const (
	KeepBest   = "best"
	KeepLast   = "last"
	BestPrefix = "best."
)

// ValidationSet is what a model was judged by.
type ValidationSet struct {
	Kind   string `json:"kind"`             // "words", "analogies" or "text"
	File   string `json:"file"`             // as named by the user
	SHA256 string `json:"sha256,omitempty"` // of the file, in hexadecimal digits
}

// Validated is one validation.
type Validated struct {
	Blocks  int64    `json:"blocks"`  // position of the training
	Epoch   float64  `json:"epoch"`   // the same in passes over the corpus
	Metrics []Metric `json:"metrics"` // one a set
}

// Metric is one figure of a validation.
type Metric struct {
	Set   string  `json:"set"`    // its name
	Name  string  `json:"metric"` // "spearman", "accuracy" or "loss"
	Value float64 `json:"value"`
	Found int64   `json:"found"` // pairs, questions or words of the set that the model knows
	Of    int64   `json:"of"`    // all of them
}

// Better says whether m is better than n, a figure of the same name: a lower
// loss, a higher anything else.
func (m Metric) Better(n Metric) bool {
	if m.Name == "loss" {
		return m.Value < n.Value
	}
	return m.Value > n.Value
}

// validate reports the first field that makes no sense.
func (v *Validation) validate() error {
	if v == nil {
		return nil
	}
	for _, f := range []struct{ name, value string }{{"keep", v.Keep}, {"model", v.Model}} {
		if f.value != KeepBest && f.value != KeepLast {
			return fmt.Errorf("validation.%s must be %q or %q, got %q", f.name, KeepBest, KeepLast, f.value)
		}
	}
	if len(v.Sets) == 0 {
		return fmt.Errorf("validation.sets is empty")
	}
	if v.Patience < 0 || v.Count < 0 || v.Worse < 0 {
		return fmt.Errorf("validation must not have negative numbers: patience %d, count %d, worse %d", v.Patience, v.Count, v.Worse)
	}
	for _, one := range []struct {
		name string
		*Validated
	}{{"last", v.Last}, {"best", v.Best}} {
		if one.Validated == nil {
			continue
		}
		if len(one.Metrics) != len(v.Sets) {
			return fmt.Errorf("validation.%s has %d metrics for %d sets", one.name, len(one.Metrics), len(v.Sets))
		}
		for _, m := range one.Metrics {
			if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
				return fmt.Errorf("validation.%s: %s of %s is %v", one.name, m.Name, m.Set, m.Value)
			}
		}
	}
	return nil
}
