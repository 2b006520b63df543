//go:build slow && unix

package attack

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/luminavec/luminavec/internal/manifest"
)

// TestFull runs jobs on a full disk, without and with an old output. Each try has a different
// amount of space.
func TestFull(t *testing.T) {
	for _, j := range jobs {
		t.Run(j.name(), func(t *testing.T) {
			t.Parallel()
			if j.line[:3] == "log" && *program != "" {
				t.Skip("not a command")
			}
			r, from := random("full "+j.line), fixtures(t)
			dir := t.TempDir()
			copyTree(t, dir, from, inputs...)
			if j.out == "part" {
				interruptedModel(t, dir)
			}
			full := t.TempDir() // all that a run needs and writes
			copyTree(t, full, dir, filesIn(t, dir)...)
			args := strings.Fields(j.line)
			if o := run(t, full, args...); o.status != 0 {
				t.Fatalf("with enough space: %v", o)
			}
			largest := largestFile(t, filepath.Join(full, j.out))
			for try := range *tries / 3 {
				before := state(t, dir, j.out)
				blocks := r.IntN(int(largest/512) + 2)
				// Files cannot become longer than this, which is a full disk that is seen early.
				o := shell(t, dir, fmt.Sprintf("ulimit -f %d; exec \"$@\"", blocks), args)
				j.checkFull(t, dir, try, before, o)
				if t.Failed() {
					return
				}
				if try == *tries/6 {
					copyTree(t, dir, full, j.out)
					if j.out == "log.lvx" {
						copyTree(t, dir, full, "log.lvx.log")
					}
				}
			}
			j.fullDisk(t, dir, r.IntN)
		})
	}
}

func (j *job) name() string { return strings.Join(strings.Fields(j.line)[:2], " ") + " " + j.out }

// checkFull checks the result of a run that may have failed for want of space.
func (j *job) checkFull(t *testing.T, dir string, try int, before map[string]string, o outcome) {
	t.Helper()
	wrong := checkLaws(o)
	switch {
	case wrong != "":
	case o.status == 1 && !strings.Contains(o.stderr, "hint: ") && j.line[:3] != "log":
		wrong = "no hint"
	case len(hidden(t, dir)) > 0:
		wrong = fmt.Sprintf("it left %q", hidden(t, dir))
	case o.status != 0 && j.check == "" && !maps.Equal(before, state(t, dir, j.out)):
		wrong = "it failed, but the output has changed"
	case o.status != 0 && len(before) > 0 && !exists(filepath.Join(dir, j.out)):
		wrong = "the old output is gone"
	case j.check != "" && exists(filepath.Join(dir, j.out)):
		if c := run(t, dir, strings.Fields(j.check)...); c.status != 0 {
			wrong = "the output is damaged: " + c.String()
		}
	}
	if wrong != "" {
		t.Errorf("try %d: %s\n%v", try, wrong, o)
		keepCase(t, dir, "full "+j.out, try)
	}
}

// state returns the checksums of the files of an output.
func state(t *testing.T, dir, out string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	if !exists(filepath.Join(dir, out)) {
		return sums
	}
	names, err := filesBelow(filepath.Join(dir, out))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := manifest.Sum(t.Context(), dir, filepath.ToSlash(filepath.Join(out, name)))
		if err != nil {
			t.Fatal(err)
		}
		sums[name] = fmt.Sprintf("%x", f.Sum)
	}
	return sums
}

func largestFile(t *testing.T, path string) int64 {
	t.Helper()
	names, err := filesBelow(path)
	if err != nil {
		t.Fatal(err)
	}
	var most int64
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(path, name)); err == nil {
			most = max(most, info.Size())
		}
	}
	return most
}

// shell runs the program from a line of the shell, in which it is "$@".
func shell(t *testing.T, dir, line string, args []string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), maxTime)
	defer cancel()
	c := command(ctx, dir, args...)
	sh := exec.CommandContext(ctx, "sh", append([]string{"-c", line, "sh"}, c.Args...)...)
	sh.Dir, sh.Env = c.Dir, c.Env
	return finish(t, ctx, sh, args)
}

// canMount reports whether a small disk can be made without privileges.
var canMount = sync.OnceValue(func() bool {
	return exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt").Run() == nil
})

