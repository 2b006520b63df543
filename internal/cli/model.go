package cli

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// ModelFlag declares -m MODEL, which the functions below read.
func ModelFlag() Flag {
	return Flag{Name: "model", Short: "m", Arg: "MODEL", Into: new(string), Help: "model folder, as 'train' writes it"}
}

// ModelPath returns what -m names; it is an error to leave it out.
func ModelPath(cmd *cobra.Command) (string, error) {
	if path := cmd.Flag("model").Value.String(); path != "" {
		return path, nil
	}
	return "", UsageError(fault.New("name a model folder with -m MODEL; 'train skipgram -o model' makes one",
		"no model is named"))
}

// ReadModel reads the model that -m names, every file verified.
func ReadModel(cmd *cobra.Command) (*checkpoints.Checkpoint, error) {
	path, err := ModelPath(cmd)
	if err != nil {
		return nil, err
	}
	return checkpoints.Read(cmd.Context(), path, checkpoints.ReadOptions{})
}

// OpenEncoder reads the model that -m names and makes its encoder.
func OpenEncoder(cmd *cobra.Command) (*sentence.Encoder, error) {
	path, err := ModelPath(cmd)
	if err != nil {
		return nil, err
	}
	return sentence.Open(cmd.Context(), path)
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
