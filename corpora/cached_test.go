package corpora_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// The second time the corpus comes from the cache, and a text that has changed is read again.
func ExampleCached() {
	dir, err := os.MkdirTemp("", "cached")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	content := filepath.Join(dir, "text.txt")
	write := func(lines int) {
		if err := os.WriteFile(content, []byte(strings.Repeat("the cat sees the dog\n", lines)), 0o666); err != nil {
			log.Fatal(err)
		}
	}
	cached := corpora.Cached{Dir: filepath.Join(dir, "ids"), Report: func(r corpora.CacheReport) {
		switch r.Outcome {
		case corpora.CacheUsed:
			fmt.Println("  from the cache")
		case corpora.CacheDiffers:
			fmt.Println("  the cache is for a different text")
		}
	}}
	read := func() {
		source, err := text.Open(content)
		if err != nil {
			log.Fatal(err)
		}
		corpus, err := cached.Corpus(context.Background(), source, corpora.BuildOptions{Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{})})
		if err != nil {
			log.Fatal(err)
		}
		defer corpus.Close()
		fmt.Println(corpus.RawWords(), "words")
	}
	write(10)
	read()
	read()
	write(20)
	read()
	// Output:
	// 50 words
	//   from the cache
	// 50 words
	//   the cache is for a different text
	// 100 words
}

// A cache may not be inside a model, whatever the spelling of their paths.
func TestCheckApart(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("model", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("model", "link"); err != nil {
		t.Skipf("symbolic links need a privilege on this system: %v", err)
	}
	for _, c := range []struct {
		cache, model string
		apart        bool
	}{
		{"model", "model", false}, {"./new", "new", false}, {"link", "model", false}, {"model/ids", "model", false},
		{"link/a/ids", "model", false}, {"new/ids", "new", false}, {"model", "link", false},
		{"ids", "model", true}, {"model-ids", "model", true}, {"ids", "ids/model", true}, {"", "model", true}, {"ids", "", true},
	} {
		if err := (corpora.Cached{Dir: c.cache}).CheckApart(c.model); (err == nil) != c.apart {
			t.Errorf("cache %q, model %q: error %v", c.cache, c.model, err)
		}
	}
}

// What a program left that was killed after it had replaced the cache is removed although the
// cache is only read.
func TestCachedSweeps(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("without locks, leftovers stay for a day")
	}
	dir := t.TempDir()
	content := filepath.Join(dir, "text.txt")
	if err := os.WriteFile(content, []byte(strings.Repeat("the cat sees the dog\n", 5)), 0o666); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, ".ids.luminavec-01234567")
	for range 2 {
		if err := os.MkdirAll(filepath.Join(left, "ids"), 0o777); err != nil {
			t.Fatal(err)
		}
		source, err := text.Open(content)
		if err != nil {
			t.Fatal(err)
		}
		corpus, err := corpora.Cached{Dir: filepath.Join(dir, "ids")}.Corpus(t.Context(), source, corpora.BuildOptions{Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{})})
		if err != nil {
			t.Fatal(err)
		}
		corpus.Close()
		if _, err := os.Lstat(left); err == nil {
			t.Errorf("%s is still there", left)
		}
	}
}
