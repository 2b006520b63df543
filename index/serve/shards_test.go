package serve

import (
	"errors"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/collection/shards"
	"github.com/luminavec/luminavec/index/filter"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/index/serve/remote"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
)

const token = "0123456789abcdef"

// divided builds two collections, and serves each.
func divided(t *testing.T) (folders, addresses []string) {
	t.Helper()
	for _, files := range []map[string]string{{"plants.md": plants, "night.txt": "The moon is full at night, and dogs bark."}, {"records.jsonl": birds}} {
		root := t.TempDir()
		notes, dir := filepath.Join(root, "notes"), filepath.Join(root, "docs")
		if err := os.Mkdir(notes, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(notes, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := build(dir, notes, false); err != nil {
			t.Fatal(err)
		}
		s, err := shelf.Open(t.Context(), []string{dir}, shelf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		server, err := New(s, Options{Tokens: []string{token}})
		if err != nil {
			t.Fatal(err)
		}
		h := httptest.NewServer(server)
		t.Cleanup(h.Close)
		folders, addresses = append(folders, dir), append(addresses, h.URL)
	}
	return folders, addresses
}

// Servers give the answers that their folders give.
func TestAskServers(t *testing.T) {
	folders, addresses := divided(t)
	var local, served []shards.Shard
	for i := range folders {
		c, err := collection.Open(t.Context(), folders[i])
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r, err := remote.Open(t.Context(), addresses[i], remote.Options{Token: token})
		if err != nil {
			t.Fatal(err)
		}
		if r.Len() != c.Len() || r.Identity() != c.Identity() || r.Identity() == "" {
			t.Errorf("%d passages, %q; want %d, %q", r.Len(), r.Identity(), c.Len(), c.Identity())
		}
		local, served = append(local, shards.Shard{Name: "s", Asker: c}), append(served, shards.Shard{Name: "s", Asker: r})
	}
	low := 0.1
	for _, q := range []collection.Question{
		{Text: "dogs at night"}, {Text: "dogs at night", Mode: fusion.Dense, MinScore: &low}, {Text: "dogs at night", Mode: fusion.BM25, K: 2}, {Text: "who discovered penicillin", DenseWeight: .9, GroupBy: "file"},
		{Text: "moon zzyzx"}, {Text: "the leaves of what"}, {Text: "cat", Where: "year >= 2020"}, // only the second has a year
	} {
		want, err := shards.Ask(t.Context(), local, q, shards.Options{})
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		got, err := shards.Ask(t.Context(), served, q, shards.Options{})
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		if len(got.Hits) != len(want.Hits) || len(want.Hits) == 0 || got.Mode != want.Mode || got.NoMatch != want.NoMatch || got.NoWords != want.NoWords || got.NoMeaning != want.NoMeaning || got.Statistics != want.Statistics || strings.Join(got.Unknown, " ") != strings.Join(want.Unknown, " ") {
			t.Fatalf("%+v:\n%+v\nwant\n%+v", q, got, want)
		}
		for i := range want.Hits {
			x, y := want.Hits[i], got.Hits[i]
			if x.Text != y.Text || x.Path != y.Path || x.ID != y.ID || x.Label != y.Label || math.Abs(x.Score-y.Score) > 1e-12 {
				t.Errorf("%+v, %d: %+v, want %+v", q, i, y, x)
			}
		}
	}
	for _, list := range [][]shards.Shard{local, served} {
		if _, err := shards.Ask(t.Context(), list, collection.Question{Text: "zzyzx", Mode: fusion.BM25}, shards.Options{}); !errors.Is(err, collection.ErrNoWord) || fault.Hint(err) == "" {
			t.Errorf("no word: %v", err)
		}
		if _, err := shards.Ask(t.Context(), list, collection.Question{Text: "cat", Where: "yeer > 1"}, shards.Options{}); !errors.Is(err, filter.ErrNoField) {
			t.Errorf("no field: %v", err)
		}
	}
	if _, err := remote.Open(t.Context(), addresses[0], remote.Options{}); err == nil || !strings.Contains(fault.Hint(err), "LUMINAVEC_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
}

// A collection of shards answers like shards.Ask, and says which shards did not.
func TestSharded(t *testing.T) {
	folders, addresses := divided(t)
	sharded, err := OpenSharded(t.Context(), "all="+folders[0]+", "+addresses[1], shelf.Options{}, remote.Options{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	defer sharded.Close()
	x := open(t, Options{Sharded: []*Sharded{sharded}})
	x.want(x.get("/v1/collections/all"), object{"passages": 5, "dim": 256, "shards": []string{folders[0], addresses[1]}, "modes": []string{"hybrid", "dense", "bm25"}})
	a := x.post("/v1/collections/all/query", `{"text":"dogs at night"}`)
	x.want(a, object{"statistics.passages": 5, "results.0.rank": 1, "results.4.rank": 5, "failed": nil, "notes": []any{}})
	shards := map[any]bool{}
	for _, r := range a["results"].([]any) {
		shards[at(r, "shard")] = true
	}
	if len(shards) != 2 {
		t.Errorf("shards: %v", shards)
	}
	x.want(x.post("/v1/collections/all/query", `{"text":"who discovered penicillin","k":1}`), object{"results.0.passage.id": "r3", "results.0.shard": addresses[1], "results.0.matches": [][2]int{{18, 28}, {29, 39}}})
	// Two of the five passages have the word.
	x.want(x.post("/v1/collections/all/counts", `{"text":"the moon"}`), object{"passages": 5, "terms.moon": 2})
	for _, path := range []string{"/passages/0", "/document?path=x", "/files", "/map"} {
		if w, o := x.do("GET", "/v1/collections/all"+path, ""); w.Code != 501 || !strings.Contains(o["detail"].(string), "divided into shards") {
			t.Errorf("%s: %d %v", path, w.Code, o)
		}
	}
	if w, o := x.do("POST", "/v1/collections/all/query", `{"text":"cat","where":"year >"}`); w.Code != 422 || o["position"] == nil {
		t.Errorf("%d %v", w.Code, o)
	}

	// The folder is deleted.
	if err := os.RemoveAll(folders[0]); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		sharded.folders.Refresh(t.Context(), "0")
	}
	a = x.post("/v1/collections/all/query", `{"text":"dogs at night"}`)
	x.want(a, object{"failed": []object{{"shard": folders[0], "error": "the folder was deleted"}}, "notes": []string{"the results are without " + folders[0] + ": the folder was deleted"}, "results.2.rank": 3, "results.3": nil})

	nothing, err := OpenSharded(t.Context(), "gone="+folders[1], shelf.Options{}, remote.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer nothing.Close()
	x = open(t, Options{Sharded: []*Sharded{nothing}, Timeout: time.Minute})
	os.RemoveAll(folders[1])
	for range 3 {
		nothing.folders.Refresh(t.Context(), "0")
	}
	if w, o := x.do("POST", "/v1/collections/gone/query", `{"text":"cat"}`); w.Code != 502 || !strings.Contains(o["detail"].(string), folders[1]+": the folder was deleted") {
		t.Errorf("%d %v", w.Code, o)
	}
}

func TestShardedErrors(t *testing.T) {
	docs := filepath.Join(fixture, "docs")
	for spec, want := range map[string]string{
		docs: "must be a name and its shards", "a/b=" + docs: "must be a name", "a=": "names no shard", "a=" + docs + "," + docs: "twice",
		"a=" + filepath.Join(fixture, "words"): "is not a collection", "a=" + fixture: "is not a collection", "a=http://127.0.0.1:1": "cannot ask",
	} {
		if _, err := OpenSharded(t.Context(), spec, shelf.Options{}, remote.Options{}); err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v (hint %q), want %q", spec, err, fault.Hint(err), want)
		}
	}
	s, err := OpenSharded(t.Context(), "docs="+docs, shelf.Options{}, remote.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	folder, err := shelf.Open(t.Context(), []string{docs}, shelf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if _, err := New(folder, Options{Sharded: []*Sharded{s}}); err == nil || !strings.Contains(err.Error(), `has the name "docs"`) {
		t.Errorf("a name twice: %v", err)
	}
}
