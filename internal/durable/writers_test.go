package durable

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// once returns a function for Inject that calls fn at the first step op.
func once(op Op, fn func() error) func(Op, string) error {
	var called atomic.Bool // fn may write as well
	return func(now Op, _ string) error {
		if now != op || called.Swap(true) {
			return nil
		}
		return fn()
	}
}

// withoutLock makes swaps of two renames give up waiting for each other, as on a system
// without locks.
func withoutLock(t *testing.T) { waitForLock(t, 0) }

func waitForLock(t *testing.T, d time.Duration) {
	was := lockWait
	lockWait = d
	t.Cleanup(func() { lockWait = was })
}

// A sweep that comes between the creation of a temporary file or folder and its lock removes
// it; the writer then takes another name.
func TestSweepBeforeLock(t *testing.T) {
	if !renamesOpen {
		t.Skip("this system has no locks: a sweep removes only what is a day old")
	}
	for _, out := range outputs {
		root := t.TempDir()
		path := filepath.Join(root, "out")
		restore := Inject(once(OpLock, func() error {
			temps, _, err := leftovers(path)
			if err != nil || len(temps) != 1 {
				return fmt.Errorf("the hidden names are %q: %v", temps, err)
			}
			Sweep(path)
			if _, err := os.Lstat(temps[0]); err == nil {
				return errors.New("the sweep removed nothing")
			}
			return nil
		}))
		err := out.write(path, "new", false)
		restore()
		if err != nil {
			t.Errorf("%s: %v", out.name, err)
		}
		wantTree(t, root, out.tree("new"))
	}
}

// A sweep that has opened a temporary folder before the writer committed it does not remove
// what is there afterwards.
func TestSweepAfterCommit(t *testing.T) {
	if !renamesOpen {
		t.Skip("this system has no locks")
	}
	root := t.TempDir()
	temp := filepath.Join(root, ".out"+tempMark+"01234567")
	for _, dir := range []string{temp, filepath.Join(root, "other")} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(filepath.Join(root, "other"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if claim(f, temp) {
		t.Error("a folder was claimed under the name of another one")
	}
}

// What another writer does between the check and the rename does not make a writer that may
// replace it fail.
func TestChangesBeforeRename(t *testing.T) {
	for _, test := range []struct {
		name  string
		old   bool // a folder is there at first
		twice bool // there is no exchange
		at    Op
		do    func(path string) error
	}{
		{"appears", false, false, OpRename, func(path string) error { return writeFolder(path, "theirs", false) }},
		{"leaves", true, false, OpExchange, os.RemoveAll},
		{"leaves, two renames", true, true, OpAside, os.RemoveAll},
		{"appears between two renames", true, true, OpRename, func(path string) error { return writeFolder(path, "theirs", false) }},
		{"is recovered between two renames", true, true, OpRename, Recover},
		{"is recovered and replaced", true, true, OpRename, func(path string) error {
			if err := Recover(path); err != nil {
				return err
			}
			return os.RemoveAll(path) // the first of two renames of another writer
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			withoutLock(t)
			root := t.TempDir()
			path := filepath.Join(root, "out")
			if test.old {
				if err := writeFolder(path, "old", false); err != nil {
					t.Fatal(err)
				}
			}
			hook := once(test.at, func() error { return test.do(path) })
			restore := Inject(func(op Op, at string) error {
				if err := hook(op, at); err != nil {
					return err
				}
				if op == OpExchange && test.twice {
					return errors.ErrUnsupported
				}
				return nil
			})
			err := writeFolder(path, "new", true)
			restore()
			if err != nil {
				t.Fatal(err)
			}
			want := folderTree("new")
			if test.name == "is recovered and replaced" {
				want = map[string]string{}
			}
			wantTree(t, root, want)
		})
	}
}

// A folder that another writer replaces and removes while it is checked for the marker is not
// mistaken for a foreign one.
func TestReplacedWhileChecked(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "out")
	if err := os.MkdirAll(filepath.Join(path, "left"), 0o777); err != nil {
		t.Fatal(err)
	}
	restore := Inject(once(OpRefuse, func() error {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		return writeFolder(path, "theirs", false)
	}))
	err := writeFolder(path, "new", true)
	restore()
	if err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, folderTree("new"))
}

// Carry starts again if the folder is replaced while it copies.
func TestReplacedWhileCarried(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "out")
	if err := writeFolder(path, "old", false); err != nil {
		t.Fatal(err)
	}
	d, err := CreateFolder(path, true, "MARK")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	if err := os.WriteFile(filepath.Join(d.Path(), "MARK"), []byte("new"), 0o666); err != nil {
		t.Fatal(err)
	}
	replaced := false
	err = d.Carry(func(name string) bool {
		if !replaced {
			replaced = true
			if err := writeFolder(path, "theirs", true); err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(filepath.Join(path, "note"), []byte("mine"), 0o666); err != nil {
				t.Error(err)
			}
		}
		return name != "note"
	})
	if err == nil {
		err = d.Commit()
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := tree(t, root)["out/note"]; got != "mine" {
		t.Errorf("the note holds %q", got)
	}
}