// fullDisk runs a job on a disk of little space, of which the shell checks what is left.
func (j *job) fullDisk(t *testing.T, dir string, intN func(int) int) {
	if !canMount() {
		t.Log("small disks are not tried: unshare does not work here")
		return
	}
	if j.line[:3] == "log" {
		return // it has a file beside its output
	}
	usage, err := exec.Command("du", "-sk", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	var used int
	fmt.Sscan(string(usage), &used)
	for try := range *tries / 6 {
		mount := t.TempDir()
		line := fmt.Sprintf(`mount -t tmpfs -o size=%dk none '%[2]s' && cp -r '%[3]s/.' '%[2]s' && cd '%[2]s' || exit 0
			"$@"; status=$?; ls -A | grep luminavec- >&2 && echo "goroutine: something is left" >&2
			exit $status`, used+8*intN(40), mount, dir)
		ctx, cancel := context.WithTimeout(t.Context(), maxTime)
		c := command(ctx, dir, strings.Fields(j.line)...)
		sh := exec.CommandContext(ctx, "unshare", append([]string{"-rm", "sh", "-c", line, "sh"}, c.Args...)...)
		sh.Dir, sh.Env = c.Dir, c.Env
		o := finish(t, ctx, sh, strings.Fields(j.line))
		cancel()
		if wrong := checkLaws(o); wrong != "" {
			t.Errorf("small disk, try %d: %s\n%v", try, wrong, o)
		}
	}
}

// TestReadOnly runs jobs in a folder that may not be written.
func TestReadOnly(t *testing.T) {
	from := fixtures(t)
	place, err := os.MkdirTemp("", "readonly") // not t.TempDir, which others may not enter
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(place)
	if err := os.Chmod(place, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, j := range jobs {
		if j.line[:3] == "log" {
			continue // it has a file of its own to lock
		}
		dir := filepath.Join(place, fmt.Sprint(i))
		copyTree(t, dir, from, inputs...)
		if j.out == "part" {
			interruptedModel(t, dir)
		}
		before := state(t, place, fmt.Sprint(i))
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		args := strings.Fields(j.line)
		ctx, cancel := context.WithTimeout(t.Context(), maxTime)
		c := command(ctx, dir, args...)
		if os.Geteuid() == 0 { // who may write anywhere
			c.Path = copyProgram(t, place, c.Path)
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		o := finish(t, ctx, c, args)
		cancel()
		wrong := checkLaws(o)
		switch {
		case wrong != "":
		case o.status != 1:
			wrong = "it does not fail"
		case !strings.Contains(o.stderr, "hint: "):
			wrong = "no hint"
		case strings.Contains(o.stderr, "cannot save a checkpoint"):
			wrong = "it trains although the model cannot be saved"
		case !maps.Equal(before, state(t, place, fmt.Sprint(i))):
			wrong = "something was written"
		}
		if wrong != "" {
			t.Errorf("%s: %s\n%v", j.name(), wrong, o)
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// copyProgram copies the program to where other users can run it, once.
func copyProgram(t *testing.T, dir, path string) string {
	t.Helper()
	to := filepath.Join(dir, "program")
	if exists(to) {
		return to
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err == nil {
		_, err = io.Copy(out, in)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// TestFullOutput writes to a standard output that is full.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	from := fixtures(t)
	lines := slices.Clone(indexes)
	for _, p := range preys {
		if p.name == "sent" || p.name == "docs" {
			for _, line := range p.run {
				if !strings.Contains(line, " -o ") && !strings.HasPrefix(line, "train resume") {
					lines = append(lines, strings.ReplaceAll(line, "@", p.name))
				}
			}
		}
	}
	for _, line := range append(lines, "embed text -m words docs.txt", "embed text -m words -f jsonl docs.txt", "embed export -m words", "train mine pairs.tsv -m words -o - --margin -2 --negatives 1", "--help", "--version") {
		args := strings.Fields(strings.ReplaceAll(line, "@", "flat.lvx"))
		ctx, cancel := context.WithTimeout(t.Context(), maxTime)
		c := command(ctx, from, args...)
		var stderr strings.Builder
		c.Stdout, c.Stderr = full, &stderr
		c.Run()
		cancel()
		o := outcome{args: args, status: c.ProcessState.ExitCode(), stderr: stderr.String()}
		if wrong := checkLaws(o); wrong != "" || o.status != 1 {
			t.Errorf("%s (expected status 1)\n%v", wrong, o)
		}
	}
}
