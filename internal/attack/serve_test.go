//go:build slow && unix

package attack

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// serveRounds is how often the server is killed, each time after at most a second.
const serveRounds = 12

// A server that is killed while records are added and removed has lost no change that it has acknowledged, and starts again.
func TestServeKilled(t *testing.T) {
	r := rand.New(rand.NewPCG(*seedFlag, 16))
	dir := t.TempDir()
	text, docs := filepath.Join(dir, "a.txt"), filepath.Join(dir, "docs")
	if err := os.WriteFile(text, []byte("a first sentence about cats\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t.Context(), dir, "search", "build", text, "-o", docs, "--no-adapt").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	state := map[string]string{} // acknowledged texts, "" for removed ones
	unsure := map[string]bool{}  // ids of requests without an answer
	var mu sync.Mutex
	next := 0
	for round := range serveRounds {
		child, url := startServer(t, docs)
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() {
				for {
					mu.Lock()
					id := fmt.Sprintf("r%d", next)
					remove := next%5 == 4 && next > 20
					if next++; remove {
						id = fmt.Sprintf("r%d", next-18)
					}
					unsure[id] = true
					mu.Unlock()
					content := "sentence of " + id
					var err error
					if remove {
						content = ""
						err = send(http.MethodDelete, url+"/records/"+id, nil)
					} else {
						err = send(http.MethodPost, url+"/records", map[string]any{"records": []any{map[string]any{"id": id, "text": content}}})
					}
					if err != nil {
						return
					}
					mu.Lock()
					state[id] = content
					delete(unsure, id)
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(100+r.IntN(900)) * time.Millisecond)
		child.Process.Kill()
		child.Wait()
		clients.Wait()

		child, url = startServer(t, docs)
		there := idsOf(t, url)
		for id, want := range state {
			if unsure[id] {
				continue
			}
			if got, ok := there[id]; ok != (want != "") || got != want {
				t.Errorf("round %d: record %s: %q (%v), acknowledged %q", round, id, got, ok, want)
			}
		}
		child.Process.Kill()
		child.Wait()
		if t.Failed() {
			return
		}
	}
	if len(state) < serveRounds {
		t.Errorf("only %d changes were acknowledged", len(state))
	}
	t.Logf("%d changes were acknowledged, %d were not", len(state), len(unsure))
	if out, err := command(t.Context(), dir, "search", "verify", docs).CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

// startServer returns a server and the address of its collection.
func startServer(t *testing.T, docs string) (*exec.Cmd, string) {
	t.Helper()
	cmd := command(t.Context(), filepath.Dir(docs), "search", "serve", docs, "--writable", "--addr", "127.0.0.1:0", "--log", "none")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Wait()
		t.Fatalf("the server did not start: %v\n%s", err, errs.String())
	}
	return cmd, line[:len(line)-1] + "/v1/collections/" + filepath.Base(docs)
}

func send(method, url string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, url, bytes.NewReader(data))
	if body == nil {
		r, err = http.NewRequest(method, url, nil)
	}
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: 20 * time.Second}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var written any
	if err := json.NewDecoder(answer.Body).Decode(&written); err != nil {
		return err
	}
	if answer.StatusCode == http.StatusNotFound && method == http.MethodDelete {
		return nil // it was not there, or not acknowledged before
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %v", answer.Status, written)
	}
	return nil
}

// idsOf returns the texts of the records by their ids.
func idsOf(t *testing.T, url string) map[string]string {
	t.Helper()
	found := map[string]string{}
	var files struct {
		Files []struct {
			Path string `json:"path"`
		} `json:"files"`
	}
	fetch(t, url+"/files?limit=1000", &files)
	for _, f := range files.Files {
		for from := 0; ; {
			var d struct {
				Total    int `json:"total"`
				Passages []struct {
					ID   string `json:"id"`
					Text string `json:"text"`
				} `json:"passages"`
			}
			fetch(t, fmt.Sprintf("%s/document?limit=1000&from=%d&path=%s", url, from, f.Path), &d)
			for _, p := range d.Passages {
				if p.ID != "" {
					found[p.ID] = p.Text
				}
			}
			if from += len(d.Passages); from >= d.Total || len(d.Passages) == 0 {
				break
			}
		}
	}
	return found
}

func fetch(t *testing.T, url string, into any) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, answer.Status, err)
	}
}
