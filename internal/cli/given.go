package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Given returns the library's fields of the flags that the user gave.
func Given(cmd *cobra.Command) (fields []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if row := rowOf(f); row != nil && row.Field != "" {
			fields = append(fields, row.Field)
		}
	})
	return fields
}
