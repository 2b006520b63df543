package corpora

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// A cache is a folder that stores a Corpus, so that the next training need not read the
// text again:
//
//	corpus.json  its key and its counts
//	vocab.tsv    as in a model
//	ids          of the whole text, 32-bit little-endian; -1 ends a line
//	MANIFEST     size and SHA-256 of the files above (package internal/manifest)
//
// It is written completely or not at all, and verified when it is opened. Its ids are read
// block by block, so a corpus may be larger than memory.

// cacheVersion is the version of the folder that WriteCache writes. A cache with a different
// version is rejected; it can be rebuilt from the text.
//
//	1  The first.
const cacheVersion = 1

// Names of the files of a cache.
const (
	cacheInfoFile       = "corpus.json"
	cacheVocabularyFile = "vocab.tsv"
	cacheIDsFile        = "ids"
)

var cacheFormat = manifest.Format{
	Head:    "luminavec-cache",
	Version: cacheVersion,
	Kind:    "cache of a corpus",
	Other:   "name another folder",
	Damaged: "remove the folder",
}

// cacheInfo is corpus.json.
type cacheInfo struct {
	Format     int      `json:"format"`
	Key        CacheKey `json:"key"`
	RawWords   int64    `json:"raw_words"`
	Words      int64    `json:"words"`
	Lines      int64    `json:"lines"`
	Distinct   int      `json:"distinct"`
	Dropped    int      `json:"dropped,omitempty"`
	DroppedMax int64    `json:"dropped_max,omitempty"`
}

// Cache is an open cache. Its vocabulary and ids are read by Corpus.
type Cache struct {
	dir    string
	folder *manifest.Folder
	info   cacheInfo
}

// OpenCache opens the cache in the folder dir. The error is fs.ErrNotExist if dir holds no
// cache; other errors name the damaged file.
func OpenCache(ctx context.Context, dir string) (*Cache, error) {
	if err := durable.Recover(dir); err != nil {
		return nil, err
	}
	c := &Cache{dir: dir}
	var err error
	if c.folder, err = cacheFormat.Open(dir); err != nil {
		return nil, fmt.Errorf("cache %s: %w", dir, err)
	}
	err = c.folder.Read(ctx, cacheInfoFile, func(r io.Reader, size int64) error {
		data, err := io.ReadAll(io.LimitReader(r, size))
		if err != nil {
			return err
		}
		c.info, err = parseCacheInfo(data)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cache %s: %w", dir, err)
	}
	return c, nil
}

// parseCacheInfo reads corpus.json.
func parseCacheInfo(data []byte) (cacheInfo, error) {
	var info cacheInfo
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&info); err != nil {
		return info, fmt.Errorf("not JSON: %w", err)
	}
	switch {
	case info.Format != cacheVersion:
		return info, fmt.Errorf("expected format %d but found %d", cacheVersion, info.Format)
	case info.Words < 1 || info.RawWords < info.Words || info.Lines < 0 || info.Lines > info.Words:
		return info, fmt.Errorf("impossible counts: %d words, %d of them in the vocabulary, in %d lines", info.RawWords, info.Words, info.Lines)
	case info.Distinct < 1 || info.Dropped < 0 || info.DroppedMax < 0:
		return info, fmt.Errorf("impossible counts: %d distinct words, of which %d with counts up to %d were dropped", info.Distinct, info.Dropped, info.DroppedMax)
	}
	return info, nil
}

// Differs returns why the cache does not belong to key, such as "corpus.txt has changed"
// or "the minimum count is 5, but was 1", and "" if it does.
func (c *Cache) Differs(key CacheKey) string { return c.info.Key.differs(key) }

// Fingerprint returns the fingerprint of the corpus, see [Corpus.Fingerprint].
func (c *Cache) Fingerprint() string {
	f, _ := c.folder.Find(cacheIDsFile)
	return hex.EncodeToString(f.Sum[:16])
}

// Corpus verifies the cache and returns its corpus, which reads from the folder until it is
// closed. If v is not nil, it must equal the vocabulary of the cache, and it becomes the
// vocabulary of the corpus.
func (c *Cache) Corpus(ctx context.Context, v *tokenize.Vocabulary) (*Corpus, error) {
	corpus, err := c.corpus(ctx, v)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("cache %s: %w", c.dir, err)
	}
	return corpus, err
}

