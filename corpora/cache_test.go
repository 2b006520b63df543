package corpora

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/corpora/internal/idstore"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// ids returns all entries of a corpus.
func ids(t *testing.T, c *Corpus) (all []int32) {
	t.Helper()
	for i := range c.Blocks() {
		var err error
		if all, err = c.Block(all, i); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// cachedText writes text to a file, builds its corpus and caches it.
func cachedText(t *testing.T, content string) (*Corpus, string, CacheKey) {
	t.Helper()
	dir := t.TempDir()
	src, err := text.Open(corporatest.WriteFile(t, dir, "text.txt", content))
	if err != nil {
		t.Fatal(err)
	}
	o := BuildOptions{MinCount: 2}
	key, err := NewCacheKey(src, o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Build(context.Background(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	cache := filepath.Join(dir, "cache")
	if err := c.WriteCache(context.Background(), cache, key); err != nil {
		t.Fatal(err)
	}
	return c, cache, key
}

func openCached(dir string, v *tokenize.Vocabulary) (*Corpus, error) {
	cache, err := OpenCache(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	return cache.Corpus(context.Background(), v)
}

func TestCache(t *testing.T) {
	was, dir, key := cachedText(t, strings.Repeat("one two three four\nfive one\n\nrare"+strings.Repeat(" six", 50)+"\n", 1000)+"once")
	for _, v := range []*tokenize.Vocabulary{nil, was.Vocabulary()} {
		now, err := openCached(dir, v)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(ids(t, now), ids(t, was)) || !now.Vocabulary().Equal(was.Vocabulary()) ||
			now.Words() != was.Words() || now.RawWords() != was.RawWords() || now.Lines() != was.Lines() ||
			now.DistinctWords() != was.DistinctWords() || now.Fingerprint() != was.Fingerprint() || now.Blocks() != was.Blocks() {
			t.Errorf("cached corpus %+v, want %+v", now, was)
		}
		if err := now.Close(); err != nil {
			t.Error(err)
		}
	}
	cache, err := OpenCache(context.Background(), dir)
	if err != nil || cache.Differs(key) != "" || cache.Fingerprint() != was.Fingerprint() {
		t.Fatalf("%v, %q", err, cache.Differs(key))
	}
	other, err := tokenize.NewVocabulary([]string{"one", "two"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Corpus(context.Background(), other); err == nil || !strings.Contains(err.Error(), "it has a different vocabulary") {
		t.Errorf("another vocabulary: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := cache.Corpus(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if err := was.WriteCache(ctx, dir, key); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	// A new cache replaces the old one and keeps other files in the folder.
	corporatest.WriteFile(t, dir, "notes.txt", "mine")
	if err := was.WriteCache(context.Background(), dir, key); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "notes.txt")); err != nil {
		t.Error(err)
	}
	if now, err := openCached(dir, nil); err != nil {
		t.Error(err)
	} else {
		now.Close()
	}
}

func TestCacheDiffers(t *testing.T) {
	then := time.Unix(1000, 0)
	base := func() CacheKey {
		return CacheKey{Sources: []CacheSource{{Name: "a", Size: 3, Changed: then}, {Name: "b", Size: 4, Changed: then}},
			Field: "text", Tokenizer: "t", MinCount: 5, MaxDistinct: 10}
	}
	was := base()
	if got := was.differs(base()); got != "" {
		t.Errorf("the same key: %s", got)
	}
	for want, change := range map[string]func(*CacheKey){
		"it belongs to different text":                 func(k *CacheKey) { k.Sources = k.Sources[:1] },
		"b has changed":                                func(k *CacheKey) { k.Sources[1].Size++ },
		"a has changed":                                func(k *CacheKey) { k.Sources[0].Changed = then.Add(1) },
		"standard input may hold anything":             func(k *CacheKey) { k.Sources[1] = CacheSource{Name: text.Stdin, Stream: true} },
		`the field is "", but was "text"`:              func(k *CacheKey) { k.Field = "" },
		`the column is "x", but was ""`:                func(k *CacheKey) { k.Column = "x" },
		"the minimum count is 1, but was 5":            func(k *CacheKey) { k.MinCount = 1 },
		"the vocabulary limit is 7, but was 0":         func(k *CacheKey) { k.MaxVocabulary = 7 },
		"the limit of distinct words is 2, but was 10": func(k *CacheKey) { k.MaxDistinct = 2 },
		"the tokenizer or its phrases are different":   func(k *CacheKey) { k.Tokenizer = "u" },
	} {
		now := base()
		change(&now)
		if got := was.differs(now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// A stream never matches a file.
	was.Sources[0].Stream = true
	if was.differs(base()) == "" {
		t.Error("a stream matches a file")
	}
}

// Any changed, missing or additional byte of a cache is detected.
func TestCacheDamage(t *testing.T) {
	_, dir, _ := cachedText(t, "one two one two\ntwo one\n")
	for _, name := range []string{cacheInfoFile, cacheVocabularyFile, cacheIDsFile, "MANIFEST"} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		try := func(what string, data []byte) {
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			if c, err := openCached(dir, nil); err == nil || !strings.Contains(err.Error(), name) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s, %s: %v, %v", name, what, c, err)
			}
		}
		for i := range good {
			bad := bytes.Clone(good)
			bad[i] ^= 0x20
			try("a byte flipped", bad)
			try("cut short", good[:i])
		}
		try("longer", append(bytes.Clone(good), '\n'))
		if err := os.WriteFile(path, good, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, cacheIDsFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := openCached(dir, nil); err == nil || !strings.Contains(err.Error(), "ids is missing") {
		t.Error(err)
	}
}

// storeOf returns a store of some ids.
func storeOf(t *testing.T, ids ...int32) *idstore.Store {
	t.Helper()
	s := idstore.New(t.TempDir(), 1)
	if err := s.Append(ids...); err != nil {
		t.Fatal(err)
	}
	return s
}

// A file with the right checksum may still hold wrong ids; training must not index out of its
// tables with them.
func TestCacheWrongIDs(t *testing.T) {
	was, dir, key := cachedText(t, "one two one two\ntwo one\n")
	for name, change := range map[string]func(*Corpus){
		"id 2 is not in the vocabulary of 2":                        func(c *Corpus) { c.ids = storeOf(t, 0, 1, 2, 1, -1, 1, 0, -1) },
		"id -2 is not in the vocabulary of 2":                       func(c *Corpus) { c.ids = storeOf(t, 0, 1, -2, 1, -1, 1, 0, -1) },
		"ids holds 6 words in 2 lines, but corpus.json says 7 in 2": func(c *Corpus) { c.rawWords, c.words = 7, 7 },
		"impossible counts":                                         func(c *Corpus) { c.words = 0 },
	} {
		c := *was
		ids := *was.ids
		c.ids = &ids
		change(&c)
		if err := c.WriteCache(context.Background(), dir, key); err != nil {
			t.Fatal(err)
		}
		if _, err := openCached(dir, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCachePlace(t *testing.T) {
	if _, err := OpenCache(context.Background(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	dir := t.TempDir()
	if err := CheckCache(dir); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	corporatest.WriteFile(t, dir, "MANIFEST", "luminavec-manifest 1\n")
	for _, err := range []error{CheckCache(dir), buildText(t, "one two", BuildOptions{}).WriteCache(context.Background(), dir, CacheKey{})} {
		if err == nil || !strings.Contains(err.Error(), "contains other files") {
			t.Errorf("the folder of a model: %v", err)
		}
	}
}

func FuzzCacheInfo(f *testing.F) {
	f.Add([]byte(`{"format":1,"key":{"sources":[{"name":"a","size":3,"changed":"2026-01-02T03:04:05Z"}],"tokenizer":"t","min_count":5,"max_distinct":1},"raw_words":3,"words":2,"lines":1,"distinct":2}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := parseCacheInfo(data)
		if err != nil {
			return
		}
		again, err := plainjson.Marshal(info, "  ")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseCacheInfo(again); err != nil || got.Words != info.Words || got.Key.differs(info.Key) != "" && !slices.ContainsFunc(info.Key.Sources, func(s CacheSource) bool { return s.Stream }) {
			t.Errorf("%s is read as %+v: %v", again, got, err)
		}
	})
}
