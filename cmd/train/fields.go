package main

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/fault"
)

// nameFlags makes the errors of a command name flags where the library names fields.
func nameFlags(cmd *cobra.Command) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return fault.Rename(run(cmd, args), fieldFlags) }
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
