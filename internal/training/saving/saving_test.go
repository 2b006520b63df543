package saving

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// tiny returns a model of two words with a log of two lines.
func tiny(t *testing.T, done float64) *checkpoints.Checkpoint {
	t.Helper()
	vocabulary, err := tokenize.NewVocabulary([]string{"cat", "dog"}, []int64{7, 5})
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	return &checkpoints.Checkpoint{
		Config:     checkpoints.Config{Kind: "skipgram", Dim: 3, Progress: checkpoints.Progress{Done: done, Epochs: 1}},
		Tokenizer:  tokenizer,
		Vocabulary: vocabulary,
		Tensors:    map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: checkpoints.NewTensor(2, 3)},
		Log:        []byte(`{"progress":0.25,"loss":2}` + "\n" + `{"progress":0.5,"loss":1}` + "\n"),
	}
}

func newSaver(t *testing.T) (*Saver, *[]string) {
	warnings := new([]string)
	return &Saver{
		Output: filepath.Join(t.TempDir(), "model"), Version: "1.2", Began: time.Now(),
		Title: func(c *checkpoints.Checkpoint) string { return c.Config.Kind },
		Warn:  func(format string, args ...any) { *warnings = append(*warnings, fmt.Sprintf(format, args...)) },
	}, warnings
}

func doneOf(t *testing.T, dir string) float64 {
	t.Helper()
	c, err := checkpoints.Read(context.Background(), dir, checkpoints.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Config.Version != "1.2" {
		t.Errorf("%s was written by version %q", dir, c.Config.Version)
	}
	return c.Config.Progress.Done
}

// A run replaces its own checkpoints, although it may replace nothing else.
func TestSave(t *testing.T) {
	ctx := context.Background()
	s, warnings := newSaver(t)
	if s.Saved != nil {
		t.Error("Saved is set before anything is written")
	}
	for _, done := range []float64{0.25, 0.5} {
		if err := s.Checkpoint(ctx, tiny(t, done)); err != nil {
			t.Fatal(err)
		}
		if got := doneOf(t, s.Output); got != done || s.Saved.Done != done {
			t.Errorf("the checkpoint at %v is at %v, Saved is %v", done, got, s.Saved.Done)
		}
	}
	last := tiny(t, 1)
	if err := s.Save(ctx, last); err != nil {
		t.Fatal(err)
	}
	if got := doneOf(t, s.Output); got != 1 || len(*warnings) > 0 {
		t.Errorf("the model is at %v; warnings %q", got, *warnings)
	}
	if !bytes.Contains(last.CurveSVG, []byte("<svg")) || !bytes.HasPrefix(last.CurvePNG, []byte("\x89PNG")) {
		t.Error("the last checkpoint has no plot of the loss")
	}
}

// Plots are drawn rarely on the way, and an earlier one is kept meanwhile.
func TestPlots(t *testing.T) {
	ctx := context.Background()
	s, _ := newSaver(t)
	checkpoint := func() *checkpoints.Checkpoint {
		t.Helper()
		c := tiny(t, 0.5)
		if err := s.Checkpoint(ctx, c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := checkpoint(); c.CurveSVG != nil {
		t.Error("a plot was drawn in the first half minute")
	}
	s.drawn = time.Now().Add(-drawAgain)
	first := checkpoint()
	if first.CurveSVG == nil || time.Since(s.drawn) > drawAgain/2 {
		t.Error("no plot was drawn after half a minute")
	}
	s.Title = func(*checkpoints.Checkpoint) string { t.Error("a second plot was drawn at once"); return "" }
	if c := checkpoint(); !bytes.Equal(c.CurveSVG, first.CurveSVG) {
		t.Error("the earlier plot was not kept")
	}

	s, warnings := newSaver(t)
	c := tiny(t, 1)
	c.Log = nil
	if err := s.Save(ctx, c); err != nil || len(*warnings) > 0 || c.CurveSVG != nil {
		t.Errorf("an empty log: error %v, warnings %q", err, *warnings)
	}
}

// A model that has appeared meanwhile is not replaced.
func TestOutputAppeared(t *testing.T) {
	ctx := context.Background()
	s, warnings := newSaver(t)
	wanted := s.Output
	other, _ := newSaver(t)
	for _, name := range []string{wanted, wanted + "-2"} {
		other.Output, other.Replace = name, false
		if err := other.Save(ctx, tiny(t, 0.125)); err != nil {
			t.Fatal(err)
		}
	}
	for _, done := range []float64{0.5, 1} { // the second time it is this run's own
		if err := s.Save(ctx, tiny(t, done)); err != nil {
			t.Fatal(err)
		}
		if got := doneOf(t, wanted+"-3"); s.Output != wanted+"-3" || got != done {
			t.Errorf("written to %s; %s-3 is at %v, want %v", s.Output, wanted, got, done)
		}
	}
	if doneOf(t, wanted) != 0.125 || doneOf(t, wanted+"-2") != 0.125 {
		t.Error("another run's model was replaced")
	}
	if len(*warnings) != 1 || !strings.Contains((*warnings)[0], "writing the model to "+wanted+"-3") {
		t.Errorf("warnings %q", *warnings)
	}

	s, _ = newSaver(t)
	s.Output, s.Replace = wanted, true
	if err := s.Save(ctx, tiny(t, 1)); err != nil || doneOf(t, wanted) != 1 {
		t.Errorf("Replace did not replace: %v", err)
	}
}

// A checkpoint that cannot be written does not end the training; the last one does.
func TestCannotWrite(t *testing.T) {
	ctx := context.Background()
	s, warnings := newSaver(t)
	folder := filepath.Dir(s.Output)
	s.Output = filepath.Join(folder, "file", "model")
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint(ctx, tiny(t, 0.5)); err != nil || len(*warnings) != 1 || !strings.Contains((*warnings)[0], "cannot save a checkpoint at 50.0%: ") {
		t.Errorf("error %v, warnings %q", err, *warnings)
	}
	if s.Saved != nil {
		t.Error("Saved is set, but nothing was written")
	}
	if err := s.Save(ctx, tiny(t, 1)); err == nil || errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	s, warnings = newSaver(t)
	if err := s.Checkpoint(canceled, tiny(t, 0.5)); !errors.Is(err, context.Canceled) || len(*warnings) > 0 {
		t.Errorf("canceled: error %v, warnings %q", err, *warnings)
	}
}
