package search

import (
	"os"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/index/serve"
	"github.com/luminavec/luminavec/index/serve/agents"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/cli/clitest"
)

func TestMain(m *testing.M) {
	clitest.Main(m, "search", func() { os.Exit(cli.Run(Command())) })
}

func TestScripts(t *testing.T) { clitest.Run(t, "testdata/script") }

func TestHelp(t *testing.T) { clitest.CheckHelp(t, Command()) }

func TestFields(t *testing.T) {
	root := Command()
	clitest.CheckFields(t, root, "build", index.Options{}, "Dim", "Tables", "Bits", "EfSearch")
	clitest.CheckFields(t, root, "query", index.SearchOptions{}, "Allowed", "Threshold", "Rerank")
	eval := evalCommand()
	unset := []string{"State", "Unnamed", "WordList", "Tokenizer"} // words are not needed
	clitest.CheckFields(t, root, "build", exchange.Options{}, unset...)
	clitest.CheckFields(t, root, "query", exchange.Options{}, append(unset, "IDs")...)
	clitest.CheckFields(t, root, "serve", serve.Options{}, "Version")
	clitest.CheckFields(t, root, "serve", shelf.Options{})
	clitest.CheckFields(t, root, "mcp", agents.Options{}, "Log", "Version")
	clitest.CheckFields(t, eval, "ann", exchange.Options{}, append(unset, "IDs")...)
	clitest.CheckFields(t, eval, "sts", evaluate.STSOptions{}, "Resamples", "Threads")
	clitest.CheckFields(t, eval, "sts", sets.STSOptions{})
	clitest.CheckFields(t, eval, "retrieval", evaluate.RetrievalOptions{}, "Resamples")
	clitest.CheckFields(t, eval, "analogies", evaluate.AnalogyOptions{}, "Threads")
	clitest.CheckFields(t, eval, "ann", evaluate.ANNOptions{}, "Index")
	clitest.CheckFields(t, eval, "ann", index.Options{}, "Dim", "Tables", "Bits", "EfSearch", "Deterministic")
}
