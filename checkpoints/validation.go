package checkpoints

import (
	"fmt"
	"math"
)

// Validation records how a model was evaluated during training, and with what result.
type Validation struct {
	Sets     []ValidationSet `json:"sets"`               // the first decides which model is better
	Every    string          `json:"every"`              // epochs, as in "0.25", or a time, as in "10m0s"
	Keep     string          `json:"keep"`               // KeepBest or KeepLast: which model training ends with
	Patience int             `json:"patience,omitempty"` // training ends after this many validations without improvement; 0: never
	Model    string          `json:"model"`              // KeepBest or KeepLast: which model this is
	Count    int             `json:"count"`              // validations so far
	Worse    int             `json:"worse"`              // validations since the best
	Last     *Validated      `json:"last,omitempty"`
	Best     *Validated      `json:"best,omitempty"`
}

// The model that training with validation ends with. Until training is finished, the saved
// model is always the last one; the best, if it is to be kept and differs, is in
// training/state.safetensors, with BestPrefix before the names of its tensors.
const (
	KeepBest   = "best"
	KeepLast   = "last"
	BestPrefix = "best."
)

// ValidationSet is data that a model was evaluated on.
type ValidationSet struct {
	Kind   string `json:"kind"`             // "words", "analogies" or "text"
	File   string `json:"file"`             // file as named by the user
	SHA256 string `json:"sha256,omitempty"` // SHA-256 of the file, in hexadecimal

	ScoreColumn int `json:"score_column,omitempty"` // column of the scores of scored pairs, from 1; 0: detected
}

// Validated is the result of one validation.
type Validated struct {
	Blocks  int64    `json:"blocks"`  // position in the run, in blocks
	Epoch   float64  `json:"epoch"`   // position in passes over the corpus
	Metrics []Metric `json:"metrics"` // one per set
}

// Metric is one number measured by a validation.
type Metric struct {
	Set   string  `json:"set"`    // name of the set
	Name  string  `json:"metric"` // "spearman", "accuracy" or "loss"
	Value float64 `json:"value"`  // 0 if Undefined
	Found int64   `json:"found"`  // pairs, questions or words of the set that the model knows
	Of    int64   `json:"of"`     // all pairs, questions or words of the set

	// Undefined is set if there is no value, as of a correlation of equal cosines.
	Undefined bool `json:"undefined,omitempty"`
}

// String returns the value with 4 digits, or "undefined".
func (m Metric) String() string {
	if m.Undefined {
		return "undefined"
	}
	return fmt.Sprintf("%.4f", m.Value)
}

// Sparse reports whether the model knows less than half of the set: the value then says little
// about the model.
func (m Metric) Sparse() bool { return 2*m.Found < m.Of }

// Warning says why the metric says little or nothing about the model, or is empty.
func (m Metric) Warning() string {
	switch {
	case m.Undefined:
		return fmt.Sprintf("%s: %s is undefined", m.Set, m.Name)
	case m.Sparse():
		return fmt.Sprintf("%s: %s is measured on only %d of %d: it says little about the model", m.Set, m.Name, m.Found, m.Of)
	}
	return ""
}

// Better reports whether m is better than n, a metric of the same name: a lower loss, or a
// higher value of any other metric. An undefined metric is not better than any, and any other is
// better than it.
func (m Metric) Better(n Metric) bool {
	if m.Undefined || n.Undefined {
		return !m.Undefined
	}
	if m.Name == "loss" {
		return m.Value < n.Value
	}
	return m.Value > n.Value
}

// Kept returns the result of the validation of the model that was kept; nil if there was none.
func (v *Validation) Kept() *Validated {
	if v.Model == KeepBest {
		return v.Best
	}
	return v.Last
}

// Warnings says which figures of the model that was kept say little or nothing about it. v may be
// nil.
func (v *Validation) Warnings() (texts []string) {
	if v == nil || v.Kept() == nil {
		return nil
	}
	for _, m := range v.Kept().Metrics {
		if text := m.Warning(); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// validate returns an error that names the first invalid field.
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
		return fmt.Errorf("validation numbers must not be negative: patience %d, count %d, worse %d", v.Patience, v.Count, v.Worse)
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
