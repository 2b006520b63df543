package agents

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
)

const (
	maxK       = 50
	maxAround  = 20
	maxSources = 500
	maxLabel   = 1 << 40
)

func (t *tools) add(server *mcp.Server) {
	which := argument{name: "collection", about: "name of the collection; may be left out if there is only one"}
	k := argument{name: "k", about: "number of results", number: true, least: 1, most: maxK, initial: 8}
	addTool(t, server, "search", "Search documents", "Find the passages of documents that answer a question or are about a subject, by meaning and by words.", []argument{
		{name: "query", about: "what to look for: a question or a few words", required: true}, which, k,
		{name: "mode", about: "hybrid finds by meaning and by words, dense by meaning, bm25 by words; default: hybrid", values: modes()},
		{name: "where", about: `condition on the fields that sources lists, and on path, folder, ext, id, title and heading, as in: year >= 2020 and folder = "guides"`},
		{name: "group_by", about: "file: only the best passage of each document", values: []string{collection.GroupByFile}},
	}, t.search)
	addTool(t, server, "read", "Read a document", "Read a passage with those before and after it in its document, by its label, or a document by its path.", []argument{
		{name: "label", about: "number of a passage, as results have it; either this or path", number: true, least: 0, most: maxLabel, initial: -1},
		{name: "path", about: "path of a document, as results have it", required: false}, which,
		{name: "before", about: "with label: number of passages before it", number: true, least: 0, most: maxAround, initial: 1},
		{name: "after", about: "with label: number of passages after it", number: true, least: 0, most: maxAround, initial: 1},
		{name: "offset", about: "with label: number of characters of the passage to skip, to read the rest of one that was cut", number: true, least: 0, most: math.MaxInt32},
		{name: "from", about: "with path: number of passages to skip", number: true, least: 0, most: math.MaxInt32},
		{name: "limit", about: "with path: number of passages", number: true, least: 1, most: 2*maxAround + 1, initial: 10},
	}, t.read)
	addTool(t, server, "similar", "Find similar passages", "Find the passages whose meaning is nearest to that of a passage or of a text.", []argument{
		{name: "label", about: "number of a passage, as results have it; either this or text", number: true, least: 0, most: maxLabel, initial: -1},
		{name: "text", about: "a text"}, which, k,
		{name: "group_by", about: "file: only the best passage of each document, without that of the passage", values: []string{collection.GroupByFile}},
	}, t.similar)
	addTool(t, server, "sources", "List collections and documents", "List the collections with the fields that conditions can use, and the documents of a collection.", []argument{
		{name: "collection", about: "name of the collection whose documents are listed; may be left out if there is only one"},
		{name: "under", about: "only documents whose paths begin like this, for example: guides/"},
		{name: "from", about: "number of documents to skip", number: true, least: 0, most: math.MaxInt32},
		{name: "limit", about: "number of documents", number: true, least: 1, most: maxSources, initial: 100},
	}, t.sources)
}

func modes() []string {
	var names []string
	for _, m := range fusion.Modes() {
		names = append(names, string(m))
	}
	return names
}

// Found is the result of search and similar.
type Found struct {
	About       string    `json:"about" jsonschema:"what the texts are"`
	Collection  string    `json:"collection"`
	Mode        string    `json:"mode"`
	NoGoodMatch bool      `json:"no_good_match,omitempty" jsonschema:"the results are no nearer than passages are to unrelated texts"`
	Notes       []string  `json:"notes,omitempty"`
	Results     []Passage `json:"results" jsonschema:"best first"`
	LeftOff     int       `json:"left_off,omitempty" jsonschema:"results that were left off because the result was too large"`
}

func (f *Found) text(m *marker) string {
	var b strings.Builder
	switch {
	case len(f.Results) == 0:
		b.WriteString("No passage was found.\n")
	case f.NoGoodMatch:
		b.WriteString("No good match: these passages are no nearer than passages are to unrelated texts.\n")
	}
	for _, note := range f.Notes {
		b.WriteString("Note: " + note + "\n")
	}
	if len(f.Results) > 0 {
		b.WriteString(m.intro())
	}
	for i := range f.Results {
		f.Results[i].write(&b, m)
	}
	if f.LeftOff > 0 {
		fmt.Fprintf(&b, "\n%d more results were left off, because the result was too large.\n", f.LeftOff)
	}
	return b.String()
}

