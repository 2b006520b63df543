package durable

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Carry copies the files that do not belong to the program.
func TestCarry(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("MARK", "old")
	write("own/old-only", "old")
	write("notes.txt", "mine")
	write("plots/loss.txt", "mine")
	write("taken", "old")
	if err := os.Symlink("notes.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}

	f, err := CreateFolder(dir, true, "MARK")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	for _, name := range []string{"MARK", "taken"} {
		if err := os.WriteFile(filepath.Join(f.Path(), name), []byte("new"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Carry(func(name string) bool { return name == "MARK" || strings.HasPrefix(name, "own/") }); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"MARK": "new", "taken": "new", "notes.txt": "mine", "plots/loss.txt": "mine", "link": "mine",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, want %q: %v", name, got, want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "own")); err == nil {
		t.Error("Carry copied a file of the program")
	}

	// With no folder to replace, Carry does nothing.
	f, err = CreateFolder(filepath.Join(filepath.Dir(dir), "other"), false, "MARK")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Carry(func(string) bool { return false }); err != nil {
		t.Error(err)
	}
	f.Abort()
}
