// Command luminavec is the commands train, embed and search in one binary.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/command/embed"
	"github.com/luminavec/luminavec/internal/command/search"
	"github.com/luminavec/luminavec/internal/command/train"
)

func main() {
	cmd := &cobra.Command{Use: cli.Suite, Short: "Train embeddings, turn text into vectors, and search by meaning",
		Example: "$ luminavec train skipgram -o model\n$ luminavec search neighbors -m model paris"}
	cmd.AddCommand(train.Command(), embed.Command(), search.Command())
	os.Exit(cli.Run(cmd))
}
