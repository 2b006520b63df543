package train

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// report is the report of a training.
type report struct {
	Kind           string                      `json:"kind"`
	Model          string                      `json:"model"`
	Bytes          int64                       `json:"bytes"`
	Files          []reportFile                `json:"files"`
	Dim            int                         `json:"dim"`
	Vocabulary     int                         `json:"vocabulary"`
	Words          int64                       `json:"words"` // of one epoch, in the vocabulary
	Epochs         int                         `json:"epochs"`
	Threads        int                         `json:"threads"`
	Seconds        float64                     `json:"seconds"`          // of training, including those before a resume
	WordsPerSecond float64                     `json:"words_per_second"` // since the start, or the resume
	Loss           float64                     `json:"loss"`
	Neighbors      []reportNeighbors           `json:"neighbors"`
	Similarity     []evaluate.SimilarityReport `json:"similarity"`
	Validation     *checkpoints.Validation     `json:"validation,omitempty"`
	Stopped        string                      `json:"stopped,omitempty"` // why the training stopped early
	Next           []string                    `json:"next"`
}

type reportFile struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

type reportNeighbors struct {
	Word      string              `json:"word"`
	Neighbors []evaluate.Neighbor `json:"neighbors"`
}

func newReport(ctx context.Context, output string, c *checkpoints.Checkpoint, last training.Event) (*report, error) {
	var o words.Options
	if err := json.Unmarshal(c.Config.Options, &o); err != nil {
		return nil, err
	}
	r := &report{
		Kind: c.Config.Kind, Model: output, Dim: c.Config.Dim, Vocabulary: c.Vocabulary.Len(),
		Words: c.Config.Corpus.Words, Epochs: o.Epochs, Threads: o.Threads,
		Seconds: c.Config.Progress.Seconds, WordsPerSecond: last.UnitsPerSecond, Loss: c.Config.Progress.Loss,
		Validation: c.Config.Validation, Stopped: c.Config.Progress.Stopped,
	}
	var err error
	if r.Files, r.Bytes, err = filesOf(output); err != nil {
		return nil, err
	}
	vectors := evaluate.NewWordVectors(c)
	for _, word := range words.Familiar(c.Vocabulary, 5) {
		near, err := vectors.Neighbors(word, 6)
		if err != nil {
			return nil, err
		}
		r.Neighbors = append(r.Neighbors, reportNeighbors{word, near})
	}
	r.Similarity = append(r.Similarity, evaluate.Words(vectors, sets.WordSim353()))
	example := "king"
	if len(r.Neighbors) > 0 {
		example = r.Neighbors[0].Word
	}
	r.Next = []string{
		cli.CommandLine("search", "neighbors", "-m", cli.PathArgument(output), example),
		cli.CommandLine("search", "eval", "analogies", "-m", cli.PathArgument(output)),
		cli.CommandLine("embed", "explain", "-m", cli.PathArgument(output), "how are you"),
	}
	return r, ctx.Err()
}

// filesOf lists the files of a folder and returns their total size.
func filesOf(folder string) (files []reportFile, bytes int64, err error) {
	err = filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		files = append(files, reportFile{filepath.ToSlash(name), info.Size()})
		bytes += info.Size()
		return err
	})
	return files, bytes, err
}

func (r *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (r *report) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "trained %s: %s, %s, loss %.4f\n", r.Kind, cli.Plural(r.Vocabulary, "word", "words"),
		cli.Plural(r.Dim, "dimension", "dimensions"), r.Loss)
	fmt.Fprintf(&b, "  %s of %s words in %s: %s words/s on %s\n",
		cli.Plural(r.Epochs, "epoch", "epochs"), cli.Count(float64(r.Words)),
		cli.Duration(time.Duration(r.Seconds*float64(time.Second))), cli.Count(r.WordsPerSecond),
		cli.Plural(r.Threads, "thread", "threads"))
	if r.Stopped != "" {
		fmt.Fprintf(&b, "  stopped early: %s\n", r.Stopped)
	}
	writeFiles(&b, r.Model, r.Bytes, r.Files)
	b.WriteString("\nnearest neighbours\n")
	for _, n := range r.Neighbors {
		line := fmt.Sprintf("  %-10s", n.Word)
		for _, near := range n.Neighbors {
			more := fmt.Sprintf("  %s %.2f", near.Word, near.Score)
			if cli.Columns(line+more) > cli.Width(w) {
				break
			}
			line += more
		}
		b.WriteString(line + "\n")
	}
	b.WriteString("\nword similarity\n")
	for _, s := range r.Similarity {
		if !s.Defined {
			fmt.Fprintf(&b, "  %s: too few of its words are in the vocabulary\n", s.Name)
			continue
		}
		fmt.Fprintf(&b, "  %s: Spearman %.3f on %d of %d pairs\n", s.Name, s.Spearman, s.Pairs, s.Pairs+s.Missing)
	}
	if r.Validation != nil {
		writeValidation(&b, r.Validation)
	}
	writeNext(&b, r.Next)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeFiles lists what was written.
func writeFiles(b *strings.Builder, model string, bytes int64, files []reportFile) {
	fmt.Fprintf(b, "\nwrote %s, %s\n", cli.Printable(model), cli.Bytes(bytes))
	for _, f := range files {
		fmt.Fprintf(b, "  %-28s %9s\n", f.Name, cli.Bytes(f.Bytes))
	}
}

// writeNext lists commands to run next.
func writeNext(b *strings.Builder, commands []string) {
	b.WriteString("\nnext\n")
	for _, c := range commands {
		fmt.Fprintf(b, "  %s\n", cli.Printable(c))
	}
}

// writeValidation writes the figures of the model that was kept, and of the last
// one if that is another.
func writeValidation(b *strings.Builder, v *checkpoints.Validation) {
	rows := func(title string, at *checkpoints.Validated) {
		fmt.Fprintf(b, "\nvalidation: %s, epoch %.2f\n", title, at.Epoch)
		for _, m := range at.Metrics {
			fmt.Fprintf(b, "  %s: %s %.4f on %s of %s\n", m.Set, m.Name, m.Value, cli.Count(float64(m.Found)), cli.Count(float64(m.Of)))
		}
	}
	switch {
	case v.Best == nil || v.Last == nil:
	case v.Best.Blocks == v.Last.Blocks:
		rows("the model, the best and the last", v.Best)
	case v.Model == checkpoints.KeepBest:
		rows("the model, the best", v.Best)
		rows("the last, not kept", v.Last)
	default:
		rows("the model, the last", v.Last)
		rows("the best, not kept", v.Best)
	}
}
