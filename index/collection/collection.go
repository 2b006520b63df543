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
	"sync"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/old"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/models"
)

// Collection is an open collection. Its methods are safe for concurrent use.
type Collection struct {
	dir   string
	info  *Info
	model sentence.Model // of passages; nil if questions have their own
	asks  sentence.Model // of questions
	index index.Index
	store *store          // nil in format 1
	words *fulltext.Index // nil in format 1
	docs  *old.Documents  // of format 1

	conditions conditions // that were asked for

	sampled   sync.Once // makes sampleSet, for the statistics of similarities
	sampleSet *index.Subset
	sampleErr error

	kept keptVectors // if info.Rescored
}

// Hit is a passage found by a query. For cosine and dot a larger score is nearer; for
// euclidean a smaller one is.
type Hit struct {
	Stored
	Score float32
}

// Open opens the collection in the folder dir. Large files are mapped into memory, and their blocks
// are verified when they are read for the first time. The error names a damaged file, or says that
// the folder is not a collection.
//
// If the collection is changed or replaced meanwhile, Open starts again, so that all parts belong
// to the same state. Later changes do not affect an open collection, even if it is deleted.
func Open(ctx context.Context, dir string) (*Collection, error) {
	return unreplaced(dir, func() (*Collection, error) { return open(ctx, dir, true) })
}

// OpenWords is Open for questions in the mode [fusion.BM25] only, without the models, for which Open takes much
// of its time and memory: Model and PassageModel return nil. A collection of format 1, which has no full-text
// index, is opened as Open does it.
func OpenWords(ctx context.Context, dir string) (*Collection, error) {
	return unreplaced(dir, func() (*Collection, error) { return open(ctx, dir, false) })
}

// attempts is the maximum number of times that a collection is read while it is being replaced.
const attempts = 20

