package embed

import (
	"os"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/cli/clitest"
	"github.com/luminavec/luminavec/sentence/compress"
)

func TestMain(m *testing.M) {
	clitest.Main(m, "embed", func() { os.Exit(cli.Run(Command())) })
}

func TestScripts(t *testing.T) { clitest.Run(t, "testdata/script") }

func TestFields(t *testing.T) {
	clitest.CheckFields(t, Command(), "import", exchange.Options{}, "State", "Unnamed", "Dim")
	clitest.CheckFields(t, Command(), "compress", compress.Options{})
}

func TestHelp(t *testing.T) { clitest.CheckHelp(t, Command()) }
