package shelf

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/luminavec/luminavec/index/cluster"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/filter"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/layout"
	"github.com/luminavec/luminavec/internal/fault"
)

// Collection is one state of an open collection, with what a server asks of it again and again.
type Collection struct {
	*collection.Collection
	Name string

	files  func() (*fileTable, error)
	fields func() ([]Field, error)

	drawing sync.Mutex
	drawn   *drawing // nil until it is asked for, and after it failed
}

func openCollection(ctx context.Context, name, dir string) (*Collection, error) {
	c, err := collection.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	s := &Collection{Collection: c, Name: name}
	s.files = sync.OnceValues(s.readFiles)
	s.fields = sync.OnceValues(s.readFields)
	return s, nil
}

// fileTable finds files.
type fileTable struct {
	all    []collection.File // with passages, sorted by path
	byPath map[string]int
	starts []labelRun // sorted by label
}

// labelRun is labels of a file that follow each other, both in their numbers and in the file.
type labelRun struct {
	first, last int64
	file, at    int // at: the place of first in the file
}

func (c *Collection) readFiles() (*fileTable, error) {
	files, err := c.Collection.Files()
	if err != nil {
		return nil, err
	}
	t := &fileTable{byPath: map[string]int{}}
	for _, f := range files {
		if f.Skipped != "" {
			continue
		}
		n := len(t.all)
		t.all = append(t.all, f)
		if _, ok := t.byPath[f.Path]; !ok {
			t.byPath[f.Path] = n
		}
		for at, label := range f.Labels() {
			if last := len(t.starts) - 1; at > 0 && t.starts[last].last+1 == label {
				t.starts[last].last++
				continue
			}
			t.starts = append(t.starts, labelRun{label, label, n, at})
		}
	}
	slices.SortFunc(t.starts, func(a, b labelRun) int { return cmp.Compare(a.first, b.first) })
	return t, nil
}

// Documents returns the files that have passages, sorted by path. The list must not be modified.
func (c *Collection) Documents() ([]collection.File, error) {
	t, err := c.files()
	if err != nil {
		return nil, err
	}
	return t.all, nil
}

// Document returns the file of a path. The error is fs.ErrNotExist if there is none.
func (c *Collection) Document(path string) (*collection.File, error) {
	t, err := c.files()
	if err != nil {
		return nil, err
	}
	i, ok := t.byPath[path]
	if !ok {
		return nil, fault.Mark(fmt.Errorf("%s has no document %q", c.Name, path), fs.ErrNotExist)
	}
	return &t.all[i], nil
}

// DocumentOf returns the file of a passage, and the place of the passage in it, from 0. The error is
// fs.ErrNotExist if there is no such passage.
func (c *Collection) DocumentOf(label int64) (*collection.File, int, error) {
	t, err := c.files()
	if err != nil {
		return nil, 0, err
	}
	i, found := slices.BinarySearchFunc(t.starts, label, func(r labelRun, label int64) int { return cmp.Compare(r.first, label) })
	if !found {
		i--
	}
	if i < 0 || label > t.starts[i].last {
		return nil, 0, fault.Mark(fmt.Errorf("%s has no passage %d", c.Name, label), fs.ErrNotExist)
	}
	r := t.starts[i]
	return &t.all[r.file], r.at + int(label-r.first), nil
}

// Field is a field of the passages.
type Field struct {
	Name string `json:"name"`
	Type string `json:"type" doc:"string, number, date or boolean"`
	// Values are the different values, sorted, if there are at most MaxValues; else nil.
	Values []string `json:"values,omitempty" doc:"all values, if they are few"`
}

// MaxValues is the number of different values of a field up to which Fields lists them.
const MaxValues = 100

// Fields returns the fields of the passages.
func (c *Collection) Fields() ([]Field, error) { return c.fields() }

func (c *Collection) readFields() ([]Field, error) {
	table := c.Table()
	list := []Field{}
	for _, f := range table.Fields() {
		field := Field{Name: f.Name, Type: string(f.Kind)}
		values := map[string]bool{}
		err := table.Values(context.Background(), f.Name, func(_ int64, v string) {
			if len(values) <= MaxValues && !values[v] {
				values[strings.Clone(v)] = true
			}
		})
		if err != nil {
			return nil, err
		}
		if len(values) <= MaxValues && f.Kind != filter.Number {
			for v := range values {
				field.Values = append(field.Values, v)
			}
			slices.Sort(field.Values)
		}
		list = append(list, field)
	}
	return list, nil
}

// drawing is a map that is being computed, until done is closed.
type drawing struct {
	done chan struct{}
	m    *layout.Map
	err  error
}

