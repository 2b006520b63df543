//go:build slow && unix

package attack

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/command/embed"
	"github.com/luminavec/luminavec/internal/command/search"
	"github.com/luminavec/luminavec/internal/command/train"
)

var (
	seedFlag = flag.Uint64("attack.seed", 1, "seed of all random choices; 0 draws one and prints it")
	tries    = flag.Int("attack.n", 20, "tries of each attack on a file or a command")
	program  = flag.String("attack.bin", "", "the luminavec `binary` to attack; default: this tree's")
	keep     = flag.String("attack.keep", "", "`folder` for the files of failed tries")
)

// victim is set in the environment of a process that is the program under attack.
const victim = "LUMINAVEC_ATTACKED"

func TestMain(m *testing.M) {
	switch os.Getenv(victim) {
	case "luminavec":
		root := &cobra.Command{Use: cli.Suite, Short: "Under attack"}
		root.AddCommand(train.Command(), embed.Command(), search.Command())
		os.Exit(cli.Run(root))
	case "log":
		os.Exit(openLog(os.Args[1]))
	}
	flag.Parse()
	if *seedFlag == 0 {
		*seedFlag = rand.Uint64()
	}
	fmt.Printf("attack: seed %d\n", *seedFlag)
	status := m.Run()
	if status != 0 {
		fmt.Printf("attack: to repeat it, with -run for one test: go test -tags slow ./internal/attack -attack.seed %d -attack.n %d\n", *seedFlag, *tries)
	}
	if fixtureDir != "" {
		os.RemoveAll(fixtureDir)
	}
	os.Exit(status)
}

// random returns the random numbers of an attack, which do not depend on the other attacks.
func random(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(*seedFlag, h.Sum64()))
}

// The bounds of a command on the small files of this test. Those of a race detector or of a
// busy machine are far below.
const (
	maxTime   = 60 * time.Second
	maxMemory = 700 << 20
	maxStderr = 64 << 10 // a training warns of each checkpoint that it cannot save
)

// outcome is how a process ended.
type outcome struct {
	args           []string
	status         int // 128 and the signal if a signal ended it, as shells do
	signalled      bool
	stdout, stderr string
	took           time.Duration
	memory         int64
	late           bool // killed, because it took longer than maxTime
}

func (o outcome) String() string {
	return fmt.Sprintf("luminavec %s\nstatus %d after %s with %d MiB\n%s", strings.Join(o.args, " "), o.status, o.took.Round(time.Millisecond), o.memory>>20, head(o.stderr, 2000))
}

func head(s string, n int) string {
	if len(s) > n {
		return fmt.Sprintf("%s… (%d bytes)", s[:n], len(s))
	}
	return s
}

// command returns the program with arguments, to be run in the folder dir.
func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	path, env := *program, ""
	if path == "" {
		path, env = os.Args[0], victim+"=luminavec"
		if args[0] == "log" {
			env, args = victim+"=log", args[1:]
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		panic(err)
	}
	c := exec.CommandContext(ctx, path, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env)
	return c
}

// run runs the program to its end.
func run(t *testing.T, dir string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), maxTime)
	defer cancel()
	return finish(t, ctx, command(ctx, dir, args...), args)
}

// finish runs a prepared process to its end.
func finish(t *testing.T, ctx context.Context, c *exec.Cmd, args []string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	began := time.Now()
	if err := c.Run(); c.ProcessState == nil {
		t.Fatal(err)
	}
	return ended(c, args, &stdout, &stderr, began, ctx.Err() != nil)
}

func ended(c *exec.Cmd, args []string, stdout, stderr *bytes.Buffer, began time.Time, late bool) outcome {
	o := outcome{args: args, status: c.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(), took: time.Since(began), late: late}
	if ws, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		o.signalled, o.status = true, 128+int(ws.Signal())
	}
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		if o.memory = usage.Maxrss; runtime.GOOS != "darwin" {
			o.memory <<= 10
		}
	}
	return o
}

// internals are words that no message for a user contains.
var internals = []string{
	"goroutine", "panic", "runtime error", "nil pointer", "reflect", " json: ", "strconv", "invalid memory address",
	"SIGSEGV", "SIGBUS", "fatal error", "unexpected fault", "interface conversion", "Go struct", "Go value", "bufio.",
	"out of range [", "slice bounds", "makeslice", "internal error", "bbolt", "%!", "unicode/utf8", "float64", "int64", ".go:", "ErrUnexpected",
}

// checkLaws returns what is wrong with an outcome, "" if nothing is.
func checkLaws(o outcome, allowed ...int) string {
	ok := false
	for _, s := range append(allowed, 0, 1, 2) {
		ok = ok || s == o.status
	}
	switch {
	case o.late:
		return fmt.Sprintf("it takes more than %s", maxTime)
	case !ok:
		return fmt.Sprintf("exit status %d", o.status)
	case o.memory > maxMemory:
		return fmt.Sprintf("it needs %d MiB of memory", o.memory>>20)
	case len(o.stderr) > maxStderr:
		return fmt.Sprintf("%d bytes of messages", len(o.stderr))
	case o.status != 0 && o.stderr == "" && !o.signalled:
		return "it fails without a message"
	case !utf8.ValidString(o.stderr):
		return "the messages are not UTF-8"
	}
	for _, word := range internals {
		if strings.Contains(o.stderr, word) {
			return fmt.Sprintf("a message contains %q", word)
		}
	}
	for _, r := range o.stderr {
		if r < ' ' && r != '\n' || r == 0x7f {
			return fmt.Sprintf("a message contains the control character %U", r)
		}
	}
	return ""
}

// hidden returns the temporary files and folders below dir.
func hidden(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.Contains(e.Name(), ".luminavec-") {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return found
}

// exists reports whether anything is at the path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// copyTree copies files and folders, named by their paths in the folder from, to the folder to.
func copyTree(t *testing.T, to, from string, names ...string) {
	t.Helper()
	for _, name := range names {
		err := filepath.WalkDir(filepath.Join(from, name), func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(from, path)
			if err != nil {
				return err
			}
			target := filepath.Join(to, rel)
			if e.IsDir() {
				return os.MkdirAll(target, 0o777)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
				return err
			}
			return os.WriteFile(target, data, 0o666)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// keepCase copies the folder of a failed try.
func keepCase(t *testing.T, dir, name string, try int) {
	t.Helper()
	if *keep == "" {
		return
	}
	to := filepath.Join(*keep, fmt.Sprintf("%s-%d-%d", strings.ReplaceAll(name, "/", "_"), *seedFlag, try))
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Log(err)
	}
	t.Logf("kept in %s", to)
}
