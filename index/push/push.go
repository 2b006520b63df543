// Package push copies collections into vector databases, and searches them there.
//
//	collection ──► rows: id, place, text, fields, vector, hash ──► table of PostgreSQL (pgvector)
//	                                                               collection of Qdrant or Weaviate
//
//	target, err := push.Open(ctx, "postgres://localhost/docs", push.Options{Table: "notes"})
//	defer target.Close()
//	report, err := push.Run(ctx, c, target, push.RunOptions{})
//	…
//	hits, err := target.Search(ctx, push.Query{Text: question, Vector: vector, K: 10, Mode: fusion.Hybrid})
//
// # What is sent
//
// A row is a passage. Its id is that of the record, or else the path of the file; further passages of the
// same id have #2, #3, … added, and of an id of more than 1,000 bytes the end is replaced by a hash. So a row keeps its id when the collection is built again, and rows are
// replaced by id. The vector is the one that the index keeps: of codes, what they stand for.
//
// Each row has a hash of its content. Run asks the database for the hashes first and sends only the rows that differ,
// so that a run that was interrupted continues, and the next one sends what has changed.
//
// # Failures
//
// Rows are sent in batches, each of which is stored completely or not at all. A batch that fails because the connection is lost
// or the server is busy, or does not answer within Options.Timeout, is sent again, up to RunOptions.Attempts times, with growing pauses.
package push

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// Row is a passage as a database stores it.
type Row struct {
	ID                  string
	Path, Title         string
	Heading             []string
	FirstLine, LastLine int
	Text                string
	Fields              map[string]any // metadata, as JSON has it
	Vector              []float32      // nil if the model knows no word of the passage
	Hash                string         // of all of this: 32 hexadecimal digits
}

// Schema is what a table has to hold.
type Schema struct {
	Dim      int
	Metric   index.Metric
	Language string // of the texts: a name of [fulltext.Languages], or NoLanguage
}

// Query is a question.
type Query struct {
	Text   string
	Vector []float32 // of the text; may be nil for fusion.BM25
	K      int
	Mode   fusion.Mode
	// DenseWeight is the weight of the meaning with fusion.Hybrid, above 0 and at most 1.
	DenseWeight float64
	Language    string // as in Schema
}

// Hit is a row that was found, without its vector.
type Hit struct {
	Row
	Score        float64
	Dense, Words *float64 // the parts of the score that the database tells
}

// Target is a table of a database. Its methods are safe for one goroutine at a time.
type Target interface {
	// Name describes the table, without secrets, for messages.
	Name() string
	// Prepare makes the table if there is none. If there is one of other columns or dimensions, it returns an error.
	Prepare(context.Context, Schema) error
	// Hashes returns the hashes of those of the rows that exist.
	Hashes(ctx context.Context, ids []string) (map[string]string, error)
	// Upsert stores rows, all or none, replacing those with the same ids.
	Upsert(context.Context, []Row) error
	// IDs visits the ids of all rows.
	IDs(ctx context.Context, visit func(id string) error) error
	// Delete deletes rows; ids that do not exist are ignored.
	Delete(ctx context.Context, ids []string) error
	// Finish makes the index of the vectors if there is none, after all rows are stored.
	Finish(context.Context) error
	// Modes lists how the table can be searched, the default first.
	Modes() []fusion.Mode
	// Search returns the K best rows. Higher scores are better.
	Search(context.Context, Query) ([]Hit, error)
	// NeedsVector reports whether every row must have a vector.
	NeedsVector() bool
	io.Closer
}

// Options say which table is meant.
type Options struct {
	Table string // required
	// Half stores vectors as 16-bit numbers if the database can: half the space, and pgvector indexes up to 4,000
	// dimensions instead of 2,000. Default false.
	Half bool
	// Timeout is how long the database may take to answer, when connecting, for each batch and for each question;
	// default 0: one minute. Only making the index of the vectors may take longer.
	Timeout time.Duration
}

// defaultTimeout is enough for a busy server to index a batch.
const defaultTimeout = time.Minute

// Schemes are the beginnings of addresses.
var Schemes = []string{"postgres", "qdrant", "weaviate"}

