// Command bench measures LuminaVec and writes its tables as Markdown.
//
//	go run ./internal/bench words --corpus FILE -o BENCHMARKS.md
//	go run ./internal/bench ann --vectors FILE --peers -o BENCHMARKS.md
//
// It is for developers: it trains as the command train does, judges as search
// eval does, and puts peers that are installed beside it, on the same text with
// the same settings, in one run.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
)

func main() {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure speed and quality",
		Long: `Usage: bench COMMAND [OPTIONS]

Measure speed and quality, and write the tables as Markdown.

Commands:
  words    word vectors: speed and quality of skipgram and cbow
  sentence sentence vectors: the same of the trainer of pairs
  ann      nearest neighbours: recall, speed, build time and memory
`,
	}
	cmd.AddCommand(wordsCommand(), sentenceCommand(), annCommand())
	os.Exit(cli.Run(cmd))
}
