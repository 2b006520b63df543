package skipgram_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/skipgram"
)

func TestValidationOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pairs.txt")
	if err := os.WriteFile(path, []byte("cat dog 9.5 1.5\nthe sees 2.5 8.5\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, tokenizer := context.Background(), tokenize.NewWordTokenizer(tokenize.WordOptions{})
	source := text.FromReader("text", strings.NewReader(strings.Repeat("the cat sees the dog\n", 10)))
	corpus, err := corpora.Build(ctx, source, corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	o := skipgram.DefaultOptions()
	if _, err := skipgram.OpenValidation(ctx, corpus, tokenizer, o, path); err == nil || !strings.Contains(err.Error(), "columns 3 (9.5), 4 (1.5)") {
		t.Errorf("two columns of scores: %v", err)
	}
	v, err := skipgram.ValidationOptions{ScoreColumn: 4}.Open(ctx, corpus, tokenizer, o, path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if s := v.Sets[0]; s.ScoreColumn != 4 || !strings.HasSuffix(s.Read, "score in column 4") {
		t.Errorf("%+v", s)
	}
}
