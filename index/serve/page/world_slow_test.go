//go:build slow

package page_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/serve"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/sentence/bundled"
)

// A world is a server of three names: "notes", of a few documents with metadata, one of them hostile;
// "manual", of the documentation of this repository; "records", of a file of 1,300 records; and "words", a model of words. Its faults are set
// by the tests.
type world struct {
	*httptest.Server
	mu    sync.Mutex
	fault func(w http.ResponseWriter, r *http.Request) bool // answers a request itself, if it returns true
}

func (w *world) setFault(f func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = f
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	model, err := bundled.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, "long.jsonl")
	var records strings.Builder
	for i := range 1300 {
		fmt.Fprintf(&records, `{"id":"r%d","text":"Record number %d is about %s.","size":%d,"day":"2024-01-%02d"}`+"\n", i, i, []string{"bread", "tides", "sleep"}[i%3], i, i%28+1)
	}
	if err := os.WriteFile(long, []byte(records.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for name, from := range map[string]string{"notes": "testdata/docs", "manual": "../../../docs", "records": long} {
		src, err := documents.Open(ctx, model.Tokenizer(), []string{from}, documents.Options{})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if _, err := collection.Build(ctx, path, model, src, collection.BuildOptions{}); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	words, _, err := exchange.Import(ctx, "testdata/words.txt", exchange.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "words")
	if err := checkpoints.Write(ctx, path, words, checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	s, err := shelf.Open(context.Background(), append(paths, path), shelf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	server, err := serve.New(s, serve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		fault := w.fault
		w.mu.Unlock()
		if fault == nil || !fault(rw, r) {
			server.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(w.Server.Close)
	return w
}
