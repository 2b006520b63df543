// Command search searches text by meaning and evaluates models.
package main

import (
	"os"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/command/search"
)

func main() { os.Exit(cli.Run(search.Command())) }
