package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// nameFlags makes the errors of a command name flags where the library names fields. An
// error about the value of a field is wrong use.
func nameFlags(cmd *cobra.Command) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		var field *fault.FieldError
		if errors.As(err, &field) && field.Field != "" {
			return cli.UsageError(fault.Rename(err, fieldFlags))
		}
		return fault.Rename(err, fieldFlags)
	}
}

// fieldFlags are the flags of the fields that the library's errors name.
var fieldFlags = map[string]string{
	"Dim": "--dim", "Window": "--window", "Windows": "--windows", "Negative": "--negative", "NoiseExponent": "--ns-exponent",
	"Subsample": "--subsample", "MinCount": "--min-count", "MaxVocabulary": "--max-vocab", "Epochs": "--epochs",
	"LearningRate": "--lr", "Threads": "--threads", "Seed": "--seed", "Engine": "--engine", "Loss": "--loss",
	"SumVectors": "--vectors", "CBOWSum": "--cbow-sum", "PositionWeights": "--position-weights",
	"NGrams": "--char-ngrams", "FreezeInit": "--freeze-init", "Start": "--init", "Validation": "--validate",
	"Every": "--validate-every", "Patience": "--patience", "Keep": "--keep", "Cache": "--cache", "Corpus": "CORPUS",
	"Base": "--grow", "Tokenizer": "--tokenizer", "Cased": "--cased",
}
