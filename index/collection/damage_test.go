package collection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/old"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// contents returns the contents of every file under dir.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil {
			files[rel], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// wantDamage checks that opening a damaged collection fails with an error that names the file.
func wantDamage(t *testing.T, dir, name, what string) {
	t.Helper()
	c, err := Open(context.Background(), dir)
	if err == nil { // blocks are verified when they are read
		if _, err = c.Query(context.Background(), "you", 10, index.SearchOptions{}); err == nil && c.FullText() != nil {
			err = c.FullText().Verify(context.Background())
		}
		c.Close()
	}
	if err == nil {
		t.Errorf("%s, %s: Open and Query succeeded", name, what)
		return
	}
	if !strings.Contains(err.Error(), filepath.Base(name)) || fault.Hint(err) == "" {
		t.Errorf("%s, %s: Open: error %v, hint %q", name, what, err, fault.Hint(err))
	}
	report, err := Verify(context.Background(), dir)
	if err == nil || !strings.Contains(err.Error(), filepath.Base(name)) || fault.Hint(err) == "" || report != nil && report.OK() {
		t.Errorf("%s, %s: Verify: error %v, hint %q", name, what, err, fault.Hint(err))
	}
}

func TestOpenNamesDamage(t *testing.T) {
	for version, dir := range map[string]string{
		"format 1": buildOld(t, "how are you", "who are you", "who am I"),
		"format 2": buildTexts(t, "how are you", "who are you", "who am I"),
	} {
		t.Run(version, func(t *testing.T) { testOpenNamesDamage(t, dir) })
	}
}

func testOpenNamesDamage(t *testing.T, dir string) {
	files := contents(t, dir)
	if len(files) < 8 {
		t.Fatalf("only %d files", len(files))
	}
	r := rand.New(rand.NewPCG(3, 4))
	delete(files, "model/README.md") // people may edit it, and Open does not read it
	for name, good := range files {
		path := filepath.Join(dir, name)
		write := func(b []byte) {
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 24 {
			at := r.IntN(len(good))
			if i == 0 {
				at = len(good) - 1
			}
			bad := bytes.Clone(good)
			bad[at] ^= 1 << r.IntN(8)
			write(bad)
			wantDamage(t, dir, name, fmt.Sprintf("byte %d flipped", at))
			write(good[:at])
			wantDamage(t, dir, name, fmt.Sprintf("cut to %d bytes", at))
		}
		write(append(bytes.Clone(good), 0))
		wantDamage(t, dir, name, "a byte more")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		wantDamage(t, dir, name, "removed")
		write(good)
	}
	open1(t, dir)
}

// Each step of building fails in turn, as on a full disk: the error names the file by its
// final path, and nothing is left behind.
func TestBuildOnAFullDisk(t *testing.T) {
	for failing := range 1000 {
		parent := t.TempDir()
		dir := filepath.Join(parent, "docs")
		n, failed := 0, durable.Op("")
		restore := durable.Inject(func(op durable.Op, _ string) error {
			if n++; n-1 == failing {
				failed = op
				return syscall.ENOSPC
			}
			return nil
		})
		_, err := BuildPassages(context.Background(), dir, sentence.WorkedExample(), yield(nil, "how are you"), BuildOptions{})
		restore()
		if failed == "" {
			if err != nil || failing < 20 {
				t.Errorf("%d steps, %v", failing, err)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), ".luminavec-") || strings.Count(err.Error(), dir) != 1 {
			t.Errorf("step %d (%s): error %v", failing, failed, err)
		}
		if _, there := os.Stat(dir); there != nil { // else only the folder above could not be synced
			wantEmpty(t, parent)
			if fault.Hint(err) == "" {
				t.Errorf("step %d (%s): no hint: %v", failing, failed, err)
			}
		}
	}
	t.Error("Build takes too many steps")
}

// Open refuses anything that is not a valid collection.json.
func TestOpenHostileInfo(t *testing.T) {
	dir := buildTexts(t, "how are you")
	path := filepath.Join(dir, infoFile)
	if err := os.Truncate(path, maxInfo+1); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, dir, infoFile, "too long")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o777); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, dir, infoFile, "a folder")
}

// The files of two collections cannot be mixed, although each is valid.
func TestOpenNamesStrangers(t *testing.T) {
	testOpenNamesStrangers(t, buildOld(t, "how are you", "who are you"), buildOld(t, "who am I", "you"), indexFile, old.DocumentsFile)
	testOpenNamesStrangers(t, buildTexts(t, "how are you", "who are you"), buildTexts(t, "who am I", "you", "how"), "000001.passages", "000003.index.lvx", "000004.files")
}

func testOpenNamesStrangers(t *testing.T, dir, other string, names ...string) {
	for _, name := range names {
		files := contents(t, dir)
		b, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
		wantDamage(t, dir, name, "of another collection")
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Queries change no byte, and a collection can be open twice.
func TestQueryChangesNothing(t *testing.T) {
	dir := buildTexts(t, "how are you", "who are you", "who am I")
	before := contents(t, dir)
	a, b := open1(t, dir), open1(t, dir)
	for _, c := range []*Collection{a, b, a} {
		if hits, err := c.Query(context.Background(), "you", 2, index.SearchOptions{}); err != nil || len(hits) != 2 {
			t.Errorf("got %v, error %v", hits, err)
		}
	}
	a.Close()
	b.Close()
	if after := contents(t, dir); !maps.EqualFunc(before, after, bytes.Equal) {
		t.Error("a query changed the collection")
	}
}

// goText matches what errors of Go's runtime and of bbolt's code say.
var goText = regexp.MustCompile(`runtime|nil pointer|memory address|slice bounds|index out of range|interface|goroutine|0x|unsafe|\.go\b|\n`)
