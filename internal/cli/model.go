package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
	"github.com/luminavec/luminavec/sentence/models"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// ModelFlag declares -m MODEL, which the functions below read.
func ModelFlag() Flag {
	return Flag{Name: "model", Short: "m", Arg: "MODEL", Into: new(string), Help: "model folder, as 'train' writes it, or a transformer of the BERT family, as sentence-transformers does"}
}

// PromptFlag declares --prompt, which OpenModel reads.
func PromptFlag() Flag {
	return Flag{Name: "prompt", Arg: "NAME|TEXT", Into: new(string), Help: "text to put before every text, or its name in the folder of a transformer",
		Default: "as the folder says"}
}

// SentenceModelFlag is ModelFlag for commands that use the bundled sentence model by default.
func SentenceModelFlag() Flag {
	f := ModelFlag()
	f.Default = "a bundled model of English sentences"
	return f
}

// ModelPath returns what -m names; it is an error to leave it out.
func ModelPath(cmd *cobra.Command) (string, error) {
	if path := ModelName(cmd); path != "" {
		return path, nil
	}
	return "", UsageError(fault.New("name a model folder with -m MODEL; 'train skipgram -o model' makes one",
		"no model is named"))
}

// ModelName returns what -m names, "" for the bundled model.
func ModelName(cmd *cobra.Command) string { return cmd.Flag("model").Value.String() }

// ReadModel reads the model that -m names, every file verified.
func ReadModel(cmd *cobra.Command) (*checkpoints.Checkpoint, error) {
	path, err := ModelPath(cmd)
	if err != nil {
		return nil, err
	}
	if err := RefuseTransformer(cmd, path); err != nil {
		return nil, err
	}
	return checkpoints.Read(cmd.Context(), path, checkpoints.ReadOptions{})
}

// ReadSentenceModel is ReadModel that returns the bundled model if -m is not given.
func ReadSentenceModel(cmd *cobra.Command) (*checkpoints.Checkpoint, error) {
	if ModelName(cmd) != "" {
		return ReadModel(cmd)
	}
	c, err := bundled.Read(cmd.Context())
	if err == nil {
		noteBundled(cmd, c.Config.VectorDim())
	}
	return c, err
}

// PrecisionFlag declares --precision, which OpenModel reads.
func PrecisionFlag() Flag {
	p := transformer.Float32
	return Flag{Name: "precision", Arg: "NAME", Into: &p, Field: "Precision", Help: "how the products of a transformer are computed",
		Values: Summarized(transformer.Precisions(), transformer.Precision.Summary)}
}

// OpenEncoder reads the model that -m names, or the bundled one, and makes its encoder. A transformer is an
// error.
func OpenEncoder(cmd *cobra.Command) (*sentence.Encoder, error) {
	if path := ModelName(cmd); path != "" {
		if err := RefuseTransformer(cmd, path); err != nil {
			return nil, err
		}
		return sentence.Open(cmd.Context(), path)
	}
	e, err := bundled.Open(cmd.Context())
	if err == nil {
		noteBundled(cmd, e.Dim())
	}
	return e, err
}

// RefuseTransformer returns an error if the model at path is a transformer, for commands that need a table.
func RefuseTransformer(cmd *cobra.Command, path string) error {
	is, err := models.IsTransformer(path)
	if err == nil && is {
		err = fault.New("name a model that 'train' has made", "%s is a transformer, which %q cannot use", path, cmd.CommandPath())
	}
	return err
}

func noteBundled(cmd *cobra.Command, dim int) {
	Note(cmd, "using the bundled sentence model: English, %d dimensions, %s; -m MODEL uses another", dim, bundled.Source)
}

// OpenModel opens the model that -m names, or the bundled one: one of this program, or a transformer,
// whose prompt is then that of --prompt, if cmd has it.
func OpenModel(cmd *cobra.Command) (models.Model, error) { return OpenModelAt(cmd, ModelName(cmd)) }

