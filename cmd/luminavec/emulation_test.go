//go:build slow

package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	build := func(name string, env ...string) string {
		program := filepath.Join(dir, name)
		build := exec.Command("go", "build", "-o", program, ".")
		build.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return program
	}
	program, native := build("luminavec", "GOARCH=arm64", "GOOS=linux"), build("native")
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
		if processor == "native" {
			cmd = exec.Command(native, args...)
		}
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
	// The machine of the test computes the same from the files, but for rounding.
	phrase := file("phrase.txt", "the cat sleeps near the river\na dog\n")
	for _, m := range []string{"more", "sentence"} {
		var want []float32
		for _, on := range []struct{ level, processor string }{{"", "native"}, {"", "max"}, {"", "cortex-a53"}, {"go", "max"}} {
			var got []float32
			for _, field := range strings.Fields(run(on.level, on.processor, "embed", "text", "-m", in(m), "-f", "tsv", "--quiet", phrase)) {
				v, err := strconv.ParseFloat(field, 32)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, float32(v))
			}
			if on.processor == "native" {
				want = got
			}
			if len(got) < 64 || len(got) != len(want) {
				t.Fatalf("%s: %d values on %v, %d on the machine of the test", m, len(got), on, len(want))
			}
			for i, v := range got {
				if math.Abs(float64(v-want[i])) > 1e-5 {
					t.Fatalf("%s: value %d is %g on %v, %g on the machine of the test", m, i, v, on, want[i])
				}
			}
		}
	}
	for _, codes := range []string{"none", "int8", "int4"} {
		for _, processor := range []string{"max", "cortex-a53"} {
			name := "docs-" + codes + processor
			run("", processor, "search", "build", "--model", in("sentence"), text, "--split", "line", "-o", in(name), "--quantize", codes, "--quiet")
			run("", processor, "search", "verify", in(name))
			answer := func(processor string) string {
				return run("", processor, "search", "query", in(name), "a horse that waits near the hill", "-k", "3", "--mode", "dense", "--format", "tsv", "--quiet")
			}
			if got, want := answer(processor), answer("native"); !sameAnswers(got, want) {
				t.Errorf("%s: the answers are\n%s\nand on the machine of the test\n%s", name, got, want)
			}
			if out := run("", processor, "search", "query", in(name), "the owl sleeps near the barn while the dog waits in the tree", "-k", "3"); !strings.Contains(out, "the owl sleeps near the barn while") {
				t.Errorf("%s: the text itself is not among the answers:\n%s", name, out)
			}
		}
	}
}

// sameAnswers reports whether two outputs of search query have the same fields, except that scores may differ by
// what rounding does to codes.
func sameAnswers(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) != len(y) || len(x) == 0 {
		return false
	}
	for i := range x {
		if x[i] == y[i] {
			continue
		}
		v, err := strconv.ParseFloat(x[i], 64)
		w, err2 := strconv.ParseFloat(y[i], 64)
		if err != nil || err2 != nil || math.Abs(v-w) > 2e-3 {
			return false
		}
	}
	return true
}
