package cli

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
)

// ModelFlag declares -m MODEL, which the functions below read.
func ModelFlag() Flag {
	return Flag{Name: "model", Short: "m", Arg: "MODEL", Into: new(string), Help: "model folder, as 'train' writes it"}
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

// OpenEncoder reads the model that -m names, or the bundled one, and makes its encoder.
func OpenEncoder(cmd *cobra.Command) (*sentence.Encoder, error) {
	if path := ModelName(cmd); path != "" {
		return sentence.Open(cmd.Context(), path)
	}
	e, err := bundled.Open(cmd.Context())
	if err == nil {
		noteBundled(cmd, e.Dim())
	}
	return e, err
}

func noteBundled(cmd *cobra.Command, dim int) {
	Note(cmd, "using the bundled sentence model: English, %d dimensions, %s; -m MODEL uses another", dim, bundled.Source)
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
