package push

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
)

// hostile is text that each of the formats on the way has a meaning for.
const hostile = "a \\N \"quoted\", 'text'; DROP TABLE x;--\t\\. {\"a\":1} $1 😀 \u200b end of the moon"

// testCollection builds a collection of three files, two of which have several passages.
func testCollection(t *testing.T) (dir string, docs string, model sentence.Model) {
	t.Helper()
	model, err := bundled.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	docs, dir = filepath.Join(t.TempDir(), "docs"), filepath.Join(t.TempDir(), "collection")
	write(t, filepath.Join(docs, "plants.md"), "---\nyear: 2021\ntags: [green, leaf]\n---\n# Plants\n\nPlants make sugar from light in their leaves, and they need sun, air and time to do so.\n\n## Roots\n\nRoots drink water from the soil.\n")
	write(t, filepath.Join(docs, "rockets.md"), "# Rockets\n\nRockets fly to the moon and burn fuel.\n")
	write(t, filepath.Join(docs, "hostile.txt"), hostile+"\n")
	src, err := documents.Open(t.Context(), nil, []string{docs}, documents.Options{Chunk: 20})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := collection.Build(t.Context(), dir, model, src, collection.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	return dir, docs, model
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// run sends the collection in dir.
func run(t *testing.T, dir string, target Target, o RunOptions) Report {
	t.Helper()
	c, err := collection.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := Run(t.Context(), c, target, o)
	if err != nil {
		t.Fatal(err)
	}
	return *r
}

// testTarget sends a collection to an empty table, changes it, and asks. open connects anew.
func testTarget(t *testing.T, open func(t *testing.T) Target) {
	dir, docs, model := testCollection(t)
	target := open(t)
	defer target.Close()
	if r := run(t, dir, target, RunOptions{Batch: 2}); r != (Report{Passages: 4, Sent: 4}) {
		t.Fatalf("first run: %+v", r)
	}
	if r := run(t, dir, open(t), RunOptions{}); r != (Report{Passages: 4, Unchanged: 4}) {
		t.Fatalf("second run: %+v", r)
	}

	vector, _, err := model.EncodeBatch(t.Context(), []string{"a flight to the moon"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range target.Modes() {
		hits, err := open(t).Search(t.Context(), Query{Text: "a flight to the moon", Vector: vector, K: 3, Mode: mode, DenseWeight: .45})
		if err != nil || len(hits) == 0 {
			t.Fatalf("%s: %d hits, %v", mode, len(hits), err)
		}
		if want := filepath.Join(docs, "rockets.md"); hits[0].ID != want || hits[0].FirstLine != 3 || hits[0].LastLine != 3 || !strings.Contains(hits[0].Text, "burn fuel") {
			t.Errorf("%s: the first hit is %+v, not %s", mode, hits[0].Row, want)
		}
		if !slices.IsSortedFunc(hits, func(a, b Hit) int { return -int(a.Score*1e6) + int(b.Score*1e6) }) {
			t.Errorf("%s: not sorted", mode)
		}
	}
	// Everything is there as it was.
	vector, _, err = model.EncodeBatch(t.Context(), []string{"Roots drink water from the soil."}, 1)
	if err != nil {
		t.Fatal(err)
	}
	hits, err := target.Search(t.Context(), Query{Text: "roots", Vector: vector, K: 1, Mode: fusion.Dense})
	if err != nil || len(hits) != 1 {
		t.Fatalf("%d hits, %v", len(hits), err)
	}
	if h := hits[0]; h.ID != filepath.Join(docs, "plants.md#2") || !slices.Equal(h.Heading, []string{"Roots"}) || h.Title != "Plants" || fmt.Sprint(h.Fields["year"]) != "2021" || fmt.Sprint(h.Fields["tags"]) != "[green leaf]" || len(h.Hash) != 32 {
		t.Errorf("the row is %+v", h.Row)
	}
	vector, _, err = model.EncodeBatch(t.Context(), []string{hostile}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range target.Modes() {
		if hits, err = target.Search(t.Context(), Query{Text: hostile + "\x00\x07", Vector: vector, K: 1, Mode: mode, DenseWeight: .45}); err != nil || len(hits) != 1 || hits[0].Text != hostile {
			t.Errorf("%s: hostile text: %v, %+v", mode, err, hits)
		}
	}

	// A change sends what is different; the rest of the file that became shorter is named, then deleted.
	write(t, filepath.Join(docs, "plants.md"), "# Plants\n\nPlants make sugar from light in their leaves, all day.\n")
	if _, err := collection.Sync(t.Context(), dir, collection.ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	if r := run(t, dir, target, RunOptions{}); r != (Report{Passages: 3, Sent: 1, Unchanged: 2, Extra: 1}) {
		t.Errorf("after a change: %+v", r)
	}
	if r := run(t, dir, target, RunOptions{Prune: true}); r != (Report{Passages: 3, Unchanged: 3, Deleted: 1}) {
		t.Errorf("prune: %+v", r)
	}
	if r := run(t, dir, target, RunOptions{}); r != (Report{Passages: 3, Unchanged: 3}) {
		t.Errorf("at last: %+v", r)
	}
	if err := open(t).Prepare(t.Context(), Schema{Dim: 256, Metric: index.Euclidean, Language: "en"}); err == nil || fault.Hint(err) == "" {
		t.Errorf("another metric: %v", err)
	}
	if _, err := target.Search(t.Context(), Query{Vector: vector[:7], K: 1, Mode: fusion.Dense}); err == nil {
		t.Error("a vector of other dimensions was accepted")
	}
}

// broken is a target whose Upsert fails.
type broken struct {
	memory
	fail  int // how many times
	tries int
	with  error
}

func (b *broken) Upsert(ctx context.Context, rows []Row) error {
	if b.tries++; b.tries <= b.fail {
		return b.with
	}
	return b.memory.Upsert(ctx, rows)
}

// A batch is tried again after an error that may pass, and not after another one.
func TestTryAgain(t *testing.T) {
	dir, _, _ := testCollection(t)
	c, err := collection.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	retries := 0
	o := RunOptions{Batch: 2, Attempts: 2, OnRetry: func(error, time.Duration) { retries++ }}
	b := &broken{fail: 1, with: io.ErrUnexpectedEOF}
	if r, err := Run(t.Context(), c, b, o); err != nil || r.Sent != 4 || retries != 1 || len(b.rows) != 4 {
		t.Errorf("one failure: %+v, %v, %d retries", r, err, retries)
	}
	b = &broken{fail: 9, with: io.ErrUnexpectedEOF}
	if _, err := Run(t.Context(), c, b, o); err == nil || !strings.Contains(fault.Hint(err), "continues") || b.tries != 2 {
		t.Errorf("two failures: %v after %d tries", err, b.tries)
	}
	b = &broken{fail: 9, with: os.ErrPermission}
	if _, err := Run(t.Context(), c, b, o); err == nil || b.tries != 1 {
		t.Errorf("an error that stays: %v after %d tries", err, b.tries)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, c, &memory{}, o); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// memory is a target that only remembers.
type memory struct{ rows map[string]Row }

func (m *memory) Name() string                          { return "memory" }
func (m *memory) Prepare(context.Context, Schema) error { return nil }
func (m *memory) Hashes(_ context.Context, ids []string) (map[string]string, error) {
	found := map[string]string{}
	for _, id := range ids {
		if r, ok := m.rows[id]; ok {
			found[id] = r.Hash
		}
	}
	return found, nil
}
func (m *memory) Upsert(_ context.Context, rows []Row) error {
	if m.rows == nil {
		m.rows = map[string]Row{}
	}
	for _, r := range rows {
		m.rows[r.ID] = r
	}
	return nil
}
func (m *memory) IDs(_ context.Context, visit func(string) error) error {
	for id := range m.rows {
		if err := visit(id); err != nil {
			return err
		}
	}
	return nil
}
func (m *memory) Delete(_ context.Context, ids []string) error {
	for _, id := range ids {
		delete(m.rows, id)
	}
	return nil
}
func (m *memory) Finish(context.Context) error                 { return nil }
func (m *memory) Modes() []fusion.Mode                         { return nil }
func (m *memory) Search(context.Context, Query) ([]Hit, error) { return nil, nil }
func (m *memory) NeedsVector() bool                            { return false }
func (m *memory) Close() error                                 { return nil }

// The vectors that are sent are those of the model, even if the collection has only codes of them.
func TestVectorsOfShortPassages(t *testing.T) {
	model, err := bundled.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, 1200)
	for i := range texts {
		texts[i] = fmt.Sprintf("rocket %d flies to the moon", i)
	}
	dir := filepath.Join(t.TempDir(), "collection")
	if _, err := collection.BuildPassages(t.Context(), dir, model, func(yield func(documents.Passage, error) bool) {
		for _, text := range texts {
			if !yield(documents.Passage{ID: text, Text: text}, nil) {
				return
			}
		}
	}, collection.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	c, err := collection.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Info().Rescored {
		t.Fatal("the collection has more than codes")
	}
	want, _, err := c.Model().EncodeBatch(t.Context(), texts, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{}
	if _, err := Run(t.Context(), c, m, RunOptions{}); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		got, w := m.rows[text].Vector, want[i*model.Dim():][:model.Dim()]
		if cosine := kernel.Dot(got, w) / (kernel.Norm(got) * kernel.Norm(w)); cosine < 0.99999 {
			t.Fatalf("the vector of %q has a cosine of %v with that of the model", text, cosine)
		}
	}
}

func TestUnique(t *testing.T) {
	used := map[string]int{}
	var got []string
	for _, id := range []string{"a", "b", "a", "a#2", "a", "a#2", "b"} {
		got = append(got, unique(used, id))
	}
	if want := []string{"a", "b", "a#2", "a#2#2", "a#3", "a#2#3", "b#2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Ids, texts and values that databases cannot hold as they are.
func TestCSV(t *testing.T) {
	var b strings.Builder
	err := writeCSV(&b, []Row{{ID: `\N`, Path: `a"b,c`, Title: `\.`, Text: "x\x00\r\ny", Fields: map[string]any{"z": "\x00"}, Hash: "h", Vector: []float32{1, -.5}}, {ID: "i"}})
	// As PostgreSQL's documentation of COPY has it: only \N without quotes is NULL, and quotes are doubled.
	want := `"\N","a""b,c","\.","","0","0","x` + "\ufffd\r\ny" + `","{""z"":""` + "\ufffd" + `""}","h","[1,-0.5]"` + "\n" + `"i","","","","0","0","","null","",\N` + "\n"
	if err != nil || b.String() != want {
		t.Errorf("%v:\n%q, want\n%q", err, b.String(), want)
	}
}

func TestShortened(t *testing.T) {
	if r := rowOf(&collection.Stored{Passage: documents.Passage{ID: "a\x00b", Path: "caf\xe9.txt"}}); r.ID != "a\ufffdb" || r.Path != "caf\ufffd.txt" {
		t.Errorf("%+v", r)
	}
	long := strings.Repeat("ä", 700)
	a, b := shortened(long+"1"), shortened(long+"2")
	if shortened("id") != "id" || a == b || len(a) > longestID || !utf8.ValidString(a) || !strings.HasPrefix(a, "ääää") || shortened(long+"1") != a {
		t.Errorf("%q, %q", a, b)
	}
}

func TestOpenErrors(t *testing.T) {
	for address, want := range map[string]string{
		"mysql://localhost/x":               `no database of the kind "mysql" is known`,
		"localhost":                         `no database of the kind "" is known`,
		"postgres://me:se%zzcret@localhost": "not valid",
		"postgres://me:secret@localhost:1/x?connect_timeout=2": "cannot connect",
		"qdrant://localhost:99999":                             "port",
	} {
		_, err := Open(t.Context(), address, Options{Table: "docs"})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "se%zz") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for address, table := range map[string]string{"qdrant://localhost": "a/b", "weaviate://localhost": "1a", "postgres://localhost": "a..b"} {
		if _, err := Open(t.Context(), address, Options{Table: table}); err == nil || !strings.Contains(err.Error(), table) {
			t.Errorf("%s %s: %v", address, table, err)
		}
	}
}

// TestServers runs against the servers at the addresses in the environment.
func TestServers(t *testing.T) {
	for _, name := range []string{"POSTGRES", "WEAVIATE", "QDRANT"} {
		t.Run(strings.ToLower(name), func(t *testing.T) {
			address := os.Getenv("LUMINAVEC_TEST_" + name)
			if address == "" {
				t.Skip("LUMINAVEC_TEST_" + name + " has no address of a server")
			}
			table := fmt.Sprintf("luminavec_test_%d", time.Now().UnixNano())
			testTarget(t, func(t *testing.T) Target {
				target, err := Open(t.Context(), address, Options{Table: table})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { target.Close() })
				return target
			})
		})
	}
}
