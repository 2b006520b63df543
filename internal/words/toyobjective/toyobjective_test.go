package toyobjective_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
	_ "github.com/luminavec/luminavec/internal/words/toyobjective"
)

// The registry finds the objective, both engines train it alike, and words with the same
// neighbors get similar vectors.
func TestToyObjective(t *testing.T) {
	kind, ok := words.Lookup("hinge")
	if !ok {
		t.Fatal("the objective is not registered")
	}
	content := strings.Repeat("the cat sees the dog\nthe dog sees the cat\nthe car passes the bus\nthe bus passes the car\n", 100)
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	var models []*checkpoints.Checkpoint
	for _, engine := range []training.Engine{training.Fused, training.Graph} {
		o := kind.Defaults()
		o.Dim, o.Window, o.Epochs, o.Subsample, o.Threads, o.Engine = 16, 2, 10, 0, 1, engine
		model, err := kind.Train(ctx, o, words.Run{Corpus: corpus, Tokenizer: tokenizer})
		if err != nil {
			t.Fatal(err)
		}
		if model.Config.Kind != "hinge" || !model.Config.Progress.Finished {
			t.Errorf("%s engine: %+v", engine, model.Config)
		}
		near, err := evaluate.NewWordVectors(model).Neighbors("cat", 1)
		if err != nil || near[0].Word != "dog" {
			t.Errorf("%s engine: cat is nearest to %+v, %v", engine, near, err)
		}
		models = append(models, model)
	}
	if a, b := models[0].Config.Progress.Loss, models[1].Config.Progress.Loss; math.Abs(a-b) > 1e-3*b {
		t.Errorf("the loss is %g, that of the graph engine %g", a, b)
	}
}

// Checkpoints, validation and resuming know the objective from the registry alone.
func TestToyObjectiveResumes(t *testing.T) {
	kind, _ := words.Lookup("hinge")
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	content := write("text.txt", strings.Repeat("the cat sees the dog\nthe car passes the bus\n", 500))
	pairs := write("pairs.tsv", "cat\tdog\t9\ncar\tbus\t8\ncat\tbus\t1\n")
	source, err := text.Open(content)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Build(ctx, source, corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	sets, err := words.ReadSets(pairs)
	if err != nil {
		t.Fatal(err)
	}
	validation, err := words.OpenValidation(ctx, sets, corpus, tokenizer, false)
	if err != nil {
		t.Fatal(err)
	}
	defer validation.Close()

	o := kind.Defaults()
	o.Dim, o.Subsample, o.Threads = 8, 0, 1
	folder := filepath.Join(dir, "model")
	cut, interrupt := context.WithCancel(ctx)
	_, err = kind.Train(cut, o, words.Run{
		Corpus: corpus, Tokenizer: tokenizer, Sources: source.Names(), Validation: validation,
		Save: func(ctx context.Context, c *checkpoints.Checkpoint) error {
			defer interrupt()
			return checkpoints.Write(ctx, folder, c, checkpoints.WriteOptions{Replace: true})
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the interrupted run: %v", err)
	}
	resumed, err := words.Resume(ctx, "hinge", folder, words.ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := kind.Train(ctx, o, words.Run{Corpus: corpus, Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	last := resumed.Config.Validation
	if last == nil || last.Count != o.Epochs || !resumed.Config.Progress.Finished {
		t.Errorf("resumed: %+v, validation %+v", resumed.Config.Progress, last)
	}
	if last.Best.Blocks == last.Last.Blocks && !slices.Equal(resumed.Embedding().Data, whole.Embedding().Data) {
		t.Error("the resumed model is not that of the run without interruption")
	}
}
