package train

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// markUsage makes an error about the value of a field wrong use of the command. The table of
// flags names most fields; fieldNames has the others.
func markUsage(cmd *cobra.Command) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		var field *fault.FieldError
		if errors.As(err, &field) && field.Field != "" {
			err = cli.UsageError(err)
		}
		return fault.Rename(err, fieldNames)
	}
}

var fieldNames = map[string]string{"Corpus": "CORPUS", "LearningRate": "--lr", "Start": "--init", "Base": "--grow", "MinCount": "--min-count", "MaxVocabulary": "--max-vocab"}