func (f *Found) less(bytes int) bool {
	if lessOf(f.Results, bytes, -1) {
		return true
	}
	if len(f.Results) == 0 {
		return false
	}
	f.Results = f.Results[:len(f.Results)-1]
	f.LeftOff++
	return true
}

func foundOf(c *shelf.Collection, a *collection.Answer) *Found {
	f := &Found{About: asData, Collection: c.Name, Mode: string(a.Mode), NoGoodMatch: a.NoMatch, Results: make([]Passage, len(a.Hits))}
	for i := range a.Hits {
		h := &a.Hits[i]
		f.Results[i] = passageOf(&h.Stored)
		f.Results[i].Rank, f.Results[i].Score = i+1, &h.Score
	}
	return f
}

func (t *tools) search(ctx context.Context, a *arguments) (*Found, error) {
	q := collection.Question{Text: a.text("query"), K: int(a.number("k")), Mode: fusion.Mode(a.text("mode")), Where: a.text("where"), GroupBy: a.text("group_by")}
	name := a.text("collection")
	if a.err != nil {
		return nil, a.err
	}
	c, done, err := t.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer done()
	if q.Mode != "" && q.Mode != fusion.Dense && c.FullText() == nil {
		return nil, bad("mode", "must be dense: the collection cannot be searched by words")
	}
	answer, err := c.Ask(ctx, q)
	if errors.Is(err, collection.ErrNoWord) { // nothing is found, and the reason is a note
		return &Found{About: asData, Collection: c.Name, Mode: string(q.Mode), Notes: []string{clean(err.Error())}, Results: []Passage{}}, nil
	}
	if err != nil {
		return nil, err
	}
	f := foundOf(c, answer)
	for i, word := range answer.Unknown {
		if i == 10 {
			break
		}
		f.Notes = append(f.Notes, fmt.Sprintf("no passage has the word %.60q", clean(word)))
	}
	return f, nil
}

func (t *tools) similar(ctx context.Context, a *arguments) (*Found, error) {
	label, text, name, k, group := a.number("label"), a.text("text"), a.text("collection"), int(a.number("k")), a.text("group_by")
	if a.err != nil {
		return nil, a.err
	}
	if a.has("label") == (strings.TrimSpace(text) != "") {
		return nil, bad("label", "or text must be given, and not both")
	}
	c, done, err := t.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer done()
	var labels []int64
	var texts []string
	if a.has("label") {
		if _, _, err := c.DocumentOf(label); err != nil {
			return nil, notThere(err, "label", "search returns labels; that of a passage stays until its text changes")
		}
		labels = []int64{label}
	} else {
		texts = []string{text}
	}
	answer, err := c.Similar(ctx, labels, texts, k, group != "")
	if errors.Is(err, collection.ErrNoWord) {
		return &Found{About: asData, Collection: c.Name, Mode: string(fusion.Dense), Notes: []string{"the model does not know any of the words"}, Results: []Passage{}}, nil
	}
	if err != nil {
		return nil, err
	}
	return foundOf(c, answer), nil
}

// notThere converts fs.ErrNotExist to the error for an argument.
func notThere(err error, argument, hint string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return bad(argument, "is not in the collection: %w\nhint: %s", err, hint)
	}
	return err
}

// Text is the result of read.
type Text struct {
	About      string    `json:"about" jsonschema:"what the texts are"`
	Collection string    `json:"collection"`
	Path       string    `json:"path"`
	Total      int       `json:"total" jsonschema:"number of passages of the document"`
	From       int       `json:"from" jsonschema:"place of the first passage in the document, from 0"`
	Passages   []Passage `json:"passages"`
	Next       *int      `json:"next,omitempty" jsonschema:"from, for read with this path, that continues; left out at the end"`
	LeftOff    int       `json:"left_off,omitempty" jsonschema:"passages that were left off because the result was too large"`

	asked int // in Passages, or -1
}

func (x *Text) text(m *marker) string {
	var b strings.Builder
	if len(x.Passages) == 0 {
		fmt.Fprintf(&b, "The document has %s; none from %d on.\n", fault.Count(x.Total, "passage"), x.From)
		return b.String()
	}
	fmt.Fprintf(&b, "Passages %d to %d of %d of the document.\n", x.From+1, x.From+len(x.Passages), x.Total)
	b.WriteString(m.intro())
	for i := range x.Passages {
		x.Passages[i].write(&b, m)
	}
	if x.LeftOff > 0 {
		fmt.Fprintf(&b, "\n%d passages were left off, because the result was too large.\n", x.LeftOff)
	}
	if x.Next != nil {
		fmt.Fprintf(&b, "\nread with this path and from %d continues.\n", *x.Next)
	}
	return b.String()
}

