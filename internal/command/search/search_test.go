package search

import (
	"testing"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/cli/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m, "search", main) }

func TestScripts(t *testing.T) { clitest.Run(t, "testdata/script") }

func TestHelpIsComplete(t *testing.T) {
	if err := cli.CheckHelp(root()); err != nil {
		t.Error(err)
	}
}
