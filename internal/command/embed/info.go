package embed

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
	"github.com/luminavec/luminavec/sentence/models"
)

// frequentWords is how many of the vocabulary's first words info shows.
const frequentWords = 20

func infoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "info [-m MODEL] [options]",
		Short:   "Show what a model contains and verify its files",
		Long:    "It prints how the model was trained, its sizes, its most frequent words, and its\nfiles, each verified by its checksum. Of a transformer it prints the network, the\nlimit of the length of texts and the prompts.",
		Example: "$ embed info -m model",
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return info(cmd) },
	}
	cli.Declare(cmd, cli.ForInput, cli.SentenceModelFlag())
	return cli.Declare(cmd, cli.ForOutput, cli.JSONFlag())
}

// modelInfo is what "embed info --json" prints.
type modelInfo struct {
	Model      string                   `json:"model"`
	Config     checkpoints.Config       `json:"config"`
	Vocabulary int                      `json:"vocabulary"`
	NGrams     int                      `json:"ngrams,omitempty"` // character n-grams that have a row
	Parameters int64                    `json:"parameters"`       // numbers in model.safetensors
	Bytes      int64                    `json:"bytes"`            // of all files
	Parts      []checkpoints.PartBytes  `json:"parts"`            // of Bytes
	Frequent   []wordCount              `json:"frequent_words"`
	Tensors    []tensorInfo             `json:"tensors"` // of model.safetensors, by name
	Files      []checkpoints.FileReport `json:"files"`
	Extra      []string                 `json:"extra_files,omitempty"`
}

// tensorInfo is a table or a layer of a model.
type tensorInfo struct {
	Name  string            `json:"name"`
	Shape []int             `json:"shape"`
	DType checkpoints.DType `json:"dtype,omitempty"`
	Rows  int               `json:"stored_rows,omitempty"` // that its rows share; 0: it has its own
	Bytes int64             `json:"bytes,omitempty"`
}

// tensorsOf describes the tensors of a model.
func tensorsOf(model *checkpoints.Checkpoint) (list []tensorInfo) {
	for _, name := range slices.Sorted(maps.Keys(model.Tensors)) {
		t := model.Tensors[name]
		one := tensorInfo{Name: name, Shape: t.Shape, DType: checkpoints.Float32, Bytes: t.Bytes()}
		if q := t.Quantized; q != nil {
			one.DType = q.DType
			if q.Mapping != nil {
				one.Rows = q.Clusters()
			}
		}
		list = append(list, one)
	}
	return list
}

type wordCount struct {
	Word  string `json:"word"`
	Count int64  `json:"count"`
}

func info(cmd *cobra.Command) error {
	path := cli.ModelName(cmd)
	if path != "" {
		if is, err := models.IsTransformer(path); err != nil {
			return err
		} else if is {
			return infoTransformer(cmd, path)
		}
	}
	report, err := verify(cmd.Context(), path)
	if err != nil {
		return err
	}
	model, err := cli.ReadSentenceModel(cmd)
	if err != nil {
		return err
	}
	path = cmp.Or(path, bundled.Name)
	m := modelInfo{Model: path, Config: model.Config, Vocabulary: model.Vocabulary.Len(), Parameters: model.Parameters(), Files: report.Files, Extra: report.Extra}
	m.Tensors = tensorsOf(model)
	if model.NGrams != nil {
		m.NGrams = model.NGrams.Rows()
	}
	sizes := map[string]int64{}
	for _, f := range report.Files {
		sizes[f.Name] = f.Size
		m.Bytes += f.Size
	}
	m.Parts = checkpoints.Parts(model, sizes)
	// The first subwords are special tokens and letters, not the most frequent ones.
	for _, id := range model.Vocabulary.ByCount()[:min(frequentWords, model.Vocabulary.Len())] {
		m.Frequent = append(m.Frequent, wordCount{model.Vocabulary.Token(id), model.Vocabulary.Count(id)})
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), m)
	}
	return m.write(cmd.OutOrStdout(), cli.Width(cmd.OutOrStdout()))
}

// verify verifies a model folder, or the bundled model.
func verify(ctx context.Context, path string) (*checkpoints.Report, error) {
	if path == "" {
		return bundled.Verify(ctx)
	}
	return checkpoints.Verify(ctx, path)
}

