//go:build slow

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEmulatedARM64 runs the whole loop on an emulated arm64: train, resume with other text,
// embed, build, query, verify. A deterministic training makes the same bytes at any number of
// threads and with every level that adds in the same order.
func TestEmulatedARM64(t *testing.T) {
	emulator, err := exec.LookPath("qemu-aarch64")
	if err != nil {
		t.Skip("qemu-aarch64 is not installed")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "luminavec")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var corpus, pairs strings.Builder
	animals, places := []string{"cat", "dog", "horse", "sheep", "owl"}, []string{"river", "barn", "tree", "hill"}
	for i := range 400 {
		a, p := animals[i%5], places[i/5%4]
		fmt.Fprintf(&corpus, "the %s sleeps near the %s while the %s waits in the %s\n", a, p, animals[(i+2)%5], places[(i+1)%4])
		fmt.Fprintf(&pairs, "a %s sleeps\tthe %s is asleep near the %s\n", a, a, p)
	}
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text, pairFile := file("corpus.txt", corpus.String()), file("pairs.tsv", pairs.String())
	in := func(name string) string { return filepath.Join(dir, name) }
	run := func(level, processor string, args ...string) string {
		t.Helper()
		cmd := exec.Command(emulator, append([]string{"-cpu", processor, program}, args...)...)
		cmd.Env = append(os.Environ(), "LUMINAVEC_CPU="+level)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("luminavec %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
		}
		return string(out)
	}
	model := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	train := func(level, processor, name, threads string) {
		t.Helper()
		run(level, processor, "train", "skipgram", text, "-o", in(name), "--dim", "48", "--epochs", "2", "--min-count", "1",
			"--deterministic", "--threads", threads, "--quiet")
	}
	train("", "max", "one", "1")
	train("", "max", "three", "3")
	train("neon", "max", "neon", "2")
	train("", "cortex-a53", "a53", "2") // has no products of bytes
	for _, name := range []string{"three", "neon", "a53"} {
		if model(name) != model("one") {
			t.Errorf("the training %q made another model", name)
		}
	}
	run("", "max", "train", "cbow", text, "-o", in("cbow"), "--dim", "32", "--epochs", "1", "--min-count", "1", "--quiet")
	run("", "max", "train", "resume", in("one"), "--corpus", text, "-o", in("more"), "--epochs", "1", "--quiet")
	run("", "max", "train", "sentence", pairFile, "-o", in("sentence"), "--dim", "32", "--epochs", "2", "--quiet")

	if got := strings.Fields(run("", "max", "embed", "text", "-m", in("more"), "-f", "tsv", file("query.txt", "the cat sleeps\n"))); len(got) < 48 {
		t.Errorf("embed text printed %d numbers, want 48", len(got))
	}
	for _, codes := range []string{"none", "int8", "int4"} {
		for _, processor := range []string{"max", "cortex-a53"} {
			name := "docs-" + codes + processor
			run("", processor, "search", "build", "--model", in("sentence"), text, "--split", "line", "-o", in(name), "--quantize", codes, "--quiet")
			run("", processor, "search", "verify", in(name))
			if out := run("", processor, "search", "query", in(name), "the owl sleeps near the barn while the dog waits in the tree", "-k", "3"); !strings.Contains(out, "the owl sleeps near the barn while") {
				t.Errorf("%s: the text itself is not among the answers:\n%s", name, out)
			}
		}
	}
}