// OpenModelAt is OpenModel of the folder at path, "" for the bundled model.
func OpenModelAt(cmd *cobra.Command, path string) (m models.Model, err error) {
	var options transformer.Options
	precision := cmd.Flag("precision")
	if precision != nil {
		options.Precision = transformer.Precision(precision.Value.String())
	}
	if path == "" {
		path = "the bundled model"
		m, err = OpenEncoder(cmd)
	} else {
		m, err = models.OpenWith(cmd.Context(), path, options)
	}
	if err != nil {
		return nil, err
	}
	flag := cmd.Flag("prompt")
	t, ok := m.(*transformer.Encoder)
	if !ok {
		if flag != nil && flag.Changed {
			return nil, UsageError(fault.New("leave out --prompt", "%s is not a transformer: it has no prompts", path))
		}
		other := cmd.Flag("query-model") // there may be a transformer besides
		if precision != nil && precision.Changed && (other == nil || !other.Changed) {
			return nil, UsageError(fault.New("leave out --precision", "%s is not a transformer: its table is used as it is", path))
		}
		return m, nil
	}
	if p := options.Precision; p != "" && t.Precision() != p {
		Warn(cmd, "%s needs %s and a model of suitable sizes: float32 is used", p, p.Needs())
	}
	if t.Config().Bare {
		Note(cmd, "%s has no modules.json: a vector is the mean of those of the tokens", Printable(path))
	}
	if flag != nil && flag.Changed {
		prompt, err := t.PromptOf(flag.Value.String())
		if err != nil {
			return nil, UsageError(err)
		}
		t = t.WithPrompt(prompt)
	}
	if prompt := t.Prompt(); prompt != "" && flag != nil {
		Note(cmd, "every text begins with the prompt %s", Quoted(prompt))
	}
	return t, nil
}

// WithPrompt returns the model m with the prompt that the flag of this name gives, or with that which
// the folder of a transformer has for such texts, which are called what: "query" or "document".
func WithPrompt(cmd *cobra.Command, m models.Model, flag, what string) (models.Model, error) {
	t, ok := m.(*transformer.Encoder)
	f := cmd.Flag(flag)
	if !ok {
		if f.Changed {
			return nil, UsageError(fault.New("leave out --"+flag, "the model is not a transformer: it has no prompts"))
		}
		return m, nil
	}
	prompt, of := t.Prompt(), "the default of the model"
	find := t.QueryPrompt
	if what == "document" {
		find = t.DocumentPrompt
	}
	if name, known, ok := find(); ok {
		prompt, of = known, fmt.Sprintf("prompt %q of the model", name)
	}
	if f.Changed {
		var err error
		if prompt, err = t.PromptOf(f.Value.String()); err != nil {
			return nil, UsageError(err)
		}
		of = "--" + flag
	}
	if prompt != "" {
		Note(cmd, "every %s begins with %s (%s)", what, Quoted(prompt), Printable(of))
	}
	return t.WithPrompt(prompt), nil
}

// Quoted returns text in quotes, to be printed.
func Quoted(text string) string { return `"` + strings.ReplaceAll(Printable(text), `"`, `\"`) + `"` }

// WarnTruncated reports once how many texts were longer than the model's limit.
func WarnTruncated(cmd *cobra.Command, m sentence.Model) {
	t, ok := m.(*transformer.Encoder)
	if !ok {
		return
	}
	texts, longest := t.Truncated()
	help := ""
	if cmd.Flag("chunk") != nil {
		help = "; --chunk makes passages of them"
	}
	WarnTruncatedTexts(cmd, t.Config().MaxTokens, texts, longest, "text", help)
}

// WarnTruncatedTexts reports how many texts, which are called what, were longer than limit.
func WarnTruncatedTexts(cmd *cobra.Command, limit int, texts, longest int64, what, help string) {
	if texts > 0 {
		Warn(cmd, "used only the first %s tokens of %s, the longest of %s%s", Thousands(int64(limit)), Plural(texts, what, what+"s"), Thousands(longest), help)
	}
}

// NoArgs refuses arguments. The likely mistake is a model without its -m.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if f := cmd.Flag("model"); f != nil && !f.Changed {
		hint = "name the model with -m: " + CommandLine(cmd.CommandPath(), "-m", PathArgument(args[0]))
	}
	return usage(hint, "%s takes no arguments, got %q", cmd.Name(), args[0])
}
