//go:build slow && unix

package attack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/fusion"
)

// changes are commands that change the collection "col" of the folder "src", and what is done to the folder before.
var changes = []struct {
	line   string
	before func(t *testing.T, r *rand.Rand, dir string)
}{
	{"search build src -m sent -o col --threads 1 --no-adapt --force", edit},
	{"search sync col", edit},
	{"search add col more", func(*testing.T, *rand.Rand, string) {}},
	{"search delete col src/3.txt src/5.txt", func(*testing.T, *rand.Rand, string) {}},
	{"search compact col", func(t *testing.T, r *rand.Rand, dir string) {
		for range 3 {
			edit(t, r, dir)
			if o := run(t, dir, "search", "sync", "col"); o.status != 0 {
				t.Fatal(o)
			}
		}
	}},
}

// edit changes, adds and removes files of the folder.
func edit(t *testing.T, r *rand.Rand, dir string) {
	t.Helper()
	for _, n := range []int{0, 1, 2, 20 + r.IntN(100)} {
		writePassages(t, r, filepath.Join(dir, "src", fmt.Sprintf("%d.txt", n)))
	}
	if err := os.Remove(filepath.Join(dir, "src", "9.txt")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

func writePassages(t *testing.T, r *rand.Rand, path string) {
	t.Helper()
	var b bytes.Buffer
	for range 40 {
		for range 5 + r.IntN(20) {
			fmt.Fprintf(&b, "w%d ", r.IntN(60))
		}
		b.WriteString("\n\n")
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// killedTries is how many tries of each change are made for -attack.n 20, and killedTime about how long they may take.
const (
	killedTries = 44
	killedTime  = 9 * time.Second
)

// TestKilledCollection kills changes of a collection, most of them while they write: it opens as it was before or as it is after
// the change, with all parts verified.
func TestKilledCollection(t *testing.T) {
	for _, c := range changes {
		t.Run(strings.Join(strings.Fields(c.line)[:2], " "), func(t *testing.T) {
			r, from, base := random("killed collection "+c.line), fixtures(t), t.TempDir()
			copyTree(t, base, from, "sent")
			for _, name := range []string{"src", "more"} {
				if err := os.Mkdir(filepath.Join(base, name), 0o777); err != nil {
					t.Fatal(err)
				}
				for n := range 10 {
					writePassages(t, r, filepath.Join(base, name, fmt.Sprintf("%d.txt", n)))
				}
			}
			if o := run(t, base, strings.Fields("search build src -m sent -o col --threads 1 --no-adapt")...); o.status != 0 {
				t.Fatal(o)
			}
			c.before(t, r, base)
			before, args := describe(t, base), strings.Fields(c.line)

			once := t.TempDir()
			copyTree(t, once, base, filesIn(t, base)...)
			ended, writing := killWhileWriting(t, once, args, time.Hour)
			if !ended {
				t.Fatal("it did not end")
			}
			after := describe(t, once)
			if before == after && args[1] != "compact" {
				t.Fatal("it changed nothing")
			}

			counts, began := map[string]int{}, time.Now()
			for try := range killedTries * *tries / 20 {
				if *tries <= 20 && time.Since(began) > killedTime {
					break
				}
				dir := t.TempDir()
				copyTree(t, dir, base, filesIn(t, base)...)
				wait := time.Duration(1.2 * r.Float64() * float64(writing))
				_, took := killWhileWriting(t, dir, args, wait)
				writing = max(writing*19/20, min(took, 2*writing))
				found := describe(t, dir)
				switch found {
				case after:
					counts["after"]++
				case before:
					counts["before"]++
				default:
					t.Errorf("try %d, killed after %s of %s: the collection is neither as before nor as after", try, wait, writing)
					keepCase(t, dir, "killed "+args[1], try)
				}
				if try%8 == 0 { // the next one succeeds and removes what was left
					deleted := args[1] == "delete" && found == after // and cannot be deleted again
					if o := run(t, dir, args...); (o.status != 0) != deleted || describe(t, dir) != after {
						t.Errorf("try %d: again after it was killed: %v", try, o)
					}
					if left := hidden(t, dir); len(left) > 0 {
						t.Errorf("try %d: the next one left %q", try, left)
					}
				}
				os.RemoveAll(dir)
				if t.Failed() {
					return
				}
			}
			t.Logf("as before: %d, as after: %d", counts["before"], counts["after"])
		})
	}
}

// killWhileWriting runs a command and kills it some time after it first changed the folder. It returns whether it ended by
// itself, and how long it had been writing.
func killWhileWriting(t *testing.T, dir string, args []string, wait time.Duration) (ended bool, writing time.Duration) {
	t.Helper()
	c := command(t.Context(), dir, args...)
	was := listed(dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { c.Wait(); close(done) }()
	changed := time.Time{}
	deadline := time.After(maxTime)
	for {
		select {
		case <-done:
			if changed.IsZero() {
				changed = time.Now()
			}
			return c.ProcessState.Success(), time.Since(changed)
		case <-deadline:
			c.Process.Kill()
			<-done
			t.Fatalf("%q is late", args)
		case <-time.After(200 * time.Microsecond):
		}
		if changed.IsZero() && listed(dir) != was {
			changed = time.Now()
		}
		if !changed.IsZero() && time.Since(changed) >= wait {
			c.Process.Signal(syscall.SIGKILL)
			<-done
			return c.ProcessState.Success(), time.Since(changed)
		}
	}
}

// listed returns the names in a folder and in its collection.
func listed(dir string) string {
	var b strings.Builder
	for _, d := range []string{dir, filepath.Join(dir, "col")} {
		entries, _ := os.ReadDir(d)
		for _, e := range entries {
			fmt.Fprintln(&b, e.Name())
		}
	}
	return b.String()
}

// describe verifies the collection and returns its files, its passages and an answer.
func describe(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "col")
	c, err := collection.Open(t.Context(), path)
	if err != nil {
		t.Errorf("it does not open: %v", err)
		return err.Error()
	}
	defer c.Close()
	if _, _, err := collection.VerifyPath(t.Context(), path); err != nil {
		t.Errorf("it is damaged: %v", err)
	}
	var b strings.Builder
	if err := c.EachPassage(t.Context(), func(p *collection.Stored) {
		fmt.Fprintf(&b, "%s:%d %s\n", filepath.Base(p.Path), p.FirstLine, p.Text)
	}); err != nil {
		t.Errorf("its passages cannot be read: %v", err)
	}
	for _, mode := range fusion.Modes() {
		answer, err := c.Ask(t.Context(), collection.Question{Text: "w7 w9 w11", K: 5, Mode: mode})
		if err != nil {
			t.Errorf("%s: %v", mode, err)
			continue
		}
		for _, h := range answer.Hits {
			fmt.Fprintf(&b, "%s %s:%d %.4f\n", mode, filepath.Base(h.Path), h.FirstLine, h.Score)
		}
	}
	return b.String()
}