func (x *Text) less(bytes int) bool {
	if lessOf(x.Passages, bytes, x.asked) {
		return true
	}
	if len(x.Passages) < 2 {
		return len(x.Passages) == 1 && x.Passages[0].bare()
	}
	x.LeftOff++
	if last := len(x.Passages) - 1; x.asked == last { // what comes before it
		x.Passages, x.asked = x.Passages[1:], x.asked-1
		x.From++
	} else {
		x.Passages = x.Passages[:last]
	}
	x.end()
	return true
}

// end sets Next.
func (x *Text) end() {
	if next := x.From + len(x.Passages); next < x.Total {
		x.Next = &next
	}
}

func (t *tools) read(ctx context.Context, a *arguments) (*Text, error) {
	label, path, name := a.number("label"), a.text("path"), a.text("collection")
	before, after, offset, from, limit := int(a.number("before")), int(a.number("after")), int(a.number("offset")), int(a.number("from")), int(a.number("limit"))
	if a.err != nil {
		return nil, a.err
	}
	if a.has("label") == (path != "") {
		return nil, bad("label", "or path must be given, and not both")
	}
	for _, other := range []struct {
		of    string
		names []string
	}{{"label", []string{"from", "limit"}}, {"path", []string{"before", "after", "offset"}}} {
		for _, n := range other.names {
			if a.has(n) && (other.of == "label") == a.has("label") {
				return nil, bad(n, "cannot be used with %s", other.of)
			}
		}
	}
	c, done, err := t.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer done()
	x := &Text{About: asData, Collection: c.Name, asked: -1}
	var f *collection.File
	if a.has("label") {
		var at int
		if f, at, err = c.DocumentOf(label); err != nil {
			return nil, notThere(err, "label", "search returns labels; that of a passage stays until its text changes")
		}
		from = max(0, at-before)
		x.asked, limit = at-from, at+after+1-from
	} else if f, err = c.Document(path); err != nil {
		return nil, notThere(err, "path", "sources lists the paths")
	}
	labels := f.Labels()
	x.Path, x.Total, x.From = pathOf(f.Path), len(labels), from
	from = min(from, len(labels))
	stored, err := c.Passages(labels[from:min(len(labels), from+limit)])
	if err != nil {
		return nil, err
	}
	x.Passages = make([]Passage, len(stored))
	for i := range stored {
		x.Passages[i] = passageOf(&stored[i])
		if i == x.asked {
			x.Passages[i].Asked = true
			x.Passages[i].skip(offset)
		}
	}
	x.end()
	return x, nil
}

// Sources is the result of sources.
type Sources struct {
	About       string       `json:"about" jsonschema:"what the names are"`
	Collections []Collection `json:"collections"`
	Collection  string       `json:"collection,omitempty" jsonschema:"whose documents are listed"`
	Total       int          `json:"total" jsonschema:"number of documents under the path"`
	From        int          `json:"from" jsonschema:"documents skipped"`
	Documents   []Document   `json:"documents" jsonschema:"sorted by path"`
	Next        *int         `json:"next,omitempty" jsonschema:"from, that lists more; left out at the end"`
}

// Collection is a collection in the list of them.
type Collection struct {
	Name      string  `json:"name"`
	Documents int64   `json:"documents"`
	Passages  int64   `json:"passages"`
	Language  string  `json:"language,omitempty" jsonschema:"of the search by words"`
	Updated   string  `json:"updated,omitempty" jsonschema:"time of the last change"`
	Fields    []Field `json:"fields,omitempty" jsonschema:"metadata for conditions"`
}

// Field is a field of the passages of a collection.
type Field struct {
	Name   string   `json:"name"`
	Type   string   `json:"type" jsonschema:"string, number, date or boolean"`
	Values []string `json:"values,omitempty" jsonschema:"all values, if they are few"`
}

// Document is a document in a list.
type Document struct {
	Path     string `json:"path"`
	Passages int64  `json:"passages"`
}

