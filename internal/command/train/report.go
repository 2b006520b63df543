package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/plainjson"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// trained is what the reports of all trainings have in common.
type trained struct {
	Kind       string                  `json:"kind"`
	Model      string                  `json:"model"`
	Bytes      int64                   `json:"bytes"`
	Files      []checkpoints.FileSize  `json:"files"`
	Dim        int                     `json:"dim"`
	Vocabulary int                     `json:"vocabulary"`
	Epochs     int                     `json:"epochs"`
	Threads    int                     `json:"threads"`
	Seconds    float64                 `json:"seconds"` // of training, including those before a resume
	Loss       float64                 `json:"loss"`
	Untrained  float64                 `json:"untrained_loss,omitempty"` // of a model that has learned nothing
	Validation *checkpoints.Validation `json:"validation,omitempty"`
	Stopped    string                  `json:"stopped,omitempty"`  // why the training stopped early
	Warnings   []string                `json:"warnings,omitempty"` // of figures of the validation that say little
	Next       []string                `json:"next"`
}

// newTrained describes the model that is in output.
func newTrained(output string, c *checkpoints.Checkpoint) (t trained, err error) {
	var o struct{ Epochs, Threads int }
	if err := plainjson.Unmarshal(c.Config.Options, &o); err != nil {
		return t, err
	}
	t = trained{
		Kind: c.Config.Kind, Model: output, Dim: c.Config.VectorDim(), Vocabulary: c.Vocabulary.Len(), Epochs: o.Epochs, Threads: o.Threads,
		Seconds: c.Config.Progress.Seconds, Loss: c.Config.Progress.Loss, Untrained: c.Config.Progress.Untrained, Validation: c.Config.Validation, Stopped: c.Config.Progress.Stopped,
		Warnings: c.Config.Validation.Warnings(),
	}
	t.Files, t.Bytes, err = checkpoints.FileSizes(output)
	return t, err
}

// start writes the beginning of the report: n units, words or pairs, were trained on.
func (t *trained) start(b *strings.Builder, units string, n int64, perSecond float64) {
	token := checkpoints.KindOf(t.Kind).Token()
	fmt.Fprintf(b, "trained %s: %s, %s, loss %.4f\n", t.Kind, cli.Plural(t.Vocabulary, token, token+"s"), cli.Plural(t.Dim, "dimension", "dimensions"), t.Loss)
	fmt.Fprintf(b, "  %s of %s %s in %s: %s %s/s on %s\n", cli.Plural(t.Epochs, "epoch", "epochs"), cli.Count(float64(n)), units,
		cli.Seconds(t.Seconds), cli.Count(perSecond), units, cli.Plural(t.Threads, "thread", "threads"))
	if t.Stopped != "" {
		fmt.Fprintf(b, "  stopped early: %s\n", t.Stopped)
	}
	fmt.Fprintf(b, "\nwrote %s, %s\n", cli.Printable(t.Model), cli.Bytes(t.Bytes))
	width := 0
	for _, f := range t.Files {
		width = max(width, len(f.Name))
	}
	for _, f := range t.Files {
		fmt.Fprintf(b, "  %-*s  %8s\n", width, f.Name, cli.Bytes(f.Bytes))
	}
}

// end writes the figures of the validation, those of the model that was kept first, and
// the commands to run next.
func (t *trained) end(b *strings.Builder) {
	rows := func(title string, at *checkpoints.Validated) {
		fmt.Fprintf(b, "\nvalidation: %s, epoch %.2f\n", title, at.Epoch)
		for _, m := range at.Metrics {
			fmt.Fprintf(b, "  %s: %s %s on %s of %s\n", m.Set, m.Name, m, cli.Count(float64(m.Found)), cli.Count(float64(m.Of)))
		}
	}
	switch v := t.Validation; {
	case v == nil || v.Last == nil:
	case v.Best == nil:
		rows("the model, the last", v.Last)
	case v.Best.Blocks == v.Last.Blocks:
		rows("the model, the best and the last", v.Best)
	case v.Model == checkpoints.KeepBest:
		rows("the model, the best", v.Best)
		rows("the last, not kept", v.Last)
	default:
		rows("the model, the last", v.Last)
		rows("the best, not kept", v.Best)
	}
	for _, text := range t.Warnings {
		fmt.Fprintf(b, "  warning: %s\n", text)
	}
	writeNext(b, t.Next)
}

// writeNext lists commands to run next.
func writeNext(b *strings.Builder, commands []string) {
	b.WriteString("\nnext\n")
	for _, c := range commands {
		fmt.Fprintf(b, "  %s\n", cli.Printable(c))
	}
}

// printReport prints a report as JSON or, as it writes itself, for people.
func printReport(cmd *cobra.Command, r interface {
	write(b *strings.Builder, width int)
}) error {
	out := cmd.OutOrStdout()
	if cli.JSON(cmd) {
		return cli.WriteJSON(out, r)
	}
	var b strings.Builder
	r.write(&b, cli.Width(out))
	_, err := io.WriteString(out, b.String())
	return err
}