// Open connects to the database at the address:
//
//	postgres://user@host:5432/database      the password from PGPASSWORD or ~/.pgpass
//	qdrant://host:6334                      the key from QDRANT_API_KEY
//	weaviate://host:8080                    the key from WEAVIATE_API_KEY
//
// qdrants:// and weaviates:// encrypt the connection; for PostgreSQL, ?sslmode= says how.
func Open(ctx context.Context, address string, o Options) (Target, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fault.New("for example: postgres://localhost/documents", "the address of the database is not valid: %w", hideAddress(err))
	}
	if o.Table == "" {
		return nil, fault.Field("Table", "", "must be set")
	}
	if o.Timeout < 0 {
		return nil, fault.Field("Timeout", "", "must be positive, got %s", o.Timeout)
	}
	limit := cmp.Or(o.Timeout, defaultTimeout)
	name := "the database"
	if u.Host != "" {
		name += " at " + u.Host
	}
	target, err := within(ctx, limit, name, func(ctx context.Context, _ func()) (Target, error) { return open(ctx, address, u, o) })
	if err != nil {
		return nil, err
	}
	return &timed{Target: target, limit: limit}, nil
}

func open(ctx context.Context, address string, u *url.URL, o Options) (Target, error) {
	switch u.Scheme {
	case "postgres", "postgresql":
		return openPostgres(ctx, address, u, o)
	case "qdrant", "qdrants":
		return openQdrant(ctx, u, o)
	case "weaviate", "weaviates":
		return openWeaviate(ctx, u, o)
	}
	return nil, fault.New("the address begins with postgres://, qdrant:// or weaviate://", "no database of the kind %q is known", u.Scheme)
}

// hideAddress removes the address, which may contain a password, from an error of package url.
func hideAddress(err error) error {
	var parse *url.Error
	if errors.As(err, &parse) {
		return parse.Err
	}
	return err
}

// RunOptions controls Run.
type RunOptions struct {
	Batch    int  // rows in a batch; default 0: 500
	Attempts int  // how often a batch is tried; default 0: 8, which is some 20 seconds
	Prune    bool // delete rows that the collection does not have; default false
	// OnProgress is called after each batch with the number of passages compared.
	OnProgress func(done int64)
	// OnRetry is called before a batch is tried again.
	OnRetry func(err error, wait time.Duration)
}

// Report is what Run did.
type Report struct {
	Passages  int64 `json:"passages"`  // of the collection
	Sent      int64 `json:"sent"`      // new or different
	Unchanged int64 `json:"unchanged"` // in the database already
	NoVector  int64 `json:"no_vector"` // passages without a known word: without a vector, or left out if every row needs one
	Deleted   int64 `json:"deleted"`
	Extra     int64 `json:"extra"` // rows that the collection does not have, if they were not deleted
}

// Run makes the table agree with the collection.
func Run(ctx context.Context, c *collection.Collection, t Target, o RunOptions) (*Report, error) {
	if o.Batch == 0 {
		o.Batch = 500
	}
	if o.Attempts == 0 {
		o.Attempts = 8
	}
	if o.Batch < 0 || o.Attempts < 0 {
		return nil, fault.New("", "the numbers of rows and attempts must be positive")
	}
	options := c.Index().Options()
	s := sender{ctx: ctx, target: t, o: o}
	if err := s.try(func() error {
		return t.Prepare(ctx, Schema{Dim: options.Dim, Metric: options.Metric, Language: c.Info().Language})
	}); err != nil {
		return nil, err
	}
	ix, err := c.Vectors(ctx)
	if err != nil {
		return nil, err
	}
	used := map[string]int{}
	err = c.EachPassage(ctx, func(p *collection.Stored) {
		if s.err != nil {
			return
		}
		s.err = ctx.Err()
		s.report.Passages++
		row := rowOf(p)
		row.ID = unique(used, row.ID)
		if vector, ok := ix.Vector(p.Label); ok {
			row.Vector = vector
		} else {
			s.report.NoVector++
			if t.NeedsVector() {
				return
			}
		}
		row.Hash = hash(&row)
		if s.rows = append(s.rows, row); len(s.rows) == o.Batch && s.err == nil {
			s.flush()
		}
	})
	if err == nil {
		err = s.err
	}
	if err != nil {
		return nil, err
	}
	if s.flush(); s.err != nil {
		return nil, s.err
	}
	if err := s.prune(used); err != nil {
		return nil, err
	}
	if err := s.try(func() error { return t.Finish(ctx) }); err != nil {
		return nil, err
	}
	return &s.report, nil
}

type sender struct {
	ctx    context.Context
	target Target
	o      RunOptions
	rows   []Row
	report Report
	err    error
}

