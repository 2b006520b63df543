// Command train learns embeddings from text into a model folder.
package main

import (
	"os"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/command/train"
)

func main() { os.Exit(cli.Run(train.Command())) }