// unreplaced calls read, and again if the collection dir was changed meanwhile, so that the
// result belongs to one state.
func unreplaced[T any](dir string, read func() (T, error)) (T, error) {
	for i := 1; ; i++ {
		if err := durable.Recover(dir); err != nil {
			var none T
			return none, err
		}
		before := stats(dir)
		c, err := read()
		same := true
		for j, after := range stats(dir) {
			same = same && (before[j] == nil || after == nil || durable.Same(before[j], after))
		}
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

// stats returns what changes with the collection: the folder and its collection.json.
func stats(dir string) (found [2]fs.FileInfo) {
	found[0], _ = os.Stat(dir)
	found[1], _ = os.Stat(filepath.Join(dir, infoFile))
	return found
}

func open(ctx context.Context, dir string, encode bool) (*Collection, error) {
	info, err := readInfo(dir)
	if err != nil {
		return nil, err
	}
	if info.Format == 1 {
		return openOld(ctx, dir, info)
	}
	c := &Collection{dir: dir, info: info}
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	if encode {
		work.Go(func(ctx context.Context) (err error) {
			c.model, c.asks, err = openModels(ctx, dir, info, false)
			return err
		})
	}
	work.Go(func(context.Context) (err error) {
		part := info.parts(indexPart)[0].Name
		if c.index, err = index.OpenFile(filepath.Join(dir, part)); errors.Is(err, fs.ErrNotExist) {
			err = fault.Mark(fault.New(hintRebuild, "%s is missing", filepath.Join(dir, part)), fs.ErrNotExist)
		}
		return err
	})
	work.Go(func(context.Context) (err error) {
		c.store, err = openStore(dir, info)
		return err
	})
	work.Go(func(ctx context.Context) (err error) {
		if folder := info.fullText(); folder != "" {
			if err = verifyPart(ctx, dir, info, folder+"/fulltext.json"); err == nil {
				c.words, err = fulltext.Open(filepath.Join(dir, folder))
			}
		}
		return err
	})
	err = work.Wait()
	if err == nil {
		err = c.check()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	if info.Rescored {
		c.kept = newKeptVectors(info.Dim)
	}
	return c, nil
}

// OpenTexts opens the passages and files of a collection, without the model and the indexes, which
// the methods of these names return as nil. Query cannot be used.
func OpenTexts(ctx context.Context, dir string) (*Collection, error) {
	return unreplaced(dir, func() (*Collection, error) {
		info, err := readInfo(dir)
		if err != nil {
			return nil, err
		}
		c := &Collection{dir: dir, info: info}
		if info.Format == 1 {
			c.docs, err = old.OpenDocuments(dir)
		} else {
			c.store, err = openStore(dir, info)
		}
		if err != nil {
			return nil, err
		}
		return c, ctx.Err()
	})
}

// errWords is the error for what needs a model after OpenWords.
var errWords = errors.New("the collection was opened without its models, for questions in the mode bm25")

// check returns an error if the parts do not belong together.
func (c *Collection) check() error {
	n, dim := c.index.Len(), c.index.Options().Dim
	encoded := dim
	if c.asks != nil {
		encoded = c.asks.Dim()
	}
	if int64(n) == c.info.Documents && dim == c.info.Dim && encoded == dim {
		return nil
	}
	name := indexFile
	if c.info.Format > 1 {
		name = c.info.parts(indexPart)[0].Name
	}
	return fault.New(hintRebuild, "%s: the parts do not match: collection.json has %d documents of %d dimensions, %s %d of %d, the model %d dimensions",
		c.dir, c.info.Documents, c.info.Dim, name, n, dim, encoded)
}

// Close closes the files. Later queries fail.
func (c *Collection) Close() error {
	if c.docs != nil {
		return c.docs.Close()
	}
	if c.words != nil {
		c.words.Close()
	}
	if c.store == nil { // Open has failed
		return nil
	}
	return c.store.close()
}

// Len returns the number of passages.
func (c *Collection) Len() int { return int(c.info.Passages) }

// Info describes the collection. It must not be modified.
func (c *Collection) Info() *Info { return c.info }

// Model returns the model that encodes questions, with its prompt; nil after OpenWords.
func (c *Collection) Model() sentence.Model { return c.asks }

// PassageModel returns the model that encodes passages, with its prompt; nil if questions have their own model,
// which is the only one that Open opens then, and after OpenWords.
func (c *Collection) PassageModel() sentence.Model { return c.model }

// Index returns the index of the passages' vectors. It must not be modified.
func (c *Collection) Index() index.Index { return c.index }

// FullText returns the index of the passages' words, or nil if the collection has none, as those of
// format 1. It must not be modified.
func (c *Collection) FullText() *fulltext.Index { return c.words }

// Passages returns the passages of labels, in their order. For a label that the collection does not
// have, the error is fs.ErrNotExist.
func (c *Collection) Passages(labels []int64) ([]Stored, error) {
	if c.docs != nil {
		found, err := c.docs.Passages(labels)
		if err != nil {
			return nil, err
		}
		stored := make([]Stored, len(found))
		for i, p := range found {
			stored[i] = Stored{labels[i], p}
		}
		return stored, nil
	}
	return c.store.passages(labels)
}

// Query returns the k passages whose vectors are nearest to that of a text, best first, or fewer if
// the collection or the part that the options allow has fewer. It returns an error if the model does
// not know any word of the text.
func (c *Collection) Query(ctx context.Context, text string, k int, o index.SearchOptions) ([]Hit, error) {
	if k < 1 {
		return nil, fmt.Errorf("the number of results must be positive, got %d", k)
	}
	if c.asks == nil {
		return nil, errWords
	}
	vector, known, err := c.asks.EncodeBatch(ctx, []string{text}, 1)
	if err != nil {
		return nil, err
	}
	if known[0] == 0 {
		return nil, c.unknown(text)
	}
	results, err := c.nearest(ctx, vector, k, o)
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
	stored, err := c.Passages(labels)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(results))
	for i, r := range results {
		hits[i] = Hit{stored[i], r.Score}
	}
	return hits, nil
}

// unknown returns the error for a query without a known word. Its hint suggests known
// spellings of the first word.
func (c *Collection) unknown(text string) error {
	hint := "use other words"
	if m, ok := c.asks.(models.Model); ok {
		tokenizer := m.Tokenizer()
		tokens := tokenizer.Tokens(text)
		if len(tokens) == 0 {
			return fault.New("use at least one word", "the query contains no word")
		}
		if tokenizer.Subwords() {
			hint = "the tokenizer of the model has no tokens for this text: use a model for its language"
		} else if near := tokenizer.Vocabulary().Nearest(tokens[0].Text, 3); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, ", ") + "?"
		}
	}
	shown := []rune(text)
	if len(shown) > 60 {
		shown = append(shown[:60:60], '…')
	}
	return fault.New(hint, "the model does not know any word of the query %q", string(shown))
}
