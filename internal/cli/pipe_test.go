//go:build unix

package cli

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/pipe"
)

// The exit status tells the signal, as a shell does.
func TestStatusOfSignal(t *testing.T) {
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		if signal.Ignored(sig) {
			continue // as nohup has it
		}
		status, _, stderr := runTool(t, func(cmd *cobra.Command, _ []string) error {
			if err := syscall.Kill(os.Getpid(), sig); err != nil {
				return err
			}
			<-cmd.Context().Done()
			return cmd.Context().Err()
		}, "work")
		if status != want || stderr != "tool: interrupted\n" {
			t.Errorf("%v: status %d, stderr %q, want %d", sig, status, stderr, want)
		}
	}
}

// A signal ends a command that waits for a pipe: its configuration, a file that a library opens
// without a context, and an output that nobody reads.
func TestSignalEndsPipes(t *testing.T) {
	fifo := func(name string) string { // one each: a goroutine left behind still waits at its end
		path := filepath.Join(t.TempDir(), name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config, input, output := fifo("config"), fifo("input"), fifo("output")
	nothing := func(*cobra.Command, []string) error { return errors.New("it did not wait") }
	for _, test := range []struct {
		name string
		work func(*cobra.Command, []string) error
		args []string
	}{
		{"configuration", nothing, []string{"work", "--config", config}},
		{"library", func(*cobra.Command, []string) error {
			f, err := pipe.Open(input)
			if err == nil {
				_, err = f.Read(make([]byte, 1))
			}
			return err
		}, []string{"work"}},
		{"output", func(cmd *cobra.Command, _ []string) error {
			_, err := OpenOutput(cmd, OutputOptions{Path: output})
			return err
		}, []string{"work"}},
	} {
		time.AfterFunc(100*time.Millisecond, func() { syscall.Kill(os.Getpid(), syscall.SIGTERM) })
		if status, _, stderr := runTool(t, test.work, test.args...); status != 143 || stderr != "tool: interrupted\n" {
			t.Errorf("%s: status %d, stderr %q", test.name, status, stderr)
		}
	}
}