func (s *Sources) text(m *marker) string {
	var b strings.Builder
	b.WriteString(m.intro())
	for _, c := range s.Collections {
		fmt.Fprintf(&b, "\nCollection %s: %s, %s", c.Name, fault.Count(int(c.Documents), "document"), fault.Count(int(c.Passages), "passage"))
		if c.Updated != "" {
			fmt.Fprintf(&b, ", changed %s", c.Updated)
		}
		b.WriteString("\n")
		if len(c.Fields) > 0 {
			lines := make([]string, len(c.Fields))
			for i, f := range c.Fields {
				lines[i] = f.Name + ": " + f.Type
				if f.Values != nil {
					lines[i] += ", one of " + strings.Join(f.Values, ", ")
				}
			}
			b.WriteString("Fields:\n")
			m.data(&b, lines...)
		}
	}
	if s.Collection == "" {
		return b.String()
	}
	fmt.Fprintf(&b, "\nDocuments of %s, %d to %d of %d:\n", s.Collection, min(s.From+1, s.Total), s.From+len(s.Documents), s.Total)
	lines := make([]string, len(s.Documents))
	for i, d := range s.Documents {
		lines[i] = fmt.Sprintf("%s (%d)", d.Path, d.Passages)
	}
	m.data(&b, lines...)
	if s.Next != nil {
		fmt.Fprintf(&b, "sources with from %d lists more.\n", *s.Next)
	}
	return b.String()
}

func (s *Sources) less(bytes int) bool {
	if n := len(s.Documents); n > 1 {
		for bytes > 0 && len(s.Documents) > 1 {
			n = len(s.Documents) - 1
			bytes -= size(s.Documents[n])
			s.Documents = s.Documents[:n]
		}
		s.end()
		return true
	}
	for i := range s.Collections {
		if c := &s.Collections[i]; len(c.Fields) > 0 {
			for j := range c.Fields {
				if c.Fields[j].Values != nil {
					c.Fields[j].Values = nil
					return true
				}
			}
			c.Fields = c.Fields[:len(c.Fields)-1]
			return true
		}
	}
	if len(s.Collections) > 1 {
		s.Collections = s.Collections[:len(s.Collections)-1]
		return true
	}
	return false
}

func (s *Sources) end() {
	if next := s.From + len(s.Documents); next < s.Total {
		s.Next = &next
	}
}

func (t *tools) sources(ctx context.Context, a *arguments) (*Sources, error) {
	name, under, from, limit := a.text("collection"), a.text("under"), int(a.number("from")), int(a.number("limit"))
	if a.err != nil {
		return nil, a.err
	}
	names := t.shelf.Collections()
	if name != "" {
		names = []string{name}
	} else if len(names) != 1 && under != "" {
		return nil, bad("collection", "must be given with under: one of %s", strings.Join(names, ", "))
	}
	s := &Sources{About: asData, Collections: []Collection{}, Documents: []Document{}, From: from}
	for _, n := range names {
		c, done, err := t.open(ctx, n)
		if errors.Is(err, shelf.ErrDeleted) && len(names) > 1 {
			continue
		}
		if err != nil {
			return nil, err
		}
		err = s.describe(c)
		if err == nil && len(names) == 1 {
			err = s.list(c, under, limit)
		}
		done()
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Sources) describe(c *shelf.Collection) error {
	info := c.Info()
	d := Collection{Name: c.Name, Documents: info.Files, Passages: info.Passages, Language: info.Language, Updated: info.Updated}
	fields, err := c.Fields()
	if err != nil {
		return err
	}
	for _, f := range fields {
		field := Field{Name: brief(f.Name), Type: f.Type}
		if len(f.Values) <= 20 {
			for _, v := range f.Values {
				field.Values = append(field.Values, brief(v))
			}
		}
		d.Fields = append(d.Fields, field)
	}
	s.Collections = append(s.Collections, d)
	return nil
}

func (s *Sources) list(c *shelf.Collection, under string, limit int) error {
	all, err := c.Documents()
	if err != nil {
		return err
	}
	s.Collection = c.Name
	for i := range all {
		if !strings.HasPrefix(all[i].Path, under) {
			continue
		}
		if s.Total++; s.Total <= s.From || len(s.Documents) == limit {
			continue
		}
		s.Documents = append(s.Documents, Document{pathOf(all[i].Path), all[i].Passages})
	}
	s.end()
	return nil
}