// flush sends the rows that the database does not have as they are.
func (s *sender) flush() {
	if len(s.rows) == 0 {
		return
	}
	ids := make([]string, len(s.rows))
	for i := range s.rows {
		ids[i] = s.rows[i].ID
	}
	s.err = s.try(func() error {
		have, err := s.target.Hashes(s.ctx, ids)
		if err != nil {
			return err
		}
		changed := slices.DeleteFunc(slices.Clone(s.rows), func(r Row) bool { return have[r.ID] == r.Hash })
		if len(changed) > 0 {
			if err := s.target.Upsert(s.ctx, changed); err != nil {
				return err
			}
		}
		s.report.Sent += int64(len(changed))
		s.report.Unchanged += int64(len(s.rows) - len(changed))
		return nil
	})
	s.rows = s.rows[:0]
	if s.err == nil && s.o.OnProgress != nil {
		s.o.OnProgress(s.report.Passages)
	}
}

// prune counts or deletes the rows that the collection does not have.
func (s *sender) prune(used map[string]int) error {
	var extra []string
	err := s.try(func() error {
		extra = extra[:0]
		return s.target.IDs(s.ctx, func(id string) error {
			if !known(used, id) {
				extra = append(extra, id)
			}
			return s.ctx.Err()
		})
	})
	if err != nil {
		return err
	}
	if !s.o.Prune {
		s.report.Extra = int64(len(extra))
		return nil
	}
	for part := range slices.Chunk(extra, s.o.Batch) {
		if err := s.try(func() error { return s.target.Delete(s.ctx, part) }); err != nil {
			return err
		}
		s.report.Deleted += int64(len(part))
	}
	return nil
}

// errTemporary marks errors after which it helps to try again.
var errTemporary = errors.New("temporary")

// try calls f until it succeeds, up to the number of attempts.
func (s *sender) try(f func() error) error {
	wait := 200 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil {
			return nil
		}
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		var network net.Error
		if !errors.Is(err, errTemporary) && !errors.As(err, &network) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if attempt == s.o.Attempts {
			return fault.New("the same command continues when the database can be reached again", "%w; tried %d times", err, attempt)
		}
		if s.o.OnRetry != nil {
			s.o.OnRetry(err, wait)
		}
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, 10*time.Second)
	}
}

func rowOf(p *collection.Stored) Row {
	r := Row{ID: p.ID, Path: p.Path, Title: p.Title, Heading: p.Heading, FirstLine: p.FirstLine, LastLine: p.LastLine, Text: p.Text, Fields: fields(p.Fields)}
	if r.ID == "" {
		r.ID = p.Path
	}
	r.ID, r.Path = shortened(stored(r.ID)), stored(r.Path)
	return r
}

// stored returns a name as databases can hold it: valid UTF-8 without NUL.
func stored(name string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(name, "\ufffd"), "\x00", "\ufffd")
}

// longestID is the number of bytes that an index of any of the databases can hold as a key.
const longestID = 1000

// shortened replaces the end of an id that is too long for a key with a hash of all of it.
func shortened(id string) string {
	if len(id) <= longestID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return strings.ToValidUTF8(id[:longestID-64], "") + "…" + hex.EncodeToString(sum[:16])
}

// fields returns the metadata as JSON has it.
func fields(list []documents.Field) map[string]any {
	m := make(map[string]any, len(list))
	for _, f := range list {
		m[f.Name] = f.Value
	}
	return m
}

// unique returns the id for the next row that wants it: with #2 for the second, and so on. In used, the
// name of a row has the number of rows that wanted it.
func unique(used map[string]int, id string) string {
	for {
		used[id]++
		if used[id] == 1 {
			return id
		}
		if name := id + "#" + strconv.Itoa(used[id]); used[name] == 0 {
			used[name] = 1
			return name
		}
	}
}

func known(used map[string]int, id string) bool { return used[id] > 0 }

// hash identifies the content of a row.
func hash(r *Row) string {
	h := sha256.New()
	head, err := json.Marshal([]any{r.ID, r.Path, r.Title, r.Heading, r.FirstLine, r.LastLine, r.Text, r.Fields})
	if err != nil { // values of metadata are those of JSON
		head = fmt.Append(nil, r)
	}
	h.Write(head)
	buffer := make([]byte, 0, 4*len(r.Vector))
	for _, x := range r.Vector {
		buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(x))
	}
	h.Write(buffer)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
