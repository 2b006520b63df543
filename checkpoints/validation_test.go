package checkpoints

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// validated returns the record of a validation by two sets.
func validated() *Validation {
	at := func(blocks int64, loss float64) *Validated {
		return &Validated{Blocks: blocks, Epoch: float64(blocks) / 2, Metrics: []Metric{
			{Set: "held.txt", Name: "loss", Value: loss, Found: 90, Of: 100},
			{Set: "pairs", Name: "spearman", Value: 0.1 + 0.2, Found: 3, Of: 4}, // no short decimal number
		}}
	}
	return &Validation{
		Sets:  []ValidationSet{{Kind: "text", File: "held.txt", SHA256: "03ac"}, {Kind: "words", File: "data/pairs.tsv"}},
		Every: "0.5", Keep: KeepBest, Patience: 3, Model: KeepLast, Count: 3, Worse: 1, Last: at(3, 1.25), Best: at(2, 1),
	}
}

func TestValidationIsKept(t *testing.T) {
	c := newSmall(t)
	c.Config.Validation = validated()
	c.Config.Progress.Stopped, c.Config.Progress.EpochSum = "it was good enough", LossSum{Loss: 0.1 + 0.2, Targets: 7}
	c.CurveSVG, c.CurvePNG = []byte("<svg/>"), []byte("png")
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, c)
	got, err := Read(context.Background(), dir, ReadOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Config, c.Config) {
		t.Errorf("%+v, want %+v", got.Config, c.Config)
	}
	report, err := Verify(context.Background(), dir)
	if err != nil || len(report.Extra) > 0 || len(report.Files) != 11 {
		t.Errorf("%+v, %v", report, err)
	}
	card, err := os.ReadFile(filepath.Join(dir, CardFile))
	for _, row := range []string{"| ended early | `it was good enough` |", "| loss of `held.txt` | 1.25 |", "| spearman of `pairs` | 0.3 |"} {
		if err != nil || !strings.Contains(string(card), row+"\n") {
			t.Errorf("the model card has no row %s, %v", row, err)
		}
	}
	// Drawings of a log that has grown since are not left beside it.
	c.CurveSVG, c.CurvePNG = nil, nil
	if err := Write(context.Background(), dir, c, WriteOptions{Replace: true}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{CurveSVGFile, CurvePNGFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is there still", name)
		}
	}
}

func TestValidationErrors(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`"last", got "all"`: func(c *Config) { c.Validation.Keep = "all" },
		`validation.model must be "best" or "last", got ""`: func(c *Config) { c.Validation.Model = "" },
		"validation.sets is empty":                          func(c *Config) { c.Validation.Sets = nil },
		"patience -1":                                       func(c *Config) { c.Validation.Patience = -1 },
		"validation.best has 0 metrics for 2 sets":          func(c *Config) { c.Validation.Best.Metrics = nil },
		"validation.last: loss of held.txt is +Inf":         func(c *Config) { c.Validation.Last.Metrics[0].Value = math.Inf(1) },
		"progress.epoch_sum.loss is NaN":                    func(c *Config) { c.Progress.EpochSum.Loss = math.NaN() },
		"config.json: progress.log_sum.loss is -Inf":        func(c *Config) { c.Progress.LogSum.Loss = math.Inf(-1) },
		"config.json: validation.sets is empty":             func(c *Config) { c.Validation = &Validation{Keep: KeepLast, Model: KeepLast} },
		"config.json: validation.best has 2 metrics for":    func(c *Config) { c.Validation.Sets = c.Validation.Sets[:1]; c.Validation.Last = nil },
	} {
		c := newSmall(t)
		c.Config.Validation = validated()
		change(&c.Config)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestBetter(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b float64
		want bool
	}{{"loss", 1, 2, true}, {"loss", 2, 1, false}, {"loss", 1, 1, false}, {"spearman", 2, 1, true}, {"spearman", 1, 1, false}, {"accuracy", 0, 1, false}} {
		if got := (Metric{Name: c.name, Value: c.a}).Better(Metric{Name: c.name, Value: c.b}); got != c.want {
			t.Errorf("%s %g is better than %g: %v", c.name, c.a, c.b, got)
		}
	}
}
