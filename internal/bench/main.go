// Command bench measures LuminaVec and writes the results as Markdown tables.
//
//	go run ./internal/bench words --corpus FILE -o BENCHMARKS.md
//	go run ./internal/bench ann --vectors FILE --peers -o BENCHMARKS.md
//	go run ./internal/bench kernels -o BENCHMARKS.md
//	go run ./internal/bench stores
//	go run ./internal/bench folders MODEL...
//	go run ./internal/bench embed --corpus FILE --peers
//	go run ./internal/bench documents TREE
//	go run ./internal/bench transformer --model FOLDER --peers
//
// It is a tool for developers. It trains like the train command and evaluates like search eval.
// Other programs, if they are installed (peers), run in the same session, on the same data and
// with the same settings.
//
// Each subcommand has a file that runs it (words.go, sentence.go, ann.go, kernels.go, folders.go, embed.go), a file that
// turns its measurements into text (…_table.go) and a file that runs its peers
// (…_peers.go). Arithmetic and tables are separate from measurement, so that they can be tested.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
)

func main() {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure speed and quality, and write the results as Markdown tables",
	}
	cmd.AddCommand(wordsCommand(), sentenceCommand(), annCommand(), kernelsCommand(), storesCommand(), foldersCommand(), embedCommand(), documentsCommand(), transformerCommand(), scaleCommand())
	os.Exit(cli.Run(cmd))
}