// write prints the report for people: a label and its text a line.
func (m *modelInfo) write(w io.Writer, width int) error {
	var b strings.Builder
	const label = 12
	field := func(name, text string) {
		for _, line := range cli.Wrap(cli.Printable(text), width-label-1, 0) {
			fmt.Fprintf(&b, "%-*s%s\n", label, name, line)
			name = ""
		}
	}
	c := m.Config
	field("model", fmt.Sprintf("%s (%s, format %d)", m.Model, cli.Bytes(m.Bytes), c.Format))
	field("kind", fmt.Sprintf("%s, %s, %s parameters", c.Kind, cli.Plural(c.VectorDim(), "dimension", "dimensions"), cli.Count(float64(m.Parameters))))
	kind := checkpoints.KindOf(c.Kind)
	field("vocabulary", cli.Plural(m.Vocabulary, kind.Token(), kind.Token()+"s"))
	if o := c.NGrams; o.Max > 0 {
		field("n-grams", fmt.Sprintf("%s of %d to %d characters, in %s: unknown words get a vector",
			cli.Count(float64(m.NGrams)), o.Min, o.Max, cli.Plural(o.Buckets, "bucket", "buckets")))
	}
	field("encoder", encoderText(c.Encoder))
	var parts []string
	for _, p := range m.Parts {
		parts = append(parts, p.Part+" "+cli.Bytes(p.Bytes))
	}
	field("bytes", strings.Join(parts, ", ")+"; total "+cli.Bytes(m.Bytes))
	if text := corpusText(kind, c.Corpus); text != "" {
		label := "trained on"
		if kind.Imported {
			label = "imported"
		}
		field(label, text)
	}
	if c.Origin != "" {
		field("origin", c.Origin)
	}
	if c.License != "" {
		field("license", c.License)
	}
	for _, earlier := range slices.Backward(c.Earlier) {
		field("before that", corpusText(kind, earlier))
	}
	if !kind.Imported {
		field("training", trainingText(c.Progress))
	}
	if z := c.Compression; z != nil {
		from := fmt.Sprintf("%s of %s in %s", cli.Plural(z.Tokens, kind.Token(), kind.Token()+"s"), cli.Plural(z.Dim, "dimension", "dimensions"), cli.Bytes(z.Bytes))
		text := fmt.Sprintf("%s, from %s", z.DType, from)
		if z.Clusters > 0 {
			text = fmt.Sprintf("%s, %s, from %s", z.DType, cli.Plural(z.Clusters, "shared row", "shared rows"), from)
		}
		field("compressed", text)
	}
	if c.Created != "" {
		field("written", strings.TrimSpace(c.Created+" "+c.Version))
	}
	var frequent []string
	for _, f := range m.Frequent {
		frequent = append(frequent, f.Word)
	}
	field("frequent", strings.Join(frequent, " "))
	b.WriteString("tensors\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, x := range m.Tensors {
		stored := ""
		if x.Rows > 0 {
			stored = ", " + cli.Plural(x.Rows, "stored row", "stored rows")
		}
		fmt.Fprintf(t, "  %s\t%s\t%s, %s%s\n", x.Name, cli.Bytes(x.Bytes), shapeText(x.Shape), x.DType, stored)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	b.WriteString("files\n")
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range m.Files {
		fmt.Fprintf(t, "  %s\t%s\tverified\n", cli.Printable(f.Name), cli.Bytes(f.Size))
	}
	for _, name := range m.Extra {
		fmt.Fprintf(t, "  %s\t\tnot part of the model\n", cli.Printable(name))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shapeText returns a shape as "4 × 3".
func shapeText(shape []int) string {
	var sides []string
	for _, n := range shape {
		sides = append(sides, cli.Count(float64(n)))
	}
	return strings.Join(sides, " × ")
}

func encoderText(e checkpoints.EncoderConfig) string {
	var steps []string
	if e.Hidden > 0 {
		steps = append(steps, fmt.Sprintf("Linear+ReLU to %d", e.Hidden))
	}
	steps = append(steps, cmp.Or(sentence.Pooling(e.Pooling), sentence.Mean).Summary())
	if e.Repeats > 0 {
		steps = append(steps, fmt.Sprintf("n occurrences count n^%g", e.Repeats))
	}
	if e.Project > 0 {
		steps = append(steps, fmt.Sprintf("projection to %d", e.Project))
	}
	if e.Normalize {
		steps = append(steps, "length 1")
	}
	return strings.Join(steps, ", ")
}

func corpusText(kind checkpoints.Kind, c checkpoints.CorpusInfo) string {
	var parts []string
	if len(c.Sources) > 0 {
		shown := c.Sources[:min(len(c.Sources), 5)]
		text := strings.Join(shown, ", ")
		if more := len(c.Sources) - len(shown); more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		parts = append(parts, text)
	}
	if c.RawWords > 0 {
		tokens := kind.Token()
		if c.RawWords > 1 {
			tokens += "s"
		}
		parts = append(parts, fmt.Sprintf("%s %s in %s", cli.Count(float64(c.RawWords)), tokens, cli.Plural(c.Lines, kind.Example(), kind.Example()+"s")))
	}
	return strings.Join(parts, ": ")
}

func trainingText(p checkpoints.Progress) string {
	state := fmt.Sprintf("stopped at %.0f%%", 100*p.Done)
	if p.Finished {
		state = "finished"
	}
	if p.Stopped != "" {
		state += fmt.Sprintf(" early, at %.0f%%", 100*p.Done)
	}
	parts := []string{state}
	if p.Epochs > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s", p.Epoch, cli.Plural(p.Epochs, "epoch", "epochs")))
	}
	if p.Loss > 0 {
		parts = append(parts, fmt.Sprintf("loss %.3f", p.Loss))
	}
	if p.Seconds > 0 {
		parts = append(parts, cli.Seconds(p.Seconds))
	}
	return strings.Join(parts, ", ")
}
