package old

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection/internal/old/oldtest"
	"github.com/luminavec/luminavec/internal/fault"
)

// write returns a folder with the database of documents with these texts.
func write(t *testing.T, texts []string) string {
	t.Helper()
	dir := t.TempDir()
	docs := make([]documents.Passage, len(texts))
	for i, text := range texts {
		docs[i] = documents.Passage{Path: "f.txt", FirstLine: i + 1, Text: text}
	}
	if err := oldtest.Write(filepath.Join(dir, DocumentsFile), docs); err != nil {
		t.Fatal(err)
	}
	return dir
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
	dir := write(t, texts)
	path := filepath.Join(dir, DocumentsFile)
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
		docs, err := OpenDocuments(dir)
		if err == nil {
			labels := make([]int64, len(texts))
			for i := range labels {
				labels[i] = int64(i)
			}
			_, err = docs.Passages(labels)
			docs.Close()
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
	dir := write(t, texts)
	path := filepath.Join(dir, DocumentsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 16, 100, os.Getpagesize(), 2*os.Getpagesize() + 1, 4 * os.Getpagesize()} {
		docs, err := OpenDocuments(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, int64(size)); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 2)
		go func() {
			for range 2 {
				_, err := docs.Passages([]int64{0, 150, 299})
				done <- err
			}
			docs.Close()
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
	dir := write(t, texts)
	path := filepath.Join(dir, DocumentsFile)
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
	docs, err := OpenDocuments(dir)
	if err == nil {
		_, err = docs.Passages([]int64{0, 150, 299})
		docs.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "do not form a tree") || fault.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

func FuzzParseDocument(f *testing.F) {
	f.Add(oldtest.Encode(documents.Passage{Text: "text", Path: "file", FirstLine: 7}))
	f.Add([]byte{0x80})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := parseDocument(b)
		if !ok {
			return
		}
		if again, ok := parseDocument(oldtest.Encode(d)); !ok || !reflect.DeepEqual(again, d) {
			t.Errorf("%+v was decoded as %+v, %v", d, again, ok)
		}
	})
}
