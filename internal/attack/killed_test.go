//go:build slow && unix

package attack

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A job is a command that writes an output, replacing an old one.
type job struct {
	line  string
	out   string // what it writes
	check string // a command that fails if the output is not complete; "": the output is always the same
}

var jobs = []job{
	{"train skipgram corpus.txt -o out --dim 8 --min-count 1 --epochs 3 --threads 1 --checkpoint-every 10ms --force", "out", "search verify out"},
	{"train skipgram corpus.txt -o out --dim 8 --min-count 1 --epochs 2 --cache out.cache --force", "out", "search verify out"},
	{"train cbow corpus.txt -o out --dim 8 --min-count 1 --epochs 2 --char-ngrams 3-4 --buckets 5000 --force", "out", "search verify out"},
	{"train sentence pairs.tsv -o out --dim 8 --vocab 80 --epochs 3 --checkpoint-every 10ms --force", "out", "search verify out"},
	{"train resume part", "part", "search verify part"},
	{"train resume words --corpus docs.txt -o out --epochs 2 --checkpoint-every 10ms --force", "out", "search verify out"},
	{"train tokenizer corpus.txt -o out.json --vocab 100 --force", "out.json", ""},
	{"train phrases corpus.txt -o out.txt --min-count 2 --threshold 1 --force", "out.txt", ""},
	{"train mine pairs.tsv -m words -o out.tsv --negatives 2 --margin -2 --force", "out.tsv", ""},
	{"embed import v.txt -o out --force", "out", "search verify out"},
	{"embed export -m words -f word2vec-bin -o out.bin --force", "out.bin", ""},
	{"embed text -m words corpus.txt -o out.npy --force", "out.npy", ""},
	{"search build -m sent docs.txt -o out --threads 1 --force", "out", "search verify out"},
	{"search compact docs", "docs", "search verify docs"},
	{"search add docs corpus.txt", "docs", "search verify docs"},
	{"search sync docs", "docs", "search verify docs"},
	{"search build notes -m sent -o out --threads 1 --force", "out", "search verify out"},
	{"search build --vectors v.npy -o out.lvx --threads 1 --deterministic --force", "out.lvx", "search verify out.lvx"},
	{"log log.lvx", "log.lvx", "log log.lvx"},
}

// inputs are the fixtures that jobs read.
var inputs = []string{"corpus.txt", "notes", "docs.txt", "pairs.tsv", "words", "sent", "v.txt", "v.npy", "docs", "log.lvx", "log.lvx.log"}

// TestKilled kills jobs, or interrupts them by a signal, at random moments, first without and
// then with an old output.
func TestKilled(t *testing.T) {
	for _, j := range jobs {
		t.Run(j.name(), func(t *testing.T) {
			t.Parallel()
			if j.line[:3] == "log" && *program != "" {
				t.Skip("not a command")
			}
			j.killed(t)
		})
	}
}

func (j *job) killed(t *testing.T) {
	r, from := random("killed "+j.line), fixtures(t)
	dir := t.TempDir()
	copyTree(t, dir, from, inputs...)
	args := strings.Fields(j.line)
	if j.out == "part" {
		interruptedModel(t, dir)
	}
	once := t.TempDir() // to learn how long it takes, and what it writes
	copyTree(t, once, dir, filesIn(t, dir)...)
	o := run(t, once, args...)
	if wrong := checkLaws(o); wrong != "" || o.status != 0 {
		t.Fatalf("undisturbed: %s\n%v", wrong, o)
	}
	want, _ := os.ReadFile(filepath.Join(once, j.out))
	longest := o.took
	for try := range *tries / 2 {
		signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT}[r.IntN(5)]
		wait := time.Duration(r.Float64() * 1.1 * float64(longest))
		there, before := exists(filepath.Join(dir, j.out)), hidden(t, dir)
		o := runAndSignal(t, dir, wait, signal, args)
		longest = max(longest*9/10, o.took)
		fail := func(format string, more ...any) {
			t.Helper()
			t.Errorf("try %d: "+format+"\nsignal %v after %s\n%v", append(append([]any{try}, more...), signal, wait, o)...)
			keepCase(t, dir, "killed "+j.out, try)
		}
		allowed := []int{130, 143}
		if signal == syscall.SIGKILL {
			allowed = []int{128 + int(syscall.SIGKILL)}
		}
		if wrong := checkLaws(o, allowed...); wrong != "" {
			fail("%s", wrong)
		}
		if signal != syscall.SIGKILL && o.took > wait+20*time.Second {
			fail("it ended %s after the signal", o.took-wait)
		}
		// What an earlier try left stays if this one ended before it wrote anything.
		left := slices.DeleteFunc(hidden(t, dir), func(name string) bool { return o.status != 0 && slices.Contains(before, name) })
		if !o.signalled && len(left) > 0 {
			fail("it left %q", left)
		}
		switch now := exists(filepath.Join(dir, j.out)); {
		case there && !now:
			fail("the old output is gone")
		case now && j.check == "":
			if got, err := os.ReadFile(filepath.Join(dir, j.out)); err != nil || !bytes.Equal(got, want) {
				fail("the output has %d bytes, expected %d: %v", len(got), len(want), err)
			}
		case now:
			if c := run(t, dir, strings.Fields(j.check)...); c.status != 0 {
				fail("the output is damaged: %v", c)
			}
		}
		if t.Failed() {
			return
		}
	}
	last := run(t, dir, args...)
	if j.out == "part" && last.status == 1 && strings.Contains(last.stderr, "already finished") {
		last.status = 0 // and it swept
	}
	if wrong := checkLaws(last); wrong != "" || last.status != 0 {
		t.Errorf("at last: %s\n%v", wrong, last)
	}
	if left := hidden(t, dir); len(left) > 0 {
		t.Errorf("the last run has left %q of the killed ones", left)
	}
}

// filesIn lists the names in a folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// interruptedModel makes the model "part", whose training is not finished.
func interruptedModel(t *testing.T, dir string) {
	t.Helper()
	args := strings.Fields("train skipgram corpus.txt -o part --dim 8 --min-count 1 --epochs 20000 --threads 1 --checkpoint-every 10ms --force")
	for wait := 300 * time.Millisecond; ; wait *= 2 {
		o := runAndSignal(t, dir, wait, syscall.SIGINT, args)
		if o.status == 130 && exists(filepath.Join(dir, "part")) {
			return
		}
		if o.status == 0 || wait > time.Minute {
			t.Fatalf("the training was not interrupted: %v", o)
		}
	}
}

// runAndSignal runs a command and sends it a signal after some time, if it still runs.
func runAndSignal(t *testing.T, dir string, wait time.Duration, signal syscall.Signal, args []string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), maxTime)
	defer cancel()
	c := command(ctx, dir, args...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	began := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(wait, func() { c.Process.Signal(signal) })
	c.Wait()
	timer.Stop()
	return ended(c, args, &stdout, &stderr, began, ctx.Err() != nil)
}
