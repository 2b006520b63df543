package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"
)

// TestMain runs the tests on Prism.
func TestMain(m *testing.M) { ptest.MainWithDefault(m, "prism") }

// corpus writes two files of text.
func corpus(t *testing.T) (pattern string) {
	t.Helper()
	dir := t.TempDir()
	sentences := []string{"the cat sat on the mat", "a dog ran in the park", "the bird sang in the tree", "a fish swam in the lake", "the cat and the dog played"}
	for f := range 2 {
		var b strings.Builder
		for i := range 400 {
			fmt.Fprintf(&b, "%s %s\n", sentences[(i+f)%5], sentences[(i*7+f)%5])
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.txt", f)), []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "*.txt")
}

func jobOf(t *testing.T, input, output string) job {
	t.Helper()
	dir := t.TempDir()
	return job{Input: []string{input}, Shards: 3, Work: dir, Output: filepath.Join(dir, output)}
}

func mustRun(t *testing.T, define func(s beam.Scope)) {
	t.Helper()
	p, s := beam.NewPipelineWithRoot()
	define(s)
	if err := ptest.Run(p); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func must(t *testing.T, args ...string) {
	t.Helper()
	if err := command(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

// The counts of the shards together are those of one pass, byte for byte.
func TestCount(t *testing.T) {
	input := corpus(t)
	j := jobOf(t, input, "vocab.tsv")
	j.Extra = []string{}
	mustRun(t, func(s beam.Scope) { count(s, j) })
	one := filepath.Join(t.TempDir(), "one.tsv")
	must(t, "train", "vocab", input, "-o", one)
	if got := read(t, j.Output); len(got) == 0 || !bytes.Equal(got, read(t, one)) {
		t.Errorf("got %d bytes, which differ from one pass", len(got))
	}
}

// The vectors of the shards, one after another, are those of one process.
func TestEmbed(t *testing.T) {
	input := corpus(t)
	j := jobOf(t, input, "vectors")
	mustRun(t, func(s beam.Scope) { embedAll(s, j, "", "tsv") })
	var got []byte
	for i := 1; i <= j.Shards; i++ {
		got = append(got, read(t, filepath.Join(j.Output, fmt.Sprintf("part-%05d-of-%05d.tsv", i, j.Shards)))...)
	}
	one := filepath.Join(t.TempDir(), "one.tsv")
	must(t, "embed", "text", input, "-o", one)
	if !bytes.Equal(got, read(t, one)) {
		t.Errorf("got %d bytes, which differ from one process", len(got))
	}
}

// Two rounds on three shards give a model that knows what the words have in common.
func TestTrain(t *testing.T) {
	input := corpus(t)
	vocab := filepath.Join(t.TempDir(), "vocab.tsv")
	must(t, "train", "vocab", input, "-o", vocab)
	o := options{job: jobOf(t, input, "model"), vocab: vocab, kind: "skipgram", rounds: 2}
	o.Extra = []string{"--dim", "16", "--epochs", "2"}
	mustRun(t, func(s beam.Scope) {
		if err := trainRounds(s, &o); err != nil {
			t.Fatal(err)
		}
	})
	must(t, "search", "verify", o.Output)
	if _, err := os.Stat(filepath.Join(o.Work, "round1")); err != nil {
		t.Error(err)
	}
}

// A collection of merged shards is verified and answers.
func TestBuild(t *testing.T) {
	docs := t.TempDir()
	for i, text := range []string{"Plants make sugar from light in their leaves.", "Rockets fly to the moon.", "A baker bakes bread.", "Roots drink water."} {
		if err := os.WriteFile(filepath.Join(docs, fmt.Sprintf("%d.md", i)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	j := jobOf(t, docs, "collection")
	mustRun(t, func(s beam.Scope) { build(s, j, "") })
	must(t, "search", "verify", j.Output)
	must(t, "search", "query", j.Output, "who bakes bread")
}

// A step that fails ends the pipeline with its message.
func TestFailure(t *testing.T) {
	j := jobOf(t, filepath.Join(t.TempDir(), "none.txt"), "vocab.tsv")
	p, s := beam.NewPipelineWithRoot()
	count(s, j)
	if err := ptest.Run(p); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(j.Output); err == nil {
		t.Error("an output was written")
	}
}
