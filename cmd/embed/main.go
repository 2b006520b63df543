// Command embed turns text into vectors with a trained model.
package main

import (
	"os"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/command/embed"
)

func main() { os.Exit(cli.Run(embed.Command())) }