func (c *Cache) corpus(ctx context.Context, v *tokenize.Vocabulary) (*Corpus, error) {
	var kept *tokenize.Vocabulary
	err := c.folder.Read(ctx, cacheVocabularyFile, func(r io.Reader, _ int64) (err error) {
		kept, err = tokenize.ReadVocabulary(cacheVocabularyFile, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	if v == nil {
		v = kept
	} else if !v.Equal(kept) {
		return nil, errors.New("it has a different vocabulary")
	}
	var words, lines, n int64
	err = c.folder.Read(ctx, cacheIDsFile, func(r io.Reader, size int64) error {
		n = size / 4
		if size%4 != 0 {
			return fmt.Errorf("size %d is not a multiple of 4 bytes", size)
		}
		return readIDs(r, func(ids []int32) error {
			for _, id := range ids {
				switch {
				case id == LineEnd:
					lines++
				case id < 0 || int(id) >= v.Len():
					return fmt.Errorf("id %d is not in the vocabulary of %d", id, v.Len())
				default:
					words++
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if words != c.info.Words || lines != c.info.Lines {
		return nil, fmt.Errorf("%s holds %d words in %d lines, but %s says %d in %d",
			cacheIDsFile, words, lines, cacheInfoFile, c.info.Words, c.info.Lines)
	}
	f, err := os.Open(filepath.Join(c.dir, cacheIDsFile))
	if err != nil {
		return nil, err
	}
	return &Corpus{
		vocabulary: v, ids: idstore.Open(f, n), fingerprint: c.Fingerprint(),
		rawWords: c.info.RawWords, words: words, lines: lines,
		distinct: c.info.Distinct, dropped: c.info.Dropped, droppedMax: c.info.DroppedMax,
	}, nil
}

// readIDs calls fn with the ids of r, a block at a time.
func readIDs(r io.Reader, fn func(ids []int32) error) error {
	raw := make([]byte, idstore.BlockBytes)
	var ids []int32
	for {
		n, err := io.ReadFull(r, raw)
		if n > 0 {
			ids = idstore.DecodeIDs(ids[:0], raw[:n])
			if err := fn(ids); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// CheckCache returns the error that WriteCache would return for dir. Call it before the text
// is read.
func CheckCache(dir string) error {
	folder, err := createCache(dir)
	if err != nil {
		return err
	}
	folder.Abort()
	return nil
}

func createCache(dir string) (*durable.Folder, error) {
	// A model has a vocab.tsv and a MANIFEST too.
	if cacheFormat.Foreign(dir) {
		return nil, fault.New("choose another name, or remove the folder yourself",
			"will not replace %s: its %s does not belong to a cache", dir, manifest.Name)
	}
	return durable.CreateFolder(dir, true, cacheInfoFile)
}

// WriteCache stores the corpus in the folder dir, completely or not at all. A cache or an
// empty folder is replaced; anything else is an error and is left unchanged. key is
// the result of NewCacheKey before the text was read.
func (c *Corpus) WriteCache(ctx context.Context, dir string, key CacheKey) error {
	folder, err := createCache(dir)
	if err != nil {
		return err
	}
	defer folder.Abort()
	info, err := plainjson.Marshal(cacheInfo{
		Format: cacheVersion, Key: key, RawWords: c.rawWords, Words: c.words, Lines: c.lines,
		Distinct: c.distinct, Dropped: c.dropped, DroppedMax: c.droppedMax,
	}, "  ")
	if err != nil {
		return err
	}
	var listed []manifest.File
	for _, f := range []struct {
		name    string
		content func(w io.Writer) error
	}{
		{cacheInfoFile, func(w io.Writer) error { _, err := w.Write(append(info, '\n')); return err }},
		{cacheVocabularyFile, func(w io.Writer) error { _, err := c.vocabulary.WriteTo(w); return err }},
		{cacheIDsFile, func(w io.Writer) error { return c.writeIDs(ctx, w) }},
		{manifest.Name, func(w io.Writer) error { _, err := w.Write(cacheFormat.Marshal(listed)); return err }},
	} {
		line, err := writeCacheFile(folder, f.name, f.content)
		if err != nil {
			if fault.Hint(err) == "" {
				err = fmt.Errorf("cannot write the cache %s: %w", dir, err)
			}
			return err
		}
		listed = append(listed, line)
	}
	ours := func(name string) bool {
		return name == cacheInfoFile || name == cacheVocabularyFile || name == cacheIDsFile || name == manifest.Name
	}
	if err := folder.Carry(ours); err != nil {
		return err
	}
	return folder.Commit()
}

func writeCacheFile(folder *durable.Folder, name string, content func(w io.Writer) error) (manifest.File, error) {
	f, err := folder.Create(name)
	if err != nil {
		return manifest.File{}, err
	}
	tally := manifest.NewTally()
	w := bufio.NewWriterSize(io.MultiWriter(f, tally), idstore.BlockBytes)
	err = content(w)
	if err == nil {
		err = w.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return tally.File(name), err
}

func (c *Corpus) writeIDs(ctx context.Context, w io.Writer) error {
	var ids []int32
	var raw []byte
	for i := range c.Blocks() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if ids, err = c.Block(ids[:0], i); err != nil {
			return err
		}
		raw = idstore.AppendIDs(raw[:0], ids)
		if _, err := w.Write(raw); err != nil {
			return err
		}
	}
	return nil
}
