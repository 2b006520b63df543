package durable

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// tree returns the contents of all files under root, including hidden ones.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			if path != root {
				files[filepath.ToSlash(name)+"/"] = ""
			}
			return nil
		}
		data, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func wantTree(t *testing.T, root string, want map[string]string) {
	t.Helper()
	if got := tree(t, root); !maps.Equal(got, want) {
		t.Fatalf("tree is %q, want %q", got, want)
	}
}

// writeFile writes content to path in two pieces.
func writeFile(path, content string, replace bool) error {
	f, err := CreateFile(path, replace)
	if err != nil {
		return err
	}
	defer f.Abort()
	for _, piece := range []string{content[:1], content[1:]} {
		if _, err := f.Write([]byte(piece)); err != nil {
			return err
		}
	}
	return f.Commit()
}

// writeFolder writes a folder of three files, one of them the marker.
func writeFolder(path, content string, replace bool) error {
	d, err := CreateFolder(path, replace, "MARK")
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
	return d.Commit()
}

func folderTree(content string) map[string]string {
	return map[string]string{
		"out/": "", "out/MARK": content + "MARK", "out/a": content + "a", "out/sub/": "", "out/sub/b": content + "sub/b",
	}
}

// outputs are the two kinds of output, with the tree after writing a version of each.
var outputs = []struct {
	name  string
	write func(path, content string, replace bool) error
	tree  func(content string) map[string]string
}{
	{"file", writeFile, func(content string) map[string]string { return map[string]string{"out": content} }},
	{"folder", writeFolder, folderTree},
}

// TestEveryStepFails makes each step of writing fail in turn, because of a full disk or a crash,
// with and without an old version, with and without an atomic exchange. Afterwards either the
// old or the new version is complete. After an error no temporary file remains, and after a
// crash the next write removes it.
func TestEveryStepFails(t *testing.T) {
	for _, out := range outputs {
		for _, cause := range []error{syscall.ENOSPC, ErrCrash} {
			for _, replace := range []bool{false, true} {
				for _, canExchange := range []bool{true, false} {
					name := out.name + "/" + cause.Error()
					if replace {
						name += "/replace"
					}
					if !canExchange {
						name += "/two renames"
					}
					t.Run(name, func(t *testing.T) {
						steps := map[Op]bool{}
						for failing := 0; ; failing++ {
							if !failStep(t, out.write, out.tree, cause, replace, canExchange, failing, steps) {
								if failing < 4 {
									t.Fatalf("only %d steps", failing)
								}
								break
							}
							if failing > 1000 {
								t.Fatal("writing takes too many steps")
							}
						}
						if out.name == "folder" && replace && steps[OpAside] == canExchange {
							t.Errorf("renamed twice: %v, atomic exchange available: %v", steps[OpAside], canExchange)
						}
					})
				}
			}
		}
	}
}

// failStep writes once, making the step with the given number fail, and reports whether there
// was such a step.
func failStep(t *testing.T, write func(string, string, bool) error, want func(string) map[string]string,
	cause error, replace, canExchange bool, failing int, steps map[Op]bool,
) bool {
	t.Helper()
	root := t.TempDir()
	path := filepath.Join(root, "out")
	before := map[string]string{}
	if replace {
		if err := write(path, "old", false); err != nil {
			t.Fatal(err)
		}
		before = want("old")
	}
	n, failed := 0, Op("")
	restore := Inject(func(op Op, _ string) error {
		steps[op] = true
		if op == OpExchange && !canExchange {
			return errors.ErrUnsupported
		}
		if n++; n-1 == failing {
			failed = op
			return cause
		}
		return nil
	})
	err := write(path, "new", replace)
	restore()
	if failed == "" {
		if err != nil {
			t.Fatalf("no step failed, but writing returned %v", err)
		}
		wantTree(t, root, want("new"))
		return false
	}
	if failed != OpRemove || cause == ErrCrash {
		if !errors.Is(err, cause) {
			t.Fatalf("step %d (%s) failed, but the error is %v", failing, failed, err)
		}
	}
	if err := Recover(path); err != nil {
		t.Fatal(err)
	}
	got := tree(t, root)
	if cause == ErrCrash {
		maps.DeleteFunc(got, func(name, _ string) bool { return isTemp(strings.Split(name, "/")[0]) })
	} else {
		if err != nil && failed != OpSync && fault.Hint(err) != hintDiskFull {
			t.Errorf("step %d (%s): hint %q", failing, failed, fault.Hint(err))
		}
		if err != nil && strings.Contains(err.Error(), tempMark) {
			t.Errorf("step %d (%s): the error contains a hidden name: %v", failing, failed, err)
		}
		if failed == OpRemove {
			maps.DeleteFunc(got, func(name, _ string) bool { return isTemp(strings.Split(name, "/")[0]) })
		}
	}
	if !maps.Equal(got, before) && !maps.Equal(got, want("new")) {
		t.Fatalf("after step %d (%s) the tree is %q", failing, failed, got)
	}
	if err := write(path, "next", true); err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, want("next"))
	return true
}

