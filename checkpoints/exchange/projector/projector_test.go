package projector

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange"
)

func TestWrite(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, "vectors.txt")
	if err := os.WriteFile(path, []byte("3 2\nthe 1 -2.5\nof 0.1 1e-7\ncat 7 8\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := exchange.Import(ctx, path, exchange.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	check := func(o Options, vectors, metadata string) {
		t.Helper()
		if _, _, err := Write(ctx, out, c, o); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{vectorsFile: vectors, metadataFile: metadata,
			configFile: "embeddings {\n  tensor_name: \"luminavec\"\n  tensor_path: \"vectors.tsv\"\n  metadata_path: \"metadata.tsv\"\n}\n"} {
			if got, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(got) != want {
				t.Errorf("%s: %q, want %q (%v)", name, got, want, err)
			}
		}
	}
	// Counts of words without any follow Zipf's law: 3/1, 3/2 and 3/3, rounded down.
	check(Options{}, "1\t-2.5\n0.1\t1e-07\n7\t8\n", "word\tcount\nthe\t3\nof\t1\ncat\t1\n")
	if _, _, err := Write(ctx, out, c, Options{}); err == nil {
		t.Error("an existing folder was replaced")
	}
	check(Options{Replace: true, Limit: 2}, "1\t-2.5\n0.1\t1e-07\n", "word\tcount\nthe\t3\nof\t1\n")
	check(Options{Replace: true, Words: []string{"cat", "no such", "the"}}, "7\t8\n0\t0\n1\t-2.5\n", "word\tcount\ncat\t1\nno such\t0\nthe\t3\n")
	if _, _, err := Write(ctx, out, c, Options{Replace: true, Limit: -1}); err == nil {
		t.Error("a negative limit was accepted")
	}
	other := filepath.Join(dir, "other")
	if err := os.MkdirAll(filepath.Join(other, "photos"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Write(ctx, other, c, Options{Replace: true}); err == nil {
		t.Error("a folder of something else was replaced")
	}
}

func TestLabel(t *testing.T) {
	for word, want := range map[string]string{"cat": "cat", "a\tb\nc\rd\x00": "a b c d ", "": `""`, " ": `" "`, "\u2028": `"\u2028"`, "日本 🚀": "日本 🚀", "a\xff": "a\uFFFD"} {
		if got := label(word); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
