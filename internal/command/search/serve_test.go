package search

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/luminavec/luminavec/internal/cli/clitest"
)

// startServer runs 'search serve', and returns the process and its address.
func startServer(t *testing.T, stderr io.Writer, args ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command("search", append([]string{"serve", "--addr", "127.0.0.1:0", "--json"}, args...)...)
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var said struct {
		Address string `json:"address"`
		Served  []struct {
			Name string `json:"name"`
		} `json:"served"`
	}
	if e := json.Unmarshal(line, &said); err != nil || e != nil || len(said.Served) != 2 || said.Served[0].Name != "docs" || said.Served[1].Name != "m" {
		t.Fatalf("%v %v: %s", err, e, line)
	}
	return cmd, said.Address
}

// The server starts on a free port, answers, and ends with status 0 after each of the signals that ask it to.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	model, docs, text := filepath.Join(dir, "m"), filepath.Join(dir, "docs"), filepath.Join(dir, "a.txt")
	if err := clitest.WriteModel(model, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(text, []byte("the king and the queen\n\nbread of italy\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("search", "build", "-m", model, "--split", "line", text, "-o", docs).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		var log bytes.Buffer
		cmd, address := startServer(t, &log, docs, model, "--log", "json")
		resp, err := http.Post(address+"/v1/collections/docs/query", "application/json", strings.NewReader(`{"text":"queen","k":1}`))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || !bytes.Contains(body, []byte(`"text":"the king and the queen"`)) {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
		cmd.Process.Signal(signal)
		done := make(chan error)
		go func() { done <- cmd.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("after %v: %v\n%s", signal, err, log.String())
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%v did not end it", signal)
		}
		for line := range strings.Lines(log.String()) {
			if !json.Valid([]byte(line)) {
				t.Errorf("the log has %s", line)
			}
		}
		if !strings.Contains(log.String(), `"path":"/v1/collections/docs/query","status":200`) || strings.Contains(log.String(), `queen`) {
			t.Errorf("log: %s", log.String())
		}
	}
}