// Every file and folder is on disk before anything gets its final name.
func TestSyncedBeforeVisible(t *testing.T) {
	root := t.TempDir()
	var ops []string
	restore := Inject(func(op Op, path string) error {
		if op == OpSync || op == OpRename {
			ops = append(ops, string(op)+" "+filepath.Base(path))
		}
		return nil
	})
	defer restore()
	if err := writeFolder(filepath.Join(root, "out"), "x", false); err != nil {
		t.Fatal(err)
	}
	at := slices.Index(ops, "rename out")
	for _, want := range []string{"sync MARK", "sync a", "sync b", "sync sub"} {
		if i := slices.Index(ops, want); i < 0 || i > at {
			t.Errorf("%q does not precede the rename in %q", want, ops)
		}
	}
	if slices.Index(ops, "sync b") > slices.Index(ops, "sync sub") {
		t.Errorf("a folder was synced before its file: %q", ops)
	}
	if ops[len(ops)-1] != "sync "+filepath.Base(root) {
		t.Errorf("the parent folder was not synced last: %q", ops)
	}
}

func TestExists(t *testing.T) {
	for _, out := range outputs {
		root := t.TempDir()
		path := filepath.Join(root, "out")
		if err := out.write(path, "one", false); err != nil {
			t.Fatal(err)
		}
		err := out.write(path, "two", false)
		if !errors.Is(err, fs.ErrExist) || fault.Hint(err) != "" || strings.Count(err.Error(), "cannot write") != 1 {
			t.Errorf("%s: error %v, hint %q", out.name, err, fault.Hint(err))
		}
		wantTree(t, root, out.tree("one"))
	}
}

// Commit does not overwrite what another program created after Create.
func TestAppearsMeanwhile(t *testing.T) {
	for _, out := range outputs {
		root := t.TempDir()
		path := filepath.Join(root, "out")
		restore := Inject(func(op Op, at string) error {
			if op == OpRename {
				return os.WriteFile(path, []byte("theirs"), 0o666)
			}
			return nil
		})
		err := out.write(path, "ours", false)
		restore()
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: error %v", out.name, err)
		}
		wantTree(t, root, map[string]string{"out": "theirs"})
	}
}

func TestBadPlace(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	before := tree(t, root)
	for _, test := range []struct {
		path      string
		file, dir string // in the message; "" where it works
	}{
		{"", "path is empty", "path is empty"},
		{filepath.Join(root, "no", "out"), "no such folder", "no such folder"},
		{filepath.Join(root, "file", "out"), "is a file", "is a file"},
		{filepath.Join(root, "folder"), "it is a folder", ""},
		{filepath.Join(root, "file"), "", "a file with this name exists"},
		{filepath.VolumeName(root) + string(filepath.Separator), "root of the file system", "root of the file system"},
	} {
		f, err := CreateFile(test.path, true)
		checkMessage(t, test.path, err, test.file)
		if f != nil {
			f.Abort()
		}
		d, err := CreateFolder(test.path, true, "MARK")
		checkMessage(t, test.path, err, test.dir)
		if d != nil {
			d.Abort()
		}
	}
	wantTree(t, root, before)
}

func checkMessage(t *testing.T, path string, err error, want string) {
	t.Helper()
	switch {
	case want == "":
		if err != nil {
			t.Errorf("%q: error %v", path, err)
		}
	case err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "":
		t.Errorf("%q: error %v with hint %q, want %q and a hint", path, err, fault.Hint(err), want)
	}
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		err  error
		hint string
	}{
		{nil, ""},
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, hintDiskFull},
		{fs.ErrPermission, hintPermission},
		{syscall.EACCES, hintPermission},
		{errors.New("other"), ""},
		{fault.New("own", "message"), "own"},
	} {
		err := Explain("out", test.err)
		if !errors.Is(err, test.err) || fault.Hint(err) != test.hint {
			t.Errorf("Explain(%v) = %v with hint %q", test.err, err, fault.Hint(err))
		}
	}
}