// Drawn returns the stored map of the collection or, if there is none, one by PCA, which is computed once. It
// must not be modified.
func (c *Collection) Drawn(ctx context.Context) (*layout.Map, error) {
	c.drawing.Lock()
	d := c.drawn
	if d == nil {
		d = &drawing{done: make(chan struct{})}
		c.drawn = d
		go func() { // for all who ask, whoever of them stays
			defer close(d.done)
			if d.m, d.err = c.draw(context.WithoutCancel(ctx)); d.err != nil {
				c.drawing.Lock()
				c.drawn = nil
				c.drawing.Unlock()
			}
		}()
	}
	c.drawing.Unlock()
	select {
	case <-d.done:
		return d.m, d.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *Collection) draw(ctx context.Context) (m *layout.Map, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Recovered(r)
		}
	}()
	if m, err = c.Map(ctx); m != nil || err != nil {
		return m, err
	}
	return c.ComputeMap(ctx, layout.Options{Method: layout.PCA}, cluster.Options{})
}

// Passage is a passage as the server sends it.
type Passage struct {
	Label     int64          `json:"label" doc:"number of the passage, which stays as long as its text does"`
	ID        string         `json:"id,omitempty" doc:"id of the record"`
	Path      string         `json:"path" doc:"path of its document in the collection"`
	Title     string         `json:"title,omitempty"`
	Heading   []string       `json:"heading,omitempty" doc:"headings above the passage, the outermost first"`
	FirstLine int            `json:"first_line" doc:"lines of the file, from 1; 0 if it has none"`
	LastLine  int            `json:"last_line"`
	Text      string         `json:"text"`
	Fields    map[string]any `json:"fields,omitempty" doc:"metadata"`
}

// PassageOf returns a passage as the server sends it.
func PassageOf(p *collection.Stored) Passage {
	out := Passage{Label: p.Label, ID: valid(p.ID), Path: valid(p.Path), Title: valid(p.Title), FirstLine: p.FirstLine, LastLine: p.LastLine, Text: valid(p.Text)}
	for _, h := range p.Heading {
		out.Heading = append(out.Heading, valid(h))
	}
	for _, f := range p.Fields {
		if out.Fields == nil {
			out.Fields = map[string]any{}
		}
		v := f.Value
		if t, ok := v.(time.Time); ok {
			v = t.Format(time.RFC3339Nano)
		}
		out.Fields[f.Name] = v
	}
	return out
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// Parts are the parts of a score.
type Parts struct {
	Dense *float64 `json:"dense,omitempty" doc:"similarity of the vectors"`
	BM25  *float64 `json:"bm25,omitempty" doc:"score of the words"`
}

// Result is a passage found.
type Result struct {
	Rank    int      `json:"rank" doc:"from 1"`
	Score   float64  `json:"score" doc:"by which results are ranked"`
	Parts   Parts    `json:"parts"`
	Passage Passage  `json:"passage"`
	Matches [][2]int `json:"matches" doc:"words of the question in the text: first code point, and the one after the last"`
	More    int      `json:"more,omitempty" doc:"other passages of the document among those compared"`
	Shard   string   `json:"shard,omitempty" doc:"where it was found, if the collection is divided into shards; labels are those of the shard"`
}

// Results returns the passages of an answer. question is what is marked in them; it may be empty. Without a collection, c is nil,
// nothing is marked.
func (c *Collection) Results(question string, hits []collection.Match) []Result {
	results := make([]Result, len(hits))
	var terms map[string]bool
	var words *fulltext.Index
	if c != nil {
		words = c.FullText()
	}
	if words != nil && question != "" {
		terms = map[string]bool{}
		for _, t := range words.Terms(question) {
			terms[t.Term] = true
		}
	}
	for i := range hits {
		h := &hits[i]
		results[i] = Result{Rank: i + 1, Score: h.Score, Parts: Parts{h.Dense, h.BM25}, Passage: PassageOf(&h.Stored), Matches: [][2]int{}, More: h.More, Shard: h.Shard}
		if len(terms) > 0 {
			results[i].Matches = codePoints(results[i].Passage.Text, words.SpansOf(terms, results[i].Passage.Text))
		}
	}
	return results
}

// codePoints returns spans of bytes as spans of code points.
func codePoints(text string, spans []fulltext.Span) [][2]int {
	out := make([][2]int, 0, len(spans))
	at, points := 0, 0
	to := func(b int) int {
		points += utf8.RuneCountInString(text[at:b])
		at = b
		return points
	}
	for _, s := range spans {
		from := to(s.From)
		out = append(out, [2]int{from, to(s.To)})
	}
	return out
}
