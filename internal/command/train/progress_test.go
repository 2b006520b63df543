package train

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// On 60 columns some 30 are left for the note.
func TestProgressNoteOnANarrowTerminal(t *testing.T) {
	note := progressNote(training.Event{UnitsPerSecond: 1.23e6, Remaining: 83 * time.Minute, Loss: 2.3456, LearningRate: 0.0123}, "words", "  spearman 0.5208")
	if !strings.Contains(note[:30], "1h23m left") {
		t.Errorf("the time left is not at the beginning of %q", note)
	}
	for _, part := range []string{"1.2M words/s", "loss 2.3456", "spearman 0.5208", "lr 0.01230"} {
		if !strings.Contains(note, part) {
			t.Errorf("%q is not in %q", part, note)
		}
	}
}

// An interrupt that comes after the training, while the report is made, says that
// the model is there and finished: there is nothing to resume.
func TestInterruptedReport(t *testing.T) {
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	content := strings.NewReader(strings.Repeat("the cat sees the dog\n", 100))
	corpus, err := corpora.Build(context.Background(), text.FromReader("text", content), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	ctx, interrupt := context.WithCancel(context.Background())
	kind, _ := words.Lookup("skipgram")
	o := words.DefaultOptions()
	o.Dim, o.Threads, o.Subsample = 8, 1, 0
	var stdout, stderr bytes.Buffer
	cmd := wordCommand(kind)
	cmd.SetContext(ctx)
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	output := filepath.Join(t.TempDir(), "model")
	to := target{output: output}
	model, last, err := to.train(cmd, "words", nil, func(ctx context.Context, progress func(training.Event), save func(context.Context, *checkpoints.Checkpoint) error) (*checkpoints.Checkpoint, error) {
		return kind.Train(ctx, o, words.Run{Corpus: corpus, Tokenizer: tokenizer, Progress: progress, Save: save})
	})
	if err != nil {
		t.Fatal(err)
	}
	interrupt()
	err = reportWords(cmd, to.output, model, last, nil)
	if want := "interrupted after the training: the finished model is in " + output; !errors.Is(err, context.Canceled) || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	if stdout.Len() > 0 {
		t.Errorf("half a report: %s", &stdout)
	}
	c, err := checkpoints.Read(context.Background(), output, checkpoints.ReadOptions{})
	if err != nil || !c.Config.Progress.Finished {
		t.Errorf("the model is not finished: %v", err)
	}
}
