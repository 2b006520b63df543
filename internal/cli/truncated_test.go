//go:build linux

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// A mapped file that is truncated ends the command with a message, not with a stack.
func TestTruncatedWhileOpen(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "mapped"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(1 << 16); err != nil {
		t.Fatal(err)
	}
	mapped, err := syscall.Mmap(int(f.Fd()), 0, 1<<16, syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(mapped)
	sum := 0
	status, _, stderr := runTool(t, func(*cobra.Command, []string) error {
		if err := f.Truncate(0); err != nil {
			return err
		}
		for _, b := range mapped {
			sum += int(b)
		}
		return nil
	}, "work")
	if status != StatusFailed || !strings.HasPrefix(stderr, "tool: a file could not be read: ") || !strings.Contains(stderr, "\nhint: ") {
		t.Errorf("status %d, sum %d, %q", status, sum, stderr)
	}
}
