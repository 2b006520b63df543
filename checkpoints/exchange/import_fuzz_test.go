package exchange

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/textlook"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

func FuzzVectors(f *testing.F) {
	for _, seed := range []string{
		"2 2\na 1 2\nb 3 4\n", "a 1 2\nb 3 4\n", "2 1\na " + float32s(1) + "\nb " + float32s(2), "1 3\nx y 1 2 3",
		npyfile.Magic + "\x01\x00\x3e\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }  \n" + float32s(1, 2), "\x1f\x8b\x08", "BZh9", "\x28\xb5\x2f\xfd",
		"2 2\n 2\n0\x8e\x8e\x8e0 0 0\n\x80\x80\x80\x80\x80a", "1000000000 16000\n", "1 1\n\xff 1\n", "\ufeff1 1\na 1\r\n",
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, checkpoints.VocabularyFile), []byte("a\t5\nb\t3\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "vectors")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, report, err := Import(context.Background(), path, ImportOptions{})
		if err != nil {
			if c != nil || err.Error() == "" {
				t.Fatalf("a model and %v", err)
			}
			return
		}
		if int64(c.Vocabulary.Len())+report.Duplicates+report.Unusable != report.Rows {
			t.Fatalf("%d words, %+v", c.Vocabulary.Len(), report)
		}
		// What was read is a model, and comes back whole in either format.
		c.Config.Format = checkpoints.FormatVersion
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		wantKept(t, c)
		if checkWords(c.Vocabulary.Tokens(), "") != nil {
			return
		}
		for _, format := range []string{"word2vec", "word2vec-bin"} {
			if err := os.WriteFile(path, []byte(export(t, c, format)), 0o600); err != nil {
				t.Fatal(err)
			}
			again, report, err := Import(context.Background(), path, ImportOptions{})
			if format == "word2vec-bin" && (err != nil || report.Format != format) && printable(c.Embedding().Row(0)) {
				continue // values of printable bytes alone that read as numbers: they cannot be distinguished from text
			}
			if err != nil && c.Config.Dim == 1 && textlook.At([]byte(export(t, c, format)), true).Bare() == 2 {
				continue // pairs of numbers: the first line may be a row
			}
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			wantSameTensors(t, again.Tensors, c.Tensors)
			if !slices.Equal(again.Vocabulary.Tokens(), c.Vocabulary.Tokens()) {
				t.Fatalf("%s: words %q, were %q", format, again.Vocabulary.Tokens(), c.Vocabulary.Tokens())
			}
		}
	})
}

// printable says whether the bytes of the values are those of ASCII text.
func printable(values []float32) bool {
	for _, b := range []byte(float32s(values...)) {
		if b < ' ' && b != '\t' && b != '\r' && b != '\n' || b > '~' {
			return false
		}
	}
	return true
}

// wantKept: the words are in vocab.tsv and tokenizer.json as they were.
func wantKept(t *testing.T, c *checkpoints.Checkpoint) {
	t.Helper()
	var file bytes.Buffer
	if _, err := c.Vocabulary.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	v, err := tokenize.ReadVocabulary(checkpoints.VocabularyFile, &file)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(v.Tokens(), c.Vocabulary.Tokens()) {
		t.Fatalf("words %q, were %q", v.Tokens(), c.Vocabulary.Tokens())
	}
	data, err := c.Tokenizer.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokenize.ParseWith(checkpoints.TokenizerFile, data, v); err != nil {
		t.Fatal(err)
	}
	if _, err := tokenize.Parse(checkpoints.TokenizerFile, data); err != nil {
		t.Fatal(err)
	}
}