// unreported is the error of a report that was not finished.
func unreported(err error, output string) error {
	if errors.Is(err, context.Canceled) {
		return cli.Interrupted("", "interrupted after the training: the finished model is in %s", output)
	}
	return err
}

// wordsReport is the report of a training of word vectors.
type wordsReport struct {
	trained
	Words          int64                       `json:"words"`            // of one epoch, in the vocabulary
	Subsample      float64                     `json:"subsample"`        // threshold
	Kept           float64                     `json:"kept"`             // share of the words that subsampling keeps
	WordsPerSecond float64                     `json:"words_per_second"` // since the start, or the resume
	Read           []string                    `json:"read,omitempty"`   // how files of word pairs were read
	Neighbors      []words.Near                `json:"neighbors"`
	Similarity     []evaluate.SimilarityReport `json:"similarity"`
	CutAgain       *tokenize.CutAgain          `json:"cut_again,omitempty"` // text that is split into words already
}

func reportWords(cmd *cobra.Command, output string, c *checkpoints.Checkpoint, last training.Event, cut *tokenize.CutAgain, read ...string) error {
	t, err := newTrained(output, c)
	if err != nil {
		return err
	}
	learned, err := words.Summarize(cmd.Context(), c)
	if err != nil {
		return unreported(err, output)
	}
	model := cli.PathArgument(output)
	var examples []string
	for _, n := range learned.Neighbors[:min(3, len(learned.Neighbors))] {
		examples = append(examples, n.Word)
	}
	if len(examples) == 0 {
		examples = append(examples, c.Vocabulary.Token(0))
	}
	t.Next = []string{
		cli.CommandLine("search", "neighbors", "-m", model, examples[0]),
		cli.CommandLine("search", "eval", "analogies", "-m", model),
		cli.CommandLine("embed", "explain", "-m", model, strings.Join(examples, " ")),
	}
	var o words.Options
	if err := plainjson.Unmarshal(c.Config.Options, &o); err != nil {
		return err
	}
	return printReport(cmd, &wordsReport{t, c.Config.Corpus.Words, o.Subsample, corpora.KeptShare(c.Vocabulary, o.Subsample),
		last.UnitsPerSecond, read, learned.Neighbors, learned.Similarity, cut})
}

func (r *wordsReport) write(b *strings.Builder, width int) {
	r.start(b, "words", r.Words, r.WordsPerSecond)
	b.WriteString("\nnearest neighbors\n")
	for _, n := range r.Neighbors {
		line := fmt.Sprintf("  %-10s", n.Word)
		for _, near := range n.Neighbors {
			more := fmt.Sprintf("  %s %.2f", near.Word, near.Score)
			if cli.Columns(line+more) > width {
				break
			}
			line += more
		}
		b.WriteString(line + "\n")
	}
	b.WriteString("\nword similarity\n")
	for _, s := range r.Similarity {
		fmt.Fprintf(b, "  %s\n", strings.Join(s.Lines(), "\n  "))
	}
	r.end(b)
}

// sentenceReport is the report of a training on pairs.
type sentenceReport struct {
	trained
	Pairs          int64                `json:"pairs"`
	ScoreRange     []float64            `json:"score_range,omitempty"` // of scored pairs
	PairsPerSecond float64              `json:"pairs_per_second"`      // since the start, or the resume
	Set            string               `json:"set"`                   // of the Spearman correlation
	Spearman       *float64             `json:"spearman"`              // nil if it is undefined
	Warning        string               `json:"warning,omitempty"`     // why it says little
	Examples       []sentences.Compared `json:"examples"`
	lines          []string             // about the Spearman correlation
}

func reportSentence(cmd *cobra.Command, output string, scores []float64, own *pairs.Dataset, c *checkpoints.Checkpoint, last training.Event) error {
	t, err := newTrained(output, c)
	if err != nil {
		return err
	}
	learned, err := sentences.Summarize(cmd.Context(), c, own)
	if err != nil {
		return unreported(err, output)
	}
	model := cli.PathArgument(output)
	t.Next = []string{
		cli.CommandLine("search", "eval", "sts", "-m", model),
		cli.CommandLine("search", "build", "-m", model, "FILE", "-o", "docs"),
		cli.CommandLine("embed", "explain", "-m", model, cli.Cut(strings.TrimLeft(learned.Examples[0].A, "- "), 60)),
	}
	return printReport(cmd, &sentenceReport{t, c.Config.Corpus.Lines, scores, last.UnitsPerSecond, learned.Set, learned.Value(), learned.Warning, learned.Examples, learned.Lines()})
}

func (r *sentenceReport) write(b *strings.Builder, _ int) {
	r.start(b, "pairs", r.Pairs, r.PairsPerSecond)
	fmt.Fprintf(b, "\nsimilarity\n  %s\n", strings.Join(r.lines, "\n  "))
	for _, x := range r.Examples {
		fmt.Fprintf(b, "  %5.2f  %s | %s\n", x.Cosine, cli.Cut(cli.Printable(x.A), 60), cli.Cut(cli.Printable(x.B), 60))
	}
	r.end(b)
}