// carryAndWrite writes a folder like writeFolder, and carries the user's note.
func carryAndWrite(path, content string) error {
	d, err := CreateFolder(path, true, "MARK")
	if err != nil {
		return err
	}
	defer d.Abort()
	for _, name := range []string{"MARK", "a", "sub/b"} {
		w, err := d.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(content + name)); err != nil {
			w.Close()
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	if err := d.Carry(func(name string) bool { return name != "note" }); err != nil {
		return err
	}
	return d.Commit()
}

// A swap of two renames waits for another one at the same path, and a reader does as well.
func TestSwapsWait(t *testing.T) {
	if !renamesOpen {
		t.Skip("tested with flock only")
	}
	waitForLock(t, time.Minute)
	root := t.TempDir()
	path := filepath.Join(root, "out")
	if err := writeFolder(path, "old", false); err != nil {
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	hook := once(OpRename, func() error {
		waiting.Go(func() {
			if err := Recover(path); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(path, "MARK")); err != nil {
				t.Errorf("after Recover: %v", err)
			}
		})
		waiting.Go(func() {
			if err := writeFolder(path, "later", true); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(20 * time.Millisecond)
		if _, err := os.Lstat(path); err == nil {
			return errors.New("something is at the path between two renames")
		}
		return nil
	})
	restore := Inject(func(op Op, at string) error {
		if err := hook(op, at); err != nil {
			return err
		}
		return noExchange(op, at)
	})
	err := writeFolder(path, "new", true)
	waiting.Wait()
	restore()
	if err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, folderTree("later"))
}

// A folder is written in one that is being written, as the model of a collection is, and does
// not wait for the lock of the outer one.
func TestFolderInFolder(t *testing.T) {
	waitForLock(t, time.Minute)
	root := t.TempDir()
	d, err := CreateFolder(filepath.Join(root, "out"), false, "MARK")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	began := time.Now()
	for range 2 {
		if err := writeFolder(filepath.Join(d.Path(), "out"), "new", true); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	wantTree(t, d.Path(), folderTree("new"))
}

// noExchange is a function for Inject that simulates a system without an exchange.
func noExchange(op Op, _ string) error {
	if op == OpExchange {
		return errors.ErrUnsupported
	}
	return nil
}

// Many writers of one folder, and of one file, all succeed; the result is one of theirs, with
// the user's note, and nothing else is left.
func TestManyWriters(t *testing.T) {
	waitForLock(t, time.Minute) // on a busy machine
	for _, exchange := range []bool{true, false} {
		t.Run(fmt.Sprintf("exchange %v", exchange), func(t *testing.T) {
			if !exchange {
				defer Inject(noExchange)()
			}
			root := t.TempDir()
			path, file := filepath.Join(root, "out"), filepath.Join(root, "file")
			if err := carryAndWrite(path, "old"); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(path, "note"), []byte("mine"), 0o666); err != nil {
				t.Fatal(err)
			}
			var writers sync.WaitGroup
			for w := range 8 {
				writers.Go(func() {
					for i := range 25 {
						content := fmt.Sprint("w", w, ".", i, " ")
						if err := carryAndWrite(path, content); err != nil {
							t.Errorf("folder: %v", err)
						}
						if err := writeFile(file, content, true); err != nil {
							t.Errorf("file: %v", err)
						}
					}
				})
			}
			writers.Wait()
			oneOfThem(t, root)
		})
	}
}

// oneOfThem checks that root holds one version of the folder and of the file.
func oneOfThem(t *testing.T, root string) {
	t.Helper()
	got := tree(t, root)
	content := strings.TrimSuffix(got["out/MARK"], "MARK")
	want := folderTree(content)
	want["out/note"] = "mine"
	want["file"] = got["file"]
	if content == "" || content == "old" || got["file"] == "" {
		t.Errorf("the folder was written by %q, the file by %q", content, got["file"])
	}
	wantTree(t, root, want)
}

// TestKilledWriters does the same with processes that are killed now and then. The writer that
// comes last leaves a complete folder and removes everything that they left.
func TestKilledWriters(t *testing.T) {
	if root := os.Getenv("DURABLE_TEST_WRITERS"); root != "" {
		lockWait = time.Minute
		if os.Getenv("DURABLE_TEST_TWICE") != "" {
			Inject(noExchange)
		}
		fmt.Println("ready")
		for i := 0; ; i++ {
			content := fmt.Sprint("p", os.Getpid(), ".", i, " ")
			if err := carryAndWrite(filepath.Join(root, "out"), content); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			if err := writeFile(filepath.Join(root, "file"), content, true); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
	if !renamesOpen {
		t.Skip("without locks, what a killed writer leaves stays for a day")
	}
	for _, twice := range []string{"", "yes"} {
		t.Run("two renames "+twice, func(t *testing.T) {
			root := t.TempDir()
			path := filepath.Join(root, "out")
			if err := carryAndWrite(path, "old"); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(path, "note"), []byte("mine"), 0o666); err != nil {
				t.Fatal(err)
			}
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			for range 6 {
				var writers sync.WaitGroup
				for range 3 {
					wait := time.Duration(r.IntN(30000)) * time.Microsecond
					writers.Go(func() { runAndKill(t, root, twice, wait) })
				}
				writers.Wait()
			}
			if err := carryAndWrite(path, "last"); err != nil {
				t.Fatal(err)
			}
			if err := writeFile(filepath.Join(root, "file"), "last", true); err != nil {
				t.Fatal(err)
			}
			oneOfThem(t, root)
		})
	}
}

// runAndKill runs a writer and kills it after some time.
func runAndKill(t *testing.T, root, twice string, wait time.Duration) {
	c := exec.Command(os.Args[0], "-test.run=^TestKilledWriters$")
	c.Env = append(os.Environ(), "DURABLE_TEST_WRITERS="+root, "DURABLE_TEST_TWICE="+twice)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Error(err)
		return
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Errorf("the writer printed %q", lines.Text())
	}
	time.Sleep(wait)
	c.Process.Kill()
	for lines.Scan() {
		t.Errorf("a writer failed: %s", lines.Text())
	}
	c.Wait()
}
