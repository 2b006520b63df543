package collection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/internal/plainjson"
	"github.com/luminavec/luminavec/sentence"
)

// Collection is an open collection. Its methods are safe for concurrent use.
type Collection struct {
	dir   string
	info  Info
	enc   *sentence.Encoder
	index index.Index
	docs  *documentReader
}

// Hit is a document found by a query. For cosine and dot a larger score is nearer; for
// euclidean a smaller one is.
type Hit struct {
	Document
	Label int64   `json:"label"`
	Score float32 `json:"score"`
}

// Open opens the collection in the folder dir and checks all its files. The error names a
// damaged file, or says that the folder is not a collection.
//
// If the collection is replaced meanwhile, Open starts again, so that all parts belong to
// the same one.
func Open(ctx context.Context, dir string) (*Collection, error) {
	return unreplaced(dir, func() (*Collection, error) { return open(ctx, dir) })
}

// attempts is the maximum number of times that a collection is read while it is being replaced.
const attempts = 5

// unreplaced calls read, and again if the folder dir was replaced meanwhile, so that the
// result belongs to one collection.
func unreplaced[T any](dir string, read func() (T, error)) (T, error) {
	for i := 1; ; i++ {
		if err := durable.Recover(dir); err != nil {
			var none T
			return none, err
		}
		before, _ := os.Stat(dir)
		c, err := read()
		after, _ := os.Stat(dir)
		same := before == nil || after == nil || durable.Same(before, after)
		if same || i == attempts && err != nil {
			return c, err
		}
		if closer, ok := any(c).(io.Closer); ok && err == nil {
			closer.Close()
		}
		if i == attempts {
			var none T
			return none, fault.New("try again later", "%s is being replaced repeatedly", dir)
		}
	}
}

func open(ctx context.Context, dir string) (*Collection, error) {
	info, err := readInfo(dir)
	if err != nil {
		return nil, err
	}
	files, err := openFiles(dir)
	if err != nil {
		return nil, err
	}
	c := &Collection{dir: dir, info: info}
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	work.Go(func(ctx context.Context) error {
		for _, name := range []string{infoFile, modelManifest} {
			if err := files.verify(ctx, name); err != nil {
				return err
			}
		}
		var err error
		c.enc, err = sentence.Open(ctx, filepath.Join(dir, modelDir))
		return err
	})
	work.Go(func(ctx context.Context) error {
		return files.read(ctx, indexFile, func(r io.Reader, _ int64) (err error) {
			c.index, err = index.Load(r)
			return err
		})
	})
	work.Go(func(ctx context.Context) error { return files.verify(ctx, documentsFile) })
	if err := work.Wait(); err != nil {
		return nil, err
	}
	if n, dim := c.index.Len(), c.index.Options().Dim; int64(n) != info.Documents || dim != info.Dim || c.enc.Dim() != dim {
		return nil, fault.New(hintRebuild, "%s: the parts do not match: collection.json has %d documents of %d dimensions, the index %d of %d, the model %d dimensions",
			dir, info.Documents, info.Dim, n, dim, c.enc.Dim())
	}
	if c.docs, err = openDocuments(dir); err != nil {
		return nil, err
	}
	return c, nil
}

// maxInfo is the maximum size of a collection.json, which has about 200 bytes.
const maxInfo = 1 << 20

// readInfo reads collection.json. If dir is not a collection, the error says what it is.
func readInfo(dir string) (Info, error) {
	const hint = "check the path, or build the collection first"
	var info Info
	path := filepath.Join(dir, infoFile)
	data, err := manifest.ReadSmall(path, maxInfo)
	switch stat, statErr := os.Stat(dir); {
	case err == nil:
	case errors.Is(statErr, fs.ErrNotExist):
		return info, fault.Mark(fault.New(hint, "no such collection: %s", dir), fs.ErrNotExist)
	case statErr == nil && !stat.IsDir():
		return info, fault.New(hint, "%s is a file, not the folder of a collection", dir)
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
			return info, fault.New("build a collection with this model first", "%s is a model, not a collection", dir)
		}
		return info, fault.New(hint, "%s is not a collection: it has no %s", dir, infoFile)
	case errors.Is(err, fs.ErrPermission):
		return info, fmt.Errorf("open collection: %w", err)
	default:
		return info, fault.New(hintRebuild, "cannot read %s: %w", path, err)
	}
	if err := plainjson.Unmarshal(data, &info); err != nil {
		return info, fault.New(hintRebuild, "%s is damaged: %w", path, err)
	}
	if info.Format > FormatVersion {
		return info, fault.New("update this program", "%s: unsupported format version %d: this release reads versions up to %d", path, info.Format, FormatVersion)
	}
	if info.Format < 1 {
		return info, fault.New(hintRebuild, "%s is damaged: invalid format version %d", path, info.Format)
	}
	return info, nil
}

// Close closes the files. Later queries fail.
func (c *Collection) Close() error { return c.docs.close() }

// Len returns the number of documents.
func (c *Collection) Len() int { return c.index.Len() }

// Info returns the contents of collection.json.
func (c *Collection) Info() Info { return c.info }

// Encoder returns the model that the documents were encoded with.
func (c *Collection) Encoder() *sentence.Encoder { return c.enc }

// Index returns the index of the documents' vectors. It must not be modified.
func (c *Collection) Index() index.Index { return c.index }

// Query returns the k documents nearest to a text, best first, or fewer if the collection or
// the part that the options allow has fewer. It returns an error if the model does not know any
// word of the text.
func (c *Collection) Query(ctx context.Context, text string, k int, o index.SearchOptions) ([]Hit, error) {
	if k < 1 {
		return nil, fmt.Errorf("the number of results must be positive, got %d", k)
	}
	vector := make([]float32, c.enc.Dim())
	known, err := c.enc.Encode(vector, text)
	if err != nil {
		return nil, err
	}
	if known == 0 {
		return nil, c.unknown(text)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	results, err := c.index.Search(vector, k, o)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	labels := make([]int64, len(results))
	for i, r := range results {
		labels[i] = r.Label
	}
	docs, err := c.docs.get(labels)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(results))
	for i, r := range results {
		hits[i] = Hit{docs[i], r.Label, r.Score}
	}
	return hits, nil
}

// unknown returns the error for a query without a known word. Its hint suggests known
// spellings of the first word.
func (c *Collection) unknown(text string) error {
	tokenizer := c.enc.Tokenizer()
	tokens := tokenizer.Tokens(text)
	if len(tokens) == 0 {
		return fault.New("use at least one word", "the query contains no word")
	}
	hint := "use other words"
	if tokenizer.Subwords() {
		hint = "the tokenizer of the model has no tokens for this text: use a model for its language"
	} else if near := tokenizer.Vocabulary().Nearest(tokens[0].Text, 3); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, ", ") + "?"
	}
	shown := []rune(text)
	if len(shown) > 60 {
		shown = append(shown[:60:60], '…')
	}
	return fault.New(hint, "the model does not know any word of the query %q", string(shown))
}
