package search

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli/clitest"
	"github.com/luminavec/luminavec/sentence"
)

// Words are compared by the vectors that a model with layers gives them, not by its rows: a
// projection to the first number alone makes all words that have one equal.
func TestNeighborsOfLayers(t *testing.T) {
	c, err := clitest.Model(0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Vocabulary.Len() {
		c.Embedding().Row(i)[0] = 1 + float32(i)/10
	}
	projection := checkpoints.NewTensor(1, clitest.Dim)
	projection.Data[0] = 1
	e, err := sentence.New(sentence.Layers{Tokenizer: c.Tokenizer, Embedding: c.Embedding(), Projection: &projection, Pooling: sentence.First})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "m")
	if err := checkpoints.Write(context.Background(), dir, e.Checkpoint(), checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := Command()
	cmd.SetArgs([]string{"neighbors", "-m", dir, "-k", "3", "paris"})
	cmd.SetOut(&out)
	if err := cmd.Execute(); err != nil || strings.Count(out.String(), " 1.000  ") != 3 {
		t.Errorf("%v\n%s", err, out.String())
	}
}
