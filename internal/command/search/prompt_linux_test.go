package search

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a program at a pseudo-terminal.
type terminal struct {
	t      *testing.T
	keys   *os.File
	chunks chan []byte
	seen   bytes.Buffer // since the last expect
}

// atTerminal starts this test as the command search at a pseudo-terminal of 80 columns.
func atTerminal(t *testing.T, env []string, args ...string) (*terminal, *exec.Cmd) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { keys.Close() })
	fd := int(keys.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err != nil {
		t.Skip(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer tty.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Args[0] = "search"
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, keys: keys, chunks: make(chan []byte)}
	go func() {
		defer close(x.chunks)
		for {
			b := make([]byte, 4096)
			n, err := keys.Read(b)
			if n > 0 {
				x.chunks <- b[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		for range x.chunks {
		}
	})
	return x, cmd
}

// press sends keys and waits until the output has text. It returns the output since the last call.
func (x *terminal) press(keys, text string) string {
	x.t.Helper()
	if _, err := io.WriteString(x.keys, keys); err != nil {
		x.t.Fatal(err)
	}
	timeout := time.After(30 * time.Second)
	for !strings.Contains(x.seen.String(), text) {
		select {
		case b, ok := <-x.chunks:
			if !ok {
				x.t.Fatalf("after %q: the program ended without %q:\n%s", keys, text, x.seen.String())
			}
			x.seen.Write(b)
		case <-timeout:
			x.t.Fatalf("after %q: no %q in:\n%s", keys, text, x.seen.String())
		}
	}
	out := x.seen.String()
	x.seen.Reset()
	return out
}

func TestPrompt(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{"bread.md": "# Bread\n\nBread is baked from flour, water and yeast.\n", "tea.md": "---\nyear: 2020\n---\n# Tea\n\nTea is made of leaves and hot water.\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), exe, "build", "bread.md", "tea.md", "-o", "docs")
	build.Args[0] = "search"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	env := []string{"TERM=xterm", "XDG_STATE_HOME=" + filepath.Join(dir, "state"), "PAGER=", "EDITOR=echo edited", "VISUAL=", "NO_COLOR=1"}

	x, cmd := atTerminal(t, env, "query", "docs")
	x.press("", "query> ")
	if out := x.press("which yeast\r", "from flour"); !strings.Contains(out, "bread.md:3 › Bread") {
		t.Errorf("%s", out)
	}
	x.press(":k 0\r", ":k takes a number from 1 to 100000, as in :k 20, got \"0\"")
	x.press(":k 1\r", "query> ")
	if out := x.press("hot water\r", "made of leaves"); strings.Contains(out, "bread.md") {
		t.Errorf(":k 1 prints two passages:\n%s", out)
	}
	x.press(":open 2\r", "from 1 to 1, got \"2\"")
	x.press(":open 1\r", "> 6  Tea is made of leaves")
	x.press(":edit 1\r", "edited +6 ")
	x.press(":mode words\r", `:mode takes hybrid, dense or bm25, got "words"`)
	x.press(":mode bm25\r", "query> ")
	x.press(":where yaer = 1\r", "query> ")
	x.press("water\r", `no passage has the field "yaer"`)
	x.press(":where year = 2020\r", "query> ")
	x.press("water\r", "tea.md:6")
	x.press(":nothing\r", "no such command: :nothing; :help lists them")
	x.press(":mo\t", ":mode ")
	x.press("dense\r", "query> ")
	x.press(":help\r", "Ctrl-R recall earlier questions")
	x.press("exit\r", "exit")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}

	// The history is for the user alone, and another session recalls it.
	path := filepath.Join(dir, "state", "luminavec", "query_history")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	x, cmd = atTerminal(t, env, "query", "docs")
	x.press("", "query> ")
	x.press("\x12which", "which yeast") // Ctrl-R
	x.press("\r", "from flour")
	x.press("\x1b[A", "which yeast") // the arrow up
	x.press("\x03", "Ctrl-C again or exit ends")
	x.press("\x04", "\n")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
