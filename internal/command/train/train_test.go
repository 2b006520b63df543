package train

import (
	"os"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/index/mining"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/cli/clitest"
	"github.com/luminavec/luminavec/internal/words"
	"github.com/luminavec/luminavec/sentence/distill"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

func TestMain(m *testing.M) {
	clitest.Main(m, "train", func() { os.Exit(cli.Run(Command())) })
}

func TestScripts(t *testing.T) { clitest.Run(t, "testdata/script") }

func TestHelp(t *testing.T) { clitest.CheckHelp(t, Command()) }

func TestFields(t *testing.T) {
	root := Command()
	clitest.CheckFields(t, root, "cbow", words.Options{})
	clitest.CheckFields(t, root, "skipgram", words.Options{}, "CBOWSum", "PositionWeights")
	clitest.CheckFields(t, root, "sentence", sentences.Settings{}, "InitScale", "Files")
	clitest.CheckFields(t, root, "sentence", sentences.Tokens{})
	clitest.CheckFields(t, root, "tokenizer", learn.Options{})
	clitest.CheckFields(t, root, "phrases", learn.PhraseOptions{})
	clitest.CheckFields(t, root, "mine", mining.Options{}, "ParallelBuild")
	clitest.CheckFields(t, root, "distill", distill.Options{})
	clitest.CheckFields(t, root, "mine", mining.ReadOptions{}, "Pairs", "Composed")
	for _, name := range []string{"cbow", "skipgram", "tokenizer", "phrases", "resume"} {
		clitest.CheckFields(t, root, name, text.Selection{}, "OneLine")
	}
}
