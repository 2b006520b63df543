package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// sentenceReport is the report of train sentence.
type sentenceReport struct {
	Kind           string                  `json:"kind"`
	Model          string                  `json:"model"`
	Bytes          int64                   `json:"bytes"`
	Files          []reportFile            `json:"files"`
	Dim            int                     `json:"dim"` // of the vectors
	Vocabulary     int                     `json:"vocabulary"`
	Pairs          int64                   `json:"pairs"`
	Epochs         int                     `json:"epochs"`
	Threads        int                     `json:"threads"`
	Seconds        float64                 `json:"seconds"`          // of training, before a resume too
	PairsPerSecond float64                 `json:"pairs_per_second"` // since the start, or the resume
	Loss           float64                 `json:"loss"`
	Set            string                  `json:"set"` // of the Spearman correlation
	Spearman       float64                 `json:"spearman"`
	Examples       []reportCosine          `json:"examples"`
	Validation     *checkpoints.Validation `json:"validation,omitempty"`
	Stopped        string                  `json:"stopped,omitempty"` // why the training stopped early
	Next           []string                `json:"next"`
}

// reportCosine is the cosine of two sentences.
type reportCosine struct {
	A      string  `json:"a"`
	B      string  `json:"b"`
	Cosine float32 `json:"cosine"`
}

// shownSentences are pairs that a person can judge.
var shownSentences = [][2]string{
	{"A man is playing a guitar.", "Someone plays music on an instrument."},
	{"A man is playing a guitar.", "The river flooded several villages."},
	{"The stock market fell sharply on Monday.", "Shares dropped at the start of the week."},
}

// reportSentence prints the report.
func reportSentence(cmd *cobra.Command, output string, c *checkpoints.Checkpoint, last training.Event) error {
	r, err := newSentenceReport(cmd.Context(), output, c, last)
	if errors.Is(err, context.Canceled) {
		return cli.Interrupted("", "interrupted after the training: the finished model is in %s", output)
	}
	if err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), r)
	}
	return r.writeText(cmd.OutOrStdout())
}

func newSentenceReport(ctx context.Context, output string, c *checkpoints.Checkpoint, last training.Event) (*sentenceReport, error) {
	var o sentences.Options
	if err := json.Unmarshal(c.Config.Options, &o); err != nil {
		return nil, err
	}
	encoder, err := sentence.FromCheckpoint(c)
	if err != nil {
		return nil, err
	}
	r := &sentenceReport{
		Kind: c.Config.Kind, Model: output, Dim: encoder.Dim(), Vocabulary: c.Vocabulary.Len(),
		Pairs: c.Config.Corpus.Lines, Epochs: o.Epochs, Threads: o.Threads,
		Seconds: c.Config.Progress.Seconds, PairsPerSecond: last.UnitsPerSecond, Loss: c.Config.Progress.Loss,
		Validation: c.Config.Validation, Stopped: c.Config.Progress.Stopped,
	}
	if r.Files, r.Bytes, err = filesOf(output); err != nil {
		return nil, err
	}
	set := sets.STSBenchmarkDev()
	judged, err := evaluate.STS(ctx, encoder, set, evaluate.STSOptions{})
	if err != nil {
		return nil, err
	}
	r.Set, r.Spearman = set.Name, judged.Spearman
	for _, pair := range shownSentences {
		vectors, _, err := encoder.EncodeBatch(ctx, pair[:], 1)
		if err != nil {
			return nil, err
		}
		// The vectors have length 1, or 0 without known tokens.
		r.Examples = append(r.Examples, reportCosine{pair[0], pair[1], kernel.Dot(vectors[:r.Dim], vectors[r.Dim:])})
	}
	model := cli.PathArgument(output)
	r.Next = []string{
		cli.CommandLine("search", "eval", "sts", "-m", model),
		cli.CommandLine("search", "build", "-m", model, "FILE", "-o", "docs"),
		cli.CommandLine("embed", "explain", "-m", model, "how are you"),
	}
	return r, nil
}

func (r *sentenceReport) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "trained %s: %s, %s, loss %.4f\n", r.Kind, cli.Plural(r.Vocabulary, "token", "tokens"),
		cli.Plural(r.Dim, "dimension", "dimensions"), r.Loss)
	fmt.Fprintf(&b, "  %s of %s pairs in %s: %s pairs/s on %s\n",
		cli.Plural(r.Epochs, "epoch", "epochs"), cli.Count(float64(r.Pairs)),
		cli.Duration(time.Duration(r.Seconds*float64(time.Second))), cli.Count(r.PairsPerSecond),
		cli.Plural(r.Threads, "thread", "threads"))
	if r.Stopped != "" {
		fmt.Fprintf(&b, "  stopped early: %s\n", r.Stopped)
	}
	writeFiles(&b, r.Model, r.Bytes, r.Files)
	b.WriteString("\nsimilarity\n")
	fmt.Fprintf(&b, "  %s: Spearman %.4f\n", r.Set, r.Spearman)
	for _, x := range r.Examples {
		fmt.Fprintf(&b, "  %5.2f  %s | %s\n", x.Cosine, x.A, x.B)
	}
	if r.Validation != nil {
		writeValidation(&b, r.Validation)
	}
	writeNext(&b, r.Next)
	_, err := io.WriteString(w, b.String())
	return err
}
