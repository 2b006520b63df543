package collection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// put writes files, whose times are old enough to show every later change.
func put(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		ticks++
		at := time.Now().Add(-time.Hour + time.Duration(ticks)*time.Millisecond)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

var ticks int

func buildFolder(t testing.TB, dir, folder string, o documents.Options) {
	t.Helper()
	src, err := documents.Open(context.Background(), nil, []string{folder}, o)
	if err == nil {
		_, err = Build(context.Background(), dir, sentence.WorkedExample(), src, BuildOptions{Index: index.Options{Kind: index.Flat}, Replace: true})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func sync1(t testing.TB, dir string) *Changes {
	t.Helper()
	c, err := Sync(context.Background(), dir, ChangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// all returns the passages by label.
func all(t testing.TB, dir string) map[int64]documents.Passage {
	t.Helper()
	c := open1(t, dir)
	defer c.Close()
	labels, err := c.Labels()
	if err != nil {
		t.Fatal(err)
	}
	var list []int64
	for _, l := range labels.ToArray() {
		list = append(list, int64(l))
	}
	stored, err := c.Passages(list)
	if err != nil {
		t.Fatal(err)
	}
	found := map[int64]documents.Passage{}
	for _, s := range stored {
		found[s.Label] = s.Passage
	}
	if len(found) != c.Len() || c.FullText().Len() != c.Len() {
		t.Errorf("%d passages, %d in the full text, expected %d", len(found), c.FullText().Len(), c.Len())
	}
	if _, err := c.Index().Verify(context.Background()); err != nil {
		t.Error(err)
	}
	return found
}

// Passages whose text is the same keep their labels, and have their new places.
func TestSyncKeepsPassages(t *testing.T) {
	folder, dir := filepath.Join(t.TempDir(), "notes"), filepath.Join(t.TempDir(), "docs")
	put(t, folder, map[string]string{"a.txt": "how are you\nwho are you\nwho am I\n", "b.txt": "you\n"})
	buildFolder(t, dir, folder, documents.Options{Split: documents.Line})
	put(t, folder, map[string]string{"a.txt": "how am I\nhow are you\nwho am I\n"})
	c := sync1(t, dir)
	if len(c.Changed) != 1 || c.Unchanged != 1 || c.Encoded != 1 || c.PassagesAdded != 1 || c.PassagesRemoved != 1 {
		t.Errorf("%+v", c)
	}
	got := map[int64]string{}
	for label, p := range all(t, dir) {
		got[label] = fmt.Sprintf("%s:%d %s", filepath.Base(p.Path), p.FirstLine, p.Text)
	}
	want := map[int64]string{0: "a.txt:2 how are you", 2: "a.txt:3 who am I", 3: "b.txt:1 you", 4: "a.txt:1 how am I"}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	cl := open1(t, dir)
	if hits, err := cl.Query(context.Background(), "how am I", 1, index.SearchOptions{}); err != nil || hits[0].Label != 4 {
		t.Errorf("%v, %v", hits, err)
	}
	// A second time, nothing is read or written.
	before := contents(t, dir)
	if c := sync1(t, dir); !c.Empty() || c.Unchanged != 2 || c.Bytes == 0 {
		t.Errorf("%+v", c)
	}
	if after := contents(t, dir); !reflect.DeepEqual(before, after) {
		t.Error("a sync without changes changed the collection")
	}
}

// After any changes, a synced collection has the same passages and finds the same as a new one.
func TestSyncEqualsBuild(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	words := strings.Fields("how are you who am I")
	text := func() string {
		var b strings.Builder
		for range 1 + r.IntN(4) {
			for range 1 + r.IntN(3) {
				fmt.Fprintf(&b, "%s ", words[r.IntN(len(words))])
			}
			b.WriteString("\n\n")
		}
		return b.String()
	}
	content := map[string]func() string{
		".txt": text,
		".md":  func() string { return fmt.Sprintf("---\nyear: %d\n---\n# %s\n%s", r.IntN(9), words[r.IntN(6)], text()) },
		".jsonl": func() string {
			var b strings.Builder
			for i := range 1 + r.IntN(3) {
				fmt.Fprintf(&b, "{\"id\": \"%d-%d\", \"text\": %q, \"n\": %d}\n", i, r.IntN(1000), words[r.IntN(6)]+" "+words[r.IntN(6)], r.IntN(5))
			}
			return b.String()
		},
	}
	parent := t.TempDir()
	folder, dir := filepath.Join(parent, "notes"), filepath.Join(parent, "docs")
	names := []string{"a.txt", "b.txt", "c.md", "sub/d.md", "sub/e.jsonl", "f.jsonl"}
	put(t, folder, map[string]string{"a.txt": text()})
	buildFolder(t, dir, folder, documents.Options{})
	for step := range 40 {
		for range 1 + r.IntN(3) {
			name := names[r.IntN(len(names))]
			path := filepath.Join(folder, name)
			switch r.IntN(4) {
			case 0:
				os.Remove(path)
			case 1:
				os.Rename(path, filepath.Join(folder, fmt.Sprintf("renamed%d%s", r.IntN(3), filepath.Ext(name))))
			default:
				put(t, folder, map[string]string{name: content[filepath.Ext(name)]()})
			}
		}
		put(t, folder, map[string]string{"always.txt": "you and I"})
		sync1(t, dir)
		if step%9 == 8 {
			if _, err := Compact(context.Background(), dir, ChangeOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		fresh := filepath.Join(parent, "fresh")
		buildFolder(t, fresh, folder, documents.Options{})
		if got, want := summary(t, dir), summary(t, fresh); !slices.Equal(got, want) {
			t.Fatalf("step %d: synced\n%s\nbuilt\n%s", step, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if _, err := Verify(context.Background(), dir); err != nil {
			t.Fatal(err)
		}
	}
}

// summary describes all passages, fields and scores, whatever the labels.
func summary(t *testing.T, dir string) []string {
	t.Helper()
	c := open1(t, dir)
	defer c.Close()
	scores := map[int64]string{}
	hits, err := c.Query(context.Background(), "how are you", 1000, index.SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hits {
		scores[h.Label] = fmt.Sprintf("%.5f", h.Score)
	}
	var list []string
	for label, p := range all(t, dir) {
		p.Fields = byName(p.Fields)
		list = append(list, fmt.Sprintf("%+v %s", p, scores[label]))
	}
	for _, name := range c.FieldNames() {
		n := 0
		if err := c.Values(context.Background(), name, func(int64, any) { n++ }); err != nil {
			t.Fatal(err)
		}
		if n > 0 { // one whose passages are all deleted is known until they are merged
			list = append(list, fmt.Sprint(name, n))
		}
	}
	files, err := c.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		list = append(list, fmt.Sprint(f.Path, f.Kind, f.Size, f.SHA256, f.Passages, f.Text))
	}
	slices.Sort(list)
	return list
}

// Whatever step fails, as on a full disk, or is the last one of a killed program, the collection is
// as before or after, and the next change succeeds and leaves nothing behind.
func TestChangeInterrupted(t *testing.T) {
	parent := t.TempDir()
	folder, good := filepath.Join(parent, "notes"), filepath.Join(parent, "good")
	put(t, folder, map[string]string{"a.txt": "how are you\nwho are you\n", "b.txt": "who am I\n", "c.txt": "you\n"})
	buildFolder(t, good, folder, documents.Options{Split: documents.Line})
	put(t, folder, map[string]string{"a.txt": "who are you\nhow am I\n", "d.txt": "I am who I am\n"})
	if err := os.Remove(filepath.Join(folder, "c.txt")); err != nil {
		t.Fatal(err)
	}
	before := summary(t, good)
	want := filepath.Join(parent, "want")
	buildFolder(t, want, folder, documents.Options{Split: documents.Line})
	after := summary(t, want)
	dir := filepath.Join(parent, "docs")
	for _, cause := range []error{durable.ErrCrash, syscall.ENOSPC} {
		for failing := 0; ; failing++ {
			if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
				t.Fatal(err)
			}
			n, failed := 0, durable.Op("")
			restore := durable.Inject(func(op durable.Op, _ string) error {
				if n++; n-1 == failing {
					failed = op
				}
				if n-1 >= failing && (cause == durable.ErrCrash || n-1 == failing) { // a dead program does nothing more
					return cause
				}
				return nil
			})
			_, err := Sync(context.Background(), dir, ChangeOptions{})
			restore()
			if failed == "" {
				if err != nil || failing < 15 {
					t.Errorf("%d steps, %v", failing, err)
				}
				break
			}
			if !errors.Is(err, cause) || strings.Contains(err.Error(), ".luminavec-") {
				t.Errorf("step %d (%s): error %v", failing, failed, err)
			}
			if got := summary(t, dir); !slices.Equal(got, before) && !slices.Equal(got, after) {
				t.Fatalf("step %d (%s): neither the old nor the new state:\n%s", failing, failed, strings.Join(got, "\n"))
			}
			sync1(t, dir)
			if got := summary(t, dir); !slices.Equal(got, after) {
				t.Fatalf("step %d (%s): afterwards\n%s", failing, failed, strings.Join(got, "\n"))
			}
			wantOnlyParts(t, dir)
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
		os.RemoveAll(dir)
	}
}

// wantOnlyParts checks that a collection has no other files than those it needs.
func wantOnlyParts(t *testing.T, dir string) {
	t.Helper()
	info, err := readInfo(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name := range contents(t, dir) {
		if name != infoFile && name != lockFile && !slices.ContainsFunc(info.Parts, func(p Part) bool { return p.Name == filepath.ToSlash(name) }) {
			t.Errorf("%s was left behind", name)
		}
	}
}

const killedDir = "LUMINAVEC_SYNC_KILLED"

// TestMain runs the writer that TestSyncKilled kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killedDir); dir != "" {
		fmt.Println("ready")
		for {
			if _, err := Sync(context.Background(), filepath.Join(dir, "docs"), ChangeOptions{}); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			if _, err := Compact(context.Background(), filepath.Join(dir, "docs"), ChangeOptions{}); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

// A writer that is killed at any moment leaves a collection that can be opened, and readers are
// never disturbed.
func TestSyncKilled(t *testing.T) {
	parent := t.TempDir()
	folder, dir := filepath.Join(parent, "notes"), filepath.Join(parent, "docs")
	put(t, folder, map[string]string{"a.txt": "how are you\n"})
	buildFolder(t, dir, folder, documents.Options{Split: documents.Line})
	r := rand.New(rand.NewPCG(1, 9))
	for try := range 15 {
		put(t, folder, map[string]string{fmt.Sprintf("%d.txt", try): strings.Repeat("who am I\n", try+1), "a.txt": fmt.Sprintf("how are you\n%d you", try)})
		if try > 2 {
			os.Remove(filepath.Join(folder, fmt.Sprintf("%d.txt", try-2)))
		}
		c := exec.Command(os.Args[0], "-test.run=^$")
		c.Env = append(os.Environ(), killedDir+"="+parent)
		out, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		out.Read(make([]byte, 16)) // it is ready
		end := time.Now().Add(time.Duration(r.IntN(150)) * time.Millisecond)
		for time.Now().Before(end) {
			if hits, err := queryOnce(dir); err != nil || len(hits) == 0 {
				t.Fatalf("while it is changed: %v, %v", hits, err)
			}
		}
		c.Process.Kill()
		c.Wait()
		if hits, err := queryOnce(dir); err != nil || len(hits) == 0 {
			t.Fatalf("after the kill: %v, %v", hits, err)
		}
	}
	sync1(t, dir)
	wantOnlyParts(t, dir)
	fresh := filepath.Join(parent, "fresh")
	buildFolder(t, fresh, folder, documents.Options{Split: documents.Line})
	if got, want := summary(t, dir), summary(t, fresh); !slices.Equal(got, want) {
		t.Errorf("synced\n%s\nbuilt\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func queryOnce(dir string) ([]Hit, error) {
	c, err := Open(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Query(context.Background(), "you", 3, index.SearchOptions{})
}

// One writer at a time; a reader keeps what it has opened, even if the folder is deleted.
func TestOneWriter(t *testing.T) {
	parent := t.TempDir()
	folder, dir := filepath.Join(parent, "notes"), filepath.Join(parent, "docs")
	put(t, folder, map[string]string{"a.txt": "how are you\n"})
	buildFolder(t, dir, folder, documents.Options{})
	lock, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	src, err := documents.Open(context.Background(), nil, []string{folder}, documents.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() error{
		"sync":   func() error { _, err := Sync(context.Background(), dir, ChangeOptions{}); return err },
		"delete": func() error { _, err := Delete(context.Background(), dir, []string{"x"}, ChangeOptions{}); return err },
		"build": func() error {
			_, err := Build(context.Background(), dir, sentence.WorkedExample(), src, BuildOptions{Replace: true})
			return err
		},
	} {
		if err := change(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d,", os.Getpid())) || !strings.Contains(fault.Hint(err), "try again") {
			t.Errorf("%s: error %v, hint %q", name, err, fault.Hint(err))
		}
	}
	lock.Close()
	c := open1(t, dir)
	put(t, folder, map[string]string{"a.txt": "who am I\n"})
	sync1(t, dir)
	if hits, err := c.Query(context.Background(), "you", 1, index.SearchOptions{}); err != nil || hits[0].Text != "how are you" {
		t.Errorf("%v, %v", hits, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if hits, err := c.Query(context.Background(), "how", 1, index.SearchOptions{}); err != nil || hits[0].Text != "how are you" {
		t.Errorf("after it was deleted: %v, %v", hits, err)
	}
	if _, err := Sync(context.Background(), dir, ChangeOptions{}); err == nil || !strings.Contains(err.Error(), "no such collection") {
		t.Errorf("error %v", err)
	}
}

// Several writers and readers at once: every change is done, or refused because of another one.
func TestManyWriters(t *testing.T) {
	parent := t.TempDir()
	folder, dir := filepath.Join(parent, "notes"), filepath.Join(parent, "docs")
	put(t, folder, map[string]string{"a.txt": "how are you\n"})
	buildFolder(t, dir, folder, documents.Options{})
	var wg sync.WaitGroup
	for i := range 4 {
		file := filepath.Join(parent, fmt.Sprintf("more%d.txt", i))
		put(t, parent, map[string]string{filepath.Base(file): "who am I"})
		wg.Go(func() {
			for {
				_, err := Add(context.Background(), dir, []string{file}, ChangeOptions{})
				if err == nil {
					return
				}
				if !strings.Contains(err.Error(), "is changing it") {
					t.Error(err)
					return
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				if hits, err := queryOnce(dir); err != nil || len(hits) == 0 {
					t.Errorf("%v, %v", hits, err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(all(t, dir)); n != 5 {
		t.Errorf("%d passages", n)
	}
}

func TestSyncErrors(t *testing.T) {
	parent := t.TempDir()
	folder, dir := filepath.Join(parent, "notes"), filepath.Join(parent, "docs")
	old := buildOld(t, "how are you")
	if _, err := Sync(context.Background(), old, ChangeOptions{}); err == nil || !strings.Contains(err.Error(), "format 1") || fault.Hint(err) == "" {
		t.Errorf("format 1: %v", err)
	}
	put(t, folder, map[string]string{"a.txt": "how are you\n"})
	buildFolder(t, dir, folder, documents.Options{})
	// An empty folder empties the collection; one that is missing does not.
	if err := os.Rename(folder, folder+"2"); err != nil {
		t.Fatal(err)
	}
	if _, err := Sync(context.Background(), dir, ChangeOptions{}); err == nil || !strings.Contains(err.Error(), "does not exist any more") || fault.Hint(err) == "" {
		t.Errorf("missing folder: %v", err)
	}
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if c := sync1(t, dir); len(c.Removed) != 1 || c.Passages != 0 {
		t.Errorf("%+v", c)
	}
	put(t, folder, map[string]string{"b.txt": "who am I\n"})
	if c := sync1(t, dir); len(c.Added) != 1 || c.Passages != 1 {
		t.Errorf("%+v", c)
	}
	texts := buildTexts(t, "how are you")
	if _, err := Sync(context.Background(), texts, ChangeOptions{}); err == nil || fault.Hint(err) == "" {
		t.Errorf("without files: %v", err)
	}
	if os.Geteuid() != 0 {
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(dir, 0o777)
		put(t, folder, map[string]string{"c.txt": "you\n"})
		if _, err := Sync(context.Background(), dir, ChangeOptions{}); err == nil || !strings.Contains(err.Error(), "cannot write") {
			t.Errorf("read-only: %v", err)
		}
		if _, err := queryOnce(dir); err != nil {
			t.Error(err)
		}
	}
}

// A change that fails leaves no parts: on a full disk they would take the space that is left.
func TestFailedChangeLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	folder, dir := filepath.Join(parent, "notes"), filepath.Join(parent, "docs")
	put(t, folder, map[string]string{"a.txt": "how are you\n"})
	buildFolder(t, dir, folder, documents.Options{Split: documents.Line})
	before := summary(t, dir)
	put(t, folder, map[string]string{"b.txt": strings.Repeat("who am I\n", 5000)})
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Sync(ctx, dir, ChangeOptions{OnProgress: func(p Progress) {
		if p.Passages > 2000 {
			cancel()
		}
	}}); err == nil {
		t.Error("no error")
	}
	wantOnlyParts(t, dir)
	if got := summary(t, dir); !slices.Equal(got, before) {
		t.Errorf("%q, want %q", got, before)
	}
}

// A collection that is moved while it is changed is as it was, and the error says what happened.
func TestMovedWhileSynced(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder with open files cannot be moved")
	}
	root := t.TempDir()
	folder, dir, moved := filepath.Join(root, "docs"), filepath.Join(root, "col"), filepath.Join(root, "moved")
	put(t, folder, map[string]string{"a.txt": "how are you\n"})
	buildFolder(t, dir, folder, documents.Options{})
	before := contents(t, dir)
	put(t, folder, map[string]string{"b.txt": "who are you\n"})
	_, err := Sync(t.Context(), dir, ChangeOptions{OnProgress: func(Progress) { _ = os.Rename(dir, moved) }})
	if err == nil || !strings.Contains(err.Error(), "was moved, deleted or replaced") || fault.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
	after := contents(t, moved)
	for name, b := range before {
		if name != lockFile && !bytes.Equal(after[name], b) {
			t.Errorf("%s has changed", name)
		}
	}
	if c := open1(t, moved); c.Len() != 1 {
		t.Errorf("%d passages", c.Len())
	}
}
