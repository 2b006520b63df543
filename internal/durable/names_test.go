package durable

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestIsTemp(t *testing.T) {
	for name, want := range map[string]bool{
		".model.luminavec-0123abcd":     true,
		".model.luminavec-0123abcd.old": true,
		".a.luminavec-0123abcd":         true,
		"model.luminavec-0123abcd":      false,
		".model.luminavec-0123abc":      false,
		".model.luminavec-0123abcg":     false,
		".luminavec-0123abcd":           false,
		".model":                        false,
		".old":                          false,
		"":                              false,
	} {
		if got := isTemp(name); got != want {
			t.Errorf("isTemp(%q) = %v", name, got)
		}
	}
}

func TestLongNames(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{strings.Repeat("n", 255), strings.Repeat("ö", 127)} {
		if err := writeFile(filepath.Join(root, name), "x1", false); err != nil {
			t.Error(err)
		}
	}
	a := filepath.Join(root, strings.Repeat("n", 254)+"a")
	b := filepath.Join(root, strings.Repeat("n", 254)+"b")
	if tempPrefix(a) == tempPrefix(b) {
		t.Error("two long names have the same hidden prefix")
	}
}

// Two writers of the same path do not disturb each other, and the last commit wins.
func TestLivingWriterIsNotSwept(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "out")
	f, err := CreateFile(path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	if renamesOpen { // with locks, not even a day without a write makes it a leftover
		old := time.Now().Add(-2 * abandonedAge)
		if err := os.Chtimes(f.temp, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeFile(path, "second", true); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "first")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, map[string]string{"out": "first"})

	path = filepath.Join(t.TempDir(), "out")
	d, err := CreateFolder(path, true, "MARK")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	if err := writeFolder(path, "second", true); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Path(), "MARK"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, filepath.Dir(path), map[string]string{"out/": "", "out/MARK": ""})
}

// Names that merely resemble hidden names are never removed.
func TestStrangersStay(t *testing.T) {
	root := t.TempDir()
	want := map[string]string{"out": "new"}
	for _, name := range []string{".out.luminavec-", ".out.luminavec-12345678x", ".out.luminavec-1234567X", ".other.luminavec-12345678", "out.luminavec-12345678"} {
		want[name] = "keep"
		if err := os.WriteFile(filepath.Join(root, name), []byte("keep"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeFile(filepath.Join(root, "out"), "new", false); err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, want)
}

func TestOlderThan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if olderThan(path, abandonedAge) {
		t.Error("a new file counts as old")
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(-2*abandonedAge)); err != nil {
		t.Fatal(err)
	}
	if !olderThan(path, abandonedAge) {
		t.Error("an old file does not count as old")
	}
}

// TestKilledWriter kills a process that is writing a file and a folder, and checks that the next
// writer removes both.
func TestKilledWriter(t *testing.T) {
	if root := os.Getenv("DURABLE_TEST_CHILD"); root != "" {
		child(root)
	}
	root := t.TempDir()
	c := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	c.Env = append(os.Environ(), "DURABLE_TEST_CHILD="+root)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill() // however the test ends
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready\n" {
		t.Fatalf("the child process printed %q: error %v", line, err)
	}
	alive := len(tree(t, root))
	if err := writeFile(filepath.Join(root, "file"), "one", false); err != nil {
		t.Fatal(err)
	}
	if got := len(tree(t, root)); got != alive+1 {
		t.Errorf("%d entries beside a running writer, want %d", got, alive+1)
	}
	c.Process.Kill()
	c.Wait()
	if !renamesOpen { // no locks: what is left waits for its day
		old := time.Now().Add(-2 * abandonedAge)
		for name := range tree(t, root) {
			os.Chtimes(filepath.Join(root, name), old, old)
		}
	}
	if err := writeFile(filepath.Join(root, "file"), "two", true); err != nil {
		t.Fatal(err)
	}
	if err := writeFolder(filepath.Join(root, "out"), "two", false); err != nil {
		t.Fatal(err)
	}
	want := folderTree("two")
	want["file"] = "two"
	wantTree(t, root, want)
}

func child(root string) {
	f, err := CreateFile(filepath.Join(root, "file"), false)
	if err == nil {
		var d *Folder
		d, err = CreateFolder(filepath.Join(root, "out"), false, "MARK")
		if err == nil {
			fmt.Fprint(f, "half")
			err = os.WriteFile(filepath.Join(d.Path(), "half"), nil, 0o666)
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	time.Sleep(time.Minute)
	os.Exit(1)
}
