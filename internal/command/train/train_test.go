package train

import (
	"os"
	"testing"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/cli/clitest"
)

func TestMain(m *testing.M) {
	clitest.Main(m, "train", func() { os.Exit(cli.Run(Command())) })
}

func TestScripts(t *testing.T) { clitest.Run(t, "testdata/script") }

func TestHelp(t *testing.T) { clitest.CheckHelp(t, Command()) }
