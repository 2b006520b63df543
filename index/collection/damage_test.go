package collection

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/luminavec/luminavec/index"
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
	testOpenNamesStrangers(t, buildOld(t, "how are you", "who are you"), buildOld(t, "who am I", "you"), indexFile, documentsFile)
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

// Even if checksums are not verified, a damaged database causes an error or wrong results,
// but never a panic.
func TestDamagedDatabaseNeverPanics(t *testing.T) {
	texts := make([]string, 300)
	for i := range texts {
		texts[i] = fmt.Sprintf("you and document %d %s", i, strings.Repeat("x", i))
	}
	dir := buildOld(t, texts...)
	path := filepath.Join(dir, documentsFile)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	failed := 0
	for range 400 {
		bad := bytes.Clone(good)
		switch r.IntN(3) {
		case 0: // the heads of pages hold what leads bbolt astray
			page := r.IntN(len(bad) / os.Getpagesize())
			for range 4 {
				bad[page*os.Getpagesize()+r.IntN(64)] = byte(r.IntN(256))
			}
		case 1:
			bad = bad[:r.IntN(len(bad))]
		default:
			for range 20 {
				bad[r.IntN(len(bad))] = byte(r.IntN(256))
			}
		}
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		docs, err := openDocuments(dir)
		if err == nil {
			labels := make([]int64, len(texts))
			for i := range labels {
				labels[i] = int64(i)
			}
			_, err = docs.passages(labels)
			docs.close()
		}
		if err != nil {
			failed++
			if fault.Hint(err) == "" {
				t.Errorf("error without a hint: %v", err)
			}
			if goText.MatchString(err.Error()) {
				t.Errorf("the error is about Go: %v", err)
			}
		}
	}
	if failed < 100 {
		t.Errorf("only %d of 400 damaged files caused an error", failed)
	}
}

// A file that is cut while it is open is an error, and neither a later query nor Close waits
// for locks that bbolt holds since it panicked.
func TestCutWhileOpen(t *testing.T) {
	texts := make([]string, 300)
	for i := range texts {
		texts[i] = fmt.Sprintf("you and document %d %s", i, strings.Repeat("x", 100))
	}
	dir := buildOld(t, texts...)
	path := filepath.Join(dir, documentsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 16, 100, os.Getpagesize(), 2*os.Getpagesize() + 1, 4 * os.Getpagesize()} {
		docs, err := openDocuments(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, int64(size)); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 2)
		go func() {
			for range 2 {
				_, err := docs.passages([]int64{0, 150, 299})
				done <- err
			}
			docs.close()
			close(done)
		}()
		for {
			select {
			case err, more := <-done:
				if more && (err == nil || fault.Hint(err) == "" || !strings.Contains(err.Error(), "is damaged: ")) {
					t.Errorf("cut to %d bytes: error %v, hint %q", size, err, fault.Hint(err))
				}
				if more {
					continue
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("cut to %d bytes: it waits for a lock", size)
			}
			break
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Branch pages that form a cycle, which would exhaust the stack, are an error.
func TestCircleOfPages(t *testing.T) {
	texts := make([]string, 300)
	for i := range texts {
		texts[i] = fmt.Sprintf("you and document %d %s", i, strings.Repeat("x", 100))
	}
	dir := buildOld(t, texts...)
	path := filepath.Join(dir, documentsFile)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	circles, size := 0, os.Getpagesize()
	for page := range len(file) / size {
		p := file[page*size : (page+1)*size]
		if binary.NativeEndian.Uint16(p[8:]) == branchFlag {
			for i := range int(binary.NativeEndian.Uint16(p[10:])) {
				binary.NativeEndian.PutUint64(p[pageHeader+i*branchElement+8:], uint64(page))
				circles++
			}
		}
	}
	if circles == 0 {
		t.Fatal("the database has no branch page")
	}
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	docs, err := openDocuments(dir)
	if err == nil {
		_, err = docs.passages([]int64{0, 150, 299})
		docs.close()
	}
	if err == nil || !strings.Contains(err.Error(), "do not form a tree") || fault.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

func FuzzParseDocument(f *testing.F) {
	f.Add(appendDocument(nil, Document{"text", "file", 7}))
	f.Add([]byte{0x80})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := parseDocument(b)
		if !ok {
			return
		}
		if again, ok := parseDocument(appendDocument(nil, Document{d.Text, d.Path, int64(d.FirstLine)})); !ok || !reflect.DeepEqual(again, d) {
			t.Errorf("%+v was decoded as %+v, %v", d, again, ok)
		}
	})
}
